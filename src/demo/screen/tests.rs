//! The demo's words as a terminal shows them.

use std::time::Duration;

use super::text::wrapped;
use super::*;
use crate::demo::{Look, Round, StatusChange};

fn screen(width: usize) -> Screen {
    Screen { look: Look { width, colors: false } }
}

fn scan(number: u64, records: u64, published: u64) -> Scan {
    let monitors =
        ResourceCount { name: "monitors".to_owned(), pages: records.div_ceil(100), records, published };
    let incidents = ResourceCount { name: "incidents".to_owned(), pages: 1, records: 0, published: 0 };
    Scan { number, resources: vec![monitors, incidents], took: Duration::from_millis(2340) }
}

#[test]
fn the_banner_says_what_is_read_and_where_it_goes() {
    let topics = ["demo.monitors".to_owned(), "demo.incidents".to_owned()];
    let built_in = Some("http://127.0.0.1:4000");
    let title = Title { built_in, connector: "demo", broker: &Broker::InProcess, topics: &topics };
    insta::assert_snapshot!(screen(80).banner(&title), @"
    krest demo
      from    a built-in API of monitors that change, http://127.0.0.1:4000
      to      librdkafka's in-process broker: nothing installed, nothing kept
      topics  demo.monitors, demo.incidents
    ");
    let real = Broker::Real("kafka:9092".to_owned());
    let title = Title { built_in: None, connector: "crm", broker: &real, topics: &topics };
    insta::assert_snapshot!(screen(80).banner(&title), @"
    krest demo
      from    your configuration, connector crm
      to      Kafka at kafka:9092
      topics  demo.monitors, demo.incidents
    ");
}

#[test]
fn progress_has_a_bar_once_the_size_is_known() {
    let mut now = Progress { scan: 1, resource: "monitors", pages: 4, records: 400, expected: None };
    insta::assert_snapshot!(screen(80).progress(&now), @"  scan 1  monitors: page 4, 400 records");
    now.expected = Some(1000);
    insta::assert_snapshot!(screen(80).progress(&now), @"  scan 1  ██████░░░░░░░░░░ monitors: page 4, 400 records");
}

#[test]
fn a_wait_is_counted_down_with_its_reason() {
    let whole = Duration::from_secs(2);
    let mut wait =
        Wait { resource: "monitors", status: Some(429), retry_after: true, whole, left: whole / 4 };
    insta::assert_snapshot!(screen(100).waiting(&wait), @"  monitors: the API answered 429 and said when to come back, going on in 0.5 s ████████████░░░░");
    insta::assert_snapshot!(screen(100).waited(&wait), @"  monitors: waited 2.0 s after a 429, then went on");
    (wait.status, wait.retry_after) = (None, false);
    insta::assert_snapshot!(screen(100).waiting(&wait), @"  monitors: the connection failed, going on in 0.5 s ████████████░░░░");
}

#[test]
fn a_scan_is_summed_up_in_a_line() {
    insta::assert_snapshot!(screen(120).summary(&scan(2, 1000, 3)), @"scan 2: 1 000 records read in 11 pages, 3 changes published, 997 unchanged, 2.3 s");
    insta::assert_snapshot!(screen(60).summary(&scan(3, 1000, 0)), @"
    scan 3: 1 000 records read in 11 pages, 0 changes published,
      1 000 unchanged, 2.3 s
    ");
}

#[test]
fn the_explanation_tells_first_scan_changes_and_silence_apart() {
    let screen = screen(100);
    let all = [scan(1, 1000, 1000), scan(2, 1000, 3), scan(3, 1000, 0)];
    insta::assert_snapshot!(all.map(|scan| screen.explanation(&scan, None)).concat(), @"
    The topics were empty, so every record was new: 1 000 messages, each with its primary key as key.
    3 of 1 000 records changed: 3 messages. The others cost a hash and a look-up each, no message.
    Nothing changed, so nothing was published.
    ");
}

#[test]
fn a_reverted_and_a_vanished_monitor_are_explained_honestly() {
    let back = StatusChange { id: 17, before: "down", after: "up", reverted: true };
    let round = Round { number: 3, changed: vec![back], appeared: Some(1002), vanished: Some(417) };
    insta::assert_snapshot!(screen(100).explanation(&scan(3, 1001, 4), Some(&round)), @"
    4 of 1 001 records changed: 4 messages. The others cost a hash and a look-up each, no message.
    Monitor 17 went back to up, exactly as it was two scans ago. That is a change too.
    Monitor 417 is no longer in the API's list. Nobody asked for deletes here (deletes.mode: none), so
    the topic keeps its row.
    ");
}

#[test]
fn the_last_lines_say_which_broker_it_was() {
    insta::assert_snapshot!(screen(80).closing(&Broker::InProcess), @"
    The broker was librdkafka's in-process one. It shows what krest does, but it
    proves nothing about delivery, and its topics are gone now. For a real one:
    krest demo --kafka HOST:PORT, or docker compose up.
    Next, with an API of your own: krest check FILE, krest preview FILE, krest run
    --once FILE.
    ");
    insta::assert_snapshot!(screen(80).closing(&Broker::Real("kafka:9092".to_owned())), @"
    The broker was the one at kafka:9092; the topics are still there, for any Kafka
    client.
    Next, with an API of your own: krest check FILE, krest preview FILE, krest run
    --once FILE.
    ");
}

#[test]
fn text_is_broken_between_words_at_the_terminals_width() {
    for width in [20, 40, 79] {
        for line in screen(width).closing(&Broker::InProcess).lines() {
            assert!(console::measure_text_width(line) <= width, "{width}: {line}");
        }
    }
    assert_eq!(wrapped("東京東京 東京東京", 10, (2, 2)), "  東京東京\n  東京東京\n");
}

#[test]
fn numbers_are_grouped_by_three() {
    let shown = [0, 999, 1000, 12_345, 1_234_567].map(thousands);
    assert_eq!(shown, ["0", "999", "1 000", "12 345", "1 234 567"]);
}
