//! Files with a parent `posts` and a child, and what the child then sends.

use std::path::Path;

use crate::config::{Config, Resource};
use crate::model::{Parent, Redactor, ResourceName, Span};
use crate::template::{Binding, BodyTemplate, Template};

const CLIENT: &str = "client: {base_url: 'https://h/v1', paginator: {type: offset, limit: 5}}\n";

pub(super) fn parse(text: &str) -> Result<Config, String> {
    parse_with(text, &Redactor::default())
}

/// `${env:KEY}` is `canary{x}`.
pub(super) fn parse_with(text: &str, redactor: &Redactor) -> Result<Config, String> {
    let environment = |name: &str| (name == "KEY").then(|| "canary{x}".to_owned());
    let text = format!("{CLIENT}{text}");
    Config::parse(text.as_bytes(), Path::new("f.yaml"), &environment, redactor)
        .map_err(|mistakes| mistakes.to_string())
}

pub(super) fn good(text: &str) -> Config {
    parse(text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The second resource, which may name the first one, `posts`.
pub(super) fn child(endpoint: &str) -> Resource {
    good(&with_child(endpoint)).resources.swap_remove(1)
}

pub(super) fn mistakes(endpoint: &str) -> String {
    parse(&with_child(endpoint)).expect_err(endpoint)
}

fn with_child(endpoint: &str) -> String {
    format!("resources:\n- posts\n- name: child\n  endpoint: {endpoint}\n")
}

/// What a resource sends for the record with the id 7.
pub(super) struct Sent {
    pub url: String,
    pub params: String,
    pub headers: String,
    pub body: String,
}

pub(super) fn sent(resource: &Resource) -> Sent {
    let record = r#"{"id":7,"o":{"k":true},"n":1.50}"#;
    let span = Span { start: 0, end: u32::try_from(record.len()).unwrap() };
    let parent = Parent::new(ResourceName::new("posts"), record.into(), span, "7".to_owned());
    let binding = Binding { parent: Some(&parent), window: None };
    let pair = |name: &Template, value: &Template| {
        let value = value.render_if_set(&binding).unwrap().unwrap_or_else(|| "(unset)".to_owned());
        format!("{}={value}", name.render(&binding).unwrap())
    };
    let pairs = |list: &[(Template, Template)]| {
        list.iter().map(|(name, value)| pair(name, value)).collect::<Vec<_>>().join("&")
    };
    let header = |(name, value): &(Template, Option<Template>)| {
        value.as_ref().map_or_else(|| format!("-{}", name.shown()), |value| pair(name, value))
    };
    Sent {
        url: resource.url.render(&binding).unwrap().to_string(),
        params: pairs(&resource.params),
        headers: resource.headers.iter().map(header).collect::<Vec<_>>().join("&"),
        body: match &resource.body {
            BodyTemplate::None => "none".to_owned(),
            BodyTemplate::Json(json) => json.render(&binding).unwrap(),
            BodyTemplate::Text(text) => format!("text:{}", text.render(&binding).unwrap()),
            BodyTemplate::Form(fields) => format!("form:{}", pairs(fields)),
        },
    }
}
