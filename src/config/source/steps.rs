//! `processing_steps`: what is done to each record, as jq expressions.

use schemars::JsonSchema;
use serde::Deserialize;

/// One step; several keys in one step apply in the order filter, map, yield_map.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "processing_step")]
pub struct Step {
    /// A jq expression; records for which it is false or null are dropped.
    #[schemars(extend("format" = "jq"))]
    pub filter: Option<String>,
    /// A jq expression whose one output takes the record's place.
    #[schemars(extend("format" = "jq"))]
    pub map: Option<String>,
    /// A jq expression each of whose outputs is a record.
    #[schemars(extend("format" = "jq"))]
    pub yield_map: Option<String>,
}
