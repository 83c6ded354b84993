//! Rules of `changes:`, the file's own block and those in `overrides`: which resources compare records at all.

use super::resource::Parts;
use crate::config::merge::overlay;
use crate::config::report::{Report, below, quoted};
use crate::config::tree::{Entry, Node};
use crate::config::typed::Disposition;

const KEYS: [&str; 2] = ["ignore_fields", "only_fields"];

pub(super) fn changes<'p>(root: &Node, resources: impl Iterator<Item = &'p Parts>, report: &mut Report) {
    let own = root.get("changes");
    let resources: Vec<&Parts> = resources.filter(|parts| parts.disposition != Disposition::Skip).collect();
    for parts in &resources {
        let over = root.get("overrides").and_then(|overrides| overrides.get(&parts.name));
        let over = over.and_then(|over| over.get("changes"));
        if let (Some(why), Some(over)) = (useless(parts), over) {
            let path = below(&below("overrides", &parts.name), "changes");
            said(over).for_each(|entry| report.mistake(entry.at, format!("{path}.{}: {why}", entry.key)));
        } else if let Some(over) = over {
            let path = if over.given("ignore_fields").is_some() {
                below(&below("overrides", &parts.name), "changes")
            } else {
                "changes".to_owned()
            };
            contradiction(&path, &overlay(own, Some(over)), report);
        }
    }
    if let Some(own) = own {
        shared_block(own, &resources, report);
    }
}

/// The file's own block is for all resources: what no resource has a use for is a mistake, what some have none for is not.
fn shared_block(own: &Node, resources: &[&Parts], report: &mut Report) {
    let idle: Vec<_> = resources.iter().filter_map(|parts| Some((parts, useless(parts)?))).collect();
    for entry in said(own) {
        if !resources.is_empty() && idle.len() == resources.len() {
            let text =
                format!("changes.{}: no resource has a use for it: none has a \"primary_key\"", entry.key);
            report.mistake(entry.at, text);
            continue;
        }
        for (parts, why) in &idle {
            let name = quoted(&parts.name);
            report.note(entry.at, format!("changes.{}: not for the resource {name}: {why}", entry.key));
        }
    }
    contradiction("changes", own, report);
}

/// Why nothing of it has a meaning for the resource.
fn useless(parts: &Parts) -> Option<&'static str> {
    match parts.disposition {
        _ if !parts.primary_key.is_empty() => None,
        Disposition::Append => {
            Some("it appends without a \"primary_key\", and publishes every record whatever it was before")
        }
        Disposition::Replace | Disposition::Merge => Some(
            "without a \"primary_key\" the whole record is its own key, and any change makes another record",
        ),
        Disposition::Skip => None,
    }
}

/// A path in both lists names a field that counts and does not.
fn contradiction(path: &str, block: &Node, report: &mut Report) {
    let only: Vec<&str> = items(block, "only_fields").filter_map(Node::text).collect();
    for ignored in items(block, "ignore_fields") {
        if ignored.text().is_some_and(|text| only.contains(&text)) {
            let text = quoted(ignored.text().unwrap_or_default());
            let say = format!(
                "{path}.ignore_fields: {text} stands in \"only_fields\", too; leave it out in one of the two"
            );
            report.mistake(ignored.at, say);
        }
    }
}

fn items<'n>(block: &'n Node, key: &str) -> impl Iterator<Item = &'n Node> {
    block.given(key).map(Node::items).unwrap_or_default().iter()
}

/// The lists that say something.
fn said(block: &Node) -> impl Iterator<Item = &Entry> {
    let written = KEYS.iter().filter_map(|key| block.entry(key));
    written.filter(|entry| !entry.node.items().is_empty())
}
