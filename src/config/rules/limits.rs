//! Rules of `limits:`, the file's own and those in `overrides`.

use crate::config::report::{Report, below};
use crate::config::tree::Node;
use crate::config::units::parse_size;

/// A page's places are counted in 32 bits.
const LARGEST_BODY: u64 = u32::MAX as u64;

pub(crate) fn limits(root: &Node, report: &mut Report) {
    let of_resource = |entry: &crate::config::tree::Entry| {
        let path = below(&below("overrides", &entry.key), "limits");
        entry.node.get("limits").cloned().map(|block| (path, block))
    };
    let own = root.get("limits").cloned().map(|block| ("limits".to_owned(), block));
    let of_resources =
        root.get("overrides").map(Node::entries).unwrap_or_default().iter().filter_map(of_resource);
    for (path, block) in own.into_iter().chain(of_resources) {
        let body = block.get("body");
        if let Some(node) =
            body.filter(|node| node.text().and_then(parse_size).is_some_and(|size| size > LARGEST_BODY))
        {
            report.mistake(node.at, format!("{path}.body: must be less than 4GiB"));
        }
    }
    let has_rate = |block: Option<&Node>| block.is_some_and(|block| block.entry("rate").is_some());
    if let Some(entry) = root.get("limits").and_then(|block| block.entry("burst"))
        && !has_rate(root.get("limits"))
    {
        report.note(entry.at, "limits.burst: without a \"rate\" it has no effect");
    }
}
