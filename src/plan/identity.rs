//! Who a resource is to the offsets topic: its source, and the hash of its request (DELIVERY 6).

use std::fmt::Write as _;

use xxhash_rust::xxh3::xxh3_128;

use crate::poll::{OffsetPaginator, Paginator, Place, Source};
use crate::template::JsonPath;

/// Base URL and path, without query, user info or secrets: another source under the same name is refused.
pub(super) fn source_identity(source: &Source) -> String {
    let Some(mut url) = source.url.shape() else { return source.url.path().shown() };
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
    let _ = write!(text, "{} {:?};", source.method, source.url.path().shown());
    for (name, value) in &source.params {
        let _ = write!(text, "param={:?}:{:?};", name.shown(), value.shown());
    }
    let _ = write!(text, "body={};", source.body.shown());
    let _ = write!(text, "selector={:?};", source.selector.as_ref().map(JsonPath::text));
    match &source.paginator {
        Paginator::SinglePage => text.push_str("single_page"),
        Paginator::Offset(offset) => describe_offset(&mut text, offset),
    }
    format!("{:032x}", xxh3_128(text.as_bytes()))
}

/// The limit counts too: a position of a listing in pages of 100 may lie between two pages of 30.
fn describe_offset(text: &mut String, offset: &OffsetPaginator) {
    let place = |place: &Place| match place {
        Place::Param(name) => format!("param {name:?}"),
        Place::Body(keys) => format!("body {keys:?}"),
    };
    let _ = write!(
        text,
        "offset={}:{},limit={}:{}",
        place(&offset.offset_in),
        offset.offset,
        place(&offset.limit_in),
        offset.limit
    );
}
