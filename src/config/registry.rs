//! `registry:` — the schema registry that `avro` and `json_sr` name their schemas by. Confluent's names for its clients' settings.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::secret::SecretText;
use crate::model::{Secret, Tls};

/// The schema registry that `avro` and `json_sr` name their schemas by: Confluent's, or one with its API.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "registry", extend("x-krest" = true))]
pub(crate) struct RegistryBlock {
    /// Its URL; several with commas are those of one registry, and are tried in turn.
    #[schemars(extend("format" = "registry-urls"))]
    pub url: String,
    /// User name and password: `user:password`.
    #[serde(rename = "basic.auth.user.info")]
    pub user_info: Option<SecretText>,
    /// Where they stand: `USER_INFO` in `basic.auth.user.info`, `URL` in `url`. Not given: wherever they are.
    #[serde(rename = "basic.auth.credentials.source")]
    pub basic_source: Option<BasicSource>,
    /// A token in their place.
    #[serde(rename = "bearer.auth.token")]
    pub token: Option<SecretText>,
    /// Where that stands.
    #[serde(rename = "bearer.auth.credentials.source")]
    pub bearer_source: Option<BearerSource>,
    /// A PEM file with the authorities that are trusted, in place of this machine's.
    #[serde(rename = "ssl.ca.location")]
    pub ca: Option<String>,
    /// A PEM file with krest's own certificate, intermediate certificates behind it.
    #[serde(rename = "ssl.certificate.location")]
    pub certificate: Option<String>,
    /// A PEM file with its private key, not encrypted; not given: it stands in the certificate's file.
    #[serde(rename = "ssl.key.location")]
    pub key: Option<String>,
    /// Whether schemas that it lacks are registered; otherwise they are looked up, and have to be there.
    #[serde(rename = "auto.register.schemas", default = "yes")]
    #[schemars(extend("default" = true))]
    pub auto_register: bool,
    /// Whether values are written by the newest schema of their subject, whatever was learned from the records. Needs
    /// `auto.register.schemas: false`.
    #[serde(rename = "use.latest.version", default)]
    #[schemars(extend("default" = false))]
    pub use_latest: bool,
    /// Whether the registry compares what schemas mean, rather than their text.
    #[serde(rename = "normalize.schemas", default)]
    #[schemars(extend("default" = false))]
    pub normalize: bool,
    /// The subject of a key's schema: `<topic>-key`, the name of its record, or `<topic>-<name of its record>`.
    #[serde(rename = "key.subject.name.strategy", default)]
    #[schemars(extend("default" = "TopicNameStrategy"))]
    pub key_strategy: NameStrategy,
    /// The subject of a value's schema: `<topic>-value`, the name of its record, or `<topic>-<name of its record>`.
    #[serde(rename = "value.subject.name.strategy", default)]
    #[schemars(extend("default" = "TopicNameStrategy"))]
    pub value_strategy: NameStrategy,
    /// How long a request may take.
    #[serde(rename = "request.timeout.ms", default = "thirty_seconds")]
    #[schemars(range(min = 1, max = 600_000), extend("default" = 30_000))]
    pub timeout_ms: u64,
    /// Repetitions after the first attempt, where it cannot be reached or fails by itself; 0 for none.
    #[serde(rename = "max.retries", default = "three")]
    #[schemars(range(max = 100), extend("default" = 3))]
    pub max_retries: u32,
    /// The first wait; each is twice the one before it.
    #[serde(rename = "retries.wait.ms", default = "one_second")]
    #[schemars(range(min = 1, max = 600_000), extend("default" = 1_000))]
    pub wait_ms: u64,
    /// No wait is longer; a registry that asks for more counts as away.
    #[serde(rename = "retries.max.wait.ms", default = "twenty_seconds")]
    #[schemars(range(min = 1, max = 600_000), extend("default" = 20_000))]
    pub max_wait_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "registry_basic_source")]
pub(crate) enum BasicSource {
    UserInfo,
    Url,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schemars(rename = "registry_bearer_source")]
pub(crate) enum BearerSource {
    StaticToken,
}

/// What subjects are called; by Confluent's names, with or without their Java package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "subject_name_strategy", extend("enum" = [
    "TopicNameStrategy", "RecordNameStrategy", "TopicRecordNameStrategy",
    "io.confluent.kafka.serializers.subject.TopicNameStrategy",
    "io.confluent.kafka.serializers.subject.RecordNameStrategy",
    "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy",
]))]
pub enum NameStrategy {
    #[default]
    #[serde(rename = "TopicNameStrategy", alias = "io.confluent.kafka.serializers.subject.TopicNameStrategy")]
    Topic,
    #[serde(
        rename = "RecordNameStrategy",
        alias = "io.confluent.kafka.serializers.subject.RecordNameStrategy"
    )]
    Record,
    #[serde(
        rename = "TopicRecordNameStrategy",
        alias = "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy"
    )]
    TopicRecord,
}

/// How the registry is reached and what it may be asked for, as the operator wrote it.
#[derive(Clone, Debug)]
pub struct Registry {
    /// At least one; without user info.
    pub urls: Vec<Url>,
    /// Which registry this is: its URLs without secrets.
    pub identity: String,
    pub credentials: RegistryCredentials,
    pub tls: Tls,
    pub auto_register: bool,
    /// Never together with `auto_register`.
    pub use_latest: bool,
    pub normalize: bool,
    pub key_strategy: NameStrategy,
    pub value_strategy: NameStrategy,
    pub timeout: Duration,
    pub max_retries: u32,
    pub wait: Duration,
    pub max_wait: Duration,
}

/// Who asks the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryCredentials {
    None,
    /// User name and password.
    Basic(Secret, Secret),
    Bearer(Secret),
}

/// The URLs of a text with commas; `None` if one of them is none that a registry can have.
pub(crate) fn registry_urls(text: &str) -> Option<Vec<Url>> {
    let parse = |part: &str| {
        let url = Url::parse(part.trim()).ok()?;
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        (is_http && url.query().is_none() && url.fragment().is_none()).then_some(url)
    };
    text.split(',').map(parse).collect()
}

fn yes() -> bool {
    true
}

fn thirty_seconds() -> u64 {
    30_000
}

fn three() -> u32 {
    3
}

fn one_second() -> u64 {
    1_000
}

fn twenty_seconds() -> u64 {
    20_000
}
