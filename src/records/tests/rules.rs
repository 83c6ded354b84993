//! What counts of a record under a rule: the same as of a record that holds nothing else.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::page::page;
use crate::model::{Fingerprint, Json, ResourceName, RuleId, RuleText, Stamp};
use crate::records::fingerprint::{Paths, fingerprint, under};
use crate::records::{Aside, KeyPart, KeySpec, Problem, Reader, Rule, Rules};
use crate::template::JsonPath;

fn texts(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

fn rule(only: &[&str], ignore: &[&str]) -> Rule {
    Rule::compile(RuleText::new(texts(only), texts(ignore))).unwrap()
}

fn hash(rule: &Rule, text: &str) -> Fingerprint {
    rule.fingerprint(Json::parse(text.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_rule_without_a_text_is_the_fingerprint_of_the_whole_record() {
    let record = r#"{"id":1,"a":[1.0,{}]}"#;
    assert_eq!(hash(&Rule::default(), record), fingerprint(Json::trusted(record)).unwrap());
    assert_eq!(hash(&rule(&[], &[]), record), hash(&Rule::default(), record));
}

#[test]
fn fingerprints_under_a_rule_are_frozen() {
    let record = r#"{"id":1,"name":"caf\u00e9","seen":5,"tags":[{"k":1,"at":2}]}"#;
    for (only, ignore, expected) in [
        (&[][..], &["seen"][..], "6a9617920f51bd117004f71aef79695e"),
        (&["name", "tags[*].k"], &[], "abadf6a3a182b4095e2fdbe203715728"),
        (&["tags"], &["tags[*].at"], "52b49026b135648f10d7535ce2ec98b9"),
    ] {
        assert_eq!(hash(&rule(only, ignore), record).to_string(), expected, "{only:?} {ignore:?}");
    }
}

#[test]
fn two_rules_never_agree_even_on_a_record_that_neither_takes_anything_from() {
    let rules =
        [rule(&[], &[]), rule(&[], &["x"]), rule(&[], &["y"]), rule(&["a"], &[]), rule(&["a"], &["x"])];
    let hashes: std::collections::HashSet<_> = rules.iter().map(|rule| hash(rule, r#"{"a":1}"#)).collect();
    assert_eq!(hashes.len(), rules.len());
}

#[test]
fn of_fields_of_one_name_the_last_counts_under_a_rule_too() {
    for (only, ignore, one, other) in [
        (&["a.x"][..], &[][..], r#"{"a":{"x":1},"a":{"y":2},"b":1}"#, r#"{"b":2}"#),
        (&["a[*]"], &[], r#"{"a":[1],"a":{}}"#, "{}"),
        (&[], &["a[0]"], r#"{"a":{"y":1},"a":[2]}"#, r#"{"a":[]}"#),
        (&[], &["s"], r#"{"s":1,"b":2,"b":3,"\u0073":4}"#, r#"{"b":3}"#),
    ] {
        let rule = rule(only, ignore);
        assert_eq!(hash(&rule, one), hash(&rule, other), "{only:?} {ignore:?} {one} {other}");
    }
}

#[test]
fn what_does_not_count_may_not_be_nested_too_deep_either() {
    let nested = |depth: usize| format!(r#"{{"id":1,"s":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    for rule in [rule(&[], &["s"]), rule(&["id"], &[]), rule(&[], &["$..x"]), rule(&[], &["s[0].a"])] {
        assert!(rule.fingerprint(Json::trusted(&nested(127))).is_ok());
        assert_eq!(rule.fingerprint(Json::trusted(&nested(128))), Err(Problem::TooDeep), "{rule:?}");
    }
}

#[test]
fn records_that_are_no_objects_have_no_fields_to_name() {
    for text in ["1", "\"seen\"", "[1,{\"seen\":2}]", "null"] {
        let ignoring = under(Json::trusted(text), None, &paths(&["seen"])).unwrap();
        assert_eq!(Fingerprint::from_u128(ignoring), fingerprint(Json::trusted(text)).unwrap(), "{text}");
        assert_eq!(hash(&rule(&["seen"], &[]), text), hash(&rule(&["seen"], &[]), "{}"), "{text}");
    }
}

fn paths(texts: &[&str]) -> Paths {
    texts.iter().map(|path| JsonPath::parse(path).unwrap()).collect()
}

#[test]
fn a_record_is_judged_by_the_rule_of_what_is_known() {
    let reader = Reader::new(ResourceName::new("r"), KeySpec::new([KeyPart::Field("id".to_owned())]));
    let page = page(r#"[{"id":1,"a":1,"b":1},{"id":1,"a":2,"b":1}]"#);
    let records = reader.read(&page, &crate::records::Deleted::default(), &mut Aside::refusing()).unwrap();
    let text = |ignored: &str| RuleText::new(Vec::new(), texts(&[ignored]));
    let (a, b, wrong) = (text("a"), text("b"), text("a["));
    let today = Rule::compile(b.clone()).unwrap();
    let known = [(RuleId(1), &a), (RuleId(2), &b), (RuleId(3), &wrong)];
    let rules = Rules::new((RuleId(2), &today), known);
    let of = |rule: &Rule, id: u8| {
        let fingerprint = rule.fingerprint(Json::trusted(records[0].raw)).unwrap();
        Some(Stamp { fingerprint, rule: RuleId(id) })
    };
    let whole = Rule::default();
    let under_a = Rule::compile(a.clone()).unwrap();
    let judged = |known| rules.judge(&reader, (&page, &records[1]), known).unwrap();
    assert!(judged(of(&under_a, 1)).same, "it differs in what did not count then");
    assert!(!judged(of(&whole, 0)).same && !judged(of(&today, 2)).same && !judged(None).same);
    assert!(!judged(of(&under_a, 3)).same, "that rule cannot be read");
    assert!(!judged(of(&under_a, 4)).same, "nobody knows that rule");
    assert!(!judged(of(&under_a, 2)).same, "it was another rule's number once");
    assert_eq!(judged(None).stamp.rule, RuleId(2));
    let same = rules.judge(&reader, (&page, &records[0]), of(&whole, 0)).unwrap();
    assert!(same.same);
}

/// A path of names, indices and `*`, as steps.
type Steps = Vec<String>;

fn any_path() -> impl Strategy<Value = Steps> {
    let step = prop_oneof![4 => "[abc]".prop_map(|name| format!(".{name}")), 1 => Just("[*]".to_owned()), 1 => "[012]".prop_map(|n| format!("[{n}]"))];
    prop::collection::vec(step, 1..4)
}

fn written(paths: &[Steps]) -> Vec<String> {
    paths.iter().map(|steps| format!("${}", steps.concat())).collect()
}

fn takes(step: &str, place: &Place) -> bool {
    match place {
        Place::Name(name) => step == "[*]" || step.strip_prefix('.') == Some(name),
        Place::Index(index) => step == "[*]" || step == format!("[{index}]"),
    }
}

enum Place {
    Name(String),
    Index(usize),
}

/// What is left of a value: by the definition, on a DOM. The paths are what is left of them at this value.
fn left(value: &Value, only: Option<&[Steps]>, ignore: &[Steps]) -> Option<Value> {
    if ignore.iter().any(Vec::is_empty) {
        return None;
    }
    let only = only.filter(|only| !only.iter().any(Vec::is_empty));
    let below = |paths: &[Steps], place: &Place| -> Vec<Steps> {
        let fitting = paths.iter().filter(|steps| steps.first().is_some_and(|step| takes(step, place)));
        fitting.map(|steps| steps[1..].to_vec()).collect()
    };
    let inner = |value: &Value, place: &Place| {
        let only = only.map(|only| below(only, place));
        left(value, only.as_deref(), &below(ignore, place))
    };
    let (kept, empty) = match value {
        Value::Object(map) => {
            let fields = map
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), inner(value, &Place::Name(name.clone()))?)));
            let fields: serde_json::Map<_, _> = fields.collect();
            let empty = fields.is_empty();
            (Value::Object(fields), empty)
        }
        Value::Array(list) => {
            let elements = list.iter().enumerate();
            let elements: Vec<Value> =
                elements.filter_map(|(index, value)| inner(value, &Place::Index(index))).collect();
            let empty = elements.is_empty();
            (Value::Array(elements), empty)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (value.clone(), true),
    };
    (only.is_none() || !empty).then_some(kept)
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), (0..3_i64).prop_map(Into::into), "[ab]".prop_map(Value::String)];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map("[abcd]", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #[test]
    fn what_counts_under_a_rule_is_what_is_left_of_the_record(
        value in any_value(),
        only in prop::option::of(prop::collection::vec(any_path(), 1..4)),
        ignore in prop::collection::vec(any_path(), 0..4),
        pretty in any::<bool>(),
    ) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let compiled = |paths: &[Steps]| paths_of(&written(paths));
        let found = under(Json::parse(text.as_bytes()).unwrap(), only.as_deref().map(compiled).as_ref(), &compiled(&ignore));
        let left = left(&value, only.as_deref(), &ignore).unwrap_or(json!({}));
        let expected = fingerprint(Json::trusted(&left.to_string())).unwrap();
        prop_assert_eq!(Fingerprint::from_u128(found.unwrap()), expected, "{} of {}", left, text);
    }

    #[test]
    fn any_text_is_hashed_under_a_rule_without_a_panic(text in "[\\[\\]{}\",:\\\\ab1 ]{0,40}") {
        for rule in [rule(&[], &["a"]), rule(&["a.b"], &[]), rule(&["a[*]"], &["$..b"]), rule(&["$..a"], &["a[0]"])] {
            let _ = rule.fingerprint(Json::trusted(&text));
        }
    }
}

fn paths_of(texts: &[String]) -> Paths {
    paths(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}
