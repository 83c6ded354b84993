//! Logs that others depend on: however a scan is interrupted, and whoever of the family goes on, no record is appended twice, and
//! nothing that depends on one is missed.

use std::time::Duration;

use super::seed::written;
use super::signals::{more, signal};
use crate::support::api::{Answer, Follow};
use crate::support::checker::Tail;
use crate::support::{World, alter_topic, create_topic, until};

const LONG: Duration = Duration::from_secs(60);
const EVENTS: &str = "/events";
const CURSOR: &str = ", incremental: {cursor_path: at, initial_value: 0, start_param: since}";
const SINGLE: &str = "single_page";

fn notes(event: usize) -> String {
    format!("/events/{event}/notes")
}

/// The later an event, the lower is its cursor value: the first page has the newest one.
fn put(world: &World, event: usize) {
    let text = format!("{{\"id\":{event},\"at\":{}}}", 1000 - event);
    world.api.change(EVENTS, |all| all.put_last(&event.to_string(), &text));
    put_note(world, event, 1);
}

/// A later one: at the end of the list, with a higher cursor value than all before it.
fn put_newer(world: &World, event: usize) {
    let text = format!("{{\"id\":{event},\"at\":{}}}", 1000 + event);
    world.api.change(EVENTS, |all| all.put_last(&event.to_string(), &text));
    put_note(world, event, 1);
}

fn put_note(world: &World, event: usize, note: usize) {
    let id = event * 100 + note;
    let text = format!("{{\"id\":{id},\"at\":{note}}}");
    world.api.change(&notes(event), |all| all.put_last(&id.to_string(), &text));
}

/// An API of seven events in pages of two, each with a note.
fn world(test: &str) -> World {
    let world = World::new(test).serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    (1..=7).for_each(|event| put(&world, event));
    world
}

/// `events` and `notes` are further YAML of the two and their endpoints.
struct Family {
    events: &'static str,
    cursor: &'static str,
    notes: &'static str,
    note_pages: &'static str,
    note_cursor: &'static str,
}

const LOG: Family = Family {
    events: "write_disposition: append",
    cursor: CURSOR,
    notes: "primary_key: id",
    note_pages: SINGLE,
    note_cursor: "",
};

fn config(world: &World, family: &Family, more: &str) -> String {
    config_with(world, family, "", more)
}

/// With a further resource.
fn config_with(world: &World, family: &Family, further: &str, more: &str) -> String {
    let Family { events, cursor, notes, note_pages, note_cursor } = family;
    let source = format!(
        "  resources:
    - name: events
      {events}
      endpoint: {{data_selector: data, paginator: {{type: offset, limit: 2}}{cursor}}}
    - name: notes
      {notes}
      endpoint: {{path: 'events/{{resources.events.id}}/notes', data_selector: data, paginator: {note_pages}{note_cursor}}}
{further}
"
    );
    written(world, "logs.yaml", &source, more)
}

/// The ids in a topic, in order; each as often as it is there.
fn ids(world: &World, resource: &str) -> Vec<usize> {
    let id = |text: &str| -> usize {
        text["{\"id\":".len()..].split([',', '}']).next().unwrap().parse().expect("an id")
    };
    let mut ids: Vec<usize> = world.read(resource).iter().map(|one| id(one.value_text().unwrap())).collect();
    ids.sort_unstable();
    ids
}

fn upto(count: usize) -> Vec<usize> {
    (1..=count).collect()
}

fn notes_upto(count: usize) -> Vec<usize> {
    (1..=count).map(|event| event * 100 + 1).collect()
}

fn tail(world: &World, resource: &str) -> Tail {
    Tail::new(world.bootstrap(), &world.topic(resource))
}

/// How a run ends too early.
#[derive(Clone, Copy)]
enum End {
    Killed,
    Stopped,
}

/// Runs it until so many events are committed while this page is waited for, and ends it there.
fn interrupt(world: &World, file: &str, (path, offset): (&str, usize), (events, end): (usize, End)) {
    let gate = world.api.hold(path, offset);
    world.api.forget_requests();
    let running = world.start(&["run", file, "--once"]);
    until("the held page", LONG, || (world.api.requests(path) > 0).then_some(()));
    tail(world, "events").wait_for(events);
    match end {
        End::Killed => drop(running.kill_9()),
        End::Stopped => drop(running.terminate()),
    }
    drop(gate);
    world.api.open_gates();
    world.fresh_directory();
}

#[test]
fn paused_in_the_middle_a_log_goes_on_at_its_page_whoever_of_its_family_is_resumed() {
    let world = world("log-paused");
    let file = config(&world, &LOG, &more("300ms"));
    let gate = world.api.hold(&notes(3), 0);
    let running = world.start(&["run", &file]);
    let (mut events, mut all_notes) = (tail(&world, "events"), tail(&world, "notes"));
    events.wait_for(4);
    signal(&world, &file, &["pause"]);
    drop(gate);
    world.api.open_gates();
    // The log alone: what it has published it does not publish again, and what depends on it is not left behind.
    signal(&world, &file, &["resume", "-r", "events"]);
    events.wait_for(7);
    put_newer(&world, 8);
    events.wait_for(8);
    signal(&world, &file, &["resume", "-r", "notes"]);
    all_notes.wait_for(8);
    assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(8), notes_upto(8)));
    // What depends on it alone: it sees what the log has still to publish.
    let gate = world.api.hold(&notes(9), 0);
    (9..=12).for_each(|event| put_newer(&world, event));
    events.wait_for(10);
    signal(&world, &file, &["pause"]);
    drop(gate);
    world.api.open_gates();
    signal(&world, &file, &["resume", "-r", "notes"]);
    all_notes.wait_for(12);
    signal(&world, &file, &["resume"]);
    events.wait_for(12);
    running.terminate().exits(0);
    world.fresh_directory();
    put_newer(&world, 13);
    world.run_once(&file).exits(0);
    assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(13), notes_upto(13)));
}

#[test]
fn killed_or_stopped_wherever_it_is_a_log_that_others_depend_on_is_appended_once() {
    let world = world("log-killed");
    let file = config(&world, &LOG, "");
    interrupt(&world, &file, (&notes(1), 0), (2, End::Killed));
    interrupt(&world, &file, (&notes(3), 0), (4, End::Stopped));
    interrupt(&world, &file, (&notes(4), 0), (4, End::Killed));
    interrupt(&world, &file, (EVENTS, 4), (4, End::Killed));
    interrupt(&world, &file, (&notes(7), 0), (7, End::Stopped));
    for _ in 0..2 {
        world.run_once(&file).exits(0);
        assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(7), notes_upto(7)));
        world.fresh_directory();
    }
}

/// Every scan publishes everything, and each scan once.
#[test]
fn killed_within_a_scan_a_log_without_a_cursor_is_appended_once_by_that_scan() {
    let world = world("log-bare");
    let file = config(&world, &Family { cursor: "", ..LOG }, "");
    interrupt(&world, &file, (&notes(2), 0), (2, End::Killed));
    interrupt(&world, &file, (&notes(5), 0), (6, End::Killed));
    world.run_once(&file).exits(0);
    assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(7), notes_upto(7)));
    world.run_once(&file).exits(0);
    assert_eq!(world.read("events").len(), 14);
}

#[test]
fn killed_before_or_after_any_commit_a_log_is_appended_once() {
    let world = world("log-commits");
    let file = config(&world, &LOG, "");
    let points =
        ["kafka::before_commit", "kafka::after_commit", "kafka::before_commit", "kafka::after_commit"];
    for (event, point) in (8..).zip(points) {
        // The first commit is a start's; the second one comes while the notes of this event are waited for, its page behind it.
        let gate = world.api.hold(&notes(2 * event - 14), 0);
        world.run_to_its_death(&format!("{point}=kill@2"), &["run", &file, "--once"]);
        drop(gate);
        world.api.open_gates();
        world.fresh_directory();
        put_newer(&world, event);
    }
    world.run_to_its_death("sync::before_end=kill", &["run", &file, "--once"]);
    world.fresh_directory();
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(11), notes_upto(11)));
}

#[test]
fn while_what_depends_on_it_is_set_aside_a_log_goes_on_at_its_page() {
    let world = world("log-aside");
    let topic = world.topic("notes");
    let settings = |bytes| [("cleanup.policy", "compact"), ("max.message.bytes", bytes)];
    create_topic(world.bootstrap(), &topic, 1, &settings("20000"));
    let large = format!("{{\"id\":501,\"at\":1,\"note\":\"{}\"}}", "x".repeat(30_000));
    world.api.change(&notes(5), |all| all.put("501", &large));
    let file = config(&world, &LOG, "poll: {interval: 300ms}");
    let gate = world.api.hold(&notes(5), 0);
    let running = world.start(&["run", &file]);
    let mut events = tail(&world, "events");
    events.wait_for(6);
    drop(gate);
    world.api.open_gates();
    running.says("the resource is set aside");
    events.wait_for(7);
    put_newer(&world, 8);
    events.wait_for(8);
    alter_topic(world.bootstrap(), &topic, &settings("200000"));
    running.says("shares transactions with the others again");
    put_newer(&world, 9);
    tail(&world, "notes").wait_for(9);
    running.terminate().exits(0);
    world.run_once(&file).exits(0);
    assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(9), notes_upto(9)));
}

/// Of a table, too: a cursor does not pass what a scan missed before it was interrupted.
#[test]
fn what_was_missed_before_an_interruption_is_read_by_a_later_scan() {
    for (name, events) in [("missed-log", "write_disposition: append"), ("missed-table", "primary_key: id")] {
        let world = world(name);
        let file = config(&world, &Family { events, ..LOG }, "");
        world.api.answers(vec![Answer { path: Some(notes(1)), status: Some(404), ..Answer::default() }]);
        interrupt(&world, &file, (&notes(5), 0), (6, End::Killed));
        world.api.answers(Vec::new());
        world.run_once(&file).exits(0);
        world.run_once(&file).exits(0);
        assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(7), notes_upto(7)), "{name}");
    }
}

#[test]
fn a_full_scan_for_what_depends_on_a_log_appends_only_what_is_new() {
    let world = world("log-uncut");
    let note_cursor = ", incremental: {cursor_path: at, initial_value: 0}";
    let every = "overrides: {notes: {deletes: {mode: snapshot, every: 1ms, max_share: 1}}}";
    let file = config(&world, &Family { note_cursor, ..LOG }, every);
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    assert_eq!(ids(&world, "events"), upto(7));
    (8..=11).for_each(|event| put_newer(&world, event));
    interrupt(&world, &file, (&notes(9), 0), (8, End::Killed));
    interrupt(&world, &file, (&notes(10), 0), (10, End::Stopped));
    interrupt(&world, &file, (&notes(11), 0), (11, End::Killed));
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(11), notes_upto(11)));
}

#[test]
fn a_log_that_depends_on_another_resource_is_appended_once_also_within_a_parent() {
    let world = world("log-below");
    (2..=5).for_each(|note| put_note(&world, 4, note));
    let family = Family {
        notes: "write_disposition: append",
        note_pages: "{type: offset, limit: 2}",
        note_cursor: ", incremental: {cursor_path: at, initial_value: 0}",
        ..LOG
    };
    let file = config(&world, &family, "");
    for offset in [2, 4] {
        let gate = world.api.hold(&notes(4), offset);
        let running = world.start(&["run", &file, "--once"]);
        tail(&world, "notes").wait_for(3 + offset);
        running.kill_9();
        drop(gate);
        world.api.open_gates();
        world.fresh_directory();
    }
    world.run_once(&file).exits(0);
    let mut expected = notes_upto(7);
    expected.extend(402..=405);
    expected.sort_unstable();
    assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(7), expected.clone()));
    put_newer(&world, 8);
    expected.push(801);
    world.run_once(&file).exits(0);
    assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(8), expected));
}

/// Behind the first page of a paginator that was found by looking at it, no position can be stored.
#[test]
fn a_log_whose_position_cannot_be_stored_is_appended_once_after_a_crash() {
    let world = world("log-placeless");
    world.api.change(EVENTS, |all| all.follow = Follow::Pages);
    let source = format!(
        "  resources:
    - name: events
      write_disposition: append
      endpoint: {{path: events, data_selector: data, params: {{limit: 2}}{CURSOR}}}
"
    );
    let file = written(&world, "placeless.yaml", &source, "");
    world.api.answers(vec![Answer { after: 1, hang: true, ..Answer::default() }]);
    let running = world.start(&["run", &file, "--once"]);
    tail(&world, "events").wait_for(2);
    running.kill_9();
    assert_eq!(world.positions("events")[0]["position"], serde_json::json!({}));
    world.api.answers(Vec::new());
    world.fresh_directory();
    world.run_once(&file).exits(0);
    assert_eq!(ids(&world, "events"), upto(7));
}

#[test]
fn a_log_between_two_resources_is_appended_once_while_its_cursors_wait() {
    let world = world("log-between");
    let path = |event: usize| format!("/marks/{event}01");
    for event in 1..=8 {
        world.api.change(&path(event), |all| all.put("1", &format!("{{\"id\":{event}}}")));
    }
    put_note(&world, 2, 2);
    world.api.change("/marks/202", |all| all.put("1", "{\"id\":22}"));
    let note_cursor = ", incremental: {cursor_path: at, initial_value: 0}";
    let marks = "    - {name: marks, primary_key: id, endpoint: {path: 'marks/{resources.notes.id}', data_selector: data, paginator: single_page}}";
    let family = Family { notes: "write_disposition: append", note_cursor, ..LOG };
    let file = config_with(&world, &family, marks, "");
    world.api.answers(vec![Answer { path: Some(path(2)), status: Some(404), ..Answer::default() }]);
    for _ in 0..3 {
        world.run_once(&file).exits(1);
        world.fresh_directory();
    }
    let mut notes = notes_upto(7);
    notes.insert(2, 202);
    assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(7), notes.clone()));
    put_newer(&world, 8);
    notes.push(801);
    world.run_once(&file).exits(1);
    world.api.answers(Vec::new());
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    assert_eq!((ids(&world, "events"), ids(&world, "notes")), (upto(8), notes));
    assert_eq!(ids(&world, "marks"), [1, 2, 3, 4, 5, 6, 7, 8, 22]);
}
