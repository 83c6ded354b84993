//! The walk itself: one value against the schema of its place.

use serde_json::Value as Json;

use super::{choose, mapping, scalar, secrets};
use crate::config::report::Report;
use crate::config::secret::SECRET;
use crate::config::tree::{Node, Place, Value};
use crate::model::Redactor;

/// Checks the tree against the definition `reference` (`#/$defs/…`) of the schema. Scalars that came out of `${…}` are
/// turned into the kind that the schema wants, secrets are made known to the redactor.
pub(crate) fn check(node: &mut Node, reference: &str, walk: &mut Walk<'_>) {
    let schema = serde_json::json!({ "$ref": reference });
    walk.node(node, &schema, &Spot { path: String::new(), owner: Place::START, blocks: Vec::new() });
}

/// What the whole walk shares.
pub(crate) struct Walk<'w> {
    pub schema: &'w Json,
    pub report: &'w mut Report,
    pub redactor: &'w Redactor,
}

/// Where a value stands.
#[derive(Clone)]
pub(super) struct Spot<'s> {
    /// `source.client.paginator`; empty at the top.
    pub path: String,
    /// What to point at if something is missing: the key that holds the mapping.
    pub owner: Place,
    /// The names of the definitions that led here, outermost first.
    pub blocks: Vec<&'s str>,
}

impl Spot<'_> {
    /// `path: text`, or the text alone at the top.
    pub(super) fn say(&self, text: &str) -> String {
        if self.path.is_empty() { text.to_owned() } else { format!("{}: {text}", self.path) }
    }
}

impl<'w> Walk<'w> {
    pub(super) fn node<'s>(&mut self, node: &mut Node, schema: &'s Json, spot: &Spot<'s>)
    where
        'w: 's,
    {
        if node.is_wrong() {
            return;
        }
        let mut forms = Vec::new();
        choose::collect(self.schema, schema, &spot.blocks, &mut forms);
        scalar::coerce(node, &forms);
        let before = self.report.count();
        let Some(form) = choose::form(node, &forms, spot, self.report) else {
            node.value = Value::Wrong;
            return;
        };
        let inner = Spot { path: spot.path.clone(), owner: spot.owner, blocks: form.blocks };
        self.against(node, form.schema, &inner);
        let has_parts = matches!(node.value, Value::Map(_) | Value::Seq(_));
        if self.report.count() > before && !has_parts {
            node.value = Value::Wrong;
        }
    }

    /// Against the one form that fits the kind of the value.
    fn against<'s>(&mut self, node: &mut Node, schema: &'s Json, spot: &Spot<'s>)
    where
        'w: 's,
    {
        match node.value {
            Value::Null | Value::Bool(_) | Value::Wrong => {}
            Value::Number(_) => scalar::number(node, schema, spot, self.report),
            Value::String(_) => {
                if schema.get(SECRET).is_some() {
                    secrets::learn(node, &spot.path, self.redactor);
                }
                scalar::text(node, schema, spot, self.report);
            }
            Value::Seq(_) => {
                let Some(items) = schema.get("items") else { return };
                for (index, item) in node.items_mut().iter_mut().enumerate() {
                    let path = format!("{}[{index}]", spot.path);
                    self.node(item, items, &Spot { path, owner: item.at, blocks: Vec::new() });
                }
            }
            Value::Map(_) => mapping::entries(self, node, schema, spot),
        }
    }
}
