//! Which parts of a page are its records: dlt's rule, on text, without a DOM.

use super::detect::detect;
use crate::model::{Json, Kind, Selection, Span};
use crate::template::JsonPath;

/// Of a body without the records' place, so many of its keys are named.
const NAMED_KEYS: usize = 20;
/// A longer key, in bytes, is data rather than a name.
const LONGEST_KEY: usize = 100;

/// The data selector of one scan.
#[derive(Debug)]
pub(super) enum Selector {
    Preset {
        path: JsonPath,
        /// For a path that goes through the elements of a list (`data[*]`): the list. No element is no match, but no surprise either.
        list: Option<JsonPath>,
    },
    /// Nothing but plainly empty pages yet.
    Undetected,
    /// Found on the first page that was not empty, and kept. Keys from the top; none for the whole body.
    Detected(Vec<String>),
}

/// The records of one page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selected<'a> {
    pub records: Vec<Span>,
    /// The list that holds them, where one list does.
    pub list: Option<Json<'a>>,
    pub selection: Selection,
    /// The one match is neither list, object nor null: a record, as in dlt, but hardly what was meant.
    pub scalar: Option<Kind>,
}

impl Selector {
    pub(super) fn new(path: Option<&JsonPath>) -> Self {
        path.map_or(Self::Undetected, |path| Self::Preset { path: path.clone(), list: list_of(path) })
    }

    /// As a scan found it that is resumed.
    pub(super) fn freeze(&mut self, keys: Vec<String>) {
        if let Self::Undetected = self {
            *self = Self::Detected(keys);
        }
    }

    /// The keys that detection found.
    pub(super) fn detected(&self) -> Option<&[String]> {
        match self {
            Self::Detected(keys) => Some(keys),
            Self::Preset { .. } | Self::Undetected => None,
        }
    }

    /// For messages: the path, or what stands for it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Preset { path, .. } => path.text().to_owned(),
            Self::Undetected => "$".to_owned(),
            Self::Detected(keys) if keys.is_empty() => "$".to_owned(),
            Self::Detected(keys) => keys.join("."),
        }
    }

    /// `document` is a view of `body`; `expected` is how many records there will be, about.
    pub(super) fn select<'a>(&mut self, document: Json<'a>, body: &[u8], expected: usize) -> Selected<'a> {
        if let Self::Undetected = self
            && !is_plainly_empty(document)
        {
            *self = Self::Detected(detect(document));
        }
        let matches = match self {
            Self::Preset { path, .. } => path.find(document),
            Self::Undetected => Vec::new(),
            Self::Detected(keys) => walk(document, keys).into_iter().collect(),
        };
        match matches.as_slice() {
            [] => self.nothing(document),
            [one] => unwrap_one(*one, body, expected),
            several => found(several.iter().filter_map(|each| span_in(body, *each)).collect(), None),
        }
    }

    fn nothing<'a>(&self, document: Json<'a>) -> Selected<'a> {
        let empty_list =
            |list: &JsonPath| list.first(document).is_some_and(|list| list.kind() == Kind::Array);
        let explained = match self {
            Self::Preset { list, .. } => list.as_ref().is_some_and(empty_list),
            Self::Undetected | Self::Detected(_) => false,
        };
        if explained || is_plainly_empty(document) {
            return found(Vec::new(), None);
        }
        let keys = document.fields().map(|(name, _)| name.text().into_owned());
        let present = keys.filter(|key| key.len() <= LONGEST_KEY).take(NAMED_KEYS).collect();
        Selected { selection: Selection::Nothing { present }, ..found(Vec::new(), None) }
    }
}

fn unwrap_one<'a>(one: Json<'a>, body: &[u8], expected: usize) -> Selected<'a> {
    match one.kind() {
        Kind::Array => {
            let mut records = Vec::with_capacity(expected);
            records.extend(one.elements().filter_map(|element| span_in(body, element)));
            Selected { list: Some(one), ..found(records, None) }
        }
        Kind::Null => found(Vec::new(), None),
        Kind::Object => found(span_in(body, one).into_iter().collect(), None),
        scalar @ (Kind::Bool | Kind::Number | Kind::String) => {
            found(span_in(body, one).into_iter().collect(), Some(scalar))
        }
    }
}

fn found<'a>(records: Vec<Span>, scalar: Option<Kind>) -> Selected<'a> {
    Selected { records, list: None, selection: Selection::Found, scalar }
}

fn is_plainly_empty(document: Json<'_>) -> bool {
    match document.kind() {
        Kind::Null => true,
        Kind::Array => document.elements().next().is_none(),
        Kind::Object => document.fields().next().is_none(),
        Kind::Bool | Kind::Number | Kind::String => false,
    }
}

fn walk<'a>(document: Json<'a>, keys: &[String]) -> Option<Json<'a>> {
    keys.iter().try_fold(document, |here, key| here.get(key))
}

/// `data[*]` and `data[?(…)]` → `data`.
fn list_of(path: &JsonPath) -> Option<JsonPath> {
    let text = path.text().trim_end();
    let list = match text.strip_suffix("[*]") {
        Some(list) => list,
        None if text.ends_with(']') => text.get(..text.rfind("[?")?)?,
        None => return None,
    };
    JsonPath::parse(list).ok()
}

/// Where a value stands in the body that it is a part of. `None` for a value that was computed (a JSONPath function).
fn span_in(body: &[u8], value: Json<'_>) -> Option<Span> {
    let text = value.text();
    let start = (text.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let end = start + text.len();
    if end > body.len() {
        return None;
    }
    Some(Span { start: u32::try_from(start).ok()?, end: u32::try_from(end).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records as text, `Nothing`'s keys, and whether a scalar was found.
    fn select_with(selector: &mut Selector, body: &str) -> (Vec<String>, Option<Vec<String>>, bool) {
        let selected = selector.select(Json::parse(body.as_bytes()).unwrap(), body.as_bytes(), 0);
        let text = |span: &Span| body[span.start as usize..span.end as usize].to_owned();
        let present = match selected.selection {
            Selection::Found => None,
            Selection::Nothing { present } => Some(present),
        };
        (selected.records.iter().map(text).collect(), present, selected.scalar.is_some())
    }

    fn preset(path: &str, body: &str) -> (Vec<String>, Option<Vec<String>>, bool) {
        select_with(&mut Selector::new(Some(&JsonPath::parse(path).unwrap())), body)
    }

    fn records(texts: &[&str]) -> (Vec<String>, Option<Vec<String>>, bool) {
        (texts.iter().map(|text| (*text).to_owned()).collect(), None, false)
    }

    #[test]
    fn a_list_is_its_elements_with_their_own_bytes() {
        let body = "\u{feff} {\"data\": [ {\"id\": 1.0 } ,{\"é\":2}, 3 ] }";
        assert_eq!(preset("data", body), records(&["{\"id\": 1.0 }", "{\"é\":2}", "3"]));
    }

    #[test]
    fn null_is_no_record_an_object_is_one_and_a_scalar_is_one_with_a_warning() {
        assert_eq!(preset("data", r#"{"data":null}"#), records(&[]));
        assert_eq!(preset("data", r#"{"data":[]}"#), records(&[]));
        assert_eq!(preset("data", r#"{"data":{"id":1}}"#), records(&[r#"{"id":1}"#]));
        assert_eq!(preset("data", r#"{"data":"none"}"#), (vec!["\"none\"".to_owned()], None, true));
    }

    #[test]
    fn a_plainly_empty_body_is_no_surprise() {
        for body in ["{}", "[]", "null", " { } "] {
            assert_eq!(preset("data", body), records(&[]), "{body}");
        }
    }

    #[test]
    fn a_selector_without_a_match_names_the_keys_that_are_there() {
        let (none, present, _) = preset("data", r#"{"error":"no","code":7}"#);
        assert_eq!((none, present), (vec![], Some(vec!["error".to_owned(), "code".to_owned()])));
        assert_eq!(preset("data", "[1]").1, Some(vec![]));
        assert_eq!(preset("data", "\"text\"").1, Some(vec![]));
    }

    #[test]
    fn detection_is_frozen_after_the_first_page_that_is_not_empty() {
        let mut selector = Selector::new(None);
        assert_eq!(select_with(&mut selector, "{}"), records(&[]));
        assert_eq!(select_with(&mut selector, r#"{"meta":{"n":1},"items":[1,2]}"#), records(&["1", "2"]));
        let (none, present, _) = select_with(&mut selector, r#"{"data":[3]}"#);
        assert_eq!((none, present), (vec![], Some(vec!["data".to_owned()])));
        assert_eq!(selector.text(), "items");
    }

    #[test]
    fn without_a_list_the_body_is_the_record() {
        let mut selector = Selector::new(None);
        assert_eq!(select_with(&mut selector, r#" {"id":7} "#), records(&[r#"{"id":7}"#]));
        assert_eq!(selector.text(), "$");
    }

    #[test]
    fn the_list_behind_a_wildcard_or_a_filter_is_known() {
        let list = |path: &str| list_of(&JsonPath::parse(path).unwrap()).map(|list| list.text().to_owned());
        assert_eq!(list("data[*]").as_deref(), Some("data"));
        assert_eq!(list("data[?(@.on==true)]").as_deref(), Some("data"));
        assert_eq!(list("data[0]"), None);
        assert_eq!(list("data"), None);
    }

    #[test]
    fn a_value_from_elsewhere_has_no_span() {
        let elsewhere = String::from("12");
        assert_eq!(span_in(b"[12]", Json::trusted(&elsewhere)), None);
    }
}
