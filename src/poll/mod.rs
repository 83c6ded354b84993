//! Ask the API: pages of one resource, politely, in order.

mod actions;
mod auth;
mod client;
mod coverage;
mod detect;
mod error;
mod event;
mod fetch;
mod loop_guard;
mod pages;
mod paginate;
mod poller;
mod rate_limit;
mod read;
mod request;
mod retry;
mod row_order;
mod scan;
mod select;
mod source;
#[cfg(test)]
mod tests;
mod walk;

pub use actions::{Action, ResponseAction};
pub use auth::{Access, Auth, ClientAuth, OAuth2};
pub use coverage::{CompleteScan, Coverage, PartialScan};
pub use error::PollError;
pub use event::{Observer, PollEvent, WaitReason};
pub use pages::Pages;
pub use poller::Poller;
pub use row_order::{Order, RowOrder};
pub use source::{
    HostLimits, Method, MissingData, OffsetPaginator, Paginator, Place, Rate, RetryPolicy, Source,
};
pub use walk::Walk;
