//! The poller against real servers on this machine.

mod bodies;
mod following;
mod limits;
mod more;
mod paging;
mod redirects;
mod requests;
mod retries;
mod scans;
mod secrets;
mod support;
