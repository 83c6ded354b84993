//! Rules of `format:`, the file's own block and those in `overrides`, and the schemas that they name.

use std::collections::HashMap;

use super::resource::Parts;
use crate::config::format::{Format, KeyFormat, ValueFormat};
use crate::config::merge::overlay;
use crate::config::read::read;
use crate::config::registry::RegistryBlock;
use crate::config::report::{Report, below, quoted};
use crate::config::tree::Node;
use crate::config::typed::Disposition;
use crate::schema::{Field, Given, Record, Slot, Type, to_avro};

/// What has a meaning only for values that have a schema.
const OF_SCHEMAS: [&str; 4] = ["schema", "decimals", "timestamps", "conflicts"];

/// The schemas that are given, by resource.
pub(super) fn formats<'p>(
    root: &Node,
    resources: impl Iterator<Item = &'p Parts>,
    report: &mut Report,
) -> HashMap<String, Given> {
    let own = root.get("format");
    let shared = own.and_then(|own| given_schema(own, "format", report));
    own.into_iter().for_each(|own| digits(own, "format", report));
    let mut schemas = HashMap::new();
    let (mut registered, mut with_schema, mut enveloped) = (false, false, false);
    for parts in resources.filter(|parts| parts.disposition != Disposition::Skip) {
        with_schema |= has_schema(root, &parts.name);
        enveloped |= format_of(root, &parts.name).is_some_and(|format| format.envelope.has_before());
        let path = below(&below("overrides", &parts.name), "format");
        let over = override_of(root, &parts.name);
        registered |= registry(root, (over, &path), report);
        key_names(root, parts, report);
        over.into_iter().for_each(|over| digits(over, &path, report));
        let schema = match over.filter(|over| over.entry("schema").is_some()) {
            Some(over) => given_schema(over, &path, report),
            None => shared.clone(),
        };
        schemas.extend(schema.map(|schema| (parts.name.clone(), schema)));
    }
    if let Some(entry) =
        root.entry("registry").filter(|entry| !registered && root.given(&entry.key).is_some())
    {
        let text = "registry: the format of no resource needs it: set format.value: avro or json_sr, or format.key: avro, or take it out";
        report.note(entry.at, text);
    }
    own.into_iter().for_each(|own| note_unused(own, (with_schema, enveloped), report));
    schemas
}

/// What is there for values of another kind.
fn note_unused(own: &Node, (with_schema, enveloped): (bool, bool), report: &mut Report) {
    for entry in own.entries() {
        let key = entry.key.as_str();
        let lacking = if !with_schema && OF_SCHEMAS.contains(&key) {
            "counts for values that have a schema, and those of no resource have one: set value: json_schema"
        } else if !enveloped && key == "before" {
            "counts for values in an envelope, and those of no resource are in one: set envelope: debezium"
        } else {
            continue;
        };
        report.note(entry.at, format!("format.{key}: {lacking}"));
    }
}

/// Whether what is said of the types of a resource's fields has a meaning.
pub(super) fn has_schema(root: &Node, name: &str) -> bool {
    format_of(root, name).is_some_and(|format| format.value.has_schema() || format.key.needs_registry())
}

fn format_of(root: &Node, name: &str) -> Option<Format> {
    read(&overlay(root.get("format"), override_of(root, name)))
}

/// Avro has a name for each field of a key.
fn key_names(root: &Node, parts: &Parts, report: &mut Report) {
    if !format_of(root, &parts.name).is_some_and(|format| format.key == KeyFormat::Avro) {
        return;
    }
    let (slot, doc, default) = (Slot::required(Type::String), None, None);
    let fields = parts.primary_key.iter().map(|part| part.name().to_owned());
    let fields =
        fields.map(|name| Field { name, slot: slot.clone(), doc: doc.clone(), default: default.clone() });
    let record = Record::new("Key".to_owned(), None, fields.collect());
    if let Err(error) = to_avro(&Slot::required(Type::Record(record))) {
        let text = format!("the resource {}: format.key \"avro\": {error}", quoted(&parts.name));
        report.mistake(parts.at, text);
    }
}

fn override_of<'r>(root: &'r Node, name: &str) -> Option<&'r Node> {
    root.get("overrides")?.get(name)?.get("format")
}

/// Whether a resource needs the registry; where it is missing, the word that needs it is a mistake.
fn registry(root: &Node, (over, path): (Option<&Node>, &str), report: &mut Report) -> bool {
    let own = root.get("format");
    let Some(format) = read::<Format>(&overlay(own, over)) else { return false };
    let mut needed = false;
    for (key, needs) in [("key", format.key.needs_registry()), ("value", format.value.needs_registry())] {
        needed |= needs;
        let here = over.and_then(|over| over.entry(key)).map(|entry| (entry, path));
        let Some((entry, path)) = here.or(own.and_then(|own| Some((own.entry(key)?, "format")))) else {
            continue;
        };
        let word = quoted(entry.node.text().unwrap_or_default());
        if needs && root.given("registry").is_none() {
            let text = format!(
                "{path}.{key}: {word} names its schema by the id that a schema registry gives it, and there is no \"registry\": add registry: {{url: \"http://127.0.0.1:8081\"}}"
            );
            report.mistake(entry.node.at, text);
        } else if needs && format.value == ValueFormat::JsonSr && key == "value" && takes_latest(root) {
            let text = format!(
                "{path}.value: {word} is not with registry.use.latest.version: true, which writes by an Avro schema that is there; set it to false, or value: avro"
            );
            report.mistake(entry.node.at, text);
        }
    }
    needed
}

fn takes_latest(root: &Node) -> bool {
    root.given("registry").and_then(read::<RegistryBlock>).is_some_and(|block| block.use_latest)
}

fn given_schema(block: &Node, path: &str, report: &mut Report) -> Option<Given> {
    let file = block.given("schema")?.given("file")?;
    let name = file.text()?;
    let read = std::fs::read_to_string(name).map_err(|error| format!("cannot be read: {error}"));
    match read.and_then(|text| Given::read(&text).map_err(|error| error.to_string())) {
        Ok(schema) => Some(schema),
        Err(why) => {
            report.mistake(file.at, format!("{path}.schema.file: {} {}", quoted(name), worded(&why)));
            None
        }
    }
}

/// A sentence behind a file's name.
fn worded(why: &str) -> String {
    if why.starts_with("cannot") { why.to_owned() } else { format!("cannot be used: {why}") }
}

fn digits(block: &Node, path: &str, report: &mut Report) {
    let Some(decimals) = block.given("decimals") else { return };
    let number = |key: &str| decimals.given(key).and_then(read::<u32>);
    if let (Some(precision), Some(scale)) = (number("precision"), number("scale"))
        && scale > precision
    {
        let text = format!("{path}.decimals: of {precision} digits, {scale} cannot be behind the point");
        report.mistake(decimals.at, text);
    }
}
