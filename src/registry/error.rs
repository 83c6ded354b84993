//! What the registry could not or would not do.

use thiserror::Error;

/// Cheap to clone: everyone who waits for one request gets its failure.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// It cannot be reached, or fails by itself; it has been tried as often as the settings say.
    #[error("the schema registry {registry} is away: {detail}")]
    Away { registry: String, detail: String },
    /// It answers, and refuses.
    #[error("the schema registry {registry} refuses: status {status}, {message}")]
    Refused { registry: String, status: u16, code: Option<u32>, message: String },
    /// The schema breaks the rules that the subject's compatibility level makes.
    #[error("the schema registry rejects the schema of subject {subject:?}: {}", broken.join("; "))]
    Rejected { subject: String, level: Option<String>, broken: Vec<String> },
    /// It lacks the schema, and `auto.register.schemas` is false.
    #[error(
        "the schema registry has no such schema under subject {subject:?}, and registry.auto.register.schemas is false"
    )]
    NotRegistered { subject: String },
}

impl RegistryError {
    /// Whether another schema may be taken.
    pub fn is_about_the_schema(&self) -> bool {
        match self {
            Self::Away { .. } => false,
            Self::Refused { status, .. } => *status == 422,
            Self::Rejected { .. } | Self::NotRegistered { .. } => true,
        }
    }
}
