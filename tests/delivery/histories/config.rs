//! The ways of deleting and of paging, as connectors with one resource, `monitors`.

use crate::delivery::seed::{PATH, written};
use crate::support::api::Follow;
use crate::support::{World, unique};

/// How a deletion is learnt of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    None,
    Snapshot,
    Replace,
    Soft,
    HardDelete,
    Probe,
}

impl Mode {
    /// Whether a row that the listing no longer shows is deleted.
    pub fn deletes_what_is_missing(self) -> bool {
        match self {
            Self::Snapshot | Self::Replace | Self::Probe => true,
            Self::None | Self::Soft | Self::HardDelete => false,
        }
    }

    /// Whether a row says of itself that it is deleted.
    pub fn is_told_by_rows(self) -> bool {
        matches!(self, Self::Soft | Self::HardDelete)
    }

    /// Further YAML of the resource, and krest's own block.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::None => ("write_disposition: merge", "deletes: {mode: none}"),
            Self::Snapshot => ("write_disposition: merge", "deletes: {mode: snapshot, max_share: 1.0}"),
            Self::Replace => ("write_disposition: replace", "deletes: {max_share: 1.0}"),
            Self::Soft => ("write_disposition: merge", "deletes: {mode: soft, when: .gone}"),
            Self::HardDelete => ("columns: {gone: {hard_delete: true, data_type: bool}}", ""),
            Self::Probe => ("write_disposition: merge", "deletes: {mode: probe, max_share: 1.0}"),
        }
    }
}

/// A way of paging: the API's, and the paginator for it. The page numbers end by a total, the offsets at an empty page.
pub struct Pages {
    pub name: &'static str,
    pub follow: Follow,
    endpoint: &'static str,
}

pub const PAGES: [Pages; 6] = [
    Pages {
        name: "offset",
        follow: Follow::Count,
        endpoint: "paginator: {type: offset, limit: 7, total_path: null}",
    },
    Pages {
        name: "page_number",
        follow: Follow::Pages,
        endpoint: "params: {limit: 7}, paginator: {type: page_number, base_page: 1, total_path: total_pages}",
    },
    Pages {
        name: "json_link",
        follow: Follow::Link,
        endpoint: "params: {limit: 7}, paginator: {type: json_link, next_url_path: next}",
    },
    Pages {
        name: "header_link",
        follow: Follow::LinkHeader,
        endpoint: "params: {limit: 7}, paginator: header_link",
    },
    Pages {
        name: "cursor",
        follow: Follow::Token,
        endpoint: "params: {limit: 7}, paginator: {type: cursor, cursor_path: next_token, cursor_param: cursor}",
    },
    Pages { name: "single_page", follow: Follow::Count, endpoint: "paginator: single_page" },
];

/// A file for it; `topics` are settings of the topic, as they follow others in braces.
pub fn config(world: &World, mode: Mode, pages: &Pages, topics: &str) -> String {
    let (resource, deletes) = mode.words();
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      {resource}
      endpoint: {{path: {PATH}, data_selector: data, {}}}",
        pages.endpoint
    );
    let more = format!("{deletes}\nerrors: {{max_shrink: 1.0}}\npoll: {{interval: 100ms}}");
    let file = written(world, &format!("{}.yaml", unique("history")), &source, &more);
    let text = std::fs::read_to_string(&file).expect("the file was written");
    let (partitions, more) =
        ("creation.default.partitions: 3", format!("creation.default.partitions: 3{topics}"));
    std::fs::write(&file, text.replace(partitions, &more)).expect("the file is written");
    file
}
