//! The checker is checked: each kind of wrong that is planted here has to be found.

use serde_json::{Value, json};

use super::{Seen, judge, leaks, leaks_in, offset_law, partition, positions};
use crate::support::api::Served;

const PARTITIONS: i32 = 3;

fn served() -> Served {
    let versions = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Served::from([("1".to_owned(), versions(&["a1", "a2", "a1"])), ("2".to_owned(), versions(&["b1", "b2"]))])
}

fn message(offset: i64, key: &str, value: &str) -> Seen {
    Seen {
        partition: partition(key.as_bytes(), PARTITIONS),
        offset,
        key: Some(key.into()),
        value: Some(value.into()),
        headers: vec![("krest.fingerprint".to_owned(), b"0123456789abcdef0123456789abcdef".to_vec())],
    }
}

fn tombstone(offset: i64, key: &str) -> Seen {
    Seen { value: None, headers: Vec::new(), ..message(offset, key, "") }
}

/// What exactly once makes of [`served`].
fn right() -> Vec<Seen> {
    let texts = [("1", "a1"), ("2", "b1"), ("1", "a2"), ("1", "a1"), ("2", "b2")];
    texts.iter().zip(0..).map(|((key, value), offset)| message(offset, key, value)).collect()
}

fn objections(change: impl FnOnce(&mut Vec<Seen>)) -> String {
    let mut messages = right();
    change(&mut messages);
    judge(&messages, &served(), PARTITIONS).join("\n")
}

#[test]
fn what_is_right_is_not_objected_to() {
    assert_eq!(objections(|_| {}), "");
}

#[test]
fn a_version_that_was_shown_and_left_again_between_two_commits_need_not_be_there() {
    assert_eq!(objections(|messages| drop(messages.drain(2..4))), "");
}

#[test]
fn a_duplicate_is_found() {
    assert!(objections(|messages| messages.insert(2, message(9, "2", "b1"))).starts_with("duplicate: key 2"));
    assert!(objections(|messages| messages.push(message(9, "2", "b2"))).starts_with("duplicate: key 2"));
}

#[test]
fn a_lost_key_and_a_stale_key_are_found() {
    let lost = objections(|messages| messages.retain(|message| message.key_text() != "2"));
    assert_eq!(lost, "loss: key 2 was shown and is not in the topic");
    let stale = objections(|messages| drop(messages.pop()));
    assert_eq!(stale, "loss: key 2 is stale, 1 versions behind");
}

#[test]
fn going_back_is_found() {
    assert!(objections(|messages| messages.push(message(9, "1", "a2"))).starts_with("went back"));
    assert!(objections(|messages| messages.swap(1, 4)).starts_with("went back"));
}

#[test]
fn what_the_api_never_showed_is_found() {
    assert!(objections(|messages| messages.push(message(9, "3", "c1"))).starts_with("phantom: key 3"));
    assert!(objections(|messages| messages.push(message(9, "1", "a1 "))).starts_with("phantom: these bytes"));
    let tombstone = objections(|messages| messages.push(tombstone(9, "1")));
    assert!(tombstone.starts_with("a tombstone"), "{tombstone}");
}

#[test]
fn a_wrong_partition_a_missing_key_and_a_missing_fingerprint_are_found() {
    let moved = objections(|messages| messages[0].partition = (messages[0].partition + 1) % PARTITIONS);
    assert!(moved.starts_with("wrong partition: 1 belongs on"), "{moved}");
    let keyless = objections(|messages| messages[0].key = None);
    assert!(keyless.starts_with("no key"), "{keyless}");
    for headers in [vec![], vec![("krest.fingerprint".to_owned(), b"short".to_vec())]] {
        let bare = objections(|messages| messages[0].headers = headers);
        assert!(bare.starts_with("not one fingerprint"), "{bare}");
    }
}

#[test]
fn the_offset_law_is_held() {
    let at = |scan: u64, position: Value| json!({ "scan": scan, "position": position });
    let law = |offsets: &[Value]| offset_law(offsets).join("\n");
    let right = [
        at(1, json!({"offset": 100})),
        at(1, json!({"offset": 300})),
        at(1, Value::Null),
        at(2, Value::Null),
    ];
    assert_eq!(law(&right), "");
    assert!(law(&[at(1, Value::Null), at(1, Value::Null)]).contains("did not move on"));
    assert!(law(&[at(1, json!({"offset": 300})), at(1, json!({"offset": 100}))]).contains("did not move on"));
    assert!(law(&[at(1, Value::Null), at(1, json!({"offset": 100}))]).contains("did not move on"));
    let page = |offset: u64| at(1, json!({ "offset": offset }));
    assert_eq!(law(&[page(100), page(100), at(1, Value::Null)]), "", "a page without a follow-up");
    assert!(law(&[page(100), page(100), page(200)]).contains("did not move on"));
    assert!(law(&[at(2, Value::Null), at(1, Value::Null)]).contains("went back"));
    assert!(law(&[json!({})]).contains("no scan number"));
}

#[test]
fn only_the_resources_own_offsets_are_looked_at() {
    let offset = |key: &str| Seen { value: Some(b"{\"scan\":1}".to_vec()), ..message(0, key, "") };
    let all = [offset(r#"["c",{"resource":"r"}]"#), offset(r#"["c",{"resource":"s"}]"#), offset("other")];
    assert_eq!(positions(&all, "c", "r"), [json!({"scan": 1})]);
}

#[test]
fn the_canary_is_found_in_every_form_and_place() {
    let canary = "c4n/ary+\"0123456789abcdef";
    let encoded: String = url::form_urlencoded::byte_serialize(canary.as_bytes()).collect();
    let base64 = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let forms = [
        canary.to_owned(),
        format!("?api_key={encoded}&x=1"),
        serde_json::to_string(&format!("say {canary}!")).unwrap(),
        base64(canary),
        base64(&format!("user:{canary}")),
    ];
    for text in forms {
        assert!(!leaks(&format!("log … {text} …"), canary).is_empty(), "{text}");
        let in_header = Seen { headers: vec![("h".to_owned(), text.into())], ..message(0, "k", "v") };
        assert!(!leaks_in(&[in_header], canary).is_empty());
    }
    let in_key = Seen { key: Some(canary.into()), ..message(0, "", "v") };
    let in_value = Seen { value: Some(canary.into()), ..message(0, "k", "") };
    assert_eq!([leaks_in(&[in_key], canary).len(), leaks_in(&[in_value], canary).len()], [2, 2].map(|_| 1));
    assert_eq!(leaks("nothing to see", canary), Vec::<String>::new());
}
