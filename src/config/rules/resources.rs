//! Rules between resources: names, topics and overrides that fit together.

use std::collections::HashMap;

use super::changes::changes;
use super::deletes::{default_mode, deletes, probe_of};
use super::format::{formats, has_schema};
use super::letters::{Output, letter_topics};
use super::parents::{Child, parents};
use super::probe::{Probed, probe};
use super::resource::{Around, Judged, Parts, resource};
use crate::config::kafka::{Kafka, KafkaOverride};
use crate::config::merge::{overlay, with_defaults};
use crate::config::read::read;
use crate::config::report::{Report, quoted};
use crate::config::source::{Auth, Paginator};
use crate::config::suggest::did_you_mean;
use crate::config::topics::{TopicName, illegal_topic};
use crate::config::tree::{Node, Place, Value};
use crate::config::typed::{Disposition, Resource, Settings};
use crate::model::{ConnectorName, Redactor, ResourceName};
use crate::schema;
use crate::template::UrlTemplate;

/// What the resources are made of.
pub(crate) struct Given<'g> {
    /// The whole file, checked.
    pub root: &'g Node,
    /// `source.`, or nothing in a bare dlt dictionary.
    pub prefix: &'g str,
    /// `None` if the name is wrong.
    pub connector: Option<&'g ConnectorName>,
    pub kafka: Option<&'g Kafka>,
    /// The client's, if it has a good one.
    pub paginator: Option<&'g Paginator>,
    pub auth: Option<&'g Auth>,
    pub redactor: &'g Redactor,
}

/// All resources, in the order of the file; one that is wrong is left out after its mistakes have been reported.
pub(crate) fn resources(given: &Given<'_>, report: &mut Report) -> Vec<Resource> {
    let Some(source) = given.root.get("source") else { return Vec::new() };
    let written = source.get("resources").map(Node::items).unwrap_or_default();
    let defaults = source.given("resource_defaults");
    unused_path(defaults, given.prefix, report);
    let merged: Vec<Node> = written.iter().map(|resource| with_defaults(resource, defaults)).collect();
    unique_names(&merged, report);
    unknown_overrides(given.root, &merged, report);

    let topics = Topics::new(given);
    let mut names = TopicUse::new(given);
    let mut judged = Vec::new();
    for (index, merged) in merged.iter().enumerate().filter(|(_, merged)| !merged.is_wrong()) {
        let path = format!("{}resources[{index}]", given.prefix);
        let client = source.get("client");
        let (paginator, auth, redactor) = (given.paginator, given.auth, given.redactor);
        let schema = name_of(merged).is_some_and(|(name, _)| has_schema(given.root, name));
        let around = Around { path, client, paginator, auth, schema, redactor };
        let topic = topics.of(merged);
        names.take(topic.as_deref(), merged, report);
        judged.push((merged, topic, resource(merged.clone(), &around, report)));
    }
    let parents = family(&merged, &judged, report);
    note_without_effect(given.root, &parents, report);
    changes(given.root, judged.iter().filter_map(|(_, _, judged)| judged.parts.as_ref()), report);
    deletes(given.root, judged.iter().filter_map(|(_, _, judged)| judged.parts.as_ref()), report);
    let outputs = judged
        .iter()
        .filter_map(|(node, topic, _)| Some(Output { name: name_of(node)?.0, topic: topic.as_deref()? }));
    let mut letters = letter_topics(given, &outputs.collect::<Vec<_>>(), &names.taken, report);
    let mut probes = probes(given, (&judged, &parents), report);
    let parts = judged.iter().filter_map(|(_, _, judged)| judged.parts.as_ref());
    let mut schemas = formats(given.root, parts, report);
    let whole = |(_, topic, judged): (&Node, Option<String>, Judged)| {
        let parts = judged.parts?;
        let around = Related {
            parent: parents.get(&parts.name).map(String::as_str),
            letters: letters.remove(&parts.name),
            probe: probes.remove(&parts.name),
            schema: schemas.remove(&parts.name),
        };
        whole(parts, topic, around, given.root)
    };
    judged.into_iter().filter_map(whole).collect()
}

/// A resource is read with its parent: an interval or a transaction of its own has no effect.
fn note_without_effect(root: &Node, parents: &HashMap<String, String>, report: &mut Report) {
    for entry in root.get("overrides").map(Node::entries).unwrap_or_default() {
        let Some(parent) = parents.get(&entry.key) else { continue };
        for (block, key) in [("poll", "interval"), ("kafka", "transaction.boundary")] {
            let written = entry.node.get(block).and_then(|block| block.entry(key));
            if let Some(written) = written {
                let text = format!(
                    "overrides.{}.{block}.{key}: has no effect: the resource depends on {}, and is read with it",
                    entry.key,
                    quoted(parent)
                );
                report.note(written.at, text);
            }
        }
    }
}

/// The parent of each resource that has one.
fn family(
    merged: &[Node],
    judged: &[(&Node, Option<String>, Judged)],
    report: &mut Report,
) -> HashMap<String, String> {
    let names: Vec<&str> = merged.iter().filter_map(name_of).map(|(name, _)| name).collect();
    let mut children = Vec::with_capacity(judged.len());
    for (node, _, Judged { references, includes, .. }) in judged {
        if let Some((name, at)) = name_of(node) {
            children.push(Child { name, at, references, includes: *includes });
        }
    }
    parents(&children, &names, report)
}

/// What a resource is made of besides its own block.
struct Related<'r> {
    parent: Option<&'r str>,
    /// The topic of its dead letters.
    letters: Option<String>,
    probe: Option<(UrlTemplate, Vec<String>)>,
    schema: Option<schema::Given>,
}

fn whole(parts: Parts, topic: Option<String>, related: Related<'_>, root: &Node) -> Option<Resource> {
    let (probe, parent_key) = related.probe.map_or((None, Vec::new()), |(url, key)| (Some(url), key));
    Some(Resource {
        probe,
        parent_key,
        settings: settings(root, &parts.name, parts.disposition)?,
        topic: topic?,
        letters: related.letters,
        parent: related.parent.map(ResourceName::new),
        name: ResourceName::new(&parts.name),
        at: parts.at,
        url: parts.url,
        params: parts.params,
        secret_params: parts.secret_params,
        headers: parts.headers,
        body: parts.body,
        method: parts.method,
        auth: parts.auth,
        response_actions: parts.response_actions,
        include_from_parent: parts.include_from_parent,
        incremental: parts.incremental,
        steps: parts.steps,
        selected: parts.selected,
        primary_key: parts.primary_key,
        hard_delete: parts.hard_delete,
        columns: parts.columns,
        schema: related.schema,
        disposition: parts.disposition,
        data_selector: parts.data_selector,
        single_entity: parts.single_entity,
        paginator: parts.paginator,
    })
}

/// A resource with its defaults, its topic, and what came of it.
type Named<'n> = (&'n Node, Option<String>, Judged);

/// Where the records of a resource are asked for, and what its parent's key is made of.
fn probes(
    given: &Given<'_>,
    (judged, parents): (&[Named<'_>], &HashMap<String, String>),
    report: &mut Report,
) -> HashMap<String, (UrlTemplate, Vec<String>)> {
    let parts = || judged.iter().filter_map(|(merged, _, judged)| Some((*merged, judged.parts.as_ref()?)));
    let base_url = given.root.get("source").and_then(|source| source.get("client")?.get("base_url")?.text());
    let mut probes = HashMap::new();
    for (merged, parts_) in parts() {
        let Some((at, written)) = probe_of(given.root, parts_) else { continue };
        let parent = parents.get(&parts_.name).and_then(|name| parts().find(|(_, one)| one.name == *name));
        let key = parent.map(|(_, parent)| (parent.name.as_str(), parent.primary_key.as_slice()));
        let probed = Probed { parts: parts_, parent: key, merged, written, at, base_url };
        if let Some(url) = probe(&probed, given.redactor, report) {
            let fields = key.map(|(_, key)| key.iter().map(|part| part.name().to_owned()).collect());
            probes.insert(parts_.name.clone(), (url, fields.unwrap_or_default()));
        }
    }
    probes
}

/// The file's own blocks with the resource's overrides on top.
fn settings(root: &Node, name: &str, disposition: Disposition) -> Option<Settings> {
    let over = root.get("overrides").and_then(|overrides| overrides.get(name));
    let block = |key| overlay(root.get(key), over.and_then(|over| over.get(key)));
    let kafka = over.and_then(|over| over.get("kafka"));
    let kafka: KafkaOverride = kafka.map_or(Some(KafkaOverride::default()), read)?;
    let mut settings = Settings {
        poll: read(&block("poll"))?,
        retry: read(&block("retry"))?,
        limits: read(&block("limits"))?,
        boundary: kafka.boundary,
        errors: read(&block("errors"))?,
        format: read(&block("format"))?,
        changes: read(&block("changes"))?,
        deletes: read(&block("deletes"))?,
    };
    settings.deletes.mode.get_or_insert(default_mode(disposition));
    let limits = &mut settings.limits;
    limits.burst = limits.rate.map(|rate| limits.burst.unwrap_or(rate.requests));
    Some(settings)
}

fn name_of(merged: &Node) -> Option<(&str, Place)> {
    let node = merged.get("name")?;
    Some((node.text()?, node.at))
}

fn unused_path(defaults: Option<&Node>, prefix: &str, report: &mut Report) {
    if let Some(entry) =
        defaults.and_then(|defaults| defaults.get("endpoint")).and_then(|endpoint| endpoint.entry("path"))
    {
        let path = format!("{prefix}resource_defaults.endpoint.path");
        report.note(
            entry.at,
            format!("{path}: is not used, as in dlt: every resource has a path of its own, or its name"),
        );
    }
}

fn unique_names(merged: &[Node], report: &mut Report) {
    let mut seen: HashMap<&str, Place> = HashMap::new();
    for (name, at) in merged.iter().filter_map(name_of) {
        if let Some(first) = seen.get(name) {
            report.mistake(
                at,
                format!(
                    "a second resource with the name {}; the first is in line {}",
                    quoted(name),
                    first.line
                ),
            );
        } else {
            seen.insert(name, at);
        }
    }
}

fn unknown_overrides(root: &Node, merged: &[Node], report: &mut Report) {
    let names: Vec<&str> = merged.iter().filter_map(name_of).map(|(name, _)| name).collect();
    // With a resource whose name could not be read, an override may well be that one's.
    if names.len() < merged.len() {
        return;
    }
    let known: std::collections::HashSet<&str> = names.iter().copied().collect();
    for entry in root.get("overrides").map(Node::entries).unwrap_or_default() {
        if !known.contains(entry.key.as_str()) {
            let hint = did_you_mean(&entry.key, &names);
            report.mistake(entry.at, format!("overrides: there is no resource {}{hint}", quoted(&entry.key)));
        }
    }
}

/// The topic of each resource, by the template.
struct Topics<'g> {
    connector: Option<&'g str>,
    name: Option<TopicName>,
}

impl<'g> Topics<'g> {
    fn new(given: &Given<'g>) -> Self {
        let written = given.root.get("topics").and_then(|topics| topics.get("name"));
        let name = match written.map(|node| &node.value) {
            None => TopicName::parse(TopicName::DEFAULT).ok(),
            Some(Value::String(template)) => TopicName::parse(template).ok(),
            Some(_) => None,
        };
        Self { connector: given.connector.map(ConnectorName::as_str), name }
    }

    fn of(&self, merged: &Node) -> Option<String> {
        Some(self.name.as_ref()?.of(self.connector?, name_of(merged)?.0))
    }
}

/// Which topics are taken. Two resources in one topic would overwrite and delete each other's records.
struct TopicUse {
    taken: HashMap<String, String>,
    template: Option<Place>,
    /// Without Kafka there will be no topic: the file is for `check`, `preview` and dlt.
    kafka: bool,
}

impl TopicUse {
    fn new(given: &Given<'_>) -> Self {
        let offsets =
            given.kafka.map(|kafka| (kafka.offsets_topic.clone(), "krest's source positions".to_owned()));
        let written = given.root.get("topics").and_then(|topics| topics.entry("name"));
        let template = written.map(|entry| entry.node.at);
        Self { taken: offsets.into_iter().collect(), template, kafka: given.root.get("kafka").is_some() }
    }

    fn take(&mut self, topic: Option<&str>, merged: &Node, report: &mut Report) {
        let (Some(topic), Some((name, at))) = (topic, name_of(merged)) else { return };
        if let Some(why) = illegal_topic(topic).filter(|_| self.kafka) {
            let text = format!(
                "the topic of the resource {} would be {}, which is no topic name: {why}; set \"topics.name\", or another name of the resource",
                quoted(name),
                quoted(topic)
            );
            report.mistake(at, text);
            return;
        }
        match self.taken.insert(topic.to_owned(), format!("the resource {}", quoted(name))) {
            Some(other) if other != format!("the resource {}", quoted(name)) => {
                let at = self.template.unwrap_or(at);
                report.mistake(
                    at,
                    format!(
                        "the topic {} would hold {other} and the resource {}; {}",
                        quoted(topic),
                        quoted(name),
                        "put {resource} into \"topics.name\""
                    ),
                );
            }
            _ => {}
        }
    }
}
