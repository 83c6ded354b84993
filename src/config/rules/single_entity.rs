//! dlt's rule for a path that ends in a placeholder: it leads to one record, not to a listing.

use crate::config::tree::Node;
use crate::template::Template;

/// Whether the last segment of the path holds `{name}`: a selector that is not set is then the whole answer, and a paginator that
/// is not set a single page, whatever the client's is. A cursor value and the path's own query name no record: there dlt would
/// take a listing for one.
pub(super) fn is_single_entity(merged: &Node) -> bool {
    let endpoint = merged.get("endpoint").filter(|endpoint| !endpoint.is_wrong());
    let path = endpoint.and_then(|endpoint| endpoint.given("path")).or_else(|| merged.get("name"));
    path.is_some_and(ends_in_placeholder)
}

fn ends_in_placeholder(path: &Node) -> bool {
    let text = path.text().unwrap_or_default();
    let before_query = text.split('?').next().unwrap_or_default().trim_end_matches('/');
    let start = before_query.rfind('/').map_or(0, |at| at + 1);
    let last = before_query.get(start..).unwrap_or_default();
    let expanded: Vec<_> = path
        .expanded
        .iter()
        .map(|range| range.start.saturating_sub(start)..range.end.saturating_sub(start))
        .collect();
    // dlt's pattern: nothing but these between the braces, so no conversion, format or bracket.
    let plain = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    let names = Template::names(last, &expanded).into_iter().filter(plain);
    names.into_iter().any(|name| !name.is_empty() && !name.starts_with("incremental."))
}
