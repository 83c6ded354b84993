//! A key's text to the bytes of a message key and back. The bytes are the row's identity: they are frozen.

use std::borrow::Cow;
use std::sync::Arc;

use super::avro_keys::{AvroKeys, member};
use super::key_binary::quoted;
use crate::model::{FieldName, Json, Kind};
use crate::schema::Misfit;

/// How the text of a key becomes bytes.
#[derive(Clone, Debug, Default)]
pub enum KeyCodec {
    /// The text is the key.
    #[default]
    Text,
    /// A JSON object with the text, which is JSON, as its only field: of this name.
    Struct(Arc<str>),
    /// Kafka Connect's JSON with a schema; the text is the payload.
    Connect(Arc<ConnectKeys>),
    /// Avro, by a schema that a registry knows.
    Avro(Arc<AvroKeys>),
}

/// What Debezium's keys are besides what others are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectKeys {
    /// The name of the only field, where such a key is a struct, too.
    pub field: Option<String>,
    /// That of the struct; `None`: it has none, and a connector may be renamed.
    pub name: Option<String>,
}

/// Stands in front of a key that was not written in this way: no JSON text of krest begins with it.
const OTHER: u8 = b' ';

impl KeyCodec {
    /// Whether every text is its own bytes.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text)
    }

    /// The keys that have a schema which a registry knows.
    pub fn avro(&self) -> Option<&AvroKeys> {
        match self {
            Self::Avro(keys) => Some(keys),
            Self::Text | Self::Struct(_) | Self::Connect(_) => None,
        }
    }

    /// This name of the codec, and behind a space the id that is part of all keys, once it is known: whoever knows keys by their text has
    /// to know when they are other bytes.
    pub fn identity(&self, name: &str) -> String {
        match self.avro().and_then(AvroKeys::id) {
            Some(id) => format!("{name} {}", id.0),
            None => name.to_owned(),
        }
    }

    /// The bytes of a key. `Err`: its schema has no id yet, or is not that of this key.
    pub fn write<'k>(&self, key: &'k [u8]) -> Result<Cow<'k, [u8]>, Misfit> {
        let text = match (self, key) {
            (Self::Text, _) => return Ok(Cow::Borrowed(key)),
            (Self::Struct(_) | Self::Connect(_) | Self::Avro(_), [OTHER, other @ ..]) => {
                return Ok(Cow::Borrowed(other));
            }
            (Self::Struct(_) | Self::Connect(_) | Self::Avro(_), _) => std::str::from_utf8(key),
        };
        let Ok(text) = text else { return Ok(Cow::Borrowed(key)) };
        Ok(Cow::Owned(match self {
            Self::Text => return Ok(Cow::Borrowed(key)),
            Self::Struct(field) => object(field, text).into_bytes(),
            Self::Connect(keys) => keys.write(text).into_bytes(),
            Self::Avro(keys) => keys.write(text)?,
        }))
    }

    /// How many bytes a key is. `Err`: it cannot be one, because its fields are not what those of the others are; the text says which.
    pub fn len(&self, key: &str) -> Result<usize, String> {
        match self {
            Self::Avro(keys) => keys.len(key),
            Self::Text | Self::Struct(_) | Self::Connect(_) => {
                self.write(key.as_bytes()).map(|bytes| bytes.len()).map_err(|misfit| misfit.to_string())
            }
        }
    }

    /// The record with this key is to be published.
    pub fn learn(&self, key: &str) {
        match self {
            Self::Avro(keys) => keys.learn(key),
            Self::Text | Self::Struct(_) | Self::Connect(_) => {}
        }
    }

    /// The text of a key that was read back. What was not written in this way is no row's text: [`Self::write`] gives it back.
    pub fn read<'k>(&self, bytes: &'k [u8]) -> Cow<'k, [u8]> {
        let text = match self {
            Self::Text => return Cow::Borrowed(bytes),
            Self::Struct(field) => part(bytes, field),
            Self::Connect(keys) => keys.read(bytes),
            Self::Avro(keys) => keys.read(bytes),
        };
        let is_it = |text: &String| self.write(text.as_bytes()).is_ok_and(|written| *written == *bytes);
        match text.filter(is_it) {
            Some(text) => Cow::Owned(text.into_bytes()),
            None => Cow::Owned([&[OTHER], bytes].concat()),
        }
    }
}

impl ConnectKeys {
    fn write(&self, key: &str) -> String {
        let payload = match &self.field {
            Some(field) => Cow::Owned(object(field, key)),
            None => Cow::Borrowed(key),
        };
        let schema = self.schema(Json::trusted(&payload));
        format!(r#"{{"schema":{schema},"payload":{payload}}}"#)
    }

    fn read(&self, bytes: &[u8]) -> Option<String> {
        let payload = part(bytes, "payload")?;
        match &self.field {
            Some(field) => part(payload.as_bytes(), field),
            None => Some(payload),
        }
    }

    /// Of a scalar, or an object of scalars; numbers are 64-bit integers.
    fn schema(&self, json: Json<'_>) -> String {
        match json.kind() {
            Kind::Object => {
                let field = |(name, value): (FieldName<'_>, Json<'_>)| {
                    let (ty, name) = (scalar(value), name.json().text());
                    format!(r#"{{"type":"{ty}","optional":false,"field":{name}}}"#)
                };
                let fields: Vec<String> = json.fields().map(field).collect();
                let name = self.name.as_ref().map(|name| format!(",{}", member("name", &quoted(name))));
                let name = name.unwrap_or_default();
                format!(r#"{{"type":"struct","fields":[{}],"optional":false{name}}}"#, fields.join(","))
            }
            Kind::String | Kind::Bool | Kind::Number | Kind::Null | Kind::Array => {
                format!(r#"{{"type":"{}","optional":false}}"#, scalar(json))
            }
        }
    }
}

/// `{"id":7}`
fn object(field: &str, value: &str) -> String {
    format!("{{{}}}", member(field, value))
}

/// A field of an object, as it is written there.
fn part(object: &[u8], field: &str) -> Option<String> {
    Json::parse(object).ok()?.get(field).map(|value| value.text().to_owned())
}

fn scalar(value: Json<'_>) -> &'static str {
    match value.kind() {
        Kind::Bool => "boolean",
        Kind::Number => "int64",
        Kind::String | Kind::Null | Kind::Array | Kind::Object => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::partition_for;

    const TEXT: KeyCodec = KeyCodec::Text;

    fn connect() -> KeyCodec {
        KeyCodec::Connect(Arc::default())
    }

    /// Debezium's, of one field and of several.
    fn debezium(field: Option<&str>) -> KeyCodec {
        let keys = ConnectKeys { field: field.map(str::to_owned), name: Some("shop.users.Key".to_owned()) };
        KeyCodec::Connect(Arc::new(keys))
    }

    fn written(codec: &KeyCodec, key: &str) -> String {
        String::from_utf8(codec.write(key.as_bytes()).unwrap().into_owned()).unwrap()
    }

    #[test]
    fn a_key_with_a_schema_is_what_connects_json_converter_writes() {
        for (key, bytes) in [
            (r#""a b""#, r#"{"schema":{"type":"string","optional":false},"payload":"a b"}"#),
            ("7", r#"{"schema":{"type":"int64","optional":false},"payload":7}"#),
            ("true", r#"{"schema":{"type":"boolean","optional":false},"payload":true}"#),
            (
                r#"{"shop":"x","id":7}"#,
                r#"{"schema":{"type":"struct","fields":[{"type":"string","optional":false,"field":"shop"},{"type":"int64","optional":false,"field":"id"}],"optional":false},"payload":{"shop":"x","id":7}}"#,
            ),
        ] {
            assert_eq!(written(&connect(), key), bytes);
            assert_eq!(*connect().read(bytes.as_bytes()), *key.as_bytes());
            assert_eq!(written(&TEXT, key), key);
        }
    }

    #[test]
    fn a_key_of_debezium_is_a_struct_even_of_one_field() {
        let json = KeyCodec::Struct("i d".into());
        for (codec, key, bytes) in [
            (&json, "7", r#"{"i d":7}"#),
            (&json, r#""a\"b""#, r#"{"i d":"a\"b"}"#),
            (
                &debezium(Some("id")),
                "7",
                r#"{"schema":{"type":"struct","fields":[{"type":"int64","optional":false,"field":"id"}],"optional":false,"name":"shop.users.Key"},"payload":{"id":7}}"#,
            ),
            (
                &debezium(None),
                r#"{"shop":"x","on":true}"#,
                r#"{"schema":{"type":"struct","fields":[{"type":"string","optional":false,"field":"shop"},{"type":"boolean","optional":false,"field":"on"}],"optional":false,"name":"shop.users.Key"},"payload":{"shop":"x","on":true}}"#,
            ),
        ] {
            assert_eq!(written(codec, key), bytes);
            assert_eq!(*codec.read(bytes.as_bytes()), *key.as_bytes());
            assert_eq!(codec.len(key), Ok(bytes.len()));
        }
    }

    #[test]
    fn what_another_tool_wrote_is_not_taken_for_a_key() {
        for foreign in [
            &b"my_key_1"[..],
            b"7",
            br#" "a""#,
            br#"{"payload":7}"#,
            br#"{"schema":{"type":"int32","optional":false},"payload":7}"#,
            br#"{"schema":{"type":"int64","optional":false}, "payload":7}"#,
            &[0xff, 0xfe],
        ] {
            for codec in [connect(), debezium(Some("id")), KeyCodec::Struct("id".into())] {
                let read = codec.read(foreign);
                assert_eq!(*read, [b" ", foreign].concat());
                assert_eq!(*codec.write(&read).unwrap(), *foreign);
            }
        }
    }

    /// Hashes of `org.apache.kafka.common.utils.Utils.murmur2` of kafka-clients 4.3.1 over the same bytes.
    #[test]
    fn keys_of_every_form_land_where_java_puts_them() {
        for (codec, key, partition) in [
            (TEXT, "my_key_1", 588),
            (TEXT, "\"my_key_1\"", 399),
            (TEXT, "{\"shop\":\"x\",\"id\":7}", 362),
            (connect(), "\"my_key_1\"", 687),
            (connect(), "{\"shop\":\"x\",\"id\":7}", 225),
            (KeyCodec::Struct("id".into()), "7", 637),
            (KeyCodec::Struct("id".into()), "\"my_key_1\"", 456),
            (debezium(Some("id")), "7", 496),
            (debezium(None), "{\"shop\":\"x\",\"id\":7}", 391),
        ] {
            assert_eq!(partition_for(&codec.write(key.as_bytes()).unwrap(), 1000), partition, "{key}");
        }
    }
}
