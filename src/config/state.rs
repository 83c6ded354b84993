//! `state:` — where krest keeps what can be read from Kafka again.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::units;

/// Where krest keeps what can be read from Kafka again, and how much of it in memory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "state", extend("x-krest" = true))]
pub struct State {
    /// A directory, relative to the working directory. Each connector has one of its own in it, named after it.
    #[schemars(extend("default" = "./state"))]
    pub dir: PathBuf,
    /// How much memory the connector may use for what its topics hold, some 70 bytes a key; what does not fit is looked up on
    /// disk.
    #[serde(deserialize_with = "units::size")]
    #[schemars(schema_with = "units::size_schema", extend("default" = "512MiB"))]
    pub memory: u64,
}

impl Default for State {
    fn default() -> Self {
        Self { dir: PathBuf::from("./state"), memory: 512 << 20 }
    }
}
