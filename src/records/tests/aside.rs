//! Records that cannot be used, where that is tolerated.

use bytes::Bytes;

use super::page::page;
use crate::model::{CursorValue, DeadKey, Edges, Json, Parent, ResourceName, Span};
use crate::records::{
    Action, Aside, Deleted, Incremental, KeyPart, KeySpec, OnMissing, Progress, Reader, Step, Steps,
};
use crate::template::{Jq, JsonPath};

fn reader() -> Reader {
    let parts = [KeyPart::Field("id".to_owned())];
    Reader::new(ResourceName::new("comments"), KeySpec::new(parts))
}

fn steps(include: &[&str], with: Vec<Action>) -> Steps {
    let step = |action| Step { name: "processing_steps[0]".to_owned(), action };
    let include = include.iter().map(|name| (*name).to_owned()).collect();
    Steps::new(ResourceName::new("comments"), include, with.into_iter().map(step).collect(), None)
}

fn jq(text: &str) -> Jq {
    Jq::compile(text).unwrap()
}

fn parent(record: &str) -> Parent {
    let span = Span { start: 0, end: record.len() as u32 };
    Parent::new(ResourceName::new("posts"), Bytes::copy_from_slice(record.as_bytes()), span, "p".to_owned())
}

/// What is left of a page where records that cannot be used are set aside, and those: fault, key, value.
fn kept(
    steps: &Steps,
    body: &str,
    parent: Option<&Parent>,
) -> (Vec<String>, Vec<(&'static str, DeadKey, String)>) {
    let reader = reader();
    let mut aside = Aside::keeping(&reader);
    let page = steps.apply(page(body), parent, &mut aside).unwrap();
    let records = reader.read(&page, &Deleted::default(), &mut aside).unwrap();
    let left = records.iter().map(|record| record.raw.to_owned()).collect();
    let text = |value: &Bytes| String::from_utf8(value.to_vec()).unwrap();
    let dead = aside.into_records();
    assert!(dead.iter().all(|dead| dead.spot.as_ref().is_some_and(|spot| spot.page == 2)));
    (left, dead.iter().map(|dead| (dead.fault.name, dead.key.clone(), text(&dead.value))).collect())
}

#[test]
fn what_cannot_be_used_is_set_aside_as_it_was_and_the_others_go_on() {
    let row = |key: &str| DeadKey::Row(key.to_owned());
    let value = |text: &str| text.to_owned();
    let body = r#"[{"id":1}, {"x" : 1.0},{"id":null},{"id":[2]},"text",{"id":5}]"#;
    let (left, dead) = kept(&steps(&[], Vec::new()), body, None);
    assert_eq!(left, [r#"{"id":1}"#, r#"{"id":5}"#]);
    let expected = [
        ("KeyMissing", DeadKey::Unknown, value(r#"{"x" : 1.0}"#)),
        ("KeyNull", DeadKey::Unknown, value(r#"{"id":null}"#)),
        ("KeyNotScalar", DeadKey::Unknown, value(r#"{"id":[2]}"#)),
        ("NotAnObject", DeadKey::Unknown, value(r#""text""#)),
    ];
    assert_eq!(dead, expected);
    // A filter leaves the key as it is; a map that was not reached may have changed it.
    let body = r#"[{"id":1,"n":"x"},{"id":2,"n":3}]"#;
    let (left, dead) = kept(&steps(&[], vec![Action::Filter(jq(".n + 1 > 0"))]), body, None);
    assert_eq!(left, [r#"{"id":2,"n":3}"#]);
    assert_eq!(dead, [("StepFailed", row("1"), value(r#"{"id":1,"n":"x"}"#))]);
    let (left, dead) = kept(&steps(&[], vec![Action::Map(jq("{id: (.id + 1), m: (.n + 1)}"))]), body, None);
    assert_eq!(left, [r#"{"id":3,"m":4}"#]);
    assert_eq!(dead, [("StepFailed", DeadKey::Likely("1".to_owned()), value(r#"{"id":1,"n":"x"}"#))]);
    // Without a place for the parent's fields.
    let (left, dead) = kept(&steps(&["id"], Vec::new()), r#"[7,{"id":1}]"#, Some(&parent(r#"{"id":5}"#)));
    assert_eq!(left, [r#"{"id":1,"_posts_id":5}"#]);
    assert_eq!(dead, [("NotAnObject", DeadKey::Unknown, value("7"))]);
    // Nested too deep to be compared.
    let deep = format!("{{\"id\":1,\"v\":{}{}}}", "[".repeat(130), "]".repeat(130));
    let (left, dead) = kept(&steps(&[], Vec::new()), &format!("[{deep},{{\"id\":2}}]"), None);
    assert_eq!(left, [r#"{"id":2}"#]);
    assert_eq!(dead, [("NestedTooDeep", row("1"), deep)]);
}

#[test]
fn a_row_without_a_cursor_value_is_set_aside_and_the_others_move_the_cursor() {
    let posts = Incremental {
        resource: ResourceName::new("posts"),
        path: JsonPath::parse("at").unwrap(),
        initial: Some(CursorValue::read(Json::trusted("1")).unwrap()),
        end: None,
        lag: None,
        edges: Edges::default(),
        missing: OnMissing::Raise,
        convert: None,
        remembers_edge: true,
    };
    let window = posts.window(None).unwrap();
    let reader = reader();
    let (mut aside, mut progress) = (Aside::keeping(&reader), Progress::default());
    let body = r#"[{"id":1,"at":5},{"id":2},{"id":3,"at":[]},{"id":4,"at":"x"},{"id":5,"at":7}]"#;
    let page = posts.filter(page(body), &window, &mut progress, &mut aside).unwrap();
    assert_eq!(page.records.len(), 2);
    assert_eq!(progress.cursor().unwrap().value.json(), "7");
    let dead: Vec<_> = aside.into_records().into_iter().map(|dead| (dead.fault.name, dead.key)).collect();
    let row = |key: &str| DeadKey::Row(key.to_owned());
    assert_eq!(
        dead,
        [("CursorMissing", row("2")), ("CursorNoValue", row("3")), ("CursorIncomparable", row("4"))]
    );
}

#[test]
fn where_nothing_is_tolerated_the_first_record_is_the_error() {
    let mut aside = Aside::refusing();
    let page = page(r#"[{"id":1},{},{"id":null}]"#);
    let error = reader().read(&page, &Deleted::default(), &mut aside).unwrap_err();
    assert!(error.to_string().contains("record 2: the key field \"id\" is missing"), "{error}");
    assert!(aside.into_records().is_empty());
}
