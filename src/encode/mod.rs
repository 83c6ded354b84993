//! Change to bytes.

mod avro;
mod avro_keys;
mod avro_read;
mod connect;
mod encoder;
mod envelope;
mod json_sr;
mod key;
mod key_binary;
mod key_row;
mod letter;
mod logical;
mod metadata;
mod payload;
mod scale;
#[cfg(test)]
mod tests;
mod value_reader;
mod values;
mod with_schema;

pub use avro::write_avro;
pub use avro_keys::{AvroKeys, KeyField, NotOfTheseKeys};
pub use avro_read::read_avro;
pub use encoder::Encoder;
pub use json_sr::write_json;
pub use key::{ConnectKeys, KeyCodec};
pub use key_binary::KeyType;
pub use key_row::KeyRow;
pub use letter::LetterEncoder;
pub use metadata::{HeaderName, Metadata, MetadataPlan};
pub use scale::Scale;
pub use value_reader::ValueReader;
pub use values::{Layout, ValueForm, Values};
pub use with_schema::Home;
