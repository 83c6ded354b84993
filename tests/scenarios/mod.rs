//! Scenarios as data: each folder beside this file is one test, of the same name.

mod list;
mod runner;
