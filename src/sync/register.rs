//! Before anything is written by a schema that messages name by an id: the registry is asked for it, once for each schema.

use super::member::Scanning;
use super::walk::ReadError;
use crate::model::{Page, Record, SchemaId, SchemaText};
use crate::registry::{self, Registry, RegistryError};

/// Who gives schemas their ids.
#[derive(Clone)]
pub enum Registrar {
    Registry(Box<Result<Registry, RegistryError>>),
    /// Nothing is published: any id will do.
    Pretended,
}

impl Registrar {
    /// `None`: no format asks for one.
    pub fn new(settings: Option<&registry::Settings>) -> Self {
        match settings {
            Some(settings) => Self::Registry(Box::new(Registry::new(settings.clone()))),
            None => Self::Pretended,
        }
    }

    async fn id_of(&self, subject: &str, schema: &SchemaText) -> Result<SchemaId, RegistryError> {
        match self {
            Self::Pretended => Ok(SchemaId(0)),
            Self::Registry(registry) => match &**registry {
                Ok(registry) => registry.id_of(subject, schema).await,
                Err(error) => Err(error.clone()),
            },
        }
    }
}

impl Scanning<'_> {
    /// Has the schema of the values registered if one of these records is to be written by it. What is known needs no registry:
    /// one that is away holds nothing back that it need not.
    pub(super) async fn register(&mut self, page: &Page, records: &[Record<'_>]) -> Result<(), ReadError> {
        let Some((subject, schema)) = self.member.values.unregistered() else { return Ok(()) };
        if records.iter().all(|record| record.deleted || self.is_there(page, record)) {
            return Ok(());
        }
        match self.member.registrar.id_of(subject, schema).await {
            Ok(id) => {
                self.member.values.registered(id);
                Ok(())
            }
            Err(error) => {
                if error.is_about_the_schema() {
                    self.member.values.refused();
                }
                Err(ReadError::Registry(error))
            }
        }
    }

    /// Whether the topic has the record already.
    fn is_there(&self, page: &Page, record: &Record<'_>) -> bool {
        let compares = self.member.plan.upkeep.compares() && !self.member.wish.again;
        let known = self.member.cache.holds(&record.key).filter(|_| compares);
        let (rules, reader) = (self.member.rules, &self.listing.reader);
        known.is_some_and(|known| {
            rules.judge(reader, (page, record), Some(known)).is_ok_and(|judged| judged.same)
        })
    }
}
