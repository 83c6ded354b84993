//! `changes:` — what counts as a change of a record.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// What counts as a change of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "changes", extend("x-krest" = true))]
pub struct Changes {
    /// Fields whose change alone is none, such as `last_seen`: JSONPaths in dlt's dialect. Of what `only_fields` names, if that is
    /// given, too.
    #[schemars(schema_with = "paths")]
    pub ignore_fields: Vec<String>,
    /// The fields whose change is one, and no others: JSONPaths in dlt's dialect. Empty or not given: all.
    #[schemars(schema_with = "paths")]
    pub only_fields: Vec<String>,
}

fn paths(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "format": "jsonpath" } })
}
