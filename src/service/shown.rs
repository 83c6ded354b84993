//! Values as people read them: the records in them. Avro is read by the schemas that the registry has.

use std::collections::HashMap;

use bytes::Bytes;

use crate::encode::Look;
use crate::model::SchemaId;
use crate::schema::{Given, Slot};
use crate::sync::Registrar;

/// Reads values of one resource.
pub struct Shown<'r> {
    look: Look,
    registrar: &'r Registrar,
    /// `None`: it cannot be had.
    schemas: HashMap<SchemaId, Option<Slot>>,
}

impl<'r> Shown<'r> {
    pub fn new(look: Look, registrar: &'r Registrar) -> Self {
        Self { look, registrar, schemas: HashMap::new() }
    }

    /// The record in a value; the value itself if it cannot be read.
    pub async fn value(&mut self, value: &Bytes) -> Bytes {
        let Some(id) = self.look.needs(value) else {
            return Bytes::copy_from_slice(self.look.shown(value));
        };
        if !self.schemas.contains_key(&id) {
            let schema = self.schema(id).await;
            self.schemas.insert(id, schema);
        }
        let schema = self.schemas.get(&id).and_then(Option::as_ref);
        let read = schema.and_then(|schema| self.look.read(value, schema));
        read.map_or_else(|| value.clone(), Bytes::from)
    }

    async fn schema(&self, id: SchemaId) -> Option<Slot> {
        let why = match self.registrar.schema(id).await {
            Ok(Some(schema)) => match Given::of(&schema) {
                Ok(given) => return Some(given.slot),
                Err(error) => error.to_string(),
            },
            Ok(None) => "the schema registry has no such id".to_owned(),
            Err(error) => error.to_string(),
        };
        tracing::warn!("values with the schema {id} are shown as they are, since it cannot be had: {why}");
        None
    }
}
