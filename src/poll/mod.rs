//! Ask the API: pages of one resource, politely, in order.

mod source;

pub use source::{
    Auth, HostLimits, MissingData, OffsetPaginator, Paginator, Place, Rate, RetryPolicy, Source,
};
