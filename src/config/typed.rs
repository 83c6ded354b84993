//! The typed configuration: what is left of a file once nothing in it is wrong.

use std::sync::Arc;

use super::changes::Changes;
use super::deletes::Deletes;
use super::delivery::Delivery;
use super::errors::Errors;
use super::format::Format;
use super::kafka::{Boundary, Kafka};
use super::limits::Limits;
use super::poll::Poll;
use super::registry::Registry;
use super::report::Note;
use super::retry::Retry;
use super::signals::{Notification, Signal};
use super::source::{
    Auth, ColumnHint, HardDelete, KeyPart, Method, OnMissing, Paginator, ResponseAction, RowOrder, Step,
};
use super::state::State;
use super::topics::Topics;
use super::tree::Place;
use crate::model::{AllowedHost, ConnectorName, CursorValue, Edges, Lag, ResourceName, Secret, Transport};
use crate::schema::Given;
use crate::template::{BodyTemplate, Template, UrlTemplate};

/// One connector, as the operator wrote it, with defaults filled in.
#[derive(Clone, Debug)]
pub struct Config {
    pub name: ConnectorName,
    /// As it is written; paths are joined to it in each resource's `url`.
    pub base_url: String,
    /// Sent with every request, in the order of the file.
    pub headers: Vec<(String, Secret)>,
    /// Hosts besides the API's own that its links and redirects may lead to.
    pub allowed_hosts: Vec<AllowedHost>,
    pub transport: Arc<Transport>,
    /// In the order of the file.
    pub resources: Vec<Resource>,
    /// `None` if the file has no `kafka:` block; then no command may talk to Kafka.
    pub kafka: Option<Kafka>,
    pub delivery: Delivery,
    /// How many tasks there may be; at least one.
    pub tasks_max: u32,
    pub topics: Topics,
    pub state: State,
    /// There wherever the format of a resource needs it.
    pub registry: Option<Registry>,
    pub signal: Signal,
    pub notification: Notification,
    /// In the order of the file.
    pub notes: Vec<Note>,
}

/// One resource, with the defaults, the client's paginator and the overrides merged in.
#[derive(Clone, Debug)]
pub struct Resource {
    pub name: ResourceName,
    /// Where its name stands in the file.
    pub at: Place,
    pub url: UrlTemplate,
    /// In the order in which they are sent; a list has become several of one name.
    pub params: Vec<(Template, Template)>,
    /// The parameters whose values came out of `${…}`.
    pub secret_params: Vec<String>,
    /// Sent after the client's; one without a value takes back the client's of the same name.
    pub headers: Vec<(Template, Option<Template>)>,
    pub body: BodyTemplate,
    pub method: Method,
    /// `None`: requests are not authenticated. The client's where the resource does not say otherwise.
    pub auth: Option<Auth>,
    pub response_actions: Vec<ResponseAction>,
    /// The one resource that its placeholders name.
    pub parent: Option<ResourceName>,
    /// Top-level fields of the parent's record.
    pub include_from_parent: Vec<String>,
    /// In the order in which they are applied.
    pub incremental: Option<Incremental>,
    pub steps: Vec<Step>,
    /// False: read for the resources that depend on it, and not published.
    pub selected: bool,
    /// Empty if there is none.
    pub primary_key: Vec<KeyPart>,
    /// The field that says whether a record is deleted.
    pub hard_delete: Option<HardDelete>,
    /// What is said of the types of single fields.
    pub columns: Vec<ColumnHint>,
    /// The schema of its values, if that is given.
    pub schema: Option<Given>,
    pub disposition: Disposition,
    /// A JSONPath that compiles; `None`: found in the first page.
    pub data_selector: Option<String>,
    /// The path ends in a placeholder and no selector was written: the selector is `$`, as in dlt.
    pub single_entity: bool,
    pub paginator: Paginator,
    /// A legal name that no other resource has.
    pub topic: String,
    /// Where its dead letters go: a legal name that is no output topic. `None` under `tolerance: none`.
    pub letters: Option<String>,
    /// Where its records are asked for one by one; only under `deletes.mode: probe`.
    pub probe: Option<UrlTemplate>,
    /// The top-level fields that its parent's key is made of.
    pub parent_key: Vec<String>,
    pub settings: Settings,
}

/// `endpoint.incremental`, its defaults filled in.
#[derive(Clone, Debug)]
pub struct Incremental {
    /// A JSONPath that compiles.
    pub cursor_path: String,
    pub initial: Option<CursorValue>,
    /// Beyond `initial`, which is there then.
    pub end: Option<CursorValue>,
    /// Not zero.
    pub lag: Option<Lag>,
    pub edges: Edges,
    pub row_order: Option<RowOrder>,
    pub on_missing: OnMissing,
    /// A jq expression.
    pub convert: Option<String>,
    /// False if `primary_key: []` switches it off.
    pub remembers_edge: bool,
}

/// What a scan does to the topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Changed records are published by their key.
    Merge,
    /// The scan is the whole truth: what it no longer shows is deleted.
    Replace,
    /// Every new record is published once; what a resource without a key gets.
    Append,
    /// The resource is not loaded.
    Skip,
}

/// The blocks that `overrides` may change for one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub poll: Poll,
    pub retry: Retry,
    /// `burst` is set wherever `rate` is.
    pub limits: Limits,
    /// If the resource has one of its own.
    pub boundary: Option<Boundary>,
    pub errors: Errors,
    pub format: Format,
    /// Paths that compile. Of no use where there is no primary key.
    pub changes: Changes,
    /// `mode` is set.
    pub deletes: Deletes,
}

impl Resource {
    /// What the parts of the primary key are called.
    pub fn key_names(&self) -> Vec<&str> {
        self.primary_key.iter().map(KeyPart::name).collect()
    }
}

impl Config {
    pub fn resource(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.name.as_str() == name)
    }
}
