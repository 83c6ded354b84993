//! The integration tests: the `krest` binary from outside, with real sockets and a real broker.
//!
//! * `support`: the harness. A broker (found, shared, gone with the process), an API as data, the checker, `World`.
//! * `scenarios`: a folder each, as data: `config.yaml`, `api.yaml`, `expected.yaml`. Start here for a new case.
//! * `delivery`: what needs code: kills, signals, two instances, a broker that goes away.
//! * `formats`: every form of keys and values, as programs read it that know nothing of krest.
//! * `config`: every mistake that a configuration can have, as data; the examples in config/; the schema.
//! * `import`: Python files, and the configuration that `krest import` makes of each.
//! * `kafka`: src/kafka on a real broker.
//! * `registry`: src/registry on a real schema registry.
//! * `compose`: docker-compose.yml names what there is.
//! * `grammar`: a dictionary, an API and what comes of both, as data; tests/oracle compares them with real dlt.
//! * `services`: krest against real services from the package registries, started here: Datasette, Django REST framework, json-server.
//! * `docs`: README and docs/ name only what there is, and show what krest prints.
//! * `cli`: `check`, `preview`, `topics`, `offsets`, `state`, output and exit codes.
//! * `tidy`: the rules of the house, as data.
//! * `values`: random values in Avro and JSON, read by libraries of other hands.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on panics")]
#![allow(clippy::indexing_slicing, reason = "a test that finds too little panics")]
#![allow(clippy::print_stderr, reason = "what a test did is shown when it fails")]
#![allow(clippy::wildcard_enum_match_arm, reason = "the rules look for a few of the many kinds of items")]
#![allow(unreachable_pub, reason = "one binary: `pub` marks what a module offers to the others")]

mod cli;
mod compose;
mod config;
mod delivery;
mod docs;
mod formats;
mod grammar;
mod import;
mod kafka;
mod registry;
mod scenarios;
mod services;
mod support;
mod tidy;
mod values;
