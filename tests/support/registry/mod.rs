//! A real schema registry for the tests: Apicurio Registry with Confluent's API, shared by the whole binary or a test's own.

mod ask;
mod server;

pub use server::Registry;
