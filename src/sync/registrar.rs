//! Who gives schemas their ids, and knows what ids mean: a registry, or nobody where nothing is published.

use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{SchemaId, SchemaText};
use crate::registry::{self, Registered, Registry, RegistryError};

/// Clones know the same.
#[derive(Clone)]
pub struct Registrar {
    /// `None`: no format asks for one.
    registry: Option<Result<Registry, RegistryError>>,
    /// Nothing is published: ids that there are not yet are made up, from the highest down.
    pretended: Option<Arc<Mutex<Vec<SchemaText>>>>,
}

impl Registrar {
    pub fn new(settings: Option<&registry::Settings>) -> Self {
        Self { registry: settings.map(|settings| Registry::new(settings.clone())), pretended: None }
    }

    /// The same where nothing is published.
    pub fn of_rehearsal(settings: Option<&registry::Settings>) -> Self {
        Self { pretended: Some(Arc::default()), ..Self::new(settings) }
    }

    pub(super) async fn id_of(&self, subject: &str, schema: &SchemaText) -> Result<SchemaId, RegistryError> {
        match (&self.pretended, self.registry()?) {
            (None, Some(registry)) => registry.id_of(subject, schema).await,
            (Some(known), Some(registry)) => {
                let found = registry.foresee(subject, schema).await?;
                Ok(found.unwrap_or_else(|| made_up(known, schema)))
            }
            (Some(known), None) => Ok(made_up(known, schema)),
            (None, None) => Ok(SchemaId(0)),
        }
    }

    pub(super) async fn latest(&self, subject: &str) -> Result<Option<Registered>, RegistryError> {
        match self.registry()? {
            Some(registry) => registry.latest(subject).await,
            None => Ok(None),
        }
    }

    /// The schema that an id means; `None`: there is no such id.
    pub async fn schema(&self, id: SchemaId) -> Result<Option<SchemaText>, RegistryError> {
        let pretended = self.pretended.as_ref().and_then(|known| {
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get((u32::MAX - id.0) as usize).cloned()
        });
        match (pretended, self.registry()?) {
            (None, Some(registry)) => registry.schema(id).await,
            (pretended, _) => Ok(pretended),
        }
    }

    fn registry(&self) -> Result<Option<&Registry>, RegistryError> {
        self.registry.as_ref().map(|registry| registry.as_ref().map_err(Clone::clone)).transpose()
    }
}

fn made_up(known: &Mutex<Vec<SchemaText>>, schema: &SchemaText) -> SchemaId {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let place = known.iter().position(|one| one == schema).unwrap_or_else(|| {
        known.push(schema.clone());
        known.len() - 1
    });
    SchemaId(u32::MAX - place as u32)
}
