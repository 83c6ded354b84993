//! What `delivery: at_least_once` gives up, and what does not go with it.

use crate::config::report::Report;
use crate::config::tree::Node;

/// `prefix`es are krest's own: the blocks stand at the top.
pub(crate) fn delivery(root: &Node, report: &mut Report) {
    let Some(delivery) = root.entry("delivery").filter(|entry| entry.node.text() == Some("at_least_once"))
    else {
        return;
    };
    report.note(
        delivery.at,
        "delivery: with at_least_once a change may come again after a failure, and nothing keeps a second instance of this \
         connector from publishing beside this one",
    );
    let blocks = std::iter::once(("kafka".to_owned(), root.get("kafka")));
    let overrides = root.get("overrides").map(Node::entries).unwrap_or_default();
    let overrides =
        overrides.iter().map(|entry| (format!("overrides.{}.kafka", entry.key), entry.node.get("kafka")));
    for (path, block) in blocks.chain(overrides) {
        let boundary = block.and_then(|block| block.entry("transaction.boundary"));
        if let Some(boundary) = boundary.filter(|boundary| boundary.node.text() == Some("poll")) {
            report.mistake(
                boundary.node.at,
                format!("{path}.transaction.boundary: \"poll\" needs transactions, and \"delivery\" is at_least_once; leave one of the two out"),
            );
        }
    }
}
