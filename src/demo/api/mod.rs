//! The built-in API: a world of monitors, and the server that lists them.

mod monitor;
mod server;
mod world;

pub use server::{DEMO_KEY, DemoApi, Pace};
pub use world::{Round, StatusChange};
