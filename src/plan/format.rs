//! What keys and values of a resource's messages look like.

use std::sync::Arc;

use super::keys::{key_row, keys};
use super::registry::home;
use crate::config::{
    self, ColumnHint, Config, DataType, Envelope, HeaderWord, Precision, Resource, Timestamps as Times,
    ValueFormat,
};
use crate::encode::{HeaderName, KeyCodec, KeyRow, Layout, ValueForm, Values};
use crate::model::{SchemaMemory, SchemaOf};
use crate::schema::{Conflicts, Decimals, Hint, Plan, Rules, Timestamps, Type, Unit, Unreadable};

/// The form of a resource's messages.
#[derive(Clone, Debug)]
pub struct FormatPlan {
    /// As `format.key` names it, and whether keys are Debezium's where that makes others of them: part of the rows' identity.
    pub key: &'static str,
    pub keys: KeyCodec,
    pub key_row: KeyRow,
    pub value: ValueForm,
    /// Whether values are Debezium's events.
    pub envelope: bool,
    /// Whether the text of each row is kept, for the event that replaces it.
    pub keeps_before: bool,
    /// What each message tells of where it comes from.
    pub headers: Vec<HeaderName>,
    pub schema: Arc<Plan>,
}

impl FormatPlan {
    pub(super) fn of(config: &Config, resource: &Resource) -> Self {
        let (key, keys) = keys(config, resource);
        let value = match resource.settings.format.value {
            ValueFormat::Json => ValueForm::Own,
            ValueFormat::JsonSchema => ValueForm::Connect,
            ValueFormat::Avro => ValueForm::Avro(home(config, resource, SchemaOf::Value)),
            ValueFormat::JsonSr => ValueForm::JsonSchema(home(config, resource, SchemaOf::Value)),
        };
        let format = &resource.settings.format;
        let envelope = match format.envelope {
            Envelope::None => false,
            Envelope::Debezium => true,
        };
        let rules = Rules { envelope, ..rules(config, resource) };
        Self {
            key,
            keys,
            key_row: key_row(resource),
            value,
            envelope,
            keeps_before: format.keeps_before(),
            headers: headers(&format.headers),
            schema: Arc::new(Plan { rules, given: resource.schema.clone() }),
        }
    }

    /// What values look like.
    pub fn layout(&self) -> Layout {
        Layout { form: self.value.clone(), envelope: self.envelope }
    }

    /// What makes the values, with what is remembered of their schema.
    pub fn values(&self, remembered: Option<&SchemaMemory>) -> Result<Values, Unreadable> {
        Values::new(&self.value, &self.schema, remembered)
    }

    /// What learns the schema of a resource, whether or not its messages have one.
    pub fn learner(&self) -> Values {
        Values::learning(&self.schema)
    }
}

/// In the order of the words, each once.
fn headers(words: &[HeaderWord]) -> Vec<HeaderName> {
    let mut names = Vec::with_capacity(words.len());
    for word in words {
        let name = match word {
            HeaderWord::Connector => HeaderName::Connector,
            HeaderWord::Resource => HeaderName::Resource,
            HeaderWord::Scan => HeaderName::Scan,
            HeaderWord::Page => HeaderName::Page,
            HeaderWord::Url => HeaderName::Url,
            HeaderWord::FetchedAt => HeaderName::FetchedAt,
            HeaderWord::Etag => HeaderName::Etag,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn rules(config: &Config, resource: &Resource) -> Rules {
    let format = &resource.settings.format;
    Rules {
        name: format!("{}.Value", record_name(config, resource)),
        conflicts: match format.conflicts {
            config::Conflicts::Error => Conflicts::Error,
            config::Conflicts::String => Conflicts::String,
        },
        decimals: match format.decimals {
            config::Decimals::Word(_) => Decimals::String,
            config::Decimals::Exact(Precision { precision, scale }) => Decimals::Exact { precision, scale },
        },
        timestamps: match format.timestamps {
            Times::String => Timestamps::String,
            Times::Millis => Timestamps::In(Unit::Millis),
            Times::Micros => Timestamps::In(Unit::Micros),
        },
        envelope: false,
        hints: resource.columns.iter().map(|column| (column.name.clone(), hint(column))).collect(),
    }
}

/// What the names of a resource's schemas begin with.
pub(super) fn record_name(config: &Config, resource: &Resource) -> String {
    format!("{}.{}", part(config.name.as_str()), part(resource.name.as_str()))
}

/// One part of a name with dots.
fn part(name: &str) -> String {
    name.replace('.', "_")
}

/// dlt's types. What it would store in a column of a type that Kafka's readers do not have is a text.
fn hint(column: &ColumnHint) -> Hint {
    let precision = column.precision.unwrap_or(38);
    let scale = column.scale.unwrap_or(precision.min(9));
    let ty = column.data_type.map(|ty| match ty {
        DataType::Text | DataType::Time => Type::String,
        DataType::Double => Type::Double,
        DataType::Bool => Type::Boolean,
        DataType::Timestamp if column.precision.is_some_and(|precision| precision > 3) => {
            Type::Timestamp(Unit::Micros)
        }
        DataType::Timestamp => Type::Timestamp(Unit::Millis),
        DataType::Bigint => Type::Long,
        DataType::Binary => Type::Bytes,
        DataType::Json => Type::Json,
        DataType::Decimal => Type::Decimal { precision, scale },
        DataType::Wei => Type::Decimal { precision: 38, scale: 0 },
        DataType::Date => Type::Date,
    });
    Hint { ty, nullable: column.nullable, doc: column.description.clone() }
}
