//! Histories of families: posts, their comments and the replies to these, under every pair of modes. Rows move between parents, have
//! two of them, go with them and come back; parents fail, signals come, a disk is lost.
//!
//! * `config`: the family as a connector.
//! * `model`: what the API has, and what happens to it.
//! * `says`: what a scan has to say, and what it may say.
//! * `ledger`: what a topic said so far.
//! * `steps`: what happens in a step beside the changes.
//! * `history`: one history.
//! * `signals`: its steps with signals.
//! * `runs`: the tests.

mod config;
mod history;
mod ledger;
mod model;
mod runs;
mod says;
mod signals;
mod steps;
