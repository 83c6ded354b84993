//! For any records and any way to cut them into pages, every paginator reads each record once, in order, and ends. Whatever an
//! API answers, it ends.

use proptest::prelude::*;

use super::support::{Answer, Ask, Ending, body, of, resumed, walk};
use crate::poll::source::Source;
use crate::poll::tests::support::{offset, page_number};
use crate::poll::{CursorPaginator, HeaderCursorPaginator, Paginator, Place, RangePaginator};
use crate::template::JsonPath;

fn path(text: &str) -> JsonPath {
    JsonPath::parse(text).unwrap()
}

/// Paginators for which an API can cut its pages as it likes.
fn free() -> Vec<(&'static str, Source)> {
    let by_page =
        |base, more: fn(RangePaginator) -> RangePaginator| of(Paginator::Range(more(page_number(base))));
    let cursor = |place| CursorPaginator {
        cursor_path: path("next"),
        place,
        stop_after_empty_page: false,
        has_more_path: None,
    };
    let param = || Place::Param("cursor".into());
    vec![
        ("pages to an empty one", by_page(1, |page| RangePaginator { total_path: None, ..page })),
        ("pages with a total", by_page(0, |page| RangePaginator { total_explicit: true, ..page })),
        ("pages with a total from 1", by_page(1, |page| RangePaginator { total_explicit: true, ..page })),
        (
            "pages with a total of records",
            by_page(1, |page| RangePaginator {
                total_path: None,
                total_items_path: Some(path("count")),
                ..page
            }),
        ),
        (
            "pages with has_more",
            by_page(1, |page| RangePaginator { total_path: None, has_more_path: Some(path("more")), ..page }),
        ),
        ("cursor", of(Paginator::Cursor(cursor(param())))),
        ("cursor in the body", of(Paginator::Cursor(cursor(Place::Body(vec!["a".into(), "b".into()]))))),
        (
            "header_cursor",
            of(Paginator::HeaderCursor(HeaderCursorPaginator {
                cursor_key: "x-next".into(),
                place: param(),
            })),
        ),
        ("json_link", of(Paginator::JsonLink(path("link")))),
        ("header_link", of(Paginator::HeaderLink("next".into()))),
    ]
}

/// An API that serves these pages to every paginator at once. `base` is the number of its first page.
struct Pages {
    pages: Vec<Vec<u32>>,
    base: usize,
}

impl Pages {
    fn answer(&self, ask: &Ask) -> Answer {
        let from_link = ask.link.as_ref().and_then(|link| link.rsplit_once('=')?.1.parse().ok());
        let token = ask.number("cursor").or_else(|| ask.body.get("a.b")?.trim_matches('"').parse().ok());
        let by_page = ask.number("page").map(|page| page - self.base);
        let n = from_link.or(token).or(by_page).unwrap_or(0);
        let (empty, last) = (Vec::new(), self.pages.len().saturating_sub(1));
        let records = self.pages.get(n).unwrap_or(&empty);
        let more = n < last;
        let next = if more { format!("\"{}\"", n + 1) } else { "null".to_owned() };
        let link = if more { format!("\"?n={}\"", n + 1) } else { "null".to_owned() };
        let count: usize = self.pages.iter().map(Vec::len).sum();
        let text = format!(
            r#"{{"data":{records:?},"next":{next},"link":{link},"more":{more},"total":{},"count":{count}}}"#,
            self.pages.len()
        );
        let headers = if more {
            vec![("x-next", (n + 1).to_string()), ("link", format!("<?n={}>; rel=\"next\"", n + 1))]
        } else {
            Vec::new()
        };
        (headers, text)
    }
}

fn base(name: &str) -> usize {
    usize::from(name != "pages with a total")
}

/// Pages with at least one record each: an empty one ends listings by number, as in dlt.
fn any_pages() -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(1_usize..5, 0..12).prop_map(|lengths| {
        let mut records = 0..;
        lengths.into_iter().map(|length| records.by_ref().take(length).collect()).collect()
    })
}

fn expected(pages: &[Vec<u32>]) -> Vec<String> {
    pages.iter().flatten().map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_split_gives_the_same_records(pages in any_pages()) {
        for (name, source) in free() {
            let source = Source { selector: Some(path("data")), ..source };
            let api = Pages { pages: pages.clone(), base: base(name) };
            let walked = walk(&source, |ask| api.answer(ask));
            prop_assert_eq!(&walked.records, &expected(&pages), "{}", name);
            prop_assert!(matches!(walked.ending, Ending::End(_)), "{}: {:?}", name, walked.ending);
        }
    }

    #[test]
    fn a_scan_that_is_resumed_reads_the_rest(pages in any_pages(), cut in 0_usize..12) {
        for (name, source) in free() {
            let source = Source { selector: Some(path("data")), ..source };
            let api = Pages { pages: pages.clone(), base: base(name) };
            let whole = walk(&source, |ask| api.answer(ask));
            let Some(position) = whole.positions.get(cut) else { continue };
            let rest = resumed(&source, Some(position), |ask| api.answer(ask));
            prop_assert_eq!(&rest.records, &expected(&pages[(cut + 1).min(pages.len())..]), "{}", name);
        }
    }

    #[test]
    fn any_limit_gives_the_same_records(records in 0_usize..30, limit in 1_u64..8, total in any::<bool>()) {
        let source = Source { selector: Some(path("data")), ..of(Paginator::Range(offset(limit))) };
        let walked = walk(&source, |ask| {
            let (from, limit) = (ask.number("offset").unwrap(), ask.number("limit").unwrap());
            let page: Vec<usize> = (from..records.min(from + limit)).collect();
            let total = if total { format!(",\"total\":{records}") } else { String::new() };
            body(format!(r#"{{"data":{page:?}{total}}}"#))
        });
        prop_assert_eq!(walked.records, (0..records).map(|n| n.to_string()).collect::<Vec<_>>());
    }

    /// Tokens and links that lead anywhere among ten pages, forwards and in circles: an end or a loop, never a walk without end.
    #[test]
    fn every_paginator_ends(targets in prop::collection::vec(prop::option::of(0_usize..10), 10), fresh in any::<bool>()) {
        for (name, source) in free() {
            let source = Source { selector: Some(path("data")), ..source };
            let mut n = 0_u32;
            // The walk itself panics where it does not end.
            let walked = walk(&source, |ask| {
                n += 1;
                let from_link = ask.link.as_ref().and_then(|link| link.rsplit_once('=')?.1.parse::<usize>().ok());
                let token = ask.number("cursor").or_else(|| ask.body.get("a.b")?.trim_matches('"').parse().ok());
                let here = from_link.or(token).unwrap_or(0);
                let next = targets.get(here).copied().flatten();
                let record = if fresh { n } else { u32::try_from(here).unwrap() };
                let text = |next: Option<usize>, before: &str| {
                    next.map_or("null".to_owned(), |next| format!("\"{before}{next}\""))
                };
                let body = format!(
                    r#"{{"data":[{record}],"next":{},"link":{},"more":true,"total":20,"count":20}}"#,
                    text(next, ""), text(next, "?n=")
                );
                let headers = next.map(|n| vec![("x-next", n.to_string()), ("link", format!("<?n={n}>; rel=next"))]);
                if n > 40 && name.starts_with("pages") {
                    return (Vec::new(), r#"{"data":[],"more":false,"total":1,"count":1}"#.to_owned());
                }
                (headers.unwrap_or_default(), body)
            });
            prop_assert!(walked.asks.len() <= 41);
        }
    }
}
