//! Django REST framework with its three ways of paging: `results` and an absolute `next`. The app is drf_app.py.

use serde_json::{Value, json};

use super::rows;
use super::service::{REQUIREMENTS, Service};
use crate::support::checker::Seen;
use crate::support::{World, packages};

const APP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/services/drf_app.py");

fn django() -> Service {
    Service::start("/paged/", |_, port| {
        let mut command = packages::python(REQUIREMENTS);
        command.args([APP, port]);
        command
    })
}

#[test]
fn numbered_pages_of_django_are_read_whole() {
    let (world, service) = (World::new("django-pages"), django());
    for paginator in [
        "{type: json_link, next_url_path: next}",
        "{type: page_number, base_page: 1, total_path: null, total_items_path: count}",
        // Behind the last page Django answers 404.
        "{type: page_number, base_page: 1, total_path: null, stop_on_status: [404]}",
    ] {
        let endpoint = format!(
            "path: paged/, params: {{page_size: 50}}, data_selector: results, paginator: {paginator}"
        );
        rows::all_are_read(&world, &service, &endpoint);
    }
    rows::all_are_read(&world, &service, "path: paged/");
}

#[test]
fn limits_and_offsets_of_django_are_read_whole() {
    let (world, service) = (World::new("django-offsets"), django());
    for paginator in [
        "{type: offset, limit: 40, total_path: count}",
        "{type: offset, limit: 50, total_path: null}",
        "{type: json_link, next_url_path: next}",
    ] {
        let endpoint = format!("path: sliced/, data_selector: results, paginator: {paginator}");
        rows::all_are_read(&world, &service, &endpoint);
    }
    rows::all_are_read(&world, &service, "path: sliced/");
}

#[test]
fn cursors_of_django_are_read_whole() {
    let (world, service) = (World::new("django-cursors"), django());
    let written = "path: cursored/, params: {page_size: 50}, data_selector: results, paginator: json_link";
    rows::all_are_read(&world, &service, written);
    rows::all_are_read(&world, &service, "path: cursored/");
}

#[test]
fn what_a_paginator_misses_of_django_is_said() {
    let (world, service) = (World::new("django-missed"), django());
    // Django gives 100 at most: the rows between are lost, as with dlt, but not without a word.
    let cut =
        "path: sliced/, data_selector: results, paginator: {type: offset, limit: 120, total_path: count}";
    let finished = rows::preview(&world, &service, cut).exits(0).says(&["WARN", "limit"]);
    assert!(finished.stdout.lines().count() < rows::COUNT);
    // Behind the last page it answers 404: that is an error where nobody wrote that it is none.
    let endless = "path: paged/, data_selector: results, paginator: {type: page_number, base_page: 1}";
    let finished = rows::preview(&world, &service, endless).exits(1).says(&["page 8", "404"]);
    assert_eq!(finished.stdout.lines().count(), rows::COUNT);
}

#[test]
fn a_django_app_is_mirrored_and_one_changed_row_is_one_message() {
    let (world, service) = (World::new("django-run"), django());
    let source = rows::source(&service, "path: paged/, data_selector: results, paginator: json_link");
    let source = source.replace("primary_key: id", "primary_key: id\n    write_disposition: merge");
    let source: String = source.lines().map(|line| format!("  {line}\n")).collect();
    let file = world.file("run.yaml", &format!("name: ${{NAME}}\nkafka: ${{KAFKA}}\nsource:\n{source}"));

    world.run_once(&file).exits(0);
    let mut first: Vec<(usize, Value)> = world.read("items").iter().map(message).collect();
    first.sort_by_key(|(id, _)| *id);
    assert_eq!(first, (1..=rows::COUNT).map(|id| (id, rows::row(id))).collect::<Vec<_>>());

    world.run_once(&file).exits(0);
    assert_eq!(world.read("items").len(), rows::COUNT);

    service.patch("/paged/123/", &json!({"name": "geändert", "note": null}));
    world.run_once(&file).exits(0);
    let last = world.read("items").split_off(rows::COUNT);
    let mut changed = rows::row(123);
    changed["name"] = json!("geändert");
    changed["note"] = Value::Null;
    assert_eq!(last.iter().map(message).collect::<Vec<_>>(), [(123, changed)]);
}

fn message(seen: &Seen) -> (usize, Value) {
    let value = serde_json::from_str(seen.value_text().expect("a value")).expect("JSON");
    (seen.key_text().parse().expect("a number as key"), value)
}
