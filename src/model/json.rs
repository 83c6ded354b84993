//! JSON as text: a checked document that is walked without a DOM, so that every value keeps its own bytes.
//!
//! [`Json::parse`] checks the whole document once (serde_json: grammar and UTF-8). After that, walking needs no checks for
//! correctness, only for bounds: a value that is not what it was taken for yields nothing, never a panic.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::value::RawValue;

use super::scan::{container_end, is_separator, scalar_end, string_end};

/// Deeper nesting than this is refused wherever a value is walked recursively (serde_json's own limit).
pub const MAX_DEPTH: usize = 128;

/// A JSON value, by its text: checked, without white space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<'a>(&'a str);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// For texts.
    pub fn named(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "a list",
            Self::Object => "an object",
        }
    }
}

/// Why a body is not JSON, with the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonError {
    pub message: String,
    /// The body ended before the document did: a truncated answer.
    pub truncated: bool,
}

impl<'a> Json<'a> {
    /// Checks a whole body. A leading byte order mark is skipped; an empty body is an error.
    pub fn parse(body: &'a [u8]) -> Result<Self, JsonError> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let raw: &RawValue = serde_json::from_slice(body)
            .map_err(|error| JsonError { truncated: error.is_eof(), message: error.to_string() })?;
        Ok(Self(raw.get().trim_matches(is_space_char)))
    }

    /// A text that is already known to be one JSON value (a span of a checked body).
    pub fn trusted(text: &'a str) -> Self {
        Self(text)
    }

    pub fn text(self) -> &'a str {
        self.0
    }

    pub fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    /// A string's value, unescaped. `None` for other kinds, and for a string that is no Unicode text (a lone surrogate).
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
            return Some(Cow::Borrowed(inner));
        }
        serde_json::from_str::<String>(self.0).ok().map(Cow::Owned)
    }

    /// The text without white space between its tokens: one line, every token's bytes as they were.
    pub fn compact(self) -> Cow<'a, str> {
        let bytes = self.0.as_bytes();
        let mut kept = String::new();
        let mut from = 0;
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => at = string_end(bytes, at).map_or(bytes.len(), |(end, _)| end),
                b' ' | b'\t' | b'\r' | b'\n' => {
                    kept.push_str(self.0.get(from..at).unwrap_or_default());
                    at += 1;
                    from = at;
                }
                _ => at += 1,
            }
        }
        if from == 0 {
            return Cow::Borrowed(self.0);
        }
        kept.push_str(self.0.get(from..).unwrap_or_default());
        Cow::Owned(kept)
    }

    pub fn as_bool(self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The elements of an array; nothing for other kinds.
    pub fn elements(self) -> Elements<'a> {
        Elements(Walk::into(self.0, b'['))
    }

    /// The fields of an object in their order, duplicates included; nothing for other kinds.
    pub fn fields(self) -> Fields<'a> {
        Fields(Walk::into(self.0, b'{'))
    }

    /// The whole value in one pass, containers opened rather than skipped.
    pub fn tokens(self) -> Tokens<'a> {
        Tokens(Walk { text: self.0, at: 0 })
    }

    /// A field by name. Of duplicate keys the last wins, as in serde_json, Python and JavaScript.
    pub fn get(self, name: &str) -> Option<Json<'a>> {
        self.fields().filter(|(key, _)| key.is(name)).last().map(|(_, value)| value)
    }
}

/// The name of a field, as it is written.
#[derive(Clone, Copy, Debug)]
pub struct FieldName<'a>(&'a str);

impl<'a> FieldName<'a> {
    /// The name with its quotes and escapes: a JSON string.
    pub fn json(self) -> Json<'a> {
        Json(self.0)
    }

    pub fn is(self, name: &str) -> bool {
        let inner = self.0.get(1..self.0.len().saturating_sub(1)).unwrap_or_default();
        // An escape is longer than what it stands for, so most names are told apart without a look for one.
        match inner.len().cmp(&name.len()) {
            Ordering::Less => false,
            Ordering::Equal => inner == name && memchr::memchr(b'\\', name.as_bytes()).is_none(),
            Ordering::Greater => {
                memchr::memchr(b'\\', inner.as_bytes()).is_some()
                    && self.json().as_str().is_some_and(|unescaped| unescaped == name)
            }
        }
    }

    /// The name for people and for JSONPath.
    pub fn text(self) -> Cow<'a, str> {
        self.json().as_str().unwrap_or(Cow::Borrowed(self.0))
    }
}

pub struct Elements<'a>(Walk<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        self.0.value()
    }
}

pub struct Fields<'a>(Walk<'a>);

impl<'a> Iterator for Fields<'a> {
    type Item = (FieldName<'a>, Json<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let name = self.0.value()?;
        let value = self.0.value()?;
        Some((FieldName(name.0), value))
    }
}

/// A piece of a value. The name of a field comes as a string in front of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    OpenArray,
    OpenObject,
    /// The end of the innermost array or object that is open.
    Close,
    /// A string without escapes: what stands between its quotes.
    Plain(&'a str),
    /// A string with escapes.
    Escaped(Json<'a>),
    /// A number, `true`, `false` or `null`.
    Scalar(Json<'a>),
}

pub struct Tokens<'a>(Walk<'a>);

impl<'a> Tokens<'a> {
    /// Where the next token begins, and its first byte.
    pub fn peek(&self) -> Option<(usize, u8)> {
        let start = self.0.start()?;
        Some((start, *self.0.text.as_bytes().get(start)?))
    }

    /// Steps over a whole value.
    pub fn skip_value(&mut self) -> Option<Json<'a>> {
        self.0.value()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let text = self.0.text;
        let start = self.0.start()?;
        let (token, end) = match text.as_bytes().get(start)? {
            b'[' => (Token::OpenArray, start + 1),
            b'{' => (Token::OpenObject, start + 1),
            b']' | b'}' => (Token::Close, start + 1),
            b'"' => match string_end(text.as_bytes(), start)? {
                (end, false) => (Token::Plain(text.get(start + 1..end - 1)?), end),
                (end, true) => (Token::Escaped(Json(text.get(start..end)?)), end),
            },
            _ => {
                let end = scalar_end(text.as_bytes(), start);
                (Token::Scalar(Json(text.get(start..end)?)), end)
            }
        };
        self.0.at = end;
        Some(token)
    }
}

/// Steps over the values between one pair of brackets. Commas and colons are separators alike: the document was checked.
struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    fn into(text: &'a str, open: u8) -> Self {
        if text.as_bytes().first() == Some(&open) { Self { text, at: 1 } } else { Self { text: "", at: 0 } }
    }

    /// Where the next value, or the closing bracket, starts.
    fn start(&self) -> Option<usize> {
        let rest = self.text.as_bytes().get(self.at..)?;
        rest.iter().position(|byte| !is_separator(*byte)).map(|skipped| self.at + skipped)
    }

    fn value(&mut self) -> Option<Json<'a>> {
        let bytes = self.text.as_bytes();
        let start = self.start()?;
        let end = match bytes.get(start)? {
            b']' | b'}' => return None,
            b'"' => string_end(bytes, start)?.0,
            b'{' | b'[' => container_end(bytes, start)?,
            _ => scalar_end(bytes, start),
        };
        self.at = end;
        self.text.get(start..end).map(Json)
    }
}

fn is_space_char(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn elements(text: &str) -> Vec<&str> {
        Json::parse(text.as_bytes()).unwrap().elements().map(Json::text).collect()
    }

    #[test]
    fn elements_keep_their_own_bytes() {
        let text = r#" [ {"b":1.0 , "a":[1,{"x":"]\"}"}]} ,1e999,"é\u00e9", null ,[ ],{} ] "#;
        let expected = [r#"{"b":1.0 , "a":[1,{"x":"]\"}"}]}"#, "1e999", r#""é\u00e9""#, "null", "[ ]", "{}"];
        assert_eq!(elements(text), expected);
    }

    #[test]
    fn of_duplicate_fields_the_last_wins_and_escaped_names_are_found() {
        let json = Json::parse(br#"{"id":1,"i\u0064":2,"k":{"id":3}}"#).unwrap();
        assert_eq!(json.get("id").unwrap().text(), "2");
        assert_eq!(json.get("none"), None);
    }

    #[test]
    fn a_name_is_told_by_what_it_means_not_by_how_it_is_written() {
        let json = Json::parse(br#"{"a\\b":1,"\u0061\u0062":2}"#).unwrap();
        let names: Vec<_> = json.fields().map(|(name, _)| name).collect();
        assert!(names[0].is("a\\b") && !names[0].is("a\\\\b") && !names[0].is("a"));
        assert!(names[1].is("ab") && !names[1].is("\\u0061\\u0062"));
    }

    #[test]
    fn tokens_come_flat_and_in_order() {
        let scalar = |text| Token::Scalar(Json::trusted(text));
        let escaped = Token::Escaped(Json::trusted(r#""b\"""#));
        let tokens: Vec<_> = Json::trusted(r#"{ "a" : [ 1.0 , {} ] , "b\"" : null }"#).tokens().collect();
        let (open, close) = (Token::OpenObject, Token::Close);
        let list = [Token::Plain("a"), Token::OpenArray, scalar("1.0"), open, close, close];
        assert_eq!(tokens, [&[open][..], &list, &[escaped, scalar("null"), close]].concat());
    }

    #[test]
    fn what_is_not_json_is_an_error_with_a_place() {
        for (body, truncated) in [
            (&b""[..], true),
            (b"{\"data\":[1,", true),
            (b"<html>", false),
            (b"[1] [2]", false),
            (b"\"\xff\"", false),
        ] {
            let error = Json::parse(body).unwrap_err();
            assert_eq!(error.truncated, truncated, "{error}");
            assert!(error.message.contains("line"), "{error}");
        }
    }

    #[test]
    fn compact_takes_out_only_the_space_between_tokens() {
        let text = "{ \"a b\" : [ 1.0 ,\n\t\"x \\\" y\" ] }";
        assert_eq!(Json::trusted(text).compact(), r#"{"a b":[1.0,"x \" y"]}"#);
        assert!(matches!(Json::trusted(r#"{"a b":1}"#).compact(), Cow::Borrowed(_)));
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let text = format!("[{}1{}]", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(elements(&text).len(), 1);
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn rebuild(json: Json<'_>) -> serde_json::Value {
        match json.kind() {
            Kind::Array => json.elements().map(rebuild).collect(),
            Kind::Object => serde_json::Value::Object(
                json.fields().map(|(name, value)| (name.text().into_owned(), rebuild(value))).collect(),
            ),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => {
                serde_json::from_str(json.text()).unwrap()
            }
        }
    }

    proptest! {
        #[test]
        fn walking_finds_what_serde_json_finds(value in any_json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assert_eq!(rebuild(Json::parse(text.as_bytes()).unwrap()), value);
        }

        #[test]
        fn any_text_is_walked_without_a_panic(text in "[\\[\\]{}\",:\\\\a1 ]{0,40}") {
            let json = Json::trusted(&text);
            let _ = (json.elements().count(), json.fields().count(), json.as_str(), json.get("a"));
            let _ = json.tokens().count();
        }
    }
}
