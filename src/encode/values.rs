//! A record to the bytes of a message's value: the one place where that happens, whatever the format. Where values have a schema, it
//! is learned here, before anything is written by it.

use std::sync::Arc;

use bytes::Bytes;

use super::envelope::{Envelope, after};
use super::with_schema::{Home, WithSchema};
use super::{KeyCodec, Metadata};
use crate::model::{HEADER_BYTES, Json, Kind, NoMessage, Record, SchemaId, SchemaMemory, SchemaText};
use crate::schema::{Given, Learned, Misfit, Plan, Slot, Unreadable, Unusable};

/// What values look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ValueForm {
    /// The record's own bytes.
    #[default]
    Own,
    /// Kafka Connect's JSON with a schema.
    Connect,
    /// Confluent's wire format: the id of an Avro schema, and Avro.
    Avro(Home),
    /// The same with a JSON Schema, and JSON.
    JsonSchema(Home),
}

impl ValueForm {
    pub fn has_schema(&self) -> bool {
        match self {
            Self::Own => false,
            Self::Connect | Self::Avro(_) | Self::JsonSchema(_) => true,
        }
    }

    /// Whether messages name their schema by an id that a registry gives it.
    pub fn is_of_registry(&self) -> bool {
        match self {
            Self::Own | Self::Connect => false,
            Self::Avro(_) | Self::JsonSchema(_) => true,
        }
    }

    /// The part of a value that the record is, for people; the value itself if it is not in this form.
    pub fn shown<'v>(&self, value: &'v [u8]) -> &'v [u8] {
        let payload = match self {
            Self::Own | Self::Avro(_) => None,
            Self::Connect => Json::parse(value).ok().and_then(|json| json.get("payload")).map(Json::text),
            Self::JsonSchema(_) => {
                let json = value.get(HEADER_BYTES..).and_then(|json| Json::parse(json).ok());
                json.filter(|_| value.first() == Some(&0)).map(Json::text)
            }
        };
        payload.map_or(value, str::as_bytes)
    }
}

/// What values look like, and what is around the record in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    pub form: ValueForm,
    pub envelope: bool,
}

impl Layout {
    /// The record in a value, for people; the value itself if it does not look like this. Of an event that tells of a delete: null.
    pub fn shown<'v>(&self, value: &'v [u8]) -> &'v [u8] {
        let value = self.form.shown(value);
        let after = Json::parse(value).ok().filter(|_| self.envelope).and_then(after);
        after.map_or(value, |after| after.text().as_bytes())
    }
}

/// Makes the values of one resource.
#[derive(Clone, Debug, Default)]
pub enum Values {
    #[default]
    Own,
    WithSchema(Box<WithSchema>),
}

impl Values {
    /// `remembered`: what [`Values::news`] said before.
    pub fn new(
        form: &ValueForm,
        plan: &Arc<Plan>,
        remembered: Option<&SchemaMemory>,
    ) -> Result<Self, Unreadable> {
        if !form.has_schema() {
            return Ok(Self::Own);
        }
        let learned = Learned::new(Arc::clone(plan), remembered.map(|memory| memory.shape.as_str()))?;
        let known = remembered.and_then(|memory| memory.registered.as_ref());
        Ok(Self::WithSchema(Box::new(WithSchema::new(form, learned, known))))
    }

    /// Values that have a schema, whatever they will look like: for whoever wants to know it.
    pub fn learning(plan: &Arc<Plan>) -> Self {
        let learned = Learned::fresh(Arc::clone(plan));
        Self::WithSchema(Box::new(WithSchema::new(&ValueForm::Connect, learned, None)))
    }

    /// What is known of the records' schema; `None`: there is none, or nothing is known yet.
    pub fn schema(&self) -> Option<&Slot> {
        match self {
            Self::Own => None,
            Self::WithSchema(with_schema) => with_schema.schema(),
        }
    }

    pub fn form(&self) -> ValueForm {
        match self {
            Self::Own => ValueForm::Own,
            Self::WithSchema(with_schema) => with_schema.form().clone(),
        }
    }

    /// How many bytes key, value and headers of a record are. It teaches something only if it can be written, in so many bytes at most.
    pub fn measure(
        &mut self,
        record: &Record<'_>,
        (keys, metadata): (&KeyCodec, &Metadata),
        largest: usize,
    ) -> Result<usize, NoMessage> {
        self.measure_as(record, (keys, metadata), (largest, false))
    }

    /// `learned`: it is known that the record adds nothing to the schema.
    pub(super) fn measure_as(
        &mut self,
        record: &Record<'_>,
        (keys, metadata): (&KeyCodec, &Metadata),
        (largest, learned): (usize, bool),
    ) -> Result<usize, NoMessage> {
        let around = keys.len(&record.key).map_err(NoMessage::Key)? + metadata.headers_size();
        if record.deleted {
            return Ok(around);
        }
        let room = largest.saturating_sub(around);
        let value = match &metadata.envelope {
            Some(envelope) => self.admit_event(record.raw, envelope, (room, learned)),
            None => self.admit_as(record.raw, record.raw, (room, learned)),
        };
        let bytes = around + value.map_err(|misfit| NoMessage::Value(misfit.to_string()))?;
        if bytes <= largest {
            keys.learn(&record.key);
        }
        Ok(bytes)
    }

    /// Learns from a record, and says how many bytes its value has; one that does not fit, or is larger than `largest`, leaves
    /// nothing behind: else a schema that no topic takes would stand in front of every other record.
    pub fn admit(&mut self, record: &str, largest: usize) -> Result<usize, Misfit> {
        self.admit_as(record, record, (largest, false))
    }

    /// Learns from a record as if it were to be written, wherever it comes from.
    pub fn learn_of(&mut self, record: &str, layout: &Layout) -> Result<(), Misfit> {
        if layout.envelope {
            self.admit_as(record, &Envelope::blank().probe(record), (usize::MAX, false)).map(drop)
        } else {
            self.admit(record, usize::MAX).map(drop)
        }
    }

    /// The same for a record in an envelope, whatever is told of it: a schema that somebody else made may lack the one word or the other.
    fn admit_event(
        &mut self,
        record: &str,
        envelope: &Envelope,
        (largest, learned): (usize, bool),
    ) -> Result<usize, Misfit> {
        let bytes = self.admit_as(record, &envelope.probe(record), (largest, learned))?;
        match self {
            Self::WithSchema(with_schema) if with_schema.is_given() => {
                with_schema.length(&envelope.other_probe(record)).map(|other| other.max(bytes))
            }
            Self::WithSchema(_) | Self::Own => Ok(bytes),
        }
    }

    /// The same for a record whose value says more: `text`.
    fn admit_as(
        &mut self,
        record: &str,
        text: &str,
        (largest, learned): (usize, bool),
    ) -> Result<usize, Misfit> {
        if !std::ptr::eq(record, text) && Json::trusted(record).kind() == Kind::Null {
            return Err(Misfit::new("is null, which in an envelope is no row"));
        }
        match self {
            Self::Own => Ok(text.len()),
            Self::WithSchema(with_schema) if learned => with_schema.length(text),
            Self::WithSchema(with_schema) => with_schema.admit((record, text), largest),
        }
    }

    /// Whether there is a place for this in their schema, whether or not that has its id.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Self::Own => true,
            Self::WithSchema(with_schema) => with_schema.length(text).is_ok(),
        }
    }

    /// The value of a record that was admitted, or of the envelope around it; `None`: its own bytes.
    pub fn write(&self, record: &str) -> Result<Option<Bytes>, Misfit> {
        match self {
            Self::Own => Ok(None),
            Self::WithSchema(with_schema) => with_schema.write(record).map(|value| Some(value.into())),
        }
    }

    /// The schema that messages name by its id, and the subject that it has that id under, whether or not it has one yet.
    pub fn named(&self) -> Option<(&str, &SchemaText)> {
        match self {
            Self::Own => None,
            Self::WithSchema(with_schema) => with_schema.named(),
        }
    }

    /// The subject whose newest schema is to be taken before a record is admitted.
    pub fn awaited(&self) -> Option<String> {
        match self {
            Self::Own => None,
            Self::WithSchema(with_schema) => with_schema.awaited(),
        }
    }

    /// This is that schema.
    pub fn take(&mut self, schema: &SchemaText, id: SchemaId) -> Result<(), Unusable> {
        let given = Given::of(schema)?;
        match self {
            Self::Own => {}
            Self::WithSchema(with_schema) => with_schema.take(given, id),
        }
        Ok(())
    }

    /// The schema that has to have an id before a value is written, and the subject that it gets it under.
    pub fn unregistered(&self) -> Option<(&str, &SchemaText)> {
        match self {
            Self::Own => None,
            Self::WithSchema(with_schema) => with_schema.unregistered(),
        }
    }

    /// That schema has this id.
    pub fn registered(&mut self, id: SchemaId) {
        match self {
            Self::Own => {}
            Self::WithSchema(with_schema) => with_schema.registered(id),
        }
    }

    /// That schema is none that the registry takes: what was learned since there was one is forgotten.
    pub fn refused(&mut self) {
        match self {
            Self::Own => {}
            Self::WithSchema(with_schema) => with_schema.refused(),
        }
    }

    /// What was learned since this was asked last: it is to be remembered with the values that are written by it.
    pub fn news(&mut self) -> Option<SchemaMemory> {
        match self {
            Self::Own => None,
            Self::WithSchema(with_schema) => with_schema.news(),
        }
    }

    /// What was told went with values that are not written.
    pub fn tell_again(&mut self) {
        match self {
            Self::Own => {}
            Self::WithSchema(with_schema) => with_schema.tell_again(),
        }
    }
}
