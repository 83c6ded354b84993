//! The classes of dlt that say in Python what its dictionaries say as well.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::Arguments;
use super::eval::spread_into;
use super::value::{Entry, Map, Value, put};

/// A class, the `type` of its dictionary, and the names of its arguments in order.
pub(super) struct Class {
    name: &'static str,
    /// `None`: an incremental cursor, which has a type among `params` and none elsewhere.
    kind: Option<&'static str>,
    arguments: &'static [&'static str],
}

pub(super) fn find(name: &str) -> Option<&'static Class> {
    CLASSES.iter().find(|class| class.name == name)
}

pub(super) fn object(class: &Class, arguments: &Arguments) -> Value {
    let mut entries = Vec::new();
    let line = arguments.line;
    if let Some(kind) = class.kind {
        entries.push(Entry { key: "type".to_owned(), line, value: Value::text(kind) });
    }
    for (item, name) in arguments.positional.iter().zip(class.arguments) {
        put(&mut entries, Entry { key: (*name).to_owned(), line: item.line, value: item.value.clone() });
    }
    if arguments.positional.len() > class.arguments.len() {
        spread_into(&mut entries, &Value::lost(line, "arguments beyond those of the class"), line);
    }
    for entry in &arguments.named {
        put(&mut entries, entry.clone());
    }
    Value::Map(Rc::new(Map { entries: RefCell::new(entries), is_incremental: class.kind.is_none() }))
}

const fn class(name: &'static str, kind: Option<&'static str>, arguments: &'static [&'static str]) -> Class {
    Class { name, kind, arguments }
}

/// With the order of dlt 1.31's own signatures.
const CLASSES: &[Class] = &[
    class("BearerTokenAuth", Some("bearer"), &["token"]),
    class("APIKeyAuth", Some("api_key"), &["name", "api_key", "location"]),
    class("HttpBasicAuth", Some("http_basic"), &["username", "password"]),
    // The class of the same meaning in `requests`.
    class("HTTPBasicAuth", Some("http_basic"), &["username", "password"]),
    class(
        "OAuth2ClientCredentials",
        Some("oauth2_client_credentials"),
        &[
            "access_token",
            "access_token_url",
            "client_id",
            "client_secret",
            "access_token_request_data",
            "default_token_expiration",
            "session",
        ],
    ),
    class("SinglePagePaginator", Some("single_page"), &[]),
    class(
        "PageNumberPaginator",
        Some("page_number"),
        &["base_page", "page", "page_param", "total_path", "maximum_page", "stop_after_empty_page"],
    ),
    class(
        "OffsetPaginator",
        Some("offset"),
        &[
            "limit",
            "offset",
            "offset_param",
            "limit_param",
            "total_path",
            "maximum_offset",
            "stop_after_empty_page",
        ],
    ),
    class("HeaderLinkPaginator", Some("header_link"), &["links_next_key"]),
    class("JSONLinkPaginator", Some("json_link"), &["next_url_path"]),
    class("JSONResponsePaginator", Some("json_link"), &["next_url_path"]),
    class(
        "JSONResponseCursorPaginator",
        Some("cursor"),
        &["cursor_path", "cursor_param", "cursor_body_path"],
    ),
    class("HeaderCursorPaginator", Some("header_cursor"), &["cursor_key", "cursor_param"]),
    class(
        "incremental",
        None,
        &[
            "cursor_path",
            "initial_value",
            "last_value_func",
            "primary_key",
            "end_value",
            "row_order",
            "allow_external_schedulers",
            "on_cursor_value_missing",
            "lag",
            "range_start",
            "range_end",
        ],
    ),
];
