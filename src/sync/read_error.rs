//! Why a page cannot be had, or not be published.

use super::letters::TooManyDead;
use super::register::SchemaError;
use crate::model::ResourceName;
use crate::poll::PollError;
use crate::records::{ParentLacks, RecordError, WindowError};

/// Why a page cannot be had, or not be published.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Poll(#[from] PollError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Window(#[from] WindowError),
    #[error(transparent)]
    Parent(#[from] ParentLacks),
    #[error(transparent)]
    TooManyDead(#[from] TooManyDead),
    /// What would be written has no schema, or that has no id.
    #[error("resource {resource}: {error}")]
    Schema { resource: ResourceName, error: SchemaError },
    /// Of a scan that was to go on at a stored position, and does not start over by itself.
    #[error(
        "{0}; the position is kept: a scan that starts over would publish what it has published once more; give the resource a \
         primary_key, or have it start over by another request (paginator.limit, a parameter)"
    )]
    Position(Box<ReadError>),
}

impl ReadError {
    /// What happened, and where, without what became of the scan.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Poll(error) => error.what().to_owned(),
            Self::Record(_)
            | Self::Window(_)
            | Self::Parent(_)
            | Self::TooManyDead(_)
            | Self::Schema { .. }
            | Self::Position(_) => self.to_string(),
        }
    }

    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Poll(error) => error.status(),
            Self::Record(_)
            | Self::Window(_)
            | Self::Parent(_)
            | Self::TooManyDead(_)
            | Self::Schema { .. }
            | Self::Position(_) => None,
        }
    }

    /// Whether the request for another page may go better.
    pub(super) fn may_be_of_its_page(&self) -> bool {
        match self {
            Self::Poll(error) => !error.asks_to_wait(),
            Self::Record(_) | Self::TooManyDead(_) => true,
            Self::Window(_) | Self::Parent(_) | Self::Schema { .. } | Self::Position(_) => false,
        }
    }
}
