//! A real schema registry for the tests: Apicurio Registry with Confluent's API, shared by the whole binary or a test's own; and
//! what may stand in front of one.

mod ask;
mod front;
mod server;
mod tls;

pub use front::{Answer, Front};
pub use server::Registry;
pub use tls::Authority;
