//! Values as people read them: the records in them. Avro is read by the schemas whose ids it names.

use std::collections::HashMap;

use bytes::Bytes;

use super::Layout;
use super::avro_read::read_avro;
use super::envelope::after;
use super::values::ValueForm;
use crate::model::{HEADER_BYTES, Json, SchemaId, SchemaText};
use crate::schema::{Given, Slot, Unusable};

/// Reads values of one resource.
#[derive(Clone, Debug)]
pub struct ValueReader {
    layout: Layout,
    /// `None`: it cannot be had.
    schemas: HashMap<SchemaId, Option<Slot>>,
}

impl ValueReader {
    pub fn new(layout: Layout) -> Self {
        Self { layout, schemas: HashMap::new() }
    }

    /// The schema that has to be told before the value can be read.
    pub fn needs(&self, value: &[u8]) -> Option<SchemaId> {
        self.names(value).filter(|id| !self.schemas.contains_key(id))
    }

    /// What an id means; `None`: that cannot be had.
    pub fn tell(&mut self, id: SchemaId, schema: Option<&SchemaText>) -> Result<(), Unusable> {
        let read = schema.map(Given::of).transpose();
        let slot = read.as_ref().ok().cloned().flatten().map(|given| given.slot);
        self.schemas.insert(id, slot);
        read.map(drop)
    }

    /// The record in a value; the value itself if it cannot be read.
    pub fn value(&self, value: &Bytes) -> Bytes {
        match self.names(value) {
            None => Bytes::copy_from_slice(self.layout.shown(value)),
            Some(id) => self.read(value, id).map_or_else(|| value.clone(), Bytes::from),
        }
    }

    fn read(&self, value: &[u8], id: SchemaId) -> Option<String> {
        let schema = self.schemas.get(&id)?.as_ref()?;
        let text = read_avro(schema, value.get(HEADER_BYTES..)?)?;
        let record = Json::parse(text.as_bytes()).ok().filter(|_| self.layout.envelope).and_then(after);
        Some(record.map(|record| record.text().to_owned()).unwrap_or(text))
    }

    fn names(&self, value: &[u8]) -> Option<SchemaId> {
        match (&self.layout.form, value) {
            (ValueForm::Avro(_), [0, a, b, c, d, ..]) => Some(SchemaId(u32::from_be_bytes([*a, *b, *c, *d]))),
            (ValueForm::Avro(_) | ValueForm::Own | ValueForm::Connect | ValueForm::JsonSchema(_), _) => None,
        }
    }
}
