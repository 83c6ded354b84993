//! `source.resources`, `source.resource_defaults` and their endpoints.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::actions::ResponseAction;
use super::auth::Auth;
use super::disposition::WriteDisposition;
use super::hints::{Columns, FreeMap, SchemaContract, TableFormat};
use super::incremental::Incremental;
use super::keys::{Keys, Names};
use super::paginator::Paginator;
use super::params::{HeaderValue, ParamValue};
use super::steps::Step;
use crate::config::free::Free;
use crate::config::ordered::Ordered;

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
#[expect(dead_code, reason = "hints without a meaning for a topic are noted from the tree")]
pub(crate) struct Resource {
    /// The name of the resource, and the path if the endpoint has none.
    pub name: String,
    /// The path alone, or a mapping.
    #[schemars(with = "Option<EndpointForm>")]
    pub endpoint: Option<Endpoint>,
    /// Top-level fields of the parent's record that every record of this resource gets, as `_<parent>_<field>`.
    pub include_from_parent: Option<Vec<String>>,
    /// What is done to each record before it is compared.
    pub processing_steps: Option<Vec<Step>>,
    /// The field or fields that identify a record; they become the key of the message.
    pub primary_key: Option<Keys>,
    /// Accepted: it has no meaning for a topic.
    merge_key: Option<Names>,
    /// What a scan does to the topic; not given: `merge` where there is a `primary_key`, else `append`.
    pub write_disposition: Option<WriteDisposition>,
    /// False: read only for the resources that depend on it, and not published.
    pub selected: Option<bool>,
    /// Accepted: pages of several parents are asked for at the same time anyway.
    parallelized: Option<bool>,
    /// Columns that say they are the `primary_key`; their other hints have no meaning for a topic.
    pub columns: Option<Columns>,
    /// Accepted: it has no meaning for a topic.
    table_name: Option<String>,
    /// Accepted: it has no meaning for a topic.
    parent_table_name: Option<String>,
    /// Accepted: it has no meaning for a topic.
    schema_contract: Option<SchemaContract>,
    /// Accepted: it has no meaning for a topic.
    table_format: Option<TableFormat>,
    /// Accepted: it has no meaning for a topic.
    file_format: Option<String>,
    /// Accepted: it has no meaning for a topic.
    references: Option<Vec<FreeMap>>,
    /// Accepted: it has no meaning for a topic.
    nested_hints: Option<BTreeMap<String, FreeMap>>,
    /// Accepted: it has no meaning for a topic.
    max_table_nesting: Option<u64>,
}

/// Keys that every resource takes over unless it says otherwise.
#[derive(JsonSchema)]
#[schemars(rename = "resource_defaults", deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of the block; merged into each resource before it is read")]
pub(crate) struct ResourceDefaults {
    /// What the endpoints have in common.
    endpoint: Option<Endpoint>,
    /// Top-level fields of the parent's record that every record of this resource gets, as `_<parent>_<field>`.
    include_from_parent: Option<Vec<String>>,
    /// What is done to each record before it is compared.
    processing_steps: Option<Vec<Step>>,
    /// The field or fields that identify a record; they become the key of the message.
    primary_key: Option<Keys>,
    /// Accepted: it has no meaning for a topic.
    merge_key: Option<Names>,
    /// What a scan does to the topic; not given: `merge` where there is a `primary_key`, else `append`.
    write_disposition: Option<WriteDisposition>,
    /// False: read only for the resources that depend on it, and not published.
    selected: Option<bool>,
    /// Accepted: pages of several parents are asked for at the same time anyway.
    parallelized: Option<bool>,
    /// Columns that say they are the `primary_key`; their other hints have no meaning for a topic.
    columns: Option<Columns>,
    /// Accepted: it has no meaning for a topic.
    table_name: Option<String>,
    /// Accepted: it has no meaning for a topic.
    parent_table_name: Option<String>,
    /// Accepted: it has no meaning for a topic.
    schema_contract: Option<SchemaContract>,
    /// Accepted: it has no meaning for a topic.
    table_format: Option<TableFormat>,
    /// Accepted: it has no meaning for a topic.
    file_format: Option<String>,
    /// Accepted: it has no meaning for a topic.
    references: Option<Vec<FreeMap>>,
    /// Accepted: it has no meaning for a topic.
    nested_hints: Option<BTreeMap<String, FreeMap>>,
    /// Accepted: it has no meaning for a topic.
    max_table_nesting: Option<u64>,
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
    /// The method of the requests.
    #[serde(default)]
    #[schemars(extend("default" = "GET"))]
    pub method: Method,
    /// Query parameters. A list repeats the parameter, null leaves it out.
    #[expect(dead_code, reason = "read from the tree, where values have places")]
    #[schemars(with = "Option<Ordered<ParamValue>>")]
    pub params: Option<Free>,
    /// Sent as a JSON body.
    #[expect(dead_code, reason = "read from the tree, where numbers keep their text")]
    #[schemars(with = "Option<Ordered<Free>>")]
    pub json: Option<Free>,
    /// Sent as a form if it is a mapping or a list of pairs; a text is sent as it is.
    #[expect(dead_code, reason = "read from the tree, where maps keep their order")]
    pub data: Option<Free>,
    /// Sent with every request of this resource, besides the client's.
    #[expect(dead_code, reason = "read from the tree, where values have places")]
    #[schemars(with = "Option<Ordered<HeaderValue>>")]
    pub headers: Option<Free>,
    /// How requests are authenticated; null switches it off, not given: the client's.
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Option<Auth>")]
    pub auth: Option<Option<Auth>>,
    /// Answers that are treated otherwise than their status says.
    pub response_actions: Option<Vec<ResponseAction>>,
    /// A cursor that moves from scan to scan.
    #[expect(dead_code, reason = "read from the tree, where values have places")]
    pub incremental: Option<Incremental>,
    /// JSONPath of the records in an answer; found in the first page if not given.
    #[schemars(extend("format" = "jsonpath"))]
    pub data_selector: Option<String>,
    /// How the pages follow each other; the client's paginator if not given.
    pub paginator: Option<Paginator>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(rename = "method")]
pub enum Method {
    #[default]
    Get,
    Post,
}

/// A key that is there, null or not.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
