//! Which records of a page are deleted, and what becomes of those of which nobody can tell.

use super::page::page;
use crate::model::{DeadKey, ResourceName};
use crate::records::{Aside, DeleteColumn, Deleted, DeletionRule, KeyPart, KeySpec, Reader};
use crate::template::Jq;

fn rule(when: Option<&str>, column: Option<(&str, bool)>) -> DeletionRule {
    let column = column.map(|(name, boolean)| DeleteColumn { name: name.to_owned(), boolean });
    let when = when.map(|text| Jq::compile(text).unwrap());
    DeletionRule { resource: ResourceName::new("users"), when, column }
}

fn reader() -> Reader {
    Reader::new(ResourceName::new("users"), KeySpec::new([KeyPart::Field("id".to_owned())]))
}

/// For each record whether it is deleted.
fn told(rule: &DeletionRule, body: &str) -> Vec<bool> {
    let before = page(body);
    let records = before.records.clone();
    let (page, deleted) = rule.find(before, &mut Aside::refusing()).unwrap();
    assert_eq!(page.records, records, "all of them are still there");
    (0..records.len()).map(|index| deleted.contains(index)).collect()
}

#[test]
fn without_a_rule_nothing_is_deleted() {
    assert_eq!(told(&rule(None, None), r#"[{"deleted":true}]"#), [false]);
}

#[test]
fn an_expression_deletes_by_jqs_own_truth() {
    let body = r#"[{"d":null},{},{"d":false},{"d":true},{"d":0},{"d":""},{"d":[]},7]"#;
    let expected = [false, false, false, true, true, true, true, false];
    assert_eq!(told(&rule(Some(".d?"), None), body), expected);
    assert_eq!(told(&rule(Some("select(.d)"), None), r#"[{"d":null},{"d":1}]"#), [false, true]);
    let at = r#"[{"deleted_at":null},{"deleted_at":"2026-01-01"},{}]"#;
    assert_eq!(told(&rule(Some(".deleted_at != null"), None), at), [false, true, false]);
}

#[test]
fn a_hard_delete_column_deletes_where_it_is_true_or_of_another_type_and_not_null() {
    let body =
        r#"[{"d":true},{"d":false},{"d":null},{},{"d":"2026-01-01"},{"d":"false"},{"d":0},{"d":{}},[1]]"#;
    let expected = [true, false, false, false, true, true, true, true, false];
    assert_eq!(told(&rule(None, Some(("d", false))), body), expected);
}

#[test]
fn where_dlt_makes_a_boolean_of_a_value_so_does_krest() {
    let body = r#"[{"d":true},{"d":false},{"d":0},{"d":0.0},{"d":1},{"d":"YES"},{"d":"0"},{"d":"False"},{"d":"x"},{"d":[1]}]"#;
    let expected = [true, false, false, false, true, true, false, false, false, false];
    assert_eq!(told(&rule(None, Some(("d", true))), body), expected);
}

#[test]
fn a_column_and_an_expression_both_delete() {
    let both = rule(Some(".state == \"gone\""), Some(("d", false)));
    assert_eq!(
        told(&both, r#"[{"d":true},{"state":"gone"},{"d":false,"state":"here"}]"#),
        [true, true, false]
    );
}

#[test]
fn a_record_on_which_the_expression_fails_is_named_without_its_content() {
    let error = rule(Some(".state.gone"), None)
        .find(page(r#"[{"id":1},{"id":2,"state":"canary"}]"#), &mut Aside::refusing())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("record 2: deletes.when failed, so nobody can tell whether it is deleted: "),
        "{error}"
    );
    assert!(error.contains("\".state.gone\"") && !error.contains("canary"), "{error}");
}

#[test]
fn where_that_is_tolerated_it_goes_aside_with_its_key_and_the_others_keep_their_places() {
    let reader = reader();
    let mut aside = Aside::keeping(&reader);
    let body =
        r#"[{"id":1,"s":"x"},{"id":2},{"id":3,"s":{"gone":true}},{"id":4,"s":[]},{"id":5,"s":{"gone":1}}]"#;
    let (page, deleted) = rule(Some(".s.gone"), None).find(page(body), &mut aside).unwrap();
    let records = reader.read(&page, &deleted, &mut aside).unwrap();
    let keys: Vec<(&str, bool)> = records.iter().map(|record| (&*record.key, record.deleted)).collect();
    assert_eq!(keys, [("2", false), ("3", true), ("5", true)]);
    let dead: Vec<_> = aside.into_records().into_iter().map(|dead| (dead.fault.name, dead.key)).collect();
    let row = |key: &str| DeadKey::Row(key.to_owned());
    assert_eq!(dead, [("DeleteWhenFailed", row("1")), ("DeleteWhenFailed", row("4"))]);
}

#[test]
fn of_a_deleted_record_the_key_is_enough() {
    let reader = reader();
    let mut aside = Aside::keeping(&reader);
    let deep = format!("[{{\"id\":1,\"d\":true,\"v\":{}{}}}]", "[".repeat(130), "]".repeat(130));
    let (page, deleted) = rule(None, Some(("d", false))).find(page(&deep), &mut aside).unwrap();
    assert_eq!(reader.read(&page, &deleted, &mut aside).unwrap().len(), 1);
    assert!(
        reader.read(&page, &Deleted::default(), &mut aside).unwrap().is_empty(),
        "a living one is set aside"
    );
}
