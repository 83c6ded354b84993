//! json-server: a JSON file as an API, with numbered pages, slices and a `Link` header. The list is the whole answer.

use super::service::Service;
use super::{install, rows};
use crate::support::World;

fn json_server() -> Service {
    Service::start("/items", |_, port| {
        let mut command = install::json_server();
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
        let said = rows::all_are_read(&world, &service, endpoint);
        assert!(!said.contains("WARN"), "{endpoint}\n{said}");
    }
}

#[test]
fn a_json_server_is_read_whole_where_nothing_is_written_about_paging() {
    let (world, service) = (World::new("json-server-auto"), json_server());
    rows::all_are_read(&world, &service, "path: items, params: {_page: 1, _limit: 40}");
    rows::all_are_read(&world, &service, "path: items");
}
