//! json-server: a JSON file as an API, with numbered pages, slices and a `Link` header. The list is the whole answer.

use super::rows;
use super::service::Service;
use crate::support::{World, packages};

fn json_server() -> Service {
    Service::start("/items", |_, port| {
        let mut command = packages::json_server();
        command.args(["--host", "127.0.0.1", "--port", port, "rows.json"]);
        command
    })
}

#[test]
fn a_json_server_is_read_whole_by_its_header_its_pages_and_its_slices() {
    let (world, service) = (World::new("json-server"), json_server());
    for endpoint in [
        "path: items, params: {_page: 1, _limit: 40}, paginator: header_link",
        "path: items, params: {_limit: 50}, \
         paginator: {type: page_number, base_page: 1, page_param: _page, total_path: null}",
        "path: items, \
         paginator: {type: offset, limit: 40, offset_param: _start, limit_param: _limit, total_path: null}",
    ] {
        rows::all_are_read(&world, &service, endpoint);
    }
}

#[test]
fn a_json_server_is_read_whole_where_nothing_is_written_about_paging() {
    let (world, service) = (World::new("json-server-auto"), json_server());
    rows::all_are_read(&world, &service, "path: items, params: {_page: 1, _limit: 40}");
    rows::all_are_read(&world, &service, "path: items");
}

#[test]
fn a_json_server_that_is_read_in_part_is_said_to_have_more() {
    let (world, service) = (World::new("json-server-part"), json_server());
    for (endpoint, hints) in [
        ("path: items, params: {_limit: 40}", ["x-total-count says 250", "limit_param: _limit"]),
        (
            "path: items, params: {_page: 1, _limit: 40}, paginator: single_page",
            ["link header names a next page", "type: header_link"],
        ),
    ] {
        let finished = rows::preview(&world, &service, endpoint).exits(0).says(&["WARN"]).says(&hints);
        assert_eq!(finished.stdout.lines().count(), 40, "{endpoint}");
    }
}
