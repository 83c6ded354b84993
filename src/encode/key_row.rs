//! What a key says of its row, where nothing else is known of that any more: the last that an event of its delete can tell.

use std::sync::Arc;

use super::key_binary::quoted;
use crate::model::Json;

/// How a row is made of the text of its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyRow {
    /// Not at all: keys are not made of fields.
    #[default]
    Nothing,
    /// The text is an object of the key's fields.
    Object,
    /// The text is that of the only field, which has this name: JSON.
    Json(Arc<str>),
    /// The same without quotes: only a schema can tell a text from a number.
    Bare(Arc<str>),
}

impl KeyRow {
    /// What the row may have been, the likeliest first. Where values have a schema it is at last a row without fields: readers of
    /// Debezium's events take one that has neither `before` nor `after` for no delete, and keep the row.
    pub(super) fn rows(&self, key: &[u8], typed: bool) -> Vec<String> {
        let text = std::str::from_utf8(key).unwrap_or_default();
        let field = |name: &str, value: &str| format!("{{{}:{value}}}", quoted(name));
        let mut rows = match self {
            Self::Nothing => Vec::new(),
            Self::Object => vec![text.to_owned()],
            Self::Json(name) => vec![field(name, text)],
            Self::Bare(name) if typed => vec![field(name, &quoted(text)), field(name, text)],
            Self::Bare(_) => Vec::new(),
        };
        rows.retain(|row| Json::parse(row.as_bytes()).is_ok());
        rows.extend(typed.then(|| "{}".to_owned()));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_fields_of_its_key_as_far_as_they_can_be_told() {
        let (json, bare) = (KeyRow::Json("i d".into()), KeyRow::Bare("id".into()));
        for (row, key, typed, expected) in [
            (&json, r#""a""#, false, vec![r#"{"i d":"a"}"#]),
            (&json, "7", true, vec![r#"{"i d":7}"#, "{}"]),
            (&json, " other", true, vec!["{}"]),
            (&bare, "7", true, vec![r#"{"id":"7"}"#, r#"{"id":7}"#, "{}"]),
            (&bare, "a\"b", true, vec![r#"{"id":"a\"b"}"#, "{}"]),
            (&bare, "7", false, vec![]),
            (&KeyRow::Object, r#"{"a":1}"#, false, vec![r#"{"a":1}"#]),
            (&KeyRow::Nothing, "ff", true, vec!["{}"]),
        ] {
            assert_eq!(row.rows(key.as_bytes(), typed), expected, "{key}");
        }
    }
}
