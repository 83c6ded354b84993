//! Where two records differ, field by field: for people. What counts as a change, fingerprints decide.

use std::collections::HashMap;

use super::json::{FieldName, Json, Kind};

/// Below this, values are compared as a whole.
const DEPTH: usize = 32;

/// A field that has another value, or is there in one of the two records only. The values by their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    /// `a.b[0]`; empty: the whole record.
    pub field: String,
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
}

/// The fields that differ: in the order of the newer record, then those that it lacks. Numbers are compared by their text.
pub fn differences<'a>(before: Json<'a>, after: Json<'a>) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    compare(String::new(), Some(before), Some(after), &mut found);
    found
}

fn compare<'a>(
    field: String,
    before: Option<Json<'a>>,
    after: Option<Json<'a>>,
    found: &mut Vec<Difference<'a>>,
) {
    let kinds = (before.map(Json::kind), after.map(Json::kind));
    if let (Some(old), Some(new)) = (before, after) {
        if same_scalar(old, new) {
            return;
        }
        let depth = field.bytes().filter(|byte| matches!(byte, b'.' | b'[')).count();
        match kinds {
            (Some(Kind::Object), Some(Kind::Object)) if depth < DEPTH => {
                return compare_objects(&field, old, new, found);
            }
            (Some(Kind::Array), Some(Kind::Array))
                if depth < DEPTH && old.elements().count() == new.elements().count() =>
            {
                let pairs = old.elements().zip(new.elements()).enumerate();
                pairs.for_each(|(at, (old, new))| {
                    compare(format!("{field}[{at}]"), Some(old), Some(new), found);
                });
                return;
            }
            _ => {}
        }
    }
    found.push(Difference { field, before: before.map(Json::text), after: after.map(Json::text) });
}

fn same_scalar(old: Json<'_>, new: Json<'_>) -> bool {
    match (old.kind(), new.kind()) {
        (Kind::String, Kind::String) => {
            old.text() == new.text() || (old.as_str().is_some() && old.as_str() == new.as_str())
        }
        (old_kind, new_kind) => old_kind == new_kind && old.compact() == new.compact(),
    }
}

fn compare_objects<'a>(field: &str, old: Json<'a>, new: Json<'a>, found: &mut Vec<Difference<'a>>) {
    // Of duplicate names the last counts.
    let mut left: HashMap<String, (FieldName<'a>, Json<'a>)> =
        old.fields().map(|(name, value)| (plain(name), (name, value))).collect();
    let newest: HashMap<String, Json<'a>> = new.fields().map(|(name, value)| (plain(name), value)).collect();
    let mut done = std::collections::HashSet::new();
    for (name, _) in new.fields() {
        let key = plain(name);
        if !done.insert(key.clone()) {
            continue;
        }
        let before = left.remove(&key).map(|(_, value)| value);
        compare(below(field, name), before, newest.get(&key).copied(), found);
    }
    for (name, _) in old.fields() {
        if let Some((_, value)) = left.remove(&plain(name)) {
            compare(below(field, name), Some(value), None, found);
        }
    }
}

fn plain(name: FieldName<'_>) -> String {
    name.json().as_str().map_or_else(|| name.json().text().to_owned(), std::borrow::Cow::into_owned)
}

/// A name that could be taken for a path is quoted.
fn below(field: &str, name: FieldName<'_>) -> String {
    let quoted = name.json().text();
    let bare = quoted.trim_matches('"');
    let simple =
        !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-@".contains(&byte));
    let name = if simple { bare } else { quoted };
    if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        let value = |value: Option<&str>| value.unwrap_or("-").to_owned();
        differences(Json::trusted(before), Json::trusted(after))
            .into_iter()
            .map(|one| format!("{}: {} > {}", one.field, value(one.before), value(one.after)))
            .collect()
    }

    #[test]
    fn fields_that_differ_are_named_by_their_paths_and_the_others_are_not() {
        let before = r#"{"id":1,"name":"a","owner":{"id":7,"x.y":1},"tags":["u","v"],"gone":null}"#;
        let after = r#"{"name":"b", "id":1,"tags":["u","w"],"owner":{"x.y":2,"id":7},"new":[1]}"#;
        assert_eq!(
            told(before, after),
            [
                r#"name: "a" > "b""#,
                r#"tags[1]: "v" > "w""#,
                r#"owner."x.y": 1 > 2"#,
                "new: - > [1]",
                "gone: null > -"
            ]
        );
    }

    #[test]
    fn order_white_space_and_escapes_are_no_difference_and_the_text_of_a_number_is() {
        assert_eq!(told(r#"{"a":"é","b":[1, 2]}"#, r#"{"b":[1,2],"a":"\u00e9"}"#), Vec::<String>::new());
        assert_eq!(told(r#"{"a":1}"#, r#"{"a":1.0}"#), ["a: 1 > 1.0"]);
    }

    #[test]
    fn what_cannot_be_compared_by_field_is_shown_whole() {
        assert_eq!(told("[1]", "[1,2]"), [": [1] > [1,2]"]);
        assert_eq!(told(r#"{"a":{"b":1}}"#, r#"{"a":[1]}"#), [r#"a: {"b":1} > [1]"#]);
        let deep = |value: u8| format!("{}{value}{}", r#"{"a":"#.repeat(60), "}".repeat(60));
        assert_eq!(told(&deep(1), &deep(2)).len(), 1);
    }

    #[test]
    fn of_a_name_that_comes_twice_the_last_value_counts() {
        assert_eq!(told(r#"{"a":1,"a":2}"#, r#"{"a":3,"a":2}"#), Vec::<String>::new());
    }
}
