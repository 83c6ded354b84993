//! The poller against real servers on this machine.

mod bodies;
mod limits;
mod redirects;
mod requests;
mod retries;
mod scans;
mod secrets;
mod support;
mod templates;
