//! Names that the operator gave: of a connector and of a resource.

use std::fmt;
use std::sync::Arc;

/// The name of a connector: the part of every Kafka identity that the operator chooses (`[A-Za-z0-9._-]`, checked by `plan`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectorName(Arc<str>);

/// The name of a resource: any text, as in dlt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceName(Arc<str>);

macro_rules! name {
    ($name:ident) => {
        impl $name {
            pub fn new(text: &str) -> Self {
                Self(text.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
name!(ConnectorName);
name!(ResourceName);
