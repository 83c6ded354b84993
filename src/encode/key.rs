//! A key's text to the bytes of a message key and back. The bytes are the row's identity: they are frozen.

use std::borrow::Cow;

use crate::model::{Json, Kind};

/// How the text of a key becomes bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyCodec {
    /// The text is the key.
    #[default]
    Text,
    /// Kafka Connect's JSON with a schema; the text, which is JSON, is the payload.
    Connect,
}

/// Stands in front of a key that was not written in this way: no JSON text of krest begins with it.
const OTHER: u8 = b' ';

impl KeyCodec {
    /// The bytes of a key.
    pub fn write<'k>(self, key: &'k [u8]) -> Cow<'k, [u8]> {
        match (self, key) {
            (Self::Text, _) => Cow::Borrowed(key),
            (Self::Connect, [OTHER, other @ ..]) => Cow::Borrowed(other),
            (Self::Connect, _) => match std::str::from_utf8(key) {
                Ok(text) => Cow::Owned(connect(text).into_bytes()),
                Err(_) => Cow::Borrowed(key),
            },
        }
    }

    /// The text of a key that was read back. What was not written in this way is no row's text: [`Self::write`] gives it back.
    pub fn read<'k>(self, bytes: &'k [u8]) -> Cow<'k, [u8]> {
        if self == Self::Text {
            return Cow::Borrowed(bytes);
        }
        let payload = Json::parse(bytes).ok().and_then(|json| json.get("payload")).map(Json::text);
        match payload.filter(|payload| *self.write(payload.as_bytes()) == *bytes) {
            Some(payload) => Cow::Owned(payload.as_bytes().to_vec()),
            None => Cow::Owned([&[OTHER], bytes].concat()),
        }
    }
}

/// A scalar or an object of scalars; numbers are 64-bit integers. A struct has no name: a connector may be renamed.
fn connect(key: &str) -> String {
    let json = Json::trusted(key);
    let schema = match json.kind() {
        Kind::Object => {
            let field = |(name, value): (crate::model::FieldName<'_>, Json<'_>)| {
                let (ty, name) = (scalar(value), name.json().text());
                format!(r#"{{"type":"{ty}","optional":false,"field":{name}}}"#)
            };
            let fields: Vec<String> = json.fields().map(field).collect();
            format!(r#"{{"type":"struct","fields":[{}],"optional":false}}"#, fields.join(","))
        }
        Kind::String | Kind::Bool | Kind::Number | Kind::Null | Kind::Array => {
            format!(r#"{{"type":"{}","optional":false}}"#, scalar(json))
        }
    };
    format!(r#"{{"schema":{schema},"payload":{key}}}"#)
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

    fn written(codec: KeyCodec, key: &str) -> String {
        String::from_utf8(codec.write(key.as_bytes()).into_owned()).unwrap()
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
            assert_eq!(written(KeyCodec::Connect, key), bytes);
            assert_eq!(*KeyCodec::Connect.read(bytes.as_bytes()), *key.as_bytes());
            assert_eq!(written(KeyCodec::Text, key), key);
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
            let read = KeyCodec::Connect.read(foreign);
            assert_eq!(*read, [b" ", foreign].concat());
            assert_eq!(*KeyCodec::Connect.write(&read), *foreign);
        }
    }

    /// Hashes of `org.apache.kafka.common.utils.Utils.murmur2` of kafka-clients 4.3.1 over the same bytes.
    #[test]
    fn keys_of_every_form_land_where_java_puts_them() {
        for (codec, key, partition) in [
            (KeyCodec::Text, "my_key_1", 588),
            (KeyCodec::Text, "\"my_key_1\"", 399),
            (KeyCodec::Text, "{\"shop\":\"x\",\"id\":7}", 362),
            (KeyCodec::Connect, "\"my_key_1\"", 687),
            (KeyCodec::Connect, "{\"shop\":\"x\",\"id\":7}", 225),
        ] {
            assert_eq!(partition_for(&codec.write(key.as_bytes()), 1000), partition, "{key}");
        }
    }
}
