//! What the keys of a resource's messages look like.

use std::sync::Arc;

use super::format::record_name;
use super::registry::home;
use crate::config::{self, ColumnHint, Config, DataType, Disposition, KeyFormat, Resource};
use crate::encode::{AvroKeys, ConnectKeys, KeyCodec, KeyField, KeyRow, KeyType};
use crate::model::SchemaOf;
use crate::records::KeyForm;
use crate::schema::{Slot, Type};

/// How the text of a resource's key is written.
pub(super) fn key_form(format: &config::Format) -> KeyForm {
    match format.key {
        KeyFormat::String => KeyForm::Text,
        KeyFormat::Json => KeyForm::Json,
        KeyFormat::JsonSchema | KeyFormat::Avro => KeyForm::Typed,
    }
}

/// The keys, and what they are called where they are compared with those that a topic is filled with: another name is other bytes.
pub(super) fn keys(config: &Config, resource: &Resource) -> (&'static str, KeyCodec) {
    let format = &resource.settings.format;
    let names = key_names(resource);
    let sole = match names.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    };
    match (format.key, is_debezium(format)) {
        (KeyFormat::String, _) => ("string", KeyCodec::Text),
        (KeyFormat::Json, true) => match sole {
            Some(field) => ("json_struct", KeyCodec::Struct(field.into())),
            None => ("json", KeyCodec::Text), // which is an object anyway
        },
        (KeyFormat::Json, false) => ("json", KeyCodec::Text),
        (KeyFormat::JsonSchema, false) => ("json_schema", KeyCodec::Connect(Arc::default())),
        (KeyFormat::JsonSchema, true) => {
            let keys = ConnectKeys { field: sole, name: Some(format!("{}.Key", resource.topic)) };
            ("json_schema_struct", KeyCodec::Connect(Arc::new(keys)))
        }
        (KeyFormat::Avro, _) if is_keyless(resource) => ("avro", KeyCodec::Text), // no message has one: nothing is to be registered
        (KeyFormat::Avro, _) => {
            let name = format!("{}.Key", record_name(config, resource));
            let home = home(config, resource, SchemaOf::Key);
            let fields = names.into_iter().map(|name| KeyField { ty: known(resource, &name), name });
            ("avro", KeyCodec::Avro(Arc::new(AvroKeys::new(name, home, fields.collect()))))
        }
    }
}

/// What the keys tell of their rows.
pub(super) fn key_row(resource: &Resource) -> KeyRow {
    match (resource.primary_key.as_slice(), key_form(&resource.settings.format)) {
        ([], _) => KeyRow::Nothing,
        ([one], KeyForm::Text) => KeyRow::Bare(one.name().into()),
        ([one], KeyForm::Json | KeyForm::Typed) => KeyRow::Json(one.name().into()),
        ([_, _, ..], _) => KeyRow::Object,
    }
}

fn is_debezium(format: &config::Format) -> bool {
    match format.envelope {
        config::Envelope::None => false,
        config::Envelope::Debezium => true,
    }
}

/// A log without a primary key.
fn is_keyless(resource: &Resource) -> bool {
    resource.primary_key.is_empty() && resource.disposition == Disposition::Append
}

/// The names of a key's fields. Without a primary key, a record's fingerprint is its key.
fn key_names(resource: &Resource) -> Vec<String> {
    if resource.primary_key.is_empty() {
        return vec!["fingerprint".to_owned()];
    }
    resource.primary_key.iter().map(|part| part.name().to_owned()).collect()
}

/// What the operator says of a field, where that tells what it is as a part of a key.
fn known(resource: &Resource, name: &str) -> Option<KeyType> {
    if resource.primary_key.is_empty() {
        return Some(KeyType::String);
    }
    let hint = resource.columns.iter().find(|column| column.name == name).and_then(of_hint);
    hint.or_else(|| of_schema(&resource.schema.as_ref()?.slot, name))
}

fn of_hint(column: &ColumnHint) -> Option<KeyType> {
    match column.data_type? {
        DataType::Text | DataType::Time => Some(KeyType::String),
        DataType::Bool => Some(KeyType::Boolean),
        DataType::Bigint => Some(KeyType::Long),
        // Of values only: as a part of a key it is what stands in the record.
        DataType::Double
        | DataType::Timestamp
        | DataType::Binary
        | DataType::Json
        | DataType::Decimal
        | DataType::Wei
        | DataType::Date => None,
    }
}

fn of_schema(schema: &Slot, name: &str) -> Option<KeyType> {
    let Type::Record(record) = &schema.ty else { return None };
    match &record.find(name)?.1.slot.ty {
        Type::Boolean => Some(KeyType::Boolean),
        Type::Int | Type::Long => Some(KeyType::Long),
        Type::String | Type::Enum { .. } => Some(KeyType::String),
        Type::Float
        | Type::Double
        | Type::Json
        | Type::Bytes
        | Type::Decimal { .. }
        | Type::Date
        | Type::Timestamp(_)
        | Type::Array(_)
        | Type::Map(_)
        | Type::Record(_) => None,
    }
}
