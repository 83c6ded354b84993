//! Ask the API: pages of one resource, politely, in order.

mod actions;
mod answer_headers;
mod auth;
mod behind;
mod client;
mod coverage;
mod detect;
mod error;
mod event;
mod fetch;
mod loop_guard;
mod more;
mod next_link;
mod notice;
mod pages;
mod paginate;
mod paginator;
mod poller;
mod probe;
mod proposal;
mod rate_limit;
mod read;
mod request;
mod retry;
mod row_order;
mod scan;
mod select;
mod signs;
mod source;
#[cfg(test)]
mod tests;
mod walk;

pub use actions::{Action, ResponseAction};
pub use auth::{Access, Auth, ClientAuth, OAuth2};
pub use behind::{NotProven, UpToTotal};
pub use coverage::{CompleteScan, Coverage, PartialScan};
pub use error::PollError;
pub use event::{Observer, PollEvent, Unread, WaitReason};
pub use pages::Pages;
pub use paginator::{Counts, CursorPaginator, HeaderCursorPaginator, Paginator, Place, RangePaginator};
pub use poller::Poller;
pub use probe::Absent;
pub use proposal::Proposal;
pub use row_order::{Order, RowOrder};
pub use source::{HostLimits, Method, MissingData, Rate, RetryPolicy, Source};
pub use walk::Walk;
