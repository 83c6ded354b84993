//! `state:` — where krest keeps what can be read from Kafka again.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Where krest keeps what can be read from Kafka again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "state", extend("x-krest" = true))]
pub struct State {
    /// A directory that only this connector uses; relative to the working directory.
    #[schemars(extend("default" = "./state"))]
    pub dir: PathBuf,
}

impl Default for State {
    fn default() -> Self {
        Self { dir: PathBuf::from("./state") }
    }
}
