//! Signals as people and Debezium users write them, and whatever else may stand on their topic.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::desk::{Desk, Errand, Told};
use super::order::{Act, Order, read_order};
use crate::config::Config;
use crate::fuzz::Target;
use crate::kafka::{Paused, SignalPlace};
use crate::model::Redactor;
use crate::plan::{ConnectorPlan, FilePlan};
use crate::sync::{Beginning, ScanReport, Wish};
use tokio::time::Instant;

fn plan() -> ConnectorPlan {
    let text = "
name: shop
source:
  client: {base_url: 'http://127.0.0.1/'}
  resource_defaults: {primary_key: id, write_disposition: merge}
  resources:
    - posts
    - {name: comments, endpoint: {path: 'posts/{resources.posts.id}/comments'}}
    - {name: orders, endpoint: {path: orders, incremental: {cursor_path: at}}}
    - {name: closed, endpoint: {path: c, incremental: {cursor_path: at, initial_value: 1, end_value: 9}}}
    - {name: dated, endpoint: {path: d, incremental: {cursor_path: at, initial_value: '2026-01-01'}}}
    - {name: lines, primary_key: [], write_disposition: append}
    - {name: 'a.b'}
    - axb
kafka: {bootstrap.servers: '127.0.0.1:9'}
";
    let config = Config::parse(text.as_bytes(), Path::new("shop.yaml"), &|_| None, &Redactor::default());
    let config = config.unwrap_or_else(|mistakes| panic!("{mistakes}"));
    FilePlan::compile("shop.yaml", &config, &Redactor::default()).unwrap().into_connector().unwrap()
}

fn act(text: &str) -> Result<Act, String> {
    read_order(Some(text.as_bytes()), &plan()).map(|order| order.act).map_err(|refused| refused.reason)
}

fn of(kind: &str, data: &str) -> Result<Act, String> {
    act(&format!("{{\"id\":\"1\",\"type\":\"{kind}\",\"data\":{data}}}"))
}

#[test]
fn a_name_means_that_resource_and_anything_else_whole_names() {
    let places = |entry: &str| match of("execute-snapshot", &format!("{{\"data-collections\":[{entry}]}}")) {
        Ok(Act::Snapshot { places, .. }) => Ok(places),
        Ok(other) => panic!("{other:?}"),
        Err(reason) => Err(reason),
    };
    assert_eq!(places("\"a.b\""), Ok(vec![6]), "and not axb");
    assert_eq!(places("\"a\\\\.b\""), Ok(vec![6]));
    assert_eq!(places("\"p.*\",\"orders\",\"posts\""), Ok(vec![0, 2]));
    assert!(places("\"post\"").unwrap_err().contains("unknown resource \"post\""), "names are matched whole");
    assert!(places("\"(\"").is_err());
    assert!(places("").is_err());
}

#[test]
fn what_is_asked_for_is_done_or_refused_by_name() {
    let all = Wish { from: Beginning::Start, again: true, ..Wish::default() };
    let comments = "\"data-collections\":[\"comments\"]";
    for (data, wish) in [
        (String::new(), all.clone()),
        (",\"type\":\"INCREMENTAL\"".to_owned(), all.clone()),
        (",\"type\":\"blocking\",\"publish\":\"changes\"".to_owned(), Wish { again: false, ..all.clone() }),
        (
            ",\"parent\":7,\"key\":\"k\"".to_owned(),
            Wish { parent: Some("7".into()), key: Some("k".into()), ..all },
        ),
    ] {
        let expected = Act::Snapshot { places: vec![1], wish };
        assert_eq!(of("execute-snapshot", &format!("{{{comments}{data}}}")), Ok(expected), "{data}");
    }
    for (kind, data, reason) in [
        ("execute-snapshot", "{}", "no data.data-collections"),
        ("execute-snapshot", "{\"data-collections\":\"posts\"}", "no list"),
        (
            "execute-snapshot",
            "{\"data-collections\":[\"posts\"],\"type\":\"sideways\"}",
            "\"sideways\" is unknown",
        ),
        ("execute-snapshot", "{\"data-collections\":[\"posts\"],\"additional-conditions\":[]}", "SQL"),
        ("execute-snapshot", "{\"data-collections\":[\"posts\"],\"surrogate-key\":\"x\"}", "surrogate-key"),
        ("execute-snapshot", "{\"data-collections\":[\"posts\"],\"parent\":\"1\"}", "depends on no other"),
        ("execute-snapshot", "{\"data-collections\":[\"lines\"],\"key\":\"1\"}", "have no keys"),
        ("rewind", "{\"data-collections\":[\"orders\"]}", "no data.to"),
        ("rewind", "{\"data-collections\":[\"posts\"],\"to\":null}", "no cursor"),
        ("rewind", "{\"data-collections\":[\"closed\"],\"to\":null}", "end_value"),
        ("rewind", "{\"data-collections\":[\"orders\"],\"to\":[]}", "no cursor value"),
        (
            "rewind",
            "{\"data-collections\":[\"dated\"],\"to\":7}",
            "7 is a number, and initial_value, \"2026-01-01\", is a date",
        ),
        ("rewind", "{\"data-collections\":[\"dated\"],\"to\":\"abc\"}", "is a text"),
        ("allow-deletes", "{\"data-collections\":[\"posts\"]}", "deletes nothing"),
        ("pause", "{\"to\":1}", "data.to has no meaning here"),
        ("resume-snapshot", "{}", "pause and resume"),
        ("log", "[]", "no JSON object"),
    ] {
        let refused = of(kind, data).unwrap_err();
        assert!(refused.contains(reason), "{kind} {data}: {refused}");
    }
}

#[test]
fn a_cursor_value_keeps_its_form() {
    for to in ["10", "1.50", "\"2024-01-01\"", "\"10\""] {
        let Ok(Act::Rewind { wish, .. }) =
            of("rewind", &format!("{{\"data-collections\":[\"orders\"],\"to\":{to}}}"))
        else {
            panic!("{to}")
        };
        let Beginning::At(value) = wish.from else { panic!("{wish:?}") };
        assert_eq!(serde_json::to_string(&value).unwrap(), to);
    }
}

#[test]
fn the_data_may_be_text_as_in_debeziums_tables() {
    let text = r#"{"id":7,"type":"log","data":"{\"message\":\"m\"}"}"#;
    let order = read_order(Some(text.as_bytes()), &plan()).unwrap();
    let act = Act::Log { message: "m".to_owned() };
    assert_eq!(order, Order { id: Some("7".to_owned()), kind: "log".to_owned(), act });
}

fn errand(offset: i64, with_dependents: bool) -> Errand {
    Errand { signal: SignalPlace { partition: 0, offset }, wish: Wish::default(), with_dependents }
}

#[test]
fn what_is_paused_is_remembered_by_name_and_its_errands_wait() {
    let plan = Arc::new(plan());
    let before = Paused::new(false, BTreeSet::from(["orders".to_owned(), "gone".to_owned()]));
    let (desk, _told) = Desk::new(&plan, &before);
    assert!(desk.is_paused(2) && !desk.is_paused(0));
    desk.add(&[2], &errand(1, false));
    assert_eq!(desk.due(2), None);
    assert_eq!(desk.pause(&plan, None), Paused::new(true, BTreeSet::from(["orders".to_owned()])));
    let others = ["posts", "comments", "closed", "dated", "lines", "a.b", "axb"].map(str::to_owned);
    assert_eq!(
        desk.resume(&plan, Some(&[2])),
        Paused::new(false, BTreeSet::from(others)),
        "all but that one"
    );
    assert_eq!(desk.errand(2, Instant::now()), Some(errand(1, false)));
    assert_eq!(desk.resume(&plan, None), Paused::new(false, BTreeSet::new()));
}

#[test]
fn snapshots_and_rewinds_that_are_given_up_say_so() {
    let plan = Arc::new(plan());
    let (desk, mut told) = Desk::new(&plan, &Paused::default());
    desk.add(&[0, 2], &errand(1, false));
    desk.add(&[2], &errand(2, true));
    assert_eq!(desk.stop_snapshots(&plan, Some(&[2])), 2);
    assert_eq!(desk.due(2), None);
    for offset in [1, 2] {
        let signal = SignalPlace { partition: 0, offset };
        assert_eq!(told.try_recv(), Ok(Told::Dropped { signal, place: 2 }));
    }
    assert_eq!(desk.stop_snapshots(&plan, None), 1);
    assert_eq!(desk.due(0), None);
}

#[test]
fn only_snapshots_of_everything_share_a_walk_and_the_oldest_comes_first() {
    let plan = Arc::new(plan());
    let (desk, _told) = Desk::new(&plan, &Paused::default());
    let narrow = |offset| {
        let wish = Wish { parent: Some("7".to_owned()), ..Wish::default() };
        Errand { wish, ..errand(offset, false) }
    };
    for (places, errand) in [
        (&[1][..], narrow(1)),
        (&[0, 1], errand(2, false)),
        (&[0], errand(3, true)),
        (&[1], errand(4, true)),
        (&[2], errand(5, false)),
    ] {
        desk.add(places, &errand);
    }
    let report = ScanReport::default();
    let mut rounds = Vec::new();
    loop {
        let round = desk.together(&[0, 1], Instant::now());
        round.iter().for_each(|(place, errand)| desk.done(*place, errand, &report));
        if round.is_empty() {
            break;
        }
        rounds
            .push(round.into_iter().map(|(place, errand)| (place, errand.signal.offset)).collect::<Vec<_>>());
    }
    assert_eq!(rounds, [vec![(1, 1)], vec![(0, 2), (1, 2)], vec![(0, 3)], vec![(1, 4)]]);
    assert_eq!(desk.errand(2, Instant::now()), Some(errand(5, false)), "of another family");
}

#[test]
fn what_failed_keeps_nobody_waiting_unless_the_api_asks_for_a_pause() {
    let plan = Arc::new(plan());
    let (desk, mut told) = Desk::new(&plan, &Paused::default());
    let (failing, behind) = (errand(1, true), errand(2, false));
    desk.add(&[0], &failing);
    desk.add(&[0], &behind);
    let (now, later) = (Instant::now(), Instant::now() + Duration::from_secs(60));
    desk.postpone(0, &failing, later);
    assert_eq!(desk.errand(0, now), Some(behind.clone()));
    assert_eq!(desk.errand(0, later), Some(failing.clone()), "its turn comes");
    desk.hold(&[0], later);
    assert_eq!((desk.errand(0, now), desk.due(0)), (None, Some(later)));
    desk.add(&[0], &errand(3, false));
    assert_eq!(desk.errand(0, now), None, "what comes now waits, too");
    desk.refuse(0, &failing, "because".to_owned());
    assert_eq!(desk.errand(0, later), Some(behind));
    let refused = Told::Refused { signal: failing.signal, place: 0, reason: "because".to_owned() };
    assert_eq!(told.try_recv(), Ok(refused));
}

#[test]
fn deletes_are_allowed_to_a_scan_that_began_after_the_signal() {
    let plan = Arc::new(plan());
    let (desk, mut told) = Desk::new(&plan, &Paused::default());
    let signal = |offset| SignalPlace { partition: 0, offset };
    assert!(!desk.allows_deletes(0));
    desk.allow_deletes(&[0], signal(1));
    assert!(desk.allows_deletes(0));
    desk.allow_deletes(&[0], signal(2));
    desk.deletes_were_allowed(0);
    assert_eq!(told.try_recv(), Ok(Told::Allowed { signal: signal(1), place: 0 }));
    assert!(told.try_recv().is_err(), "the scan that ended did not know of the second");
    assert!(desk.allows_deletes(0));
    desk.deletes_were_allowed(0);
    assert!(!desk.allows_deletes(0));
}

/// Fuzz target: what may stand on the topic of signals. See fuzz/README.md.
#[test]
fn any_signal_is_an_order_or_is_passed_over_with_a_reason() {
    let plan = plan();
    Target { name: "signal", runs: 4_000 }.holds(|input| {
        let read = read_order(Some(input), &plan);
        assert_eq!(read, read_order(Some(input), &plan));
        if let Err(refused) = read {
            assert!(!refused.reason.is_empty());
        }
    });
}
