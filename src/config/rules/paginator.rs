//! Rules between the keys of a paginator, and which paginator a resource has.

use crate::config::report::Report;
use crate::config::source::Paginator;
use crate::config::tree::{Node, Value};

/// Statuses that say something else than that a page does not exist.
const OTHER_MEANINGS: [(&str, &str); 6] = [
    ("401", "the credentials are missing or wrong"),
    ("403", "the credentials may not read this"),
    ("407", "a proxy wants credentials"),
    ("408", "the API was too slow"),
    ("425", "the API wants to be asked later"),
    ("429", "the API wants to be asked less often"),
];

/// The paginator of a resource, as dlt chooses it: its own, merged with the defaults; a single page where the path names a
/// single entity; the client's. `auto` at the endpoint means that nothing is said there.
pub(super) fn chosen(own: Option<Paginator>, single_entity: bool, client: Option<&Paginator>) -> Paginator {
    match own {
        None if single_entity => Paginator::SinglePage,
        None | Some(Paginator::Auto) => client.cloned().unwrap_or(Paginator::Auto),
        Some(own) => own,
    }
}

/// `at` in the messages is the paginator's own place, so that one of the client's is reported once.
pub(super) fn check(paginator: &Node, report: &mut Report) {
    match paginator.get("type").and_then(Node::text) {
        Some("offset") => {
            place("offset", paginator, report);
            place("limit", paginator, report);
            same_place(paginator, report);
            endless("maximum_offset", paginator, report);
        }
        Some("page_number") => {
            place("page", paginator, report);
            two_totals(paginator, report);
            endless("maximum_page", paginator, report);
        }
        Some("cursor") => place("cursor", paginator, report),
        Some("header_cursor") => names(&["cursor_key", "cursor_param"], paginator, report),
        Some("header_link") => names(&["links_next_key"], paginator, report),
        Some(_) | None => {}
    }
    for status in paginator.get("stop_on_status").map(Node::items).unwrap_or_default() {
        let Value::Number(text) = &status.value else { continue };
        if let Some((_, meaning)) = OTHER_MEANINGS.iter().find(|(status, _)| status == text) {
            report.mistake(
                status.at,
                format!(
                    "paginator.stop_on_status: {text} says that {meaning}, not that a page does not exist"
                ),
            );
        }
    }
}

/// A value goes into a parameter or into the body, one of them.
fn place(value: &str, paginator: &Node, report: &mut Report) {
    let (param, body) = (format!("{value}_param"), format!("{value}_body_path"));
    if let (Some(_), Some(second)) = (paginator.given(&param), paginator.given(&body)) {
        report.mistake(second.at, format!("paginator: \"{param}\" and \"{body}\" exclude each other"));
    }
    names(&[&param], paginator, report);
    let Some(node) = paginator.given(&body) else { return };
    if node.text().is_some_and(|text| text.split('.').any(str::is_empty)) {
        report.mistake(node.at, format!("paginator.{body}: a name is missing"));
    }
}

fn names(keys: &[&str], paginator: &Node, report: &mut Report) {
    for key in keys {
        if let Some(node) = paginator.given(key).filter(|node| node.text() == Some("")) {
            report.mistake(node.at, format!("paginator.{key}: a name is missing"));
        }
    }
}

fn same_place(paginator: &Node, report: &mut Report) {
    let bodies = ["offset_body_path", "limit_body_path"].map(|key| paginator.given(key).and_then(Node::text));
    let params = ["offset", "limit"].map(|number| {
        let in_body = paginator.given(&format!("{number}_body_path")).is_some();
        let param = paginator.given(&format!("{number}_param")).and_then(Node::text);
        (!in_body).then(|| param.unwrap_or(number))
    });
    for (same, kind) in [(params, "param"), (bodies, "body_path")] {
        if let [Some(offset), Some(limit)] = same
            && offset == limit
        {
            let text = format!("paginator: \"offset_{kind}\" and \"limit_{kind}\" are the same");
            report.mistake(paginator.at, text);
        }
    }
}

fn two_totals(paginator: &Node, report: &mut Report) {
    if let (Some(_), Some(second)) = (paginator.given("total_path"), paginator.given("total_items_path")) {
        report.mistake(
            second.at,
            "paginator: \"total_path\" (of pages) and \"total_items_path\" (of records) exclude each other",
        );
    }
}

fn endless(maximum: &str, paginator: &Node, report: &mut Report) {
    let stops_at_empty = paginator
        .get("stop_after_empty_page")
        .is_none_or(|node| !matches!(node.value, Value::Bool(false) | Value::Null));
    let total_is_off = paginator.get("total_path").is_some_and(|node| matches!(node.value, Value::Null));
    let has = |key| paginator.given(key).is_some();
    // A key that was not understood may be the one that ends it.
    let understood = paginator.entries().iter().all(|entry| !entry.node.is_wrong());
    let bounded = has(maximum) || has("has_more_path") || has("total_items_path");
    if understood && !stops_at_empty && total_is_off && !bounded {
        report.mistake(
            paginator.at,
            format!("paginator: would never end: \"stop_after_empty_page\" is false, and there is no \"total_path\", \"{maximum}\" or \"has_more_path\""),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paginator_is_chosen_as_dlt_chooses_it() {
        let client = Some(Paginator::HeaderLink(crate::config::source::HeaderLinkPaginator {
            links_next_key: "next".to_owned(),
        }));
        let name = |paginator: Paginator| match paginator {
            Paginator::Auto => "auto",
            Paginator::SinglePage => "single",
            Paginator::HeaderLink(_) => "header",
            Paginator::PageNumber(_)
            | Paginator::Offset(_)
            | Paginator::Cursor(_)
            | Paginator::JsonLink(_)
            | Paginator::HeaderCursor(_) => "other",
        };
        for (own, entity, client, expected) in [
            (None, false, None, "auto"),
            (None, false, client.as_ref(), "header"),
            (Some(Paginator::Auto), false, client.as_ref(), "header"),
            (Some(Paginator::Auto), true, client.as_ref(), "header"),
            (None, true, client.as_ref(), "single"),
            (Some(Paginator::SinglePage), false, client.as_ref(), "single"),
            (client.clone(), true, None, "header"),
        ] {
            assert_eq!(name(chosen(own, entity, client)), expected);
        }
    }
}
