//! What a schema registry would say to a schema. It is asked, and nothing is registered.

use super::error::AdminError;
use crate::model::{SchemaId, SchemaText};
use crate::registry::{Registered, Registry, Settings, Verdict};

/// Asks one registry.
pub struct Examiner {
    registry: Registry,
    /// Whether what it lacks would be registered.
    registers: bool,
}

/// What would become of a schema under its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// It has an id already.
    Registered { id: SchemaId, version: u32 },
    /// It would be the first version of the subject.
    First,
    /// It would be a further one, compatible by the level that holds for the subject.
    Further { level: Option<String> },
    /// It breaks these rules, in the registry's words.
    Rejected { level: Option<String>, broken: Vec<String> },
    /// It is not there, and `auto.register.schemas: false` lets nobody put it there.
    Missing,
}

impl Opinion {
    /// Whether values can be written by it.
    pub fn is_good(&self) -> bool {
        match self {
            Self::Registered { .. } | Self::First | Self::Further { .. } => true,
            Self::Rejected { .. } | Self::Missing => false,
        }
    }
}

impl Examiner {
    pub fn new(settings: &Settings) -> Result<Self, AdminError> {
        Ok(Self { registry: Registry::new(settings.clone())?, registers: settings.registers })
    }

    /// The newest version of a subject; `None`: there is none.
    pub async fn newest(&self, subject: &str) -> Result<Option<Registered>, AdminError> {
        Ok(self.registry.latest(subject).await?)
    }

    pub async fn opinion(&self, subject: &str, schema: &SchemaText) -> Result<Opinion, AdminError> {
        if let Some((id, version)) = self.registry.find(subject, schema).await? {
            return Ok(Opinion::Registered { id, version });
        }
        if !self.registers {
            return Ok(Opinion::Missing);
        }
        Ok(match self.registry.judge(subject, schema).await? {
            Verdict::New => Opinion::First,
            Verdict::Compatible => Opinion::Further { level: self.registry.level(subject).await },
            Verdict::Incompatible { level, broken } => Opinion::Rejected { level, broken },
        })
    }
}
