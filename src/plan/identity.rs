//! Who a resource is to the offsets topic: its source, and the hash of its request (DELIVERY 6).

use std::fmt::Write as _;

use xxhash_rust::xxh3::xxh3_128;

use crate::poll::{Counts, Paginator, Place, RangePaginator, Source};
use crate::template::JsonPath;

/// Base URL and path, without query, user info or secrets: another source under the same name is refused.
pub(super) fn source_identity(source: &Source) -> String {
    let mut url = source.url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Fails only for URLs without a host, which configuration refuses.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// A hash of everything that decides which records stand on which page. Another one voids a stored page position.
/// Secrets do not count: a new API key asks for the same pages.
pub(super) fn request_hash(source: &Source) -> String {
    let mut text = String::new();
    let _ = write!(text, "query={:?};", source.url.query());
    for (name, value) in &source.params {
        let shown = if source.secret_params.contains(name) { "***" } else { value };
        let _ = write!(text, "param={name:?}:{shown:?};");
    }
    let _ = write!(text, "selector={:?};", source.selector.as_ref().map(JsonPath::text));
    text.push_str(&paginator(&source.paginator));
    format!("{:032x}", xxh3_128(text.as_bytes()))
}

/// What decides which page a position means. The limit counts too: a position of a listing in pages of 100 may lie between two
/// pages of 30. Where a scan ends does not count.
fn paginator(paginator: &Paginator) -> String {
    match paginator {
        Paginator::Auto => "auto".to_owned(),
        Paginator::SinglePage => "single_page".to_owned(),
        Paginator::Range(range) => describe_range(range),
        Paginator::Cursor(cursor) => {
            format!("cursor={}:{}", place(&cursor.place), cursor.cursor_path.text())
        }
        Paginator::HeaderCursor(cursor) => {
            format!("header_cursor={}:{}", place(&cursor.place), cursor.cursor_key)
        }
        Paginator::JsonLink(path) => format!("json_link={}", path.text()),
        Paginator::HeaderLink(relation) => format!("header_link={relation}"),
    }
}

fn describe_range(range: &RangePaginator) -> String {
    let number = format!("{}:{}", place(&range.place), range.first);
    match &range.counts {
        Counts::Records { limit, limit_in } => format!("offset={number},limit={}:{limit}", place(limit_in)),
        Counts::Pages { base } => format!("page={number},base={base}"),
    }
}

fn place(place: &Place) -> String {
    match place {
        Place::Param(name) => format!("param {name:?}"),
        Place::Body(keys) => format!("body {keys:?}"),
    }
}
