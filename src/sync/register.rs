//! Before anything is written by a schema that messages name by an id: the registry is asked for it, once for each schema.

use super::member::Scanning;
use super::report::SyncError;
use super::walk::ReadError;
use crate::model::{Page, Record, SchemaId, SchemaKind, SchemaText};
use crate::registry::{self, Registered, Registry, RegistryError};
use crate::schema::Given;
use crate::state::Missing;

/// Who gives schemas their ids.
#[derive(Clone)]
pub struct Registrar {
    /// `None`: no format asks for one.
    registry: Option<Result<Registry, RegistryError>>,
    /// False: nothing is published, and any id will do.
    registers: bool,
}

/// The newest schema of a subject cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LatestError {
    #[error(
        "the schema registry has nothing under subject {0:?}, and registry.use.latest.version takes what is there: register a schema, or \
         set auto.register.schemas: true and use.latest.version: false"
    )]
    None(String),
    #[error(
        "version {version} of subject {subject:?}, which registry.use.latest.version takes, cannot be used: {why}"
    )]
    Unusable { subject: String, version: u32, why: String },
}

impl Registrar {
    pub fn new(settings: Option<&registry::Settings>) -> Self {
        Self { registry: settings.map(|settings| Registry::new(settings.clone())), registers: true }
    }

    /// The same where nothing is published.
    pub fn of_rehearsal(settings: Option<&registry::Settings>) -> Self {
        Self { registers: false, ..Self::new(settings) }
    }

    async fn id_of(&self, subject: &str, schema: &SchemaText) -> Result<SchemaId, RegistryError> {
        match self.registry()? {
            Some(registry) if self.registers => registry.id_of(subject, schema).await,
            Some(_) | None => Ok(SchemaId(0)),
        }
    }

    async fn latest(&self, subject: &str) -> Result<Option<Registered>, RegistryError> {
        match self.registry()? {
            Some(registry) => registry.latest(subject).await,
            None => Ok(None),
        }
    }

    fn registry(&self) -> Result<Option<&Registry>, RegistryError> {
        self.registry.as_ref().map(|registry| registry.as_ref().map_err(Clone::clone)).transpose()
    }
}

impl Scanning<'_> {
    /// Takes the newest schema of its subject, where that is the one to write by.
    pub(super) async fn take_latest(&mut self) -> Result<(), ReadError> {
        let Some(subject) = self.member.values.awaited() else { return Ok(()) };
        let Some(latest) = self.member.registrar.latest(&subject).await? else {
            return Err(LatestError::None(subject).into());
        };
        let unusable = |why| LatestError::Unusable { subject, version: latest.version, why };
        let given = match latest.schema.kind {
            SchemaKind::Avro => {
                Given::read(&latest.schema.text).map_err(|error| unusable(error.to_string()))?
            }
            SchemaKind::Json => return Err(unusable("it is a JSON Schema, and no Avro".to_owned()).into()),
        };
        self.member.values.take(given, latest.id);
        Ok(())
    }

    /// Has the schema of the values registered if one of these records is to be written by it. What is known needs no registry:
    /// one that is away holds nothing back that it need not.
    pub(super) async fn register(&mut self, page: &Page, records: &[Record<'_>]) -> Result<(), ReadError> {
        if records.iter().all(|record| self.has_no_value(page, record)) {
            return Ok(());
        }
        self.obtain_id().await
    }

    /// The same for rows that are gone, where an event tells of each delete. Without it nothing is deleted.
    pub(super) async fn tellable(&mut self, gone: Vec<Missing>) -> Vec<Missing> {
        if gone.is_empty() || !self.member.plan.format.envelope {
            return gone;
        }
        let prepared = match self.take_latest().await {
            Ok(()) => self.obtain_id().await,
            Err(error) => Err(error),
        };
        let Err(error) = prepared else { return gone };
        (self.report.settled, self.report.allowance_used) = (false, false);
        self.fail_deletes(SyncError::Untold { gone: gone.len(), error: Box::new(error) });
        Vec::new()
    }

    async fn obtain_id(&mut self) -> Result<(), ReadError> {
        let Some((subject, schema)) = self.member.values.unregistered() else { return Ok(()) };
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

    /// Whether nothing is written of the record but, perhaps, a null value.
    fn has_no_value(&self, page: &Page, record: &Record<'_>) -> bool {
        if record.deleted {
            return !self.member.plan.format.envelope || self.member.cache.holds(&record.key).is_none();
        }
        self.is_there(page, record)
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
