//! Why a look, or a change, did not come about.

use crate::kafka::{self, Disposition};
use crate::registry::RegistryError;

#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error(transparent)]
    Kafka(#[from] kafka::Error),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl AdminError {
    /// Whether only the operator can solve it: credentials, permissions, settings, a contradiction.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Registry(_) => false,
            Self::Kafka(error) => match error.disposition() {
                Disposition::Refuse => true,
                Disposition::Retry | Disposition::Rebuild | Disposition::Fenced => false,
            },
        }
    }
}
