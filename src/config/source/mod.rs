//! The `source:` block: dlt's REST API source dictionary, key for key.

mod actions;
mod auth;
mod block;
mod client;
mod disposition;
mod hints;
mod incremental;
mod keys;
mod paginator;
mod params;
mod resource;
mod steps;
mod transport;

pub use actions::{Action, ResponseAction, StatusCode};
pub use auth::{ApiKey, ApiKeyLocation, Auth, Basic, Bearer, ClientAuth, OAuth2};
pub use hints::{ColumnHint, DataType, HardDelete};
pub use incremental::{Edge, LastValue, OnMissing, RowOrder};
pub use keys::{ComputedKey, KeyPart};
pub use paginator::{
    CursorPaginator, HeaderCursorPaginator, HeaderLinkPaginator, JsonLinkPaginator, OffsetPaginator,
    PageNumberPaginator, Paginator, TotalPath,
};
pub use resource::Method;
pub use steps::Step;

pub(crate) use auth::AUTH_TYPES;
pub(crate) use block::Source;
pub(crate) use client::Client;
pub(crate) use disposition::{DispositionWord, WriteDisposition};
pub(crate) use hints::{ColumnHints, Columns};
pub(crate) use incremental::Incremental;
pub(crate) use keys::Keys;
pub(crate) use resource::Resource;
pub(crate) use transport::{ClientProxy, ClientTls, ProxyForm};
