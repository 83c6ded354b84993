//! The way from a file to a `Config`, or to all of its mistakes.

use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::check::{Walk, check};
use super::delivery::Delivery;
use super::interpolate::{Environment, interpolate};
use super::kafka::Kafka;
use super::merge::overlay;
use super::providers::fill;
use super::read::read;
use super::report::{Mistakes, Report, quoted};
use super::rules::{ClientParts, Given, auth, client, delivery, limits, registry, resources, signal_topics};
use super::schema::{BARE, OWN, schema};
use super::tree::{Entry, Node, Place, Value};
use super::typed::Config;
use super::{json, kafka, topics, yaml};
use crate::model::{ConnectorName, Redactor};

impl Config {
    /// Reads a file; variables come from the process's environment. What is secret in it becomes known to the redactor.
    pub fn load(path: &Path, redactor: &Redactor) -> Result<Self, Mistakes> {
        let environment = |name: &str| std::env::var(name).ok();
        match std::fs::read(path) {
            Ok(text) => Self::parse(&text, path, &environment, redactor),
            Err(error) => {
                let mut report = Report::default();
                report.mistake(Place::START, format!("the file cannot be read: {error}"));
                Err(without_result(report, path))
            }
        }
    }

    /// The same from bytes; `path` gives the file's kind (`.json`, or YAML) and the connector's default name.
    pub fn parse(
        text: &[u8],
        path: &Path,
        environment: Environment<'_>,
        redactor: &Redactor,
    ) -> Result<Self, Mistakes> {
        let mut report = Report::default();
        let Some(mut root) = tree(text, path, &mut report) else { return Err(without_result(report, path)) };
        interpolate(&mut root, environment, &mut report);
        let name = source_name(&root, path);
        fill(&mut root, &name, environment, &mut report);
        let Some(prefix) = against_schema(&mut root, redactor, &mut report) else {
            return Err(without_result(report, path));
        };
        match (Loading { root, prefix, path, redactor }).config(&mut report) {
            Some(config) => Ok(Self { notes: report.into_notes(), ..config }),
            None => Err(without_result(report, path)),
        }
    }
}

/// What dlt would call the source: the connector's name, or the file's.
fn source_name(root: &Node, path: &Path) -> String {
    let stem = || path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    root.given("name").and_then(Node::text).map_or_else(stem, str::to_owned)
}

fn without_result(mut report: Report, path: &Path) -> Mistakes {
    if report.count() == 0 {
        report.mistake(Place::START, "the file fits the schema but cannot be read; this is a fault of krest");
    }
    report.into_mistakes(&path.display().to_string())
}

/// The text as a tree; `None` after a mistake has been reported.
fn tree(bytes: &[u8], path: &Path, report: &mut Report) -> Option<Node> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).and_then(|good| std::str::from_utf8(good).ok());
            report.mistake(end_of(good.unwrap_or_default()), "not UTF-8 text");
            return None;
        }
    };
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let is_json = match extension.as_deref() {
        Some("json") => true,
        Some("yaml" | "yml") => false,
        // JSON is YAML as well, but JSON's own messages and escapes fit it better.
        _ => {
            text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
        }
    };
    if is_json { json::parse(text, report) } else { yaml::parse(text, report) }
}

fn end_of(text: &str) -> Place {
    let last = text.rsplit('\n').next().unwrap_or_default();
    Place { line: text.matches('\n').count() + 1, column: last.chars().count() + 1 }
}

/// Checks the tree and brings both kinds of file to one form; gives the path of the dlt dictionary in messages.
fn against_schema(root: &mut Node, redactor: &Redactor, report: &mut Report) -> Option<&'static str> {
    match root.value {
        Value::Map(_) => {}
        Value::Null => {
            report.mistake(
                Place::START,
                "the file is empty; it needs a \"source\", or dlt's \"client\" and \"resources\"",
            );
            return None;
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Seq(_) | Value::Wrong => {
            report.mistake(root.at, "not a configuration: a mapping with \"source\", or with dlt's \"client\" and \"resources\", is needed");
            return None;
        }
    }
    let has = |key| root.entry(key).is_some();
    let bare = !has("source") && (has("client") || has("resources") || has("resource_defaults"));
    if bare {
        refuse_own_keys(root, report);
    }
    check(root, if bare { BARE } else { OWN }, &mut Walk { schema: schema(), report, redactor });
    if !bare {
        return Some("source.");
    }
    let source = Entry { key: "source".to_owned(), at: Place::START, node: root.clone() };
    *root = Node::new(Place::START, Value::Map(vec![source]));
    Some("")
}

/// krest's own blocks beside `client`: the operator has outgrown the bare dictionary.
fn refuse_own_keys(root: &mut Node, report: &mut Report) {
    let own = schema().pointer("/$defs/connector/properties").and_then(Json::as_object);
    let Value::Map(entries) = &mut root.value else { return };
    entries.retain(|entry| {
        let is_own = own.is_some_and(|own| own.contains_key(&entry.key));
        if is_own {
            let key = quoted(&entry.key);
            report.mistake(entry.at, format!("{key} is krest's own: to use it, put \"client\", \"resource_defaults\" and \"resources\" under \"source\""));
        }
        !is_own
    });
}

/// A checked file on its way to the typed form.
struct Loading<'l> {
    root: Node,
    prefix: &'static str,
    path: &'l Path,
    redactor: &'l Redactor,
}

impl Loading<'_> {
    /// `None` if anything is wrong; everything is looked at all the same.
    fn config(mut self, report: &mut Report) -> Option<Config> {
        let name = self.name(report);
        let kafka = self.kafka(report);
        if let Some(block) = self.root.get("topics") {
            topics::check(block, report);
        }
        limits(&self.root, report);
        delivery(&self.root, report);
        let registry = registry(&self.root, self.redactor, report);
        let client = self.client(report);
        let given = Given {
            root: &self.root,
            prefix: self.prefix,
            connector: name.as_ref(),
            kafka: kafka.as_ref(),
            paginator: client.as_ref().and_then(|client| client.paginator.as_ref()),
            auth: client.as_ref().and_then(|client| client.auth.as_ref()),
            redactor: self.redactor,
        };
        let resources = resources(&given, report);
        signal_topics(&self.root, kafka.as_ref(), &resources, report);
        if report.count() > 0 {
            return None;
        }
        let client = client?;
        Some(Config {
            name: name?,
            base_url: client.base_url,
            headers: client.headers,
            allowed_hosts: client.allowed_hosts,
            transport: Arc::new(client.transport),
            resources,
            kafka,
            registry,
            delivery: self.root.given("delivery").map_or(Some(Delivery::default()), read)?,
            tasks_max: self.root.given("tasks.max").map_or(Some(1), read)?,
            topics: self.block("topics")?,
            state: self.block("state")?,
            signal: self.block("signal")?,
            notification: self.block("notification")?,
            notes: Vec::new(),
        })
    }

    fn block<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        read(&overlay(self.root.get(key), None))
    }

    fn name(&self, report: &mut Report) -> Option<ConnectorName> {
        if let Some(node) = self.root.given("name") {
            return node.text().map(ConnectorName::new);
        }
        let stem = self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let fits = !stem.is_empty() && stem.chars().all(legal);
        if !fits && self.root.get("kafka").is_none() {
            // Only Kafka needs the name to be a legal one; a bare dlt dictionary cannot even say another.
            let plain: String = stem.chars().map(|c| if legal(c) { c } else { '-' }).collect();
            return Some(ConnectorName::new(if plain.is_empty() { "connector" } else { &plain }));
        }
        if !fits {
            let shown = quoted(&stem);
            report.mistake(Place::START, format!("the connector has no name: the file's own, {shown}, has other characters than letters, digits, \".\", \"_\" and \"-\"; set \"name\""));
            return None;
        }
        Some(ConnectorName::new(&stem))
    }

    fn kafka(&self, report: &mut Report) -> Option<Kafka> {
        let block = self.root.get("kafka")?;
        kafka::check(block, report);
        read(block)
    }

    fn client(&mut self, report: &mut Report) -> Option<ClientParts> {
        let source = self.root.get_mut("source")?;
        auth(source, self.prefix, self.redactor, report);
        client(source.get_mut("client")?, self.prefix, self.redactor, report)
    }
}
