//! The content of JSON strings that need not be Unicode text: half of a surrogate pair is legal JSON.

use std::borrow::Cow;

use serde::Deserializer;
use serde::de::{Error, Visitor};

use super::Json;

impl<'a> Json<'a> {
    /// A string's value in UTF-8, or in WTF-8 where it holds half of a surrogate pair; the text itself of other kinds.
    pub fn unescaped(self) -> Cow<'a, [u8]> {
        match self.as_str() {
            Some(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
            Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            None => Cow::Owned(wtf8(self.text())),
        }
    }
}

/// serde_json gives byte buffers lone surrogates as WTF-8.
fn wtf8(string: &str) -> Vec<u8> {
    struct Bytes;
    impl Visitor<'_> for Bytes {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
            Ok(bytes.to_vec())
        }
    }
    let mut text = serde_json::Deserializer::from_str(string);
    text.deserialize_bytes(Bytes).unwrap_or_else(|_| string.as_bytes().to_vec())
}
