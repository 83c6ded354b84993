//! `deletes.path`: where a single record is asked for, and what may stand in it.

use super::resource::Parts;
use super::templates::{Spot, Templates};
use crate::config::report::{Report, quoted};
use crate::config::source::KeyPart;
use crate::config::tree::{Node, Place, Value};
use crate::model::Redactor;
use crate::template::{Template, UrlTemplate};

/// What a part of the key is called in the record that the path is filled from: no field of a parent is called so.
pub fn probed_field(place: usize) -> String {
    format!("krest-key-{place}")
}

/// A resource with `deletes.mode: probe`.
pub(super) struct Probed<'p> {
    pub parts: &'p Parts,
    /// Its parent's name and key.
    pub parent: Option<(&'p str, &'p [KeyPart])>,
    /// The resource, its defaults merged in.
    pub merged: &'p Node,
    /// `deletes.path`, if it is written, and where it stands in the file.
    pub written: Option<(&'p Node, String)>,
    /// Where the mode stands.
    pub at: Place,
    pub base_url: Option<&'p str>,
}

/// Where the records of the resource are asked for; `None` after a mistake.
pub(super) fn probe(probed: &Probed<'_>, redactor: &Redactor, report: &mut Report) -> Option<UrlTemplate> {
    let Probed { parts, at, .. } = probed;
    if parts.primary_key.is_empty() {
        let text = format!(
            "the resource {}: deletes.mode \"probe\" needs a \"primary_key\" to ask for",
            quoted(&parts.name)
        );
        report.mistake(*at, text);
        return None;
    }
    let (node, where_) = match &probed.written {
        Some((node, where_)) => ((*node).clone(), where_.clone()),
        None => {
            (probed.default_path(report)?, format!("the resource {}: the path to probe", quoted(&parts.name)))
        }
    };
    let before = report.count();
    let bound = probed.bound();
    let mut read = Templates { cursor: None, incremental: None, redactor, report, references: Vec::new() };
    let path = read.text(&node, &where_, Spot::Path(&bound));
    probed.check(&path, (&where_, node.at), report);
    if report.count() > before {
        return None;
    }
    let url = probed.base_url.and_then(|base| UrlTemplate::new(base, path));
    if url.is_none() && probed.base_url.is_some() {
        report.mistake(node.at, format!("{where_}: \"base_url\" and the path together are no URL"));
    }
    url
}

impl Probed<'_> {
    /// The resource's own path with the key behind it.
    fn default_path(&self, report: &mut Report) -> Option<Node> {
        let given = self.merged.get("endpoint").and_then(|endpoint| endpoint.given("path"));
        let node = given.or_else(|| self.merged.get("name"))?;
        let text = node.text()?;
        let names = Template::names(text, &node.expanded);
        let is_plain = names.iter().all(|name| name.starts_with("resources.")) && !text.contains('?');
        if !is_plain || self.parts.primary_key.len() > 1 {
            let why = if is_plain {
                "the key has several fields"
            } else {
                "the resource's own path has more in it than a record's would"
            };
            report.mistake(
                self.at,
                format!(
                    "the resource {}: deletes.mode \"probe\" needs a \"path\", like 'monitors/{{id}}': {why}",
                    quoted(&self.parts.name)
                ),
            );
            return None;
        }
        let field = self.parts.primary_key.first().map(KeyPart::name)?;
        let path = format!("{}/{{{field}}}", text.trim_end_matches('/'));
        Some(Node { expanded: node.expanded.clone(), ..Node::new(self.at, Value::String(path)) })
    }

    /// The fields of the key, by their names.
    fn bound(&self) -> Vec<(String, Template)> {
        let field = |(place, part): (usize, &KeyPart)| {
            let value = format!("{{resources.key.{}}}", probed_field(place));
            Some((part.name().to_owned(), Template::parse(&value, &crate::template::Scope::default()).ok()?))
        };
        self.parts.primary_key.iter().enumerate().filter_map(field).collect()
    }

    /// Of a row that is missing nothing is left but its key and its parent's.
    fn check(&self, path: &Template, (where_, at): (&str, Place), report: &mut Report) {
        for name in path.placeholder_names() {
            let Some((parent, field)) = name.strip_prefix("resources.").and_then(|name| name.split_once('.'))
            else {
                report.mistake(at, format!("{where_}: \"{{{name}}}\" has no value for a single record"));
                continue;
            };
            let of_parent = |(name, key): (&str, &[KeyPart])| {
                name == parent && key.iter().any(|part| part.name() == field)
            };
            let is_own = parent == "key" && field.starts_with("krest-key-");
            if !is_own && !self.parent.is_some_and(of_parent) {
                report.mistake(
                    at,
                    format!("{where_}: \"{{{name}}}\" is not known of a missing record: only its own key is, and its parent's"),
                );
            }
        }
        if !path.placeholder_names().any(|name| name.starts_with("resources.key.")) {
            report.mistake(
                at,
                format!(
                    "{where_}: names no field of the key; a record is asked for by it, like 'monitors/{{id}}'"
                ),
            );
        }
    }
}
