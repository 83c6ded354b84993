//! What the parent's fields and the processing steps make of a page.

use bytes::Bytes;

use super::page::page;
use crate::model::{Json, Page, Parent, Position, ResourceName, Span};
use crate::records::{Action, Aside, KeyPart, KeySpec, Reader, Step, Steps};
use crate::template::Jq;

fn step(action: fn(Jq) -> Action, expression: &str) -> Step {
    Step { name: "processing_steps[0]".to_owned(), action: action(Jq::compile(expression).unwrap()) }
}

fn steps(include: &[&str], steps: Vec<Step>) -> Steps {
    let include = include.iter().map(ToString::to_string).collect();
    let keys = KeySpec::new([KeyPart::Field("id".to_owned())]);
    Steps::new(ResourceName::new("comments"), include, steps, keys)
}

fn parent(record: &str) -> Parent {
    let span = Span { start: 0, end: record.len() as u32 };
    let body = Bytes::copy_from_slice(record.as_bytes());
    Parent::new(ResourceName::new("posts"), body, span, "p\"1".to_owned())
}

fn texts(page: &Page) -> Vec<&str> {
    page.records.iter().map(|span| page.text(*span)).collect()
}

fn applied(with: Vec<Step>, body: &str) -> Vec<String> {
    let page = steps(&[], with).apply(page(body), None, &mut Aside::refusing()).unwrap();
    assert!(Json::parse(&page.body).is_ok());
    texts(&page).into_iter().map(str::to_owned).collect()
}

fn included(fields: &[&str], parent_record: &str, body: &str) -> Result<Vec<String>, String> {
    let page =
        steps(fields, Vec::new()).apply(page(body), Some(&parent(parent_record)), &mut Aside::refusing());
    let page = page.map_err(|error| error.to_string())?;
    let list = Json::parse(&page.body).unwrap();
    assert_eq!(list.elements().map(Json::text).collect::<Vec<_>>(), texts(&page));
    Ok(texts(&page).into_iter().map(str::to_owned).collect())
}

#[test]
fn without_steps_and_after_filters_records_keep_their_own_bytes() {
    let body = "[ {\"id\": 1, \"n\": 1.00} , {\"id\":2,\"n\":\"\\u00e9\"}, {\"n\" : null}, 7 ]";
    let untouched = page(body);
    let same = steps(&[], Vec::new()).apply(untouched.clone(), None, &mut Aside::refusing()).unwrap();
    assert_eq!((same.body.as_ptr(), &same.records), (untouched.body.as_ptr(), &untouched.records));
    let filter = || step(Action::Filter, "try (.n != null) catch false");
    let filtered =
        steps(&[], vec![filter(), filter()]).apply(untouched.clone(), None, &mut Aside::refusing()).unwrap();
    assert_eq!(filtered.body.as_ptr(), untouched.body.as_ptr());
    assert_eq!(texts(&filtered), ["{\"id\": 1, \"n\": 1.00}", "{\"id\":2,\"n\":\"\\u00e9\"}"]);
    assert!(applied(vec![step(Action::Filter, "select(.id == 5)")], "[{\"id\":1}]").is_empty());
}

#[test]
fn steps_apply_in_their_order() {
    let body = r#"[{"id":1,"tags":["a","b"]},{"id":2,"tags":[]},{"id":3,"tags":["c",null]}]"#;
    let all = vec![
        step(Action::Filter, ".id != 2"),
        step(Action::Map, "{id, t: .tags}"),
        step(Action::YieldMap, ".id as $id | .t[] | if . then {$id, tag: .} end"),
        step(Action::Filter, ".tag != \"a\""),
    ];
    assert_eq!(applied(all, body), [r#"{"id":1,"tag":"b"}"#, r#"{"id":3,"tag":"c"}"#]);
    assert!(applied(vec![step(Action::YieldMap, "empty")], body).is_empty());
    assert_eq!(applied(vec![step(Action::YieldMap, ".tags")], body), [r#"["a","b"]"#, "[]", r#"["c",null]"#]);
    assert_eq!(applied(vec![step(Action::Map, ".id")], body), ["1", "2", "3"]);
}

#[test]
fn a_page_that_was_remade_keeps_what_is_around_its_records() {
    let mut before = page("[{\"id\":1}]");
    before.next = Some(Position(serde_json::json!({"offset": 100})));
    let after =
        steps(&[], vec![step(Action::Map, ".")]).apply(before.clone(), None, &mut Aside::refusing()).unwrap();
    assert_eq!((after.number, after.url, after.selection), (before.number, before.url, before.selection));
    assert_eq!(after.next, before.next);
}

#[test]
fn a_step_that_fails_names_itself_the_record_and_its_key() {
    let failed = |action, expression: &str| {
        let body = r#"[{"id":6},{"id":7,"x":"canary"}]"#;
        let steps = steps(&[], vec![step(Action::Filter, ".id > 6"), step(action, expression)]);
        steps.apply(page(body), None, &mut Aside::refusing()).unwrap_err().to_string()
    };
    let place = "resource comments, page 2 (https://h.example/v1?api_key=***), record 2 (key \"7\"): processing_steps[0]";
    for (action, expression, told) in [
        (
            Action::Filter as fn(Jq) -> Action,
            ".x.y",
            "the jq expression \".x.y\": cannot index a string with a string",
        ),
        (Action::Filter, ".id, .x", "gives 2 outputs where one is needed"),
        (Action::Map, ".id, .x", "gives 2 outputs; a map gives exactly one"),
        (Action::Map, "empty", "gives 0 outputs"),
        (Action::Map, ".missing", "gives null, which is no record"),
        (Action::Map, "nan", "gives not a number (NaN), which JSON cannot hold"),
        (Action::YieldMap, "repeat(1)", "it may be endless"),
    ] {
        let error = failed(action, expression);
        assert!(error.starts_with(place) && error.contains(told), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn fields_of_the_parent_come_with_their_own_bytes() {
    let post = r#"{"id": 1.50 ,"a \"b": {"x" : [1, 2]},"n":null,"id2":7}"#;
    let records =
        included(&["id", "a \"b", "n"], post, "[{\"id\":9 , \"t\":\"x\" },{ },{\"id\":8}]").unwrap();
    let members = r#""_posts_id":1.50,"_posts_a \"b":{"x" : [1, 2]},"_posts_n":null}"#;
    assert_eq!(
        records,
        [
            format!("{{\"id\":9 , \"t\":\"x\",{members}"),
            format!("{{{members}"),
            format!("{{\"id\":8,{members}"),
        ]
    );
}

#[test]
fn a_field_of_the_same_name_is_overwritten_in_its_place() {
    let body = r#"[{"_posts_id":0,"b":{"_posts_id":0},"_posts_id":0},{"x":"\"_posts_id"},{"\u005fposts_id":1,"y":"\"_posts_"}]"#;
    assert_eq!(
        included(&["id", "t"], r#"{"id":5,"t":"x"}"#, body).unwrap(),
        [
            r#"{"_posts_id":5,"b":{"_posts_id":0},"_posts_t":"x"}"#,
            r#"{"x":"\"_posts_id","_posts_id":5,"_posts_t":"x"}"#,
            r#"{"_posts_id":5,"y":"\"_posts_","_posts_t":"x"}"#,
        ]
    );
}

#[test]
fn what_cannot_be_included_is_an_error_that_names_both_sides() {
    let error = included(&["id", "name", "o.k"], r#"{"id":1,"o":{"k":2}}"#, "[{}]").unwrap_err();
    let told = "(https://h.example/v1?api_key=***): include_from_parent names name, o.k, which the parent posts with the key \"p\\\"1\" does not have; it has id, o";
    assert!(error.contains(told), "{error}");
    let error = included(&["id"], "[1]", "[{}]").unwrap_err();
    assert!(error.contains("the parent posts with the key \"p\\\"1\" is a list"), "{error}");
    let error = included(&["id"], r#"{"id":1}"#, "[{},7]").unwrap_err();
    assert!(error.contains("record 2: it is a number and not an object"), "{error}");
}

#[test]
fn steps_see_the_fields_of_the_parent() {
    let steps = steps(&["id"], vec![step(Action::Map, "{key: \"\\(._posts_id)/\\(.id)\"}")]);
    let page = steps
        .apply(page(r#"[{"id":1},{"id":2}]"#), Some(&parent(r#"{"id":5}"#)), &mut Aside::refusing())
        .unwrap();
    assert_eq!(texts(&page), [r#"{"key":"5/1"}"#, r#"{"key":"5/2"}"#]);
}

#[test]
fn an_item_that_is_known_only_within_its_parent_has_the_parent_in_its_key() {
    let parts = ["_posts_id", "id"].map(|name| KeyPart::Field(name.to_owned()));
    let reader = Reader::new(ResourceName::new("comments"), KeySpec::new(parts));
    let keys: Vec<String> = [r#"{"id":1}"#, r#"{"id":2}"#]
        .into_iter()
        .map(|post| {
            let page = steps(&["id"], Vec::new())
                .apply(page(r#"[{"id":"c1"}]"#), Some(&parent(post)), &mut Aside::refusing())
                .unwrap();
            reader.record(&page, 0).unwrap().key.into_owned()
        })
        .collect();
    assert_eq!(keys, [r#"{"_posts_id":1,"id":"c1"}"#, r#"{"_posts_id":2,"id":"c1"}"#]);
}
