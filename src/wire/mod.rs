//! HTTP below whoever asks: how connections are made, how they fail, how much of an answer is read. The poller and the schema
//! registry's client share it.

mod body;
mod connect;
mod fault;
mod retry_after;
mod tls;

pub use body::{beginning, whole_body};
pub use connect::client;
pub use fault::{TransportError, TransportKind, describe};
pub use retry_after::retry_after;
pub use tls::TlsFault;
