//! Random histories: rows come, change, go, come back and change their keys, while krest is killed, loses its disk and meets errors.
//! After each run the topic has exactly what that run had to say. Seeded: the same seed gives the same histories.
//!
//! * `model`: what the API has, what happens to it, and what a reader may be told of it.
//! * `config`: the ways of deleting and of paging, as connectors.
//! * `steps`: what a step of a history is: a change, and a run with or without a fault.
//! * `history`: one history, from the first scan to the quiet at its end.
//! * `ledger`: what the topic said so far, and what it had to say.
//! * `kin`: histories of resources that depend on each other.
//! * `reader`: a table made of the topic by a program that knows nothing of krest (reader.py).
//! * `runs`: the tests.

mod config;
mod history;
mod kin;
mod ledger;
mod model;
mod reader;
mod runs;
mod steps;
