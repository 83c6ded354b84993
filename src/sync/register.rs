//! Before anything is written by a schema that messages name by an id: the registry is asked for it, once for each schema.

use super::member::{Member, Scanning};
use super::read_error::ReadError;
use super::report::SyncError;
use crate::encode::{AvroKeys, NotOfTheseKeys};
use crate::model::{Batch, Page, Record, SchemaId, SchemaKind, SchemaMemory, SchemaOf, SchemaText};
use crate::records::Fit;
use crate::registry::{Registered, RegistryError};
use crate::state::Missing;

/// There is no schema to write by, or it has no id.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(
        "the schema registry has nothing under subject {0:?}, and registry.use.latest.version takes what is there: register a schema, or \
         set auto.register.schemas: true and use.latest.version: false"
    )]
    None(String),
    #[error(
        "version {version} of subject {subject:?}, which registry.use.latest.version takes, cannot be used: {why}"
    )]
    Unusable { subject: String, version: u32, why: String },
    #[error(transparent)]
    Keys(#[from] NotOfTheseKeys),
}

impl Scanning<'_> {
    /// Takes the newest schemas of their subjects, where those are the ones to write by. Of keys there is one for ever.
    pub(super) async fn take_latest(&mut self) -> Result<(), ReadError> {
        let taken = self.take_newest().await;
        taken.map_err(|error| self.named(error))
    }

    async fn take_newest(&mut self) -> Result<(), SchemaError> {
        let keys = self.member.encoder.keys.avro();
        if let Some(keys) = keys.filter(|keys| keys.home().latest && keys.id().is_none()) {
            let subject = keys.subject();
            let latest = self.latest(&subject).await?;
            let unusable = |why| SchemaError::Unusable { subject, version: latest.version, why };
            keys.freeze(&latest.schema.text, latest.id).map_err(|error| unusable(error.to_string()))?;
        }
        let Some(subject) = self.member.values.awaited() else { return Ok(()) };
        let latest = self.latest(&subject).await?;
        let unusable = |why| SchemaError::Unusable { subject, version: latest.version, why };
        let taken = self.member.values.take(&latest.schema, latest.id);
        taken.map_err(|error| unusable(error.to_string()))
    }

    /// The newest schema of a subject, which is Avro.
    async fn latest(&self, subject: &str) -> Result<Registered, SchemaError> {
        let latest = self.member.registrar.latest(subject).await?;
        let latest = latest.ok_or_else(|| SchemaError::None(subject.to_owned()))?;
        match latest.schema.kind {
            SchemaKind::Avro => Ok(latest),
            SchemaKind::Json => {
                let (subject, version) = (subject.to_owned(), latest.version);
                let why = "it is a JSON Schema, and no Avro".to_owned();
                Err(SchemaError::Unusable { subject, version, why })
            }
        }
    }

    /// Has the schemas of keys and values registered if one of these records is to be written by them. What is known needs no registry:
    /// one that is away holds nothing back that it need not.
    pub(super) async fn register(&mut self, page: &Page, records: &[Record<'_>]) -> Result<(), ReadError> {
        let keys = self.member.encoder.keys.avro().and_then(AvroKeys::unregistered);
        if keys.is_none() && self.member.values.unregistered().is_none() {
            return Ok(());
        }
        if records.iter().all(|record| self.has_no_value(page, record)) {
            return Ok(());
        }
        self.obtain_id().await.map_err(|error| self.named(error))
    }

    /// The same for rows that are gone, where an event tells of each delete. Without it nothing is deleted.
    pub(super) async fn tellable(&mut self, gone: Vec<Missing>) -> Vec<Missing> {
        if gone.is_empty() || !self.member.plan.format.envelope {
            return gone;
        }
        let prepared = match self.take_latest().await {
            Ok(()) => self.obtain_id().await.map_err(|error| self.named(error)),
            Err(error) => Err(error),
        };
        let Err(error) = prepared else { return gone };
        (self.report.settled, self.report.allowance_used) = (false, false);
        self.fail_deletes(SyncError::Untold { gone: gone.len(), error: Box::new(error) });
        Vec::new()
    }

    fn named(&self, error: SchemaError) -> ReadError {
        ReadError::Schema { resource: self.member.plan.name.clone(), error }
    }

    async fn obtain_id(&mut self) -> Result<(), SchemaError> {
        self.register_keys().await?;
        let Some((subject, schema)) = self.member.values.unregistered() else { return Ok(()) };
        let (subject, schema) = (subject.to_owned(), schema.clone());
        match self.ask_id(&subject, &schema).await {
            Ok(id) => {
                self.member.values.registered(id);
                Ok(())
            }
            Err(error) => {
                if error.is_about_the_schema() {
                    self.member.values.refused();
                }
                Err(error.into())
            }
        }
    }

    /// A registry that was away is not asked again in the same scan: each page of a family would wait for it anew.
    async fn ask_id(&mut self, subject: &str, schema: &SchemaText) -> Result<SchemaId, RegistryError> {
        if let Some(away) = &self.away {
            return Err(away.clone());
        }
        let asked = self.member.registrar.id_of(subject, schema).await;
        self.away = asked.as_ref().err().filter(|error| error.is_away()).cloned();
        asked
    }

    /// Whether nothing is written of the record but, perhaps, a null value.
    fn has_no_value(&self, page: &Page, record: &Record<'_>) -> bool {
        if record.deleted {
            return !self.member.plan.format.envelope || self.member.cache.holds(&record.key).is_none();
        }
        self.is_there(page, record)
    }

    /// What is to be remembered of their schemas with these messages.
    pub(super) fn news(&mut self, batch: &Batch) -> Vec<(SchemaOf, SchemaMemory)> {
        let has_values = batch.messages.iter().any(|message| message.value.is_some());
        let values = if has_values { self.member.values.news() } else { None };
        let keys = self.member.encoder.keys.avro().filter(|_| !batch.messages.is_empty());
        let keys = keys.and_then(AvroKeys::news).map(|news| (SchemaOf::Key, news));
        values.map(|news| (SchemaOf::Value, news)).into_iter().chain(keys).collect()
    }

    /// What was told went with messages that are not written.
    pub(super) fn tell_again(&mut self) {
        self.member.values.tell_again();
        self.member.encoder.keys.avro().into_iter().for_each(AvroKeys::tell_again);
    }

    /// From here on the keys have this schema, and no other.
    async fn register_keys(&mut self) -> Result<(), SchemaError> {
        let keys = self.member.encoder.keys.clone();
        let Some(keys) = keys.avro() else { return Ok(()) };
        let Some(schema) = keys.unregistered() else { return Ok(()) };
        let id = self.ask_id(&keys.subject(), &schema).await;
        let id = id.inspect_err(|_| keys.unlearn())?;
        keys.freeze(&schema.text, id).map_err(SchemaError::from)
    }

    /// Whether the topic has the record already.
    fn is_there(&self, page: &Page, record: &Record<'_>) -> bool {
        let compares = self.member.plan.upkeep.compares() && !self.member.wish.again;
        let known = self.member.cache.holds(&record.key).filter(|_| compares);
        let Member { rules, largest, .. } = &self.member;
        let fit = Fit { reader: &self.listing.reader, rules, largest: *largest };
        fit.is_there(page, record, known)
    }
}
