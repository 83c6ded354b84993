//! Change to bytes.

mod avro;
mod avro_keys;
mod avro_read;
mod connect;
mod dress;
mod encoder;
mod envelope;
mod json_sr;
mod key;
mod key_binary;
mod key_row;
mod legible;
mod letter;
mod logical;
mod payload;
mod scale;
mod schooled;
#[cfg(test)]
mod tests;
mod values;

pub use avro::write_avro;
pub use avro_keys::{AvroKeys, KeyField, NotOfTheseKeys};
pub use avro_read::read_avro;
pub use dress::{Dress, HeaderName, Wardrobe};
pub use encoder::Encoder;
pub use json_sr::write_json;
pub use key::{ConnectKeys, KeyCodec};
pub use key_binary::KeyType;
pub use key_row::KeyRow;
pub use legible::Legible;
pub use letter::LetterEncoder;
pub use scale::Scale;
pub use schooled::Home;
pub use values::{Look, ValueForm, Values};
