//! `source.resources`, `source.resource_defaults` and their endpoints.

use schemars::JsonSchema;
use serde::Deserialize;

use super::paginator::Paginator;
use crate::config::ordered::Ordered;
use crate::config::units::Scalar;

/// A resource by its name alone, which is also its path, or as a mapping.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "resource_form", inline)]
#[expect(dead_code, reason = "the shape of the block; read as `Resource` once the short form is written out")]
pub(crate) enum ResourceForm {
    Name(String),
    Full(Box<Resource>),
}

/// One endpoint of the API, one Kafka topic.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "resource")]
pub(crate) struct Resource {
    /// The name of the resource, and the path if the endpoint has none.
    pub name: String,
    /// The path alone, or a mapping.
    #[schemars(with = "Option<EndpointForm>")]
    pub endpoint: Option<Endpoint>,
    /// The field or fields that identify a record; they become the key of the message.
    pub primary_key: Option<Keys>,
    /// What a scan does to the topic; `merge` publishes changed records by their key.
    pub write_disposition: Option<WriteDisposition>,
}

/// Keys that every resource takes over unless it says otherwise.
#[derive(JsonSchema)]
#[schemars(rename = "resource_defaults", deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of the block; merged into each resource before it is read")]
pub(crate) struct ResourceDefaults {
    /// What the endpoints have in common.
    endpoint: Option<Endpoint>,
    /// The field or fields that identify a record; they become the key of the message.
    primary_key: Option<Keys>,
    /// What a scan does to the topic; `merge` publishes changed records by their key.
    write_disposition: Option<WriteDisposition>,
}

/// The path alone, or a mapping.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "endpoint_form", inline)]
#[expect(dead_code, reason = "the shape of the block; read as `Endpoint` once the short form is written out")]
pub(crate) enum EndpointForm {
    Path(String),
    Full(Box<Endpoint>),
}

/// What is asked for, and where the records stand in the answer.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "endpoint")]
pub(crate) struct Endpoint {
    /// Appended to `base_url`; the name of the resource if not given. A full URL replaces `base_url`.
    #[expect(dead_code, reason = "read from the tree, where the resource's name can stand in for it")]
    pub path: Option<String>,
    /// Query parameters. A list repeats the parameter, null leaves it out.
    pub params: Option<Ordered<Option<ParamValue>>>,
    /// JSONPath of the records in an answer; found in the first page if not given.
    #[schemars(extend("format" = "jsonpath"))]
    pub data_selector: Option<String>,
    /// How the pages follow each other; the client's paginator if not given.
    pub paginator: Option<Paginator>,
}

/// One field, or several that identify a record together.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "primary_key")]
pub(crate) enum Keys {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "param")]
pub(crate) enum ParamValue {
    One(Scalar),
    Several(Vec<Scalar>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "write_disposition")]
pub(crate) enum WriteDisposition {
    Merge,
}

impl Keys {
    pub(crate) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(key) => vec![key],
            Self::Several(keys) => keys,
        }
    }
}

impl ParamValue {
    pub(crate) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(Scalar(text)) => vec![text],
            Self::Several(values) => values.into_iter().map(|Scalar(text)| text).collect(),
        }
    }
}
