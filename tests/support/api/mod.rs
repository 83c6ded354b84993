//! A REST API as data: what it serves, what goes wrong, who asked for what, and what the asker can have seen.

mod collection;
mod data;
mod paging;
mod server;

pub use collection::{Collection, Follow, Served, generated};
pub use data::{Answer, ApiSpec};
pub use server::{Api, Asked, cut, runtime};
