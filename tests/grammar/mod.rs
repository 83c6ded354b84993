//! The whole grammar as data: each `<group>/<name>.yaml` here is a dictionary, an API, and what must come of both.
//!
//! `README.md` beside this file describes the form. The same files are compared with real dlt by `tests/oracle/run.py`;
//! here `krest preview` runs them, a process each, against a real server.

mod compare;
mod deviations;
mod groups;
mod list;
mod node;
mod runner;
mod scenario;
mod server;

use node::Node;
use scenario::Scenario;
use server::{Api, Asked};
