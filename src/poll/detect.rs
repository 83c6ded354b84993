//! dlt's search for the records where no selector is given. It looks at the first page only.

use crate::model::{Json, Kind};

/// Names under which APIs keep their records, as dlt has them. Case matters.
const RECORD_NAMES: [&str; 11] = [
    "data", "items", "results", "entries", "records", "rows", "entities", "payload", "content", "objects",
    "values",
];

/// Lists are found under at most this many keys.
const DEEPEST: usize = 3;

pub(super) fn is_record_name(name: &str) -> bool {
    RECORD_NAMES.contains(&name)
}

/// All lists that detection looks at, by their keys.
pub(super) fn lists(document: Json<'_>) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    collect(document, &mut Vec::new(), &mut found);
    found
}

fn collect(object: Json<'_>, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    if path.len() == DEEPEST {
        return;
    }
    for (name, value) in object.fields() {
        path.push(name.text().into_owned());
        match value.kind() {
            Kind::Array => found.push(path.clone()),
            Kind::Object => collect(value, path, found),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => {}
        }
        path.pop();
    }
}

/// Where the records are: keys from the top, none for the whole body. The first list that has one of the known names,
/// else the first list, in document order.
pub(super) fn detect(document: Json<'_>) -> Vec<String> {
    let mut first = None;
    let mut path = Vec::new();
    known_list(document, &mut path, &mut first).or(first).unwrap_or_default()
}

fn known_list(
    object: Json<'_>,
    path: &mut Vec<String>,
    first: &mut Option<Vec<String>>,
) -> Option<Vec<String>> {
    if path.len() == DEEPEST {
        return None;
    }
    for (name, value) in object.fields() {
        path.push(name.text().into_owned());
        let found = match value.kind() {
            Kind::Array => {
                let known = RECORD_NAMES.iter().any(|known| name.is(known));
                first.get_or_insert_with(|| path.clone());
                known.then(|| path.clone())
            }
            Kind::Object => known_list(value, path, first),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => None,
        };
        path.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_records_are_found_as_dlt_finds_them() {
        for (body, expected) in [
            ("[1]", ""),
            (r#"{"a":1}"#, ""),
            (r#"{"data":[1]}"#, "data"),
            (r#"{"meta":{"tags":[1]},"users":[2]}"#, "meta/tags"),
            (r#"{"meta":{"tags":[1]},"items":[2]}"#, "items"),
            (r#"{"Data":[1],"x":[2]}"#, "Data"),
            (r#"{"a":{"b":{"c":[1]}}}"#, "a/b/c"),
            (r#"{"a":{"b":{"c":{"d":[1]}}}}"#, ""),
            (r#"{"a":{"b":{"results":[1]}},"rows":[2]}"#, "a/b/results"),
            (r#"{"list":[{"data":[1]}]}"#, "list"),
            (r#"{"the list":[1]}"#, "the list"),
        ] {
            assert_eq!(detect(Json::parse(body.as_bytes()).unwrap()).join("/"), expected, "{body}");
        }
    }
}
