//! The types as JSON Schema: what editors complete and underline by, and what `check` judges by.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Value as Json, json};

use super::file::File;
use super::source::Source;

/// The schema of a configuration file: krest's own, or a bare dlt dictionary. Checked in as `schemas/krest.schema.json`.
pub fn schema() -> &'static Json {
    static SCHEMA: LazyLock<Json> = LazyLock::new(generate);
    &SCHEMA
}

/// Where the schema of krest's own file stands.
pub(crate) const OWN: &str = "#/$defs/connector";
/// Where the schema of a bare dlt dictionary stands.
pub(crate) const BARE: &str = "#/$defs/source";

fn generate() -> Json {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<File>();
    generator.subschema_for::<Source>();
    let definitions = generator.take_definitions(true);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "krest",
        "description": "A krest connector, or a bare dlt REST API source dictionary. Keys marked x-krest are krest's own, the others are dlt's.",
        "if": {"anyOf": [{"required": ["client"]}, {"required": ["resources"]}]},
        "then": {"$ref": BARE},
        "else": {"$ref": OWN},
        "$defs": definitions,
    })
}

/// The keys of dlt's grammar that krest reads: block (its name in the schema) and key, in alphabetical order.
pub fn dlt_keys() -> Vec<(String, String)> {
    let definitions = schema().get("$defs").and_then(Json::as_object);
    let mut keys = Vec::new();
    for block in ["source", "client", "auth", "paginator", "resource", "resource_defaults", "endpoint"] {
        if let Some(definition) = definitions.and_then(|definitions| definitions.get(block)) {
            collect_keys(definition, &mut |key| keys.push((block.to_owned(), key.to_owned())));
        }
    }
    keys.sort();
    keys.dedup();
    keys
}

fn collect_keys(schema: &Json, add: &mut impl FnMut(&str)) {
    for key in schema.get("properties").and_then(Json::as_object).into_iter().flat_map(serde_json::Map::keys)
    {
        add(key);
    }
    for keyword in ["anyOf", "oneOf"] {
        for form in schema.get(keyword).and_then(Json::as_array).into_iter().flatten() {
            collect_keys(form, add);
        }
    }
}
