//! Asking for single rows by their keys: what is left of a record once it is missing.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::config;
use crate::model::{Json, Parent, ResourceName, Span};
use crate::poll::{Method, Paginator, Source};
use crate::records::KeyForm;
use crate::template::{BodyTemplate, UrlTemplate};

/// Where a row is asked for, and what its key is made of.
#[derive(Debug)]
pub struct Probe {
    pub source: Arc<Source>,
    /// How many fields the key has, and the names of the parent's.
    fields: usize,
    parent_fields: Vec<String>,
    /// How the keys are written, the parent's too.
    form: KeyForm,
    parent_form: KeyForm,
}

impl Probe {
    /// The resource's own requests, but for one record: without parameters, and without rules for pages.
    pub(super) fn new(
        url: UrlTemplate,
        source: &Source,
        resource: &config::Resource,
        (form, parent_form): (KeyForm, KeyForm),
    ) -> Self {
        let source = Source {
            url,
            method: Method::Get,
            params: Vec::new(),
            body: BodyTemplate::None,
            actions: Vec::new(),
            paginator: Paginator::SinglePage,
            row_order: None,
            ..source.clone()
        };
        Self {
            source: Arc::new(source),
            fields: resource.primary_key.len(),
            parent_fields: resource.parent_key.clone(),
            form,
            parent_form,
        }
    }

    /// What the path is filled from; `None` if the key is not of this form.
    pub fn record(&self, resource: &ResourceName, key: &[u8], parent: Option<&[u8]>) -> Option<Parent> {
        let key = std::str::from_utf8(key).ok()?;
        let mut record = Map::new();
        for (place, value) in values(key, self.fields, self.form)?.into_iter().enumerate() {
            record.insert(config::probed_field(place), value);
        }
        if let Some(parent) = parent.and_then(|parent| std::str::from_utf8(parent).ok()) {
            let values = values(parent, self.parent_fields.len(), self.parent_form).unwrap_or_default();
            record.extend(self.parent_fields.iter().cloned().zip(values));
        }
        let body = Bytes::from(Value::Object(record).to_string());
        let span = Span { start: 0, end: u32::try_from(body.len()).ok()? };
        Some(Parent::new(resource.clone(), body, span, key.to_owned()))
    }
}

/// The fields of a key, as texts: a key of one is that field's text, one of several a JSON object in their order.
fn values(key: &str, fields: usize, form: KeyForm) -> Option<Vec<Value>> {
    if fields < 2 {
        return Some(vec![Value::from(form.plain(key))]);
    }
    let object = Json::parse(key.as_bytes()).ok()?;
    let text = |value: Json<'_>| value.as_str().map_or_else(|| value.text().to_owned(), Into::into);
    let values: Vec<Value> = object.fields().map(|(_, value)| Value::from(text(value))).collect();
    (values.len() == fields).then_some(values)
}
