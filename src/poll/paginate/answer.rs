//! What paginators read from an answer: a total, and whether there is more. dlt's rules for both.

use super::paging::PaginateError;
use crate::model::{Json, Kind};
use crate::template::JsonPath;

/// Longer values, in bytes, are described, not quoted.
const QUOTED: usize = 40;

/// The first match as a whole number, as Python's `int()` takes it: `20`, `"20"` and `1.5` (cut off) are numbers, `"1.5"` is none.
/// `None` where the path was not written by the operator and matches nothing.
/// `key`: the paginator's word for the path.
pub(super) fn total(
    key: &'static str,
    path: &JsonPath,
    explicit: bool,
    answer: Json<'_>,
) -> Result<Option<i64>, PaginateError> {
    let Some(found) = path.first(answer).filter(|found| found.kind() != Kind::Null) else {
        let missing = PaginateError::TotalMissing { key, path: path.text().to_owned() };
        return if explicit { Err(missing) } else { Ok(None) };
    };
    let unreadable =
        || PaginateError::TotalNotANumber { key, path: path.text().to_owned(), found: quoted(found) };
    whole_number(found).map(Some).ok_or_else(unreadable)
}

/// As Python's `int()` takes it.
pub(in crate::poll) fn whole_number(found: Json<'_>) -> Option<i64> {
    match found.kind() {
        Kind::Number => {
            whole(found.text()).or_else(|| found.text().parse::<f64>().ok().map(|float| float as i64))
        }
        Kind::String => found.as_str().and_then(|text| whole(text.trim())),
        Kind::Null | Kind::Bool | Kind::Array | Kind::Object => None,
    }
}

/// Numbers beyond 64 bits are the nearest one: they are compared only.
fn whole(text: &str) -> Option<i64> {
    let clamp = |number: i128| number.clamp(i64::MIN.into(), i64::MAX.into());
    text.parse::<i128>().ok().and_then(|number| i64::try_from(clamp(number)).ok())
}

/// A boolean, or a word for one. A number is an error, as in dlt.
pub(super) fn has_more(path: &JsonPath, answer: Json<'_>) -> Result<bool, PaginateError> {
    let Some(found) = path.first(answer).filter(|found| found.kind() != Kind::Null) else {
        return Err(PaginateError::HasMoreMissing { path: path.text().to_owned() });
    };
    let word = found.as_str().map(|text| text.to_lowercase());
    match (found.as_bool(), word.as_deref()) {
        (Some(more), _) => Ok(more),
        (None, Some("yes" | "true" | "t" | "y" | "1")) => Ok(true),
        (None, Some("no" | "false" | "f" | "n" | "0")) => Ok(false),
        (None, Some(_) | None) => {
            Err(PaginateError::HasMoreNotABool { path: path.text().to_owned(), found: quoted(found) })
        }
    }
}

/// The answer with `[]` in place of its records, which are nearly all of it: each path that is looked up would walk over them
/// once more. Only where every path is made of names alone; a name leads into no list.
pub(super) fn without_records<'p>(
    document: Json<'_>,
    list: Option<Json<'_>>,
    mut paths: impl Iterator<Item = &'p JsonPath>,
) -> Option<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
    if !paths.all(|path| path.text().chars().all(is_name)) {
        return None;
    }
    let (document, list) = (document.text(), list?.text());
    let start = (list.as_ptr() as usize).checked_sub(document.as_ptr() as usize)?;
    Some([document.get(..start)?, "[]", document.get(start + list.len()..)?].concat())
}

/// Never cut: half a secret would pass the redactor.
fn quoted(found: Json<'_>) -> String {
    let text = found.text();
    if text.len() <= QUOTED {
        text.to_owned()
    } else {
        format!("a {:?} of {} bytes", found.kind(), text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total_of(value: &str) -> Result<Option<i64>, PaginateError> {
        let body = format!("{{\"total\":{value}}}");
        total("total_path", &JsonPath::parse("total").unwrap(), true, Json::parse(body.as_bytes()).unwrap())
    }

    #[test]
    fn a_total_is_what_python_takes_for_a_whole_number() {
        for (value, expected) in [
            ("20", 20),
            ("\"20\"", 20),
            ("\" 20 \"", 20),
            ("1.5", 1),
            ("1e3", 1000),
            ("-1", -1),
            ("99999999999999999999", i64::MAX),
        ] {
            assert_eq!(total_of(value).unwrap(), Some(expected), "{value}");
        }
        for value in ["\"1.5\"", "\"many\"", "\"\"", "{\"value\":20}", "[20]", "true"] {
            assert!(matches!(total_of(value), Err(PaginateError::TotalNotANumber { .. })), "{value}");
        }
    }

    #[test]
    fn an_unexpected_total_is_quoted_or_described() {
        let text = |value: &str| total_of(value).unwrap_err().to_string();
        assert!(text("\"many\"").ends_with("no whole number: \"many\""));
        assert!(text(&format!("\"{}\"", "x".repeat(90))).ends_with("a String of 92 bytes"));
    }

    #[test]
    fn records_are_left_out_where_paths_are_names() {
        let document = Json::parse(br#" {"total":2,"data":[{"a":1},{"a":2}],"more":true} "#).unwrap();
        let around =
            |path: &str, list| without_records(document, list, [JsonPath::parse(path).unwrap()].iter());
        let data = document.get("data");
        assert_eq!(around("meta.total", data).as_deref(), Some(r#"{"total":2,"data":[],"more":true}"#));
        assert_eq!(around("data[-1].a", data), None);
        assert_eq!(around("total", None), None);
        assert_eq!(around("total", Some(document)).as_deref(), Some("[]"));
    }

    #[test]
    fn has_more_takes_dlts_words() {
        let path = JsonPath::parse("more").unwrap();
        let read = |value: &str| {
            let body = format!("{{\"more\":{value}}}");
            has_more(&path, Json::parse(body.as_bytes()).unwrap())
        };
        for yes in ["true", "\"yes\"", "\"TRUE\"", "\"t\"", "\"Y\"", "\"1\""] {
            assert_eq!(read(yes), Ok(true), "{yes}");
        }
        for no in ["false", "\"no\"", "\"False\"", "\"f\"", "\"n\"", "\"0\""] {
            assert_eq!(read(no), Ok(false), "{no}");
        }
        for neither in ["1", "0", "\"maybe\"", "{}", "[]"] {
            assert!(matches!(read(neither), Err(PaginateError::HasMoreNotABool { .. })), "{neither}");
        }
        assert!(matches!(read("null"), Err(PaginateError::HasMoreMissing { .. })));
    }
}
