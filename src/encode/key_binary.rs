//! A key's fields as Avro's binary form, and back. A key has texts, 64-bit integers and booleans, and nothing else.

use super::avro::write_avro;
use super::avro_read::read_front;
use crate::model::{Json, Kind};
use crate::schema::{Misfit, Slot, Type};

/// What a field of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    String,
    Long,
    Boolean,
}

impl KeyType {
    /// What a scalar of a key's text is. (Others than these never get so far.)
    pub(super) fn of(value: Json<'_>) -> Self {
        match value.kind() {
            Kind::Bool => Self::Boolean,
            Kind::Number => Self::Long,
            Kind::String | Kind::Null | Kind::Array | Kind::Object => Self::String,
        }
    }

    /// With its article.
    pub(super) fn named(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Long => "an integer",
            Self::Boolean => "a boolean",
        }
    }

    /// Of which there is more than one.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::String => "strings",
            Self::Long => "integers",
            Self::Boolean => "booleans",
        }
    }

    pub(super) fn ty(self) -> Type {
        match self {
            Self::String => Type::String,
            Self::Long => Type::Long,
            Self::Boolean => Type::Boolean,
        }
    }

    /// `None`: no key has a field of this type.
    pub(super) fn from_type(ty: &Type) -> Option<Self> {
        match ty {
            Type::String => Some(Self::String),
            Type::Long => Some(Self::Long),
            Type::Boolean => Some(Self::Boolean),
            Type::Int
            | Type::Float
            | Type::Double
            | Type::Json
            | Type::Enum { .. }
            | Type::Bytes
            | Type::Decimal { .. }
            | Type::Date
            | Type::Timestamp(_)
            | Type::Array(_)
            | Type::Map(_)
            | Type::Record(_) => None,
        }
    }
}

/// The value of one field. `Err`: it is not of the type.
pub(super) fn write(ty: KeyType, value: Json<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    if KeyType::of(value) != ty {
        return Err(Misfit::new(format!("is not {} in the key", ty.named())));
    }
    write_avro(&Slot::required(ty.ty()), value, out)
}

/// Takes a value of the type off the front of the bytes, and gives it as JSON text. What could have been written shorter is taken,
/// too: whether the bytes are those that krest writes shows when they are written again.
pub(super) fn read(ty: KeyType, bytes: &mut &[u8]) -> Option<String> {
    read_front(&Slot::required(ty.ty()), bytes)
}

/// A JSON string as keys have it: with as few escapes as there can be.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
