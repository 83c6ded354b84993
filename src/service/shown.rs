//! Values as people read them, with the schemas that the registry has.

use bytes::Bytes;

use crate::encode::{Layout, ValueReader};
use crate::model::SchemaId;
use crate::sync::Registrar;

/// Reads values of one resource.
pub struct Shown<'r> {
    reader: ValueReader,
    registrar: &'r Registrar,
}

impl<'r> Shown<'r> {
    pub fn new(layout: Layout, registrar: &'r Registrar) -> Self {
        Self { reader: ValueReader::new(layout), registrar }
    }

    /// The record in a value; the value itself if it cannot be read.
    pub async fn value(&mut self, value: &Bytes) -> Bytes {
        if let Some(id) = self.reader.needs(value) {
            self.ask(id).await;
        }
        self.reader.value(value)
    }

    async fn ask(&mut self, id: SchemaId) {
        let schema = self.registrar.schema(id).await;
        let known = schema.as_ref().ok().and_then(Option::as_ref);
        let told = self.reader.tell(id, known);
        let why = match (schema, told) {
            (Ok(Some(_)), Ok(())) => return,
            (Ok(Some(_)), Err(error)) => error.to_string(),
            (Ok(None), _) => "the schema registry has no such id".to_owned(),
            (Err(error), _) => error.to_string(),
        };
        tracing::warn!("values with the schema {id} are shown as they are, since it cannot be had: {why}");
    }
}
