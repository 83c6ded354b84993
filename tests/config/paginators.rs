//! Every paginator in every form: by its name, as a mapping, with nulls; and which of several a resource gets.

use krest::config::{Config, Paginator, TotalPath};

use super::parse;

fn paginators(text: &str) -> Vec<Paginator> {
    let config: Config = parse(text, "good.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}"));
    config.resources.into_iter().map(|resource| resource.paginator).collect()
}

fn one(paginator: &str) -> Paginator {
    let text = format!(
        "client: {{base_url: https://h}}\nresources: [{{name: a, endpoint: {{paginator: {paginator}}}}}]"
    );
    paginators(&text).remove(0)
}

#[test]
fn a_name_alone_is_a_mapping_with_nothing_but_the_type() {
    for name in [
        "auto",
        "single_page",
        "page_number",
        "cursor",
        "json_link",
        "json_response",
        "header_link",
        "header_cursor",
    ] {
        let (short, long) = (one(name), one(&format!("{{type: {name}}}")));
        assert_eq!(format!("{short:?}"), format!("{long:?}"));
    }
}

#[test]
fn what_is_not_written_is_as_in_dlt() {
    let Paginator::PageNumber(page) = one("page_number") else { panic!() };
    assert_eq!((page.base_page, page.page, page.total_path), (0, None, TotalPath::Default));
    assert!(page.stop_after_empty_page && page.maximum_page.is_none() && page.has_more_path.is_none());
    let Paginator::Cursor(cursor) = one("cursor") else { panic!() };
    assert_eq!((cursor.cursor_path.as_str(), cursor.cursor_param), ("cursors.next", None));
    assert!(!cursor.stop_after_empty_page);
    let Paginator::JsonLink(link) = one("json_response") else { panic!() };
    assert_eq!(link.next_url_path, "next");
    let Paginator::HeaderLink(link) = one("header_link") else { panic!() };
    assert_eq!(link.links_next_key, "next");
    let Paginator::HeaderCursor(cursor) = one("header_cursor") else { panic!() };
    assert_eq!((cursor.cursor_key.as_str(), cursor.cursor_param.as_str()), ("next", "cursor"));
}

#[test]
fn null_is_nothing_except_for_a_total_and_for_empty_pages() {
    let Paginator::PageNumber(page) = one(
        "{type: page_number, page: null, page_param: null, page_body_path: null, total_path: null, maximum_page: null, \
         has_more_path: more, stop_after_empty_page: null}",
    ) else {
        panic!()
    };
    assert_eq!((page.page, page.page_param, page.total_path), (None, None, TotalPath::Off));
    assert!(!page.stop_after_empty_page, "dlt takes null for false");
}

#[test]
fn the_nearest_paginator_wins_and_auto_at_a_resource_is_the_clients() {
    let found = paginators(
        "client: {base_url: https://h, paginator: json_link}
resource_defaults: {endpoint: {paginator: header_link}}
resources:
  - {name: defaults}
  - {name: own, endpoint: {paginator: single_page}}
  - {name: auto, endpoint: {paginator: auto}}
  - {name: none, endpoint: {paginator: null}}
  - {name: mapping, endpoint: {paginator: {type: auto}}}",
    );
    let [defaults, own, auto, none, mapping] = found.as_slice() else { panic!("{found:?}") };
    assert!(matches!(defaults, Paginator::HeaderLink(_)), "{defaults:?}");
    assert!(matches!(own, Paginator::SinglePage), "{own:?}");
    for client in [auto, none, mapping] {
        assert!(matches!(client, Paginator::JsonLink(_)), "{client:?}");
    }
    let nowhere = paginators("client: {base_url: https://h}\nresources: [a]");
    assert!(matches!(nowhere.as_slice(), [Paginator::Auto]));
}
