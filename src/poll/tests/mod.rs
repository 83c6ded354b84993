//! The poller against real servers on this machine.

mod behind;
mod bodies;
mod following;
mod fuzz;
mod hosts;
mod limits;
mod more;
mod oauth2;
mod paging;
mod proxy;
mod redirects;
mod requests;
mod retries;
mod scans;
mod secrets;
mod secure;
mod short;
mod support;
mod templates;
mod tls;
