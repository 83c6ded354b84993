//! What the operator wrote: from the text of a file to a typed `Config`, or to every mistake in it with its place.
//!
//! ```text
//! text ──yaml, json──▶ tree ──interpolate──▶ tree ──check (against the schema of the types)──▶ tree ──merge, rules──▶ Config
//! ```

mod changes;
mod check;
mod deletes;
mod delivery;
mod errors;
mod file;
mod format;
mod free;
mod interpolate;
mod json;
mod kafka;
mod later;
mod limits;
mod load;
mod merge;
mod ordered;
mod overrides;
mod poll;
mod properties;
mod providers;
mod read;
mod registry;
mod report;
mod retry;
mod rules;
mod schema;
mod secret;
mod signals;
mod source;
mod state;
mod suggest;
#[cfg(test)]
mod tests;
mod topics;
mod tree;
mod typed;
mod units;
mod yaml;

pub use changes::Changes;
pub use deletes::{DeleteMode, Deletes};
pub use delivery::Delivery;
pub use errors::{Errors, MaxPerScan, MissingData, ShrunkScan, Tolerance};
pub use format::{
    Conflicts, Decimals, Envelope, Format, HeaderWord, KeyFormat, Precision, SchemaSource, Timestamps,
    ValueFormat,
};
pub use interpolate::Environment;
pub use kafka::{Boundary, Kafka, Kind, PROPERTIES};
pub use later::{Later, Why, Word, later};
pub use limits::Limits;
pub use poll::Poll;
pub use registry::{NameStrategy, Registry, RegistryCredentials};
pub use report::{Mistake, Mistakes, Note};
pub use retry::Retry;
pub use rules::probed_field;
pub use schema::{dlt_keys, schema};
pub use signals::{Notification, NotificationChannel, Signal, SignalChannel};
pub use source::{
    Action, ApiKey, ApiKeyLocation, Auth, Basic, Bearer, ClientAuth, ColumnHint, ComputedKey,
    CursorPaginator, DataType, Edge, HardDelete, HeaderCursorPaginator, HeaderLinkPaginator,
    JsonLinkPaginator, KeyPart, LastValue, Method, OAuth2, OffsetPaginator, OnMissing, PageNumberPaginator,
    Paginator, ResponseAction, RowOrder, StatusCode, Step, TotalPath,
};
pub use state::State;
pub use topics::Topics;
pub use tree::Place;
pub use typed::{Config, Disposition, Incremental, Resource, Settings};
pub use units::Rate;
