//! dlt's search in the first answer: a `next` of some kind, and a total of pages. Objects only, in the order of the answer.

use super::answer;
use crate::model::{Json, Kind};

/// Names of a total of pages, in lower case.
const TOTALS: [&str; 3] = ["total_pages", "pages", "totalpages"];

/// A value and the keys that lead to it.
pub(super) type Found<'a> = (Vec<String>, Json<'a>);

/// The first value under a key that begins with `next`, or under `href…` or `url…` below such a key. Not a boolean, which dlt
/// takes for a token: it says that there is more, and not where.
pub(super) fn next(document: Json<'_>) -> Option<Found<'_>> {
    search(document, &mut Vec::new(), &|name, value| {
        if !begins(name, "next") {
            return None;
        }
        match value.kind() {
            Kind::Object => value
                .fields()
                .map(|(name, value)| (name.text().into_owned(), value))
                .find(|(name, value)| (begins(name, "href") || begins(name, "url")) && is_word(*value))
                .map(|(name, value)| (Some(name), value)),
            Kind::String | Kind::Number => Some((None, value)),
            Kind::Null | Kind::Bool | Kind::Array => None,
        }
    })
}

/// The first total of pages that is a whole number.
pub(super) fn total_pages(document: Json<'_>) -> Option<Found<'_>> {
    let found = search(document, &mut Vec::new(), &|name, value| {
        (TOTALS.contains(&name.to_lowercase().as_str()) && is_word(value)).then_some((None, value))
    })?;
    answer::whole_number(found.1).is_some().then_some(found)
}

/// Whether a found value is a link, by dlt's rule.
pub(super) fn is_link(value: Json<'_>) -> bool {
    value.as_str().is_some_and(|text| text.starts_with("http") || text.starts_with('/'))
}

type Look<'l> = dyn for<'a> Fn(&str, Json<'a>) -> Option<(Option<String>, Json<'a>)> + 'l;

fn search<'a>(object: Json<'a>, path: &mut Vec<String>, look: &Look<'_>) -> Option<Found<'a>> {
    if path.len() >= crate::model::MAX_DEPTH {
        return None;
    }
    for (name, value) in object.fields() {
        path.push(name.text().into_owned());
        let name = path.last().map(String::as_str).unwrap_or_default();
        if let Some((below, value)) = look(name, value) {
            path.extend(below);
            return Some((path.clone(), value));
        }
        if let Some(found) = search(value, path, look) {
            return Some(found);
        }
        path.pop();
    }
    None
}

fn begins(name: &str, start: &str) -> bool {
    name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn is_word(value: Json<'_>) -> bool {
    matches!(value.kind(), Kind::String | Kind::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(search: fn(Json<'_>) -> Option<Found<'_>>, body: &str) -> Option<(String, String)> {
        search(Json::parse(body.as_bytes()).unwrap())
            .map(|(keys, value)| (keys.join("/"), value.text().to_owned()))
    }

    #[test]
    fn a_next_is_found_as_dlt_finds_it() {
        for (body, expected) in [
            (r#"{"next":"http://x","a":1}"#, Some(("next", r#""http://x""#))),
            (r#"{"a":{"b":{"Next_Page":2}}}"#, Some(("a/b/Next_Page", "2"))),
            (r#"{"_links":{"next":{"HREF":"/p"}}}"#, Some(("_links/next/HREF", r#""/p""#))),
            (r#"{"next":{"id":{"next":3}}}"#, Some(("next/id/next", "3"))),
            (r#"{"next":null,"nextUrl":"/b"}"#, Some(("nextUrl", r#""/b""#))),
            (r#"{"next":true,"a":{"nextToken":"t"}}"#, Some(("a/nextToken", r#""t""#))),
            (r#"{"data":[{"next":"x"}]}"#, None),
            (r#"{"the_next":"x"}"#, None),
            ("[1]", None),
        ] {
            let expected = expected.map(|(path, value)| (path.to_owned(), value.to_owned()));
            assert_eq!(found(next, body), expected, "{body}");
        }
    }

    #[test]
    fn a_total_of_pages_is_found_as_dlt_finds_it() {
        for (body, expected) in [
            (r#"{"total_pages":5}"#, Some(("total_pages", "5"))),
            (r#"{"meta":{"Pages":"5"}}"#, Some(("meta/Pages", r#""5""#))),
            (r#"{"meta":{"totalPages":5}}"#, Some(("meta/totalPages", "5"))),
            (r#"{"pages":"many"}"#, None),
            (r#"{"pages":[1]}"#, None),
            (r#"{"total":5}"#, None),
        ] {
            let expected = expected.map(|(path, value)| (path.to_owned(), value.to_owned()));
            assert_eq!(found(total_pages, body), expected, "{body}");
        }
    }
}
