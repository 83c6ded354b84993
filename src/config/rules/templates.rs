//! Texts with placeholders: read where they stand, and every mistake in them said with what to write instead.

use crate::config::check::learn_expanded;
use crate::config::report::{Report, below};
use crate::config::suggest::did_you_mean;
use crate::config::tree::{Entry, Node, Place, Value, json_number};
use crate::model::Redactor;
use crate::template::{Cursor, JsonTemplate, Scope, Template, TemplateFault};

/// Reads the templates of one resource. What is wrong is reported, and read as an empty text.
pub(super) struct Templates<'a> {
    pub cursor: Option<Cursor>,
    /// `endpoint.incremental`, which the cursor is read from.
    pub incremental: Option<&'a Node>,
    pub redactor: &'a Redactor,
    pub report: &'a mut Report,
    /// Every parent that a placeholder names, and where.
    pub references: Vec<Reference>,
}

/// A placeholder's parent.
pub(super) struct Reference {
    pub parent: String,
    pub at: Place,
}

/// Where a text stands, as far as messages about it differ.
#[derive(Clone, Copy)]
pub(super) enum Spot<'s> {
    /// The names that `params` offer.
    Path(&'s [(String, Template)]),
    /// A query parameter or a form's field: a literal form can stand there.
    Field,
    /// A literal form can stand there as well, but nothing of the text is shown.
    Header,
    Json,
}

impl Templates<'_> {
    pub(super) fn text(&mut self, node: &Node, where_: &str, spot: Spot<'_>) -> Template {
        learn_expanded(node, self.redactor);
        let text = node.text().unwrap_or_default();
        let expanded = &node.expanded;
        self.read(text, expanded, (where_, node.at), spot)
    }

    /// The name of a parameter, a header or a field.
    pub(super) fn key(&mut self, entry: &Entry, where_: &str, spot: Spot<'_>) -> Template {
        self.read(&entry.key, &[], (where_, entry.at), spot)
    }

    fn read(
        &mut self,
        text: &str,
        expanded: &[std::ops::Range<usize>],
        (where_, at): (&str, Place),
        spot: Spot<'_>,
    ) -> Template {
        let bound = if let Spot::Path(bound) = spot { bound } else { &[] };
        let scope = Scope { cursor: self.cursor.as_ref(), bound, expanded };
        match Template::parse(text, &scope) {
            Ok(template) => {
                if let Some((name, key)) = self.without_value(&template, spot) {
                    let text = format!(
                        "{where_}: \"{{{name}}}\" has no value in the first scan; set \"incremental.{key}\""
                    );
                    self.report.mistake(at, text);
                }
                let parents = template.parents().map(str::to_owned);
                self.references.extend(parents.map(|parent| Reference { parent, at }));
                template
            }
            Err(fault) => {
                self.report.mistake(at, format!("{where_}: {}", message(&fault, spot)));
                Template::default()
            }
        }
    }

    /// A cursor value that may be absent where it cannot be left out, and the key that would give it one.
    fn without_value<'t>(&self, template: &'t Template, spot: Spot<'_>) -> Option<(&'t str, &'static str)> {
        let can_be_left_out = !matches!(spot, Spot::Path(_)) && template.is_one_value();
        let key = |name: &str| if name == "incremental.end_value" { "end_value" } else { "initial_value" };
        let is_set = |key| self.incremental.is_some_and(|block| block.given(key).is_some());
        let mut values = template.cursor_values().map(|name| (name, key(name)));
        values.find(|(_, key)| !can_be_left_out && !is_set(key))
    }

    /// A scalar as it is sent; `None` for null, and for what is none, which is a mistake.
    pub(super) fn scalar(&mut self, node: &Node, where_: &str, spot: Spot<'_>) -> Option<Template> {
        match &node.value {
            Value::String(_) => Some(self.text(node, where_, spot)),
            Value::Number(text) => Some(Template::open(text)),
            Value::Bool(value) => Some(Template::open(if *value { "true" } else { "false" })),
            Value::Null | Value::Wrong => None,
            Value::Seq(_) => {
                self.report.mistake(node.at, format!("{where_}: a list inside a list cannot be sent"));
                None
            }
            Value::Map(_) => self.literal(node, where_),
        }
    }

    /// krest's own form for a text that is sent as it is: `{type: literal, value: …}`.
    fn literal(&mut self, node: &Node, where_: &str) -> Option<Template> {
        let is_literal = node.get("type").and_then(Node::text) == Some("literal");
        let Some(value) = node.given("value").filter(|_| is_literal && node.entries().len() == 2) else {
            let text =
                "a mapping cannot be sent here, except {type: literal, value: …}, which is sent as it is";
            self.report.mistake(node.at, format!("{where_}: {text}"));
            return None;
        };
        let text = match &value.value {
            Value::String(text) => text.clone(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Seq(_)
            | Value::Map(_)
            | Value::Wrong => fixed(value),
        };
        if self.learn(value) { Some(Template::literal(&text)) } else { Some(Template::open(&text)) }
    }

    pub(super) fn json(&mut self, node: &Node, where_: &str) -> JsonTemplate {
        match &node.value {
            Value::String(_) => JsonTemplate::Text(self.text(node, where_, Spot::Json)),
            Value::Seq(items) => {
                let item = |(index, item)| self.json(item, &format!("{where_}[{index}]"));
                JsonTemplate::List(items.iter().enumerate().map(item).collect())
            }
            Value::Map(entries) => {
                let mut map = Vec::with_capacity(entries.len());
                for entry in entries {
                    let where_ = below(where_, &entry.key);
                    let name = self.key(entry, &where_, Spot::Json);
                    map.push((name, self.json(&entry.node, &where_)));
                }
                JsonTemplate::Map(map)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Wrong => {
                JsonTemplate::Fixed(fixed(node))
            }
        }
    }

    /// Makes known what came out of `${…}` anywhere below; whether there was any.
    pub(super) fn learn(&self, node: &Node) -> bool {
        learn_expanded(node, self.redactor);
        let items = node.items().iter().map(|item| self.learn(item));
        let entries = node.entries().iter().map(|entry| self.learn(&entry.node));
        items.chain(entries).fold(node.is_interpolated(), |any, one| any | one)
    }
}

/// A value without placeholders as compact JSON.
fn fixed(node: &Node) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match &node.value {
        Value::Null | Value::Wrong => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::String(text) => quoted(text),
        // What is not finite was refused by the schema.
        Value::Number(text) => json_number(text).unwrap_or_else(|| "null".to_owned()),
        Value::Seq(items) => format!("[{}]", items.iter().map(fixed).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let entry = |entry: &Entry| format!("{}:{}", quoted(&entry.key), fixed(&entry.node));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
        }
    }
}

const LITERAL: &str = "; a text with braces of its own can be written {type: literal, value: …}";

fn message(fault: &TemplateFault, spot: Spot<'_>) -> String {
    let meant = |inner: &str| did_you_mean_context(inner);
    match (fault, spot) {
        (TemplateFault::Unknown(_), Spot::Header) => {
            format!("a text in single braces is no known placeholder; a brace is written twice{LITERAL}")
        }
        (TemplateFault::Unknown(inner), Spot::Path(bound)) => in_a_path(fault, inner, bound),
        (TemplateFault::Unknown(inner), Spot::Field) => {
            format!("{fault}; a brace is written twice{}{LITERAL}", meant(inner))
        }
        (TemplateFault::Unknown(inner), Spot::Json) => {
            format!("{fault}; a brace is written twice{}", meant(inner))
        }
        (TemplateFault::SingleBrace(_), Spot::Field | Spot::Header) => format!("{fault}{LITERAL}"),
        _ => fault.to_string(),
    }
}

fn in_a_path(fault: &TemplateFault, inner: &str, bound: &[(String, Template)]) -> String {
    if inner.contains('.') {
        return format!("{fault}{}", did_you_mean_context(inner));
    }
    let names: Vec<&str> = bound.iter().map(|(name, _)| name.as_str()).collect();
    let hint = did_you_mean(inner, &names);
    format!("{fault}: \"params\" have no such name{hint}; a brace is written twice")
}

/// `{resource.posts.id}` for `{resources.posts.id}`.
fn did_you_mean_context(inner: &str) -> String {
    let context = inner.split('.').next().unwrap_or_default();
    if inner.contains('.') { did_you_mean(context, &["resources", "incremental"]) } else { String::new() }
}
