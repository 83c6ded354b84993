//! Where a resource stands: positions, cursors, sizes, and what is recorded of them.

use std::collections::HashMap;

use crate::model::{Cursor, Fingerprint, ParentOffset, Position, SourceOffset};
use crate::state::Standing;

fn configured() -> SourceOffset {
    SourceOffset {
        version: SourceOffset::VERSION,
        topic: "t".into(),
        topic_id: "id-1".into(),
        partitions: 3,
        key_fields: vec!["id".into()],
        key_format: "string".into(),
        source: "http://h/v1".into(),
        request: "abc".into(),
        ..SourceOffset::default()
    }
}

fn cursor(value: i64) -> Cursor {
    Cursor {
        of: "max(at)".into(),
        value: serde_json::from_str(&value.to_string()).unwrap(),
        edge: Vec::new(),
    }
}

fn at(offset: u64) -> Position {
    Position(serde_json::json!({ "offset": offset }))
}

#[test]
fn an_unchanged_scan_writes_nothing_once_a_finished_one_is_recorded() {
    let stored = SourceOffset { scan: 7, ..configured() };
    let mut standing = Standing::new(configured(), Some(&stored), None);
    assert_eq!(standing.begin(), None);
    assert_eq!(standing.scan(), 8);
    standing.within(Some(&at(100)), None, false);
    assert!(!standing.end(None).1);
}

#[test]
fn the_first_scan_is_recorded_even_if_it_found_nothing() {
    let mut standing = Standing::new(configured(), None, None);
    standing.begin();
    let (offset, moved) = standing.end(None);
    assert!(moved);
    assert_eq!((offset.scan, offset.position), (1, None));
    standing.begin();
    assert!(!standing.end(None).1);
}

#[test]
fn a_recorded_position_is_cleared_at_the_end_of_the_scan() {
    let stored = SourceOffset { scan: 1, ..configured() };
    let mut standing = Standing::new(configured(), Some(&stored), None);
    standing.begin();
    assert_eq!(standing.within(Some(&at(100)), None, true).position, Some(at(100)));
    standing.within(Some(&at(200)), None, false);
    assert!(standing.end(None).1, "the topic still holds offset 100");
}

#[test]
fn a_cursor_moves_at_the_end_of_a_scan_and_is_written_once() {
    let stored = SourceOffset { scan: 1, cursor: Some(cursor(5)), ..configured() };
    let mut standing = Standing::new(configured(), Some(&stored), None);
    standing.begin();
    let within = standing.within(Some(&at(100)), Some(cursor(9)), true);
    assert_eq!((within.cursor, within.running), (Some(cursor(5)), Some(cursor(9))));
    let (end, moved) = standing.end(Some(cursor(9)));
    assert_eq!((end.cursor, end.running, moved), (Some(cursor(9)), None, true));
    standing.begin();
    assert!(!standing.end(Some(cursor(9))).1);
    assert_eq!(standing.cursor(None), Some(&cursor(9)));
}

#[test]
fn another_topic_voids_cursors_and_another_request_does_not() {
    let stored = SourceOffset { cursor: Some(cursor(5)), request: "xyz".into(), ..configured() };
    let parents = HashMap::from([(
        "7".to_owned(),
        ParentOffset { version: 1, topic_id: "id-1".into(), cursor: cursor(3) },
    )]);
    let standing = Standing::new(configured(), Some(&stored), Some(&parents));
    assert_eq!((standing.cursor(None), standing.cursor(Some("7"))), (Some(&cursor(5)), Some(&cursor(3))));
    let another = SourceOffset { topic_id: "id-2".into(), ..configured() };
    let standing = Standing::new(another, Some(&stored), Some(&parents));
    assert_eq!((standing.cursor(None), standing.cursor(Some("7"))), (None, None));
}

#[test]
fn each_parent_has_a_cursor_of_its_own() {
    let mut standing = Standing::new(configured(), None, None);
    assert_eq!(standing.end_of_parent("7", Some(cursor(3))), Some(("7".to_owned(), cursor(3))));
    assert_eq!(standing.end_of_parent("7", Some(cursor(3))), None, "it has not moved");
    assert_eq!(standing.end_of_parent("8", None), None, "it has seen nothing");
    assert_eq!((standing.cursor(Some("7")), standing.cursor(Some("8"))), (Some(&cursor(3)), None));
}

#[test]
fn messages_on_the_last_page_carry_the_end_of_the_scan() {
    let stored = SourceOffset { scan: 1, ..configured() };
    let mut standing = Standing::new(configured(), Some(&stored), None);
    standing.begin();
    let (offset, moved) = standing.end(None);
    assert_eq!((offset.position, moved), (None, false));
    standing.begin();
    assert!(!standing.end(None).1);
}

#[test]
fn a_stored_position_is_resumed_within_its_scan() {
    let stored = SourceOffset { scan: 4, position: Some(at(300)), ..configured() };
    let mut standing = Standing::new(configured(), Some(&stored), None);
    assert_eq!(standing.begin(), Some(at(300)));
    assert_eq!((standing.scan(), standing.resumed()), (4, true));
}

#[test]
fn another_topic_or_another_request_voids_the_position() {
    for stored in [
        SourceOffset { topic_id: "id-0".into(), position: Some(at(3)), scan: 4, ..configured() },
        SourceOffset { request: "xyz".into(), position: Some(at(3)), scan: 4, ..configured() },
    ] {
        let mut standing = Standing::new(configured(), Some(&stored), None);
        assert_eq!(standing.begin(), None);
        assert_eq!(standing.scan(), 5);
        assert!(standing.end(None).1, "the new identity has to be recorded");
    }
}

#[test]
fn a_scan_that_gives_its_position_up_is_a_new_one_with_the_same_start() {
    let stored = SourceOffset {
        scan: 4,
        position: Some(at(300)),
        cursor: Some(cursor(5)),
        running: Some(cursor(9)),
        ..configured()
    };
    let mut standing = Standing::new(configured(), Some(&stored), None);
    standing.begin();
    standing.start_over();
    assert_eq!((standing.scan(), standing.resumed(), standing.running()), (5, false, None));
    assert_eq!(standing.cursor(None), Some(&cursor(5)));
    let (end, moved) = standing.end(None);
    assert_eq!((end.position, end.scan, moved), (None, 5, true), "the topic still holds offset 300");
}

#[test]
fn an_empty_position_is_the_beginning_of_a_new_scan() {
    let stored = SourceOffset { scan: 4, position: Some(Position(serde_json::json!({}))), ..configured() };
    let mut standing = Standing::new(configured(), Some(&stored), None);
    assert_eq!(standing.begin(), None);
    assert_eq!((standing.scan(), standing.resumed()), (5, false));
    assert!(standing.end(None).1, "the topic still holds a position");
}

#[test]
fn a_size_is_written_with_what_is_written_anyway_and_a_doubt_at_once() {
    let stored = SourceOffset { scan: 1, records: Some(100), ..configured() };
    let mut standing = Standing::new(configured(), Some(&stored), None);
    standing.begin();
    standing.believe(90);
    assert!(!standing.end(None).1, "nothing else has to be written");
    standing.begin();
    standing.doubt(0);
    let (end, moved) = standing.end(None);
    assert_eq!((end.records, end.shrunk, moved), (Some(90), Some(0), true));
    standing.begin();
    standing.doubt(0);
    assert!(!standing.end(None).1, "the doubt is known");
    standing.begin();
    standing.believe(0);
    let (end, moved) = standing.end(None);
    assert_eq!((end.records, end.shrunk, moved), (Some(0), None, true));
}

#[test]
fn a_size_that_shrinks_little_by_little_is_written_now_and_then() {
    let stored = SourceOffset { scan: 1, records: Some(1000), ..configured() };
    let mut standing = Standing::new(configured(), Some(&stored), None);
    let mut written = Vec::new();
    for records in (400..1000).rev().step_by(10) {
        standing.begin();
        standing.believe(records);
        written.extend(standing.end(None).1.then_some(records));
    }
    assert_eq!(written, [749, 559, 419]);
}

#[test]
fn another_request_voids_the_size_and_another_topic_does_not() {
    let sized = SourceOffset { records: Some(100), shrunk: Some(3), ..configured() };
    let of = |stored: SourceOffset| {
        let standing = Standing::new(configured(), Some(&stored), None);
        (standing.records(), standing.doubted())
    };
    assert_eq!(of(SourceOffset { topic_id: "id-0".into(), ..sized.clone() }), (Some(100), Some(3)));
    assert_eq!(of(SourceOffset { request: "xyz".into(), ..sized }), (None, None));
}

fn row(number: u64) -> Fingerprint {
    Fingerprint([0, number])
}

#[test]
fn what_a_page_published_goes_with_it_and_is_forgotten_at_the_end_of_the_scan() {
    let mut standing = Standing::new(configured(), None, None);
    standing.begin();
    standing.publish(vec![row(2), row(1)]);
    let first = standing.within(None, Some(cursor(3)), true);
    assert_eq!((first.position.clone(), &first.published), (None, &vec![row(1), row(2)]));
    // The first page of a scan that was interrupted is read once more, as one of a new scan.
    let mut standing = Standing::new(configured(), Some(&first), None);
    assert_eq!((standing.begin(), standing.published(), standing.scan()), (None, &[row(1), row(2)][..], 2));
    standing.publish(Vec::new());
    let (end, moved) = standing.end(None);
    assert_eq!((end.published, moved), (Vec::new(), true), "the topic still holds two");
    assert!(Standing::new(configured(), Some(&first), None).end(None).1);
}

#[test]
fn a_scan_beside_one_that_was_interrupted_leaves_its_place_alone() {
    let stored = SourceOffset {
        scan: 4,
        position: Some(at(300)),
        running: Some(cursor(9)),
        published: vec![row(1)],
        missed: true,
        ..configured()
    };
    let mut standing = Standing::new(configured(), Some(&stored), None);
    standing.begin_beside();
    assert!(!standing.resumed());
    assert_eq!(standing.beside(), SourceOffset { scan: 5, ..stored.clone() });
    assert_eq!(standing.begin(), Some(at(300)));
    assert!(standing.has_missed(), "as long as that scan lasts");
    let (end, _) = standing.end(None);
    assert_eq!((end.position, end.running, end.missed), (None, None, false));
    // Another request has other pages.
    let another = SourceOffset { request: "xyz".into(), ..stored };
    let mut standing = Standing::new(configured(), Some(&another), None);
    assert_eq!((standing.begin(), standing.published().len(), standing.has_missed()), (None, 0, false));
}

#[test]
fn a_topic_is_filled_until_a_scan_has_ended_however_many_begin_and_again_if_it_is_another_one() {
    let mut first = Standing::new(configured(), None, None);
    first.begin();
    let within = first.within(Some(&at(3)), None, true);
    assert!(first.is_initial() && within.initial);
    // A restart in the middle, whose scan has to start over.
    let mut second = Standing::new(configured(), Some(&within), None);
    second.begin();
    second.start_over();
    assert!(second.is_initial() && second.scan() == 2);
    let (ended, _) = second.end(None);
    assert!(!second.is_initial() && !ended.initial);
    let mut later = Standing::new(configured(), Some(&ended), None);
    later.begin();
    assert!(!later.is_initial());
    let another = SourceOffset { topic_id: "id-2".into(), ..configured() };
    assert!(Standing::new(another, Some(&ended), None).is_initial());
    // One that was written before anybody asked has ended.
    let old = SourceOffset { scan: 7, ..configured() };
    assert!(!Standing::new(configured(), Some(&old), None).is_initial());
    let text = serde_json::to_string(&ended).unwrap();
    assert!(
        !text.contains("initial") && serde_json::to_string(&within).unwrap().contains("\"initial\":true")
    );
}
