//! `json_link` and `header_link`.

use serde_json::json;

use super::support::{Ending, body, links, of, resumed, walk};
use crate::model::Position;
use crate::poll::Paginator;
use crate::poll::next_link::LinkError;
use crate::poll::paginate::{End, PaginateError, Start};
use crate::poll::source::Source;
use crate::template::JsonPath;

fn json_link(path: &str) -> Source {
    of(Paginator::JsonLink(JsonPath::parse(path).unwrap()))
}

fn next(link: &str) -> String {
    format!(r#"{{"data":[1],"next":{link}}}"#)
}

#[test]
fn a_link_is_followed_wherever_its_path_leads() {
    for (path, answer) in [
        ("next", r#"{"data":[1],"next":"?page=2"}"#),
        ("_links.next.href", r#"{"data":[1],"_links":{"next":{"href":"/items?page=2"}}}"#),
        ("'@odata.nextLink'", r#"{"data":[1],"@odata.nextLink":"https://h.example/items?page=2"}"#),
        (
            "links[?(@.rel=='next')].href",
            r#"{"data":[1],"links":[{"rel":"self","href":"/"},{"rel":"next","href":"items?page=2"}]}"#,
        ),
    ] {
        let mut pages = [answer, "[]"].into_iter();
        let walked = walk(&json_link(path), |_| body(pages.next().unwrap()));
        assert_eq!(links(&walked), ["https://h.example/items?page=2"], "{path}");
        assert_eq!(walked.ending, Ending::End(End::NoReference));
    }
}

#[test]
fn null_nothing_empty_and_false_end_the_scan() {
    for link in ["null", "\"\"", "\" \"", "false"] {
        let walked = walk(&json_link("next"), |_| body(next(link)));
        assert_eq!((walked.ending, walked.asks.len()), (Ending::End(End::NoReference), 1), "{link}");
    }
}

#[test]
fn what_is_no_link_fails_after_the_page_was_read() {
    for link in ["2", "true", "{\"href\":\"/b\"}", "[\"/b\"]"] {
        let walked = walk(&json_link("next"), |_| body(next(link)));
        assert_eq!(walked.records, ["1"]);
        assert!(matches!(walked.ending, Ending::Failed(PaginateError::LinkNotText { .. })), "{link}");
    }
}

#[test]
fn a_link_to_another_host_fails_after_the_page_was_read() {
    let walked = walk(&json_link("next"), |_| body(next("\"https://evil.example/x\"")));
    let refused = LinkError::Elsewhere { origin: "https://evil.example".into() };
    assert_eq!((walked.records.len(), walked.ending), (1, Ending::Failed(PaginateError::Link(refused))));
}

#[test]
fn the_link_header_is_followed_by_its_relation() {
    let source = of(Paginator::HeaderLink("next".into()));
    let mut n = 0;
    let walked = walk(&source, |_| {
        n += 1;
        let links =
            [r#"<?page=2>; rel="next""#, r#"</items?page=3>; rel="next"; title="3""#, r#"</>; rel="last""#];
        (vec![("Link", links[n - 1].to_owned())], format!("[{n}]"))
    });
    assert_eq!(links(&walked), ["https://h.example/items?page=2", "https://h.example/items?page=3"]);
    assert_eq!(walked.ending, Ending::End(End::NoReference));
}

#[test]
fn a_page_that_links_to_itself_is_a_loop() {
    let walked = walk(&json_link("next"), |_| body(next("\"?page=2\"")));
    assert_eq!(walked.ending, Ending::Loop);
    assert!(walked.asks.len() <= 10);
}

#[test]
fn a_stored_link_holds_no_secret_and_names_what_it_lacks() {
    let source = Source { secret_params: vec!["api_key".into()], ..json_link("next") };
    let mut pages = [next("\"?page=2&api_key=s3cret\""), "[]".to_owned()].into_iter();
    let walked = walk(&source, |_| body(pages.next().unwrap()));
    assert_eq!(links(&walked), ["https://h.example/items?page=2&api_key=s3cret"]);
    let expected = json!({"link": "https://h.example/items?page=2", "without": ["api_key"]});
    assert_eq!(walked.positions, [Position(expected)]);
    let again = resumed(&source, walked.positions.first(), |_| body("[]"));
    assert_eq!((links(&again), again.start), (vec!["https://h.example/items?page=2"], Start::Resumed));
}

#[test]
fn a_link_that_holds_a_foreign_credential_is_not_stored() {
    let mut pages = [next("\"?page=2&sig=abcdef\""), "[]".to_owned()].into_iter();
    let walked = walk(&json_link("next"), |_| body(pages.next().unwrap()));
    assert_eq!(walked.positions, [Position(json!({}))]);
}

#[test]
fn a_position_that_is_no_link_starts_over() {
    for position in [json!({"link": "not a URL"}), json!({"link": 1}), json!({"offset": 2})] {
        let walked = resumed(&json_link("next"), Some(&Position(position.clone())), |_| body("[]"));
        assert_eq!((walked.start, links(&walked).len()), (Start::Unreadable, 0), "{position}");
    }
}
