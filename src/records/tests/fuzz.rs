//! Fuzz targets: records, their content and their keys. See fuzz/README.md.

use super::page::page;
use crate::fuzz::{Target, split};
use crate::model::RuleText;
use crate::model::{Json, Kind, ResourceName};
use crate::records::fingerprint::fingerprint;
use crate::records::{KeyPart, KeySpec, Problem, Reader, Rule};

/// The document as other text: fields from the last to the first, of one name the last alone, white space everywhere, every
/// character of a string escaped. `None` where a string is no Unicode text.
fn respelled(json: Json<'_>) -> Option<String> {
    Some(match json.kind() {
        Kind::String => {
            let text = json.as_str()?;
            let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            format!("\"{units}\"")
        }
        Kind::Array => {
            let elements: Vec<String> = json.elements().map(respelled).collect::<Option<_>>()?;
            format!("[ {}\t]", elements.join(" ,\n"))
        }
        Kind::Object => {
            let mut fields: Vec<(String, String)> = Vec::new();
            for (name, value) in json.fields() {
                let name = respelled(name.json())?;
                fields.retain(|(earlier, _)| *earlier != name);
                fields.insert(0, (name, respelled(value)?));
            }
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name} : {value}")).collect();
            format!("{{ {}\r\n}}", fields.join(" , "))
        }
        Kind::Null | Kind::Bool | Kind::Number => json.text().to_owned(),
    })
}

#[test]
fn any_document_has_one_fingerprint_however_it_is_written() {
    Target { name: "fingerprint", runs: 4_000 }.holds(|input| {
        // Unchecked text is walked as well: without a panic, to an end.
        let _ = fingerprint(Json::trusted(&String::from_utf8_lossy(input)));
        let Ok(document) = Json::parse(input) else { return };
        let first = match fingerprint(document) {
            Ok(first) => first,
            Err(problem) => {
                assert!(matches!(problem, Problem::TooDeep), "{problem}");
                return assert!(document.tokens().count() > 128);
            }
        };
        assert_eq!(fingerprint(Json::trusted(&document.compact())).ok(), Some(first), "white space counts");
        let Some(other) = respelled(document) else { return };
        assert_eq!(fingerprint(Json::trusted(&other)).ok(), Some(first), "{other}");
        let elsewhere = format!("[{other}]");
        assert_ne!(fingerprint(Json::trusted(&elsewhere)).ok(), Some(first), "a list is not its element");
    });
}

#[test]
fn any_document_has_one_fingerprint_under_any_rule() {
    // What alone counts and what does not, each with bars between the paths, and a document behind two line breaks.
    Target { name: "rule", runs: 4_000 }.holds(|input| {
        let (only, rest) = split(input);
        let (ignore, document) = split(rest);
        let paths = |text: &str| text.split('|').filter(|path| !path.is_empty()).map(str::to_owned).collect();
        let Ok(rule) = Rule::compile(RuleText::new(paths(only), paths(ignore))) else { return };
        let _ = rule.fingerprint(Json::trusted(&String::from_utf8_lossy(document)));
        let Ok(document) = Json::parse(document) else { return };
        let first = match rule.fingerprint(document) {
            Ok(first) => first,
            Err(problem) => return assert!(matches!(problem, Problem::TooDeep), "{problem}"),
        };
        assert!(fingerprint(document).is_ok(), "one is too deep, the other is not");
        assert_eq!(
            rule.fingerprint(Json::trusted(&document.compact())).ok(),
            Some(first),
            "white space counts"
        );
        let Some(other) = respelled(document) else { return };
        assert_eq!(rule.fingerprint(Json::trusted(&other)).ok(), Some(first), "{other}");
    });
}

/// What a key of one field has to be, by way of a DOM.
fn bare(record: &serde_json::Value, name: &str) -> Option<String> {
    let value = record.get(name)?;
    // A whole number has one text.
    let whole = value.is_i64() || value.is_u64();
    let whole = whole.then(|| value.to_string());
    value.as_str().map(str::to_owned).or(whole).or(value.as_bool().map(|value| value.to_string()))
}

#[test]
fn any_record_has_a_key_or_says_why_not() {
    // The fields of the primary key, with commas between them, and a list of records.
    Target { name: "key", runs: 4_000 }.holds(|input| {
        let (names, body) = split(input);
        let Some(body) = Json::parse(body).ok().filter(|body| body.kind() == Kind::Array) else { return };
        let names: Vec<&str> = names.split(',').collect();
        let parts = names.iter().map(|name| KeyPart::Field((*name).to_owned()));
        let reader = Reader::new(ResourceName::new("r"), KeySpec::new(parts));
        let page = page(body.text());
        for (index, record) in body.elements().enumerate() {
            let read = reader.record(&page, index);
            let dom = serde_json::from_str::<serde_json::Value>(record.text()).ok();
            match read {
                Err(error) => {
                    let text = error.to_string();
                    assert!(text.contains(&format!("record {}", index + 1)), "{text}");
                    let expected = dom.as_ref().and_then(|dom| bare(dom, names[0]));
                    assert!(names.len() > 1 || expected.is_none(), "{text}, though it is {expected:?}");
                }
                Ok(read) => {
                    assert_eq!(read.raw, record.text());
                    let composite = names.len() > 1;
                    if let Some(expected) = dom.filter(|_| !composite).and_then(|dom| bare(&dom, names[0])) {
                        assert_eq!(read.key, expected);
                    }
                    let fields =
                        || Json::trusted(&read.key).fields().map(|(name, _)| name.text().into_owned());
                    assert!(
                        !composite
                            || (Json::parse(read.key.as_bytes()).is_ok()
                                && fields().eq(names.iter().copied()))
                    );
                }
            }
        }
    });
}
