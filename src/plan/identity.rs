//! Who a resource is to the offsets topic: its source, and the hash of its request.

use std::fmt::Write as _;

use xxhash_rust::xxh3::xxh3_128;

use crate::config;
use crate::poll::{Counts, Paginator, Place, RangePaginator, Source};
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

/// A hash of everything that decides which records stand on which page, and which of them are records. Another one voids a stored page
/// position, and the size of the last scan.
/// Secrets do not count: a new API key asks for the same pages.
pub(super) fn request_hash(source: &Source, steps: &[config::Step]) -> String {
    let mut text = String::new();
    let _ = write!(text, "{} {:?};", source.method, source.url.path().shown());
    for (name, value) in &source.params {
        let _ = write!(text, "param={:?}:{:?};", name.shown(), value.shown());
    }
    let _ = write!(text, "body={};", source.body.shown());
    let _ = write!(text, "selector={:?};", source.selector.as_ref().map(JsonPath::text));
    text.push_str(&paginator(&source.paginator));
    for step in steps {
        let config::Step { filter, map, yield_map } = step;
        let _ = write!(text, ";step={filter:?}:{map:?}:{yield_map:?}");
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::model::Redactor;
    use crate::plan::FilePlan;

    /// Identity and hash of the resource `b`, which depends on `a`.
    fn of(endpoint: &str, key: &str) -> (String, String) {
        let text = format!(
            "client: {{base_url: 'https://u:p@h/v1?x=1', paginator: single_page}}\nresources: [a, {{name: b, endpoint: {endpoint}}}]"
        );
        let redactor = Redactor::default();
        let environment = |_: &str| Some(key.to_owned());
        let config =
            Config::parse(text.as_bytes(), std::path::Path::new("f.yaml"), &environment, &redactor).unwrap();
        let plan = FilePlan::compile("f.yaml", &config, &redactor).unwrap();
        let source = &plan.resource("b").unwrap().source;
        (source_identity(source), request_hash(source, &[]))
    }

    #[test]
    fn whatever_changes_the_request_changes_the_hash_and_a_secret_does_not() {
        let base = "{path: 'a/{resources.a.id}/b', params: {p: '${env:K}'}, json: {k: '${env:K}', x: 1}}";
        assert_eq!(of(base, "one-key"), of(base, "other-key"));
        for (from, to) in [
            ("id}", "no}"),
            ("p:", "q:"),
            ("x: 1", "x: 2"),
            ("{path", "{method: POST, path"),
            ("json", "data"),
        ] {
            assert_ne!(of(base, "k").1, of(&base.replacen(from, to, 1), "k").1, "{from}");
        }
    }

    /// They decide which records there are, and so what a page position and the size of a scan mean.
    #[test]
    fn other_steps_are_another_request() {
        let of = |steps: &str| {
            let text = format!(
                "client: {{base_url: 'https://h', paginator: single_page}}\nresources: [{{name: a, processing_steps: [{steps}]}}]"
            );
            let redactor = Redactor::default();
            let path = std::path::Path::new("f.yaml");
            let config = Config::parse(text.as_bytes(), path, &|_: &str| None, &redactor).unwrap();
            let plan = FilePlan::compile("f.yaml", &config, &redactor).unwrap();
            plan.resources[0].publication.as_ref().unwrap().request_hash.clone()
        };
        let hashes = ["", "filter: .a", "filter: .b", "map: .a", "yield_map: .a", "filter: .a}, {filter: .b"];
        let hashes: Vec<String> = hashes
            .map(|steps| of(&if steps.is_empty() { String::new() } else { format!("{{{steps}}}") }))
            .into();
        let all: std::collections::BTreeSet<&String> = hashes.iter().collect();
        assert_eq!(all.len(), hashes.len(), "{hashes:?}");
        assert_eq!(of("{filter: .a}"), hashes[1]);
    }

    #[test]
    fn the_identity_is_the_address_without_query_and_user() {
        assert_eq!(of("'b?y={resources.a.id}'", "").0, "https://h/v1");
        assert_eq!(of("'https://o/a/{resources.a.id}/b'", "").0, "https://o/a/resources-a-id/b");
    }
}
