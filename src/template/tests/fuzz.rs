//! Fuzz targets: expressions that an operator may write, and what they meet. See fuzz/README.md.

use serde_json::Value;

use crate::fuzz::{Target, split};
use crate::model::Json;
use crate::template::{Jq, JsonPath};

const RECORD: &str = r#"{"id":7,"data":[{"on":true,"n":1.0},{"on":false,"n":12345678901234567890}],"a b":{"@odata.count":"3"},"t":"2024-01-02","none":null}"#;

/// The first line, and the record behind it if there is one.
fn expression(input: &[u8]) -> (&str, Json<'_>) {
    let (line, rest) = split(input);
    (line, Json::parse(rest).unwrap_or(Json::trusted(RECORD)))
}

#[test]
fn any_path_compiles_or_says_why_and_finds_parts_of_the_document() {
    Target { name: "jsonpath", runs: 3_000 }.holds(|input| {
        let (text, document) = expression(input);
        let path = match JsonPath::parse(text) {
            Ok(path) => path,
            Err(error) => return assert!(!error.to_string().is_empty()),
        };
        assert_eq!(path.text(), text);
        let found = path.find(document);
        let whole = document.text().as_bytes().as_ptr_range();
        for value in &found {
            let part = value.text().as_bytes().as_ptr_range();
            assert!(part.start >= whole.start && part.end <= whole.end, "{text} gives what is not there");
        }
        assert_eq!(path.first(document), found.first().copied());
        // A path of one name finds what a DOM has under it.
        let Ok(Value::Object(dom)) = serde_json::from_str::<Value>(document.text()) else { return };
        for (name, value) in dom.iter().filter(|(name, _)| path.is_name(name)) {
            let [only] = found.as_slice() else { panic!("{name} is found {} times", found.len()) };
            assert_eq!(serde_json::from_str::<Value>(only.text()).ok().as_ref(), Some(value));
        }
    });
}

#[test]
fn any_expression_compiles_or_says_why_and_ends() {
    Target { name: "jq", runs: 500 }.holds(|input| {
        let (text, record) = expression(input);
        let jq = match Jq::compile(text) {
            Ok(jq) => jq,
            Err(error) => return assert!(!error.to_string().is_empty()),
        };
        let outputs = jq.run(record);
        for output in outputs.iter().flatten() {
            assert!(Json::parse(output.as_bytes()).is_ok(), "{text} gives {output}");
        }
        // The short cut that reads only the fields in question changes nothing but what errors say.
        let slowly = jq.reading_everything().run(record);
        assert_eq!(outputs.ok(), slowly.ok(), "{text}");
    });
}
