//! What to write in a configuration where the Python file has something that no configuration can hold.

/// For what stands under this key.
pub(super) fn instead(key: &str) -> Option<&'static str> {
    HINTS.iter().find(|(known, _)| *known == key).map(|(_, hint)| *hint)
}

/// What it has to hold, so that it can go into a configuration at all, if that is lost.
pub(super) fn needs(key: &str) -> &'static [&'static str] {
    match key {
        "paginator" => &["type", "limit"],
        "auth" => &["type"],
        "incremental" => &["cursor_path"],
        "endpoint" => &["path"],
        // Elements of lists, under the key of the list.
        "resources[]" => &["name", "endpoint"],
        "response_actions[]" => &["status_code", "content", "action"],
        _ => &[],
    }
}

const HINTS: &[(&str, &str)] = &[
    ("filter", "write a jq expression that is true for the records to keep, e.g. filter: .active"),
    ("map", "write a jq expression that makes the new record, e.g. map: '{id, name}'"),
    ("yield_map", "write a jq expression that gives the new records, e.g. yield_map: '.items[]'"),
    ("convert", "write a jq expression that makes the new value, e.g. convert: tostring"),
    ("session", "krest has its own connections; see retry: and limits:"),
    ("auth", "write bearer, api_key, http_basic or oauth2_client_credentials, or a header with ${env:NAME}"),
    (
        "paginator",
        "write one of json_link, header_link, offset, page_number, cursor, header_cursor, single_page",
    ),
    ("table_name", "krest names topics with topics.name"),
    ("action", "write action: ignore with a status_code or a content, or leave it to retry:"),
    ("response_actions", "write status_code or content, and action: ignore"),
    ("resources", "write its request as a resource"),
    ("columns", "they describe tables; only hard_delete and dedup_sort have a meaning here"),
    ("initial_value", "write the value as text or number, e.g. \"2024-01-01T00:00:00Z\""),
    ("end_value", "write the value as text or number, e.g. \"2025-01-01T00:00:00Z\""),
    ("last_value_func", "write max or min"),
    ("path", "write the path, with ${env:NAME} for what is not known"),
];
