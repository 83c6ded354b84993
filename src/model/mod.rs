//! The shared words: one type per state of the data. No I/O, no configuration, no library of a stage.

mod allowed_host;
mod cursor;
mod difference;
mod hex;
mod json;
mod letter;
mod message;
mod names;
mod offset;
mod origin;
mod page;
mod parent;
mod partition;
mod record;
mod scan;
mod schema;
mod secret;
mod stamp;
mod transport;
mod url;
mod wtf8;

pub use allowed_host::AllowedHost;
pub use cursor::{
    Cursor, CursorKind, CursorRef, CursorValue, Direction, Edge, Edges, Incomparable, Instant, Lag, LagError,
    NoCursor, Range, Side, Window, same_number, scaled,
};
pub use difference::{Difference, differences};
pub use json::{FieldName, Json, JsonError, Kind, MAX_DEPTH, Token, Tokens};
pub use letter::{DeadKey, DeadRecord, DeadSpot, Fault, Letter, Stage};
pub use message::{Batch, Headers, Message, StoredRecord};
pub use names::{ConnectorName, ResourceName};
pub use offset::{ParentOffset, Position, SourceOffset};
pub use origin::{Origin, Reading, millis};
pub use page::{Arrival, Page, Selection, Span};
pub use parent::Parent;
pub use partition::partition_for;
pub use record::{Before, Change, Fingerprint, Key, NoMessage, Record};
pub use schema::{HEADER_BYTES, KnownId, SchemaId, SchemaKind, SchemaMemory, SchemaOf, SchemaText, Subject};
pub use secret::{Redactor, Secret};
pub use stamp::{Judged, RuleId, RuleText, Stamp, StampHeader};
pub use transport::{Proxy, ProxyServer, Tls, Transport};
pub use url::RedactedUrl;
