//! Datasette: a SQLite table as JSON, with `next`, `next_url`, and a `Link` header where the rows are the whole answer.

use super::rows;
use super::service::{REQUIREMENTS, Service};
use crate::support::{World, packages};

/// Makes the database from rows.json.
const LOAD: &str = r#"
import json, sqlite3
rows = json.load(open("rows.json", encoding="utf-8"))["items"]
data = sqlite3.connect("data.db")
data.execute("create table items (id integer primary key, name text, note text, score real, total integer)")
data.executemany("insert into items values (:id, :name, :note, :score, :total)", rows)
data.commit()
"#;

fn datasette() -> Service {
    Service::start("/data/items.json", |directory, port| {
        let loaded = packages::python(REQUIREMENTS)
            .args(["-c", LOAD])
            .current_dir(directory)
            .output()
            .expect("python3 starts");
        assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
        let mut command = packages::python(REQUIREMENTS);
        command.args(["-m", "datasette", "serve", "data.db", "--host", "127.0.0.1", "--port", port]);
        command
    })
}

#[test]
fn a_datasette_table_is_read_whole_by_its_link_its_token_and_its_header() {
    let (world, service) = (World::new("datasette"), datasette());
    for endpoint in [
        "path: data/items.json, params: {_shape: objects, _size: 40}, data_selector: rows, \
         paginator: {type: json_link, next_url_path: next_url}",
        "path: data/items.json, params: {_shape: objects, _size: 50}, data_selector: rows, \
         paginator: {type: cursor, cursor_path: next, cursor_param: _next}",
        "path: data/items.json, params: {_shape: array, _size: 40}, paginator: header_link",
    ] {
        rows::all_are_read(&world, &service, endpoint);
    }
}

#[test]
fn a_datasette_table_is_read_whole_where_nothing_is_written_about_paging() {
    let (world, service) = (World::new("datasette-auto"), datasette());
    rows::all_are_read(&world, &service, "path: data/items.json, params: {_shape: objects}");
    rows::all_are_read(&world, &service, "path: data/items.json, params: {_shape: array}");
}
