//! JSONPath in dlt's dialect over JSON text: matches are slices of the document, so that no value changes its bytes.

use std::collections::HashMap;

use serde_json::Value;

use super::dialect::{self, Step, Take};
use crate::model::{Json, Kind, MAX_DEPTH};

/// A compiled path.
#[derive(Clone, Debug)]
pub struct JsonPath {
    text: String,
    route: Route,
}

/// Why a path does not compile: the expression, the place in it, and what is not supported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonPathError {
    pub message: String,
}

#[derive(Clone, Debug)]
enum Route {
    /// Names, indices and `*`: walked on the text.
    Walk(Vec<Take>),
    /// The rest: asked of a DOM, whose answers are then found in the text.
    Query(serde_json_path::JsonPath),
}

impl JsonPath {
    pub fn parse(dlt: &str) -> Result<Self, JsonPathError> {
        let steps = dialect::read(dlt).map_err(|error| JsonPathError {
            message: format!("the path {dlt:?}, character {}: {}", error.place, error.problem),
        })?;
        let route = match walkable(&steps) {
            Some(takes) => Route::Walk(takes),
            None => Route::Query(query(dlt, &steps)?),
        };
        Ok(Self { text: dlt.to_owned(), route })
    }

    /// The path that takes one field after the other, whatever their names.
    pub fn of_names(names: &[String]) -> Self {
        let written: Vec<String> = names.iter().map(|name| dialect::written(name)).collect();
        let text = if names.is_empty() { "$".to_owned() } else { written.join(".") };
        Self { text, route: Route::Walk(names.iter().cloned().map(Take::Name).collect()) }
    }

    /// The path as the operator wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the path is nothing but this name of a top-level field.
    pub fn is_name(&self, name: &str) -> bool {
        matches!(&self.route, Route::Walk(takes) if matches!(takes.as_slice(), [Take::Name(only)] if only == name))
    }

    /// The names that it takes one after the other, if it is nothing but names.
    pub fn names(&self) -> Option<Vec<&str>> {
        let Route::Walk(takes) = &self.route else { return None };
        takes.iter().map(Take::name).collect()
    }

    /// All matches, in document order. What is nested deeper than [`MAX_DEPTH`] is not looked at by `..`, filters and slices.
    pub fn find<'a>(&self, document: Json<'a>) -> Vec<Json<'a>> {
        match &self.route {
            Route::Walk(takes) => takes.iter().fold(vec![document], |found, take| {
                found.into_iter().flat_map(|json| step(take, json)).collect()
            }),
            Route::Query(query) => located(query, document),
        }
    }

    pub fn first<'a>(&self, document: Json<'a>) -> Option<Json<'a>> {
        self.find(document).into_iter().next()
    }
}

/// The steps if each is one name, one index or `*`.
fn walkable(steps: &[Step]) -> Option<Vec<Take>> {
    let simple = |step: &Step| match step.take.as_slice() {
        [take @ (Take::Name(_) | Take::Index(_) | Take::Every)] if !step.deep => Some(take.clone()),
        _ => None,
    };
    steps.iter().map(simple).collect()
}

fn query(dlt: &str, steps: &[Step]) -> Result<serde_json_path::JsonPath, JsonPathError> {
    let rfc = dialect::rfc9535(steps);
    serde_json_path::JsonPath::parse(&rfc).map_err(|error| JsonPathError {
        message: format!("the path {dlt:?}, which is {rfc} in RFC 9535, is not supported: {error}"),
    })
}

fn step<'a>(take: &Take, json: Json<'a>) -> Vec<Json<'a>> {
    match take {
        Take::Name(name) => json.get(name).into_iter().collect(),
        Take::Index(index) => at(json, *index).into_iter().collect(),
        Take::Every => members(json).into_iter().map(|(_, value)| value).collect(),
        Take::Slice(_) | Take::Filter(_) => Vec::new(), // never walkable
    }
}

/// An element of a list; a negative index counts from its end.
fn at(json: Json<'_>, index: i64) -> Option<Json<'_>> {
    let index = match usize::try_from(index) {
        Ok(index) => index,
        Err(_) => json.elements().count().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    json.elements().nth(index)
}

/// The values below one, with the names that a DOM gives them. Of duplicate names the last value counts.
fn members(json: Json<'_>) -> Vec<(String, Json<'_>)> {
    let mut found: Vec<(String, Json<'_>)> =
        json.elements().map(|element| (String::new(), element)).collect();
    let mut places = HashMap::new();
    for (name, value) in json.fields() {
        let name = name.text().into_owned();
        let place = *places.entry(name.clone()).or_insert(found.len());
        match found.get_mut(place) {
            Some(earlier) => earlier.1 = value,
            None => found.push((name, value)),
        }
    }
    found
}

/// The matches as slices: the DOM and the text are walked side by side, once, whatever the number of matches.
fn located<'a>(query: &serde_json_path::JsonPath, document: Json<'a>) -> Vec<Json<'a>> {
    let dom = dom(document, MAX_DEPTH);
    let mut wanted: HashMap<*const Value, usize> = HashMap::new();
    for node in query.query(&dom).iter() {
        *wanted.entry(std::ptr::from_ref(node)).or_default() += 1;
    }
    let mut found = Vec::new();
    collect(&wanted, (&dom, document), &mut found);
    found
}

fn collect<'a>(wanted: &HashMap<*const Value, usize>, node: (&Value, Json<'a>), found: &mut Vec<Json<'a>>) {
    let (value, json) = node;
    let times = wanted.get(&std::ptr::from_ref(value)).copied().unwrap_or_default();
    found.extend(std::iter::repeat_n(json, times));
    match value {
        Value::Array(list) => {
            list.iter().zip(json.elements()).for_each(|node| collect(wanted, node, found));
        }
        Value::Object(map) => {
            let members = members(json).into_iter();
            members
                .filter_map(|(name, json)| Some((map.get(&name)?, json)))
                .for_each(|node| collect(wanted, node, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A DOM to decide on, never to publish from: numbers beyond a double are the largest one, texts that are no Unicode stay escaped.
fn dom(json: Json<'_>, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    match json.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => Value::Bool(json.as_bool() == Some(true)),
        Kind::Number => number(json.text()),
        Kind::String => Value::String(json.as_str().map_or_else(|| json.text().to_owned(), Into::into)),
        Kind::Array => json.elements().map(|element| dom(element, depth - 1)).collect(),
        Kind::Object => {
            members(json).into_iter().map(|(name, value)| (name, dom(value, depth - 1))).collect()
        }
    }
}

fn number(text: &str) -> Value {
    let largest = if text.starts_with('-') { f64::MIN } else { f64::MAX };
    serde_json::from_str(text).unwrap_or_else(|_| largest.into())
}
