//! The paginators as one closed set: where a scan starts, what a request carries, and what follows a page.

use super::offset::Offset;
use super::single_page;
use crate::model::{Json, Position};
use crate::poll::request::Placed;
use crate::poll::source::Paginator;

/// A paginator in the middle of a scan: it stands at the page that is requested next.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one per scan")]
pub(in crate::poll) enum Paging {
    SinglePage,
    Offset(Offset),
}

/// Whether a stored position was taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::poll) enum Start {
    Fresh,
    Resumed,
    /// The position is none that this paginator can read: the scan starts over.
    Unreadable,
}

/// A page that was read, as far as paginators look at it.
#[derive(Clone, Copy, Debug)]
pub(in crate::poll) struct PageView<'a> {
    pub document: Json<'a>,
    pub records: usize,
    /// The list that holds the records, where one list does.
    pub list: Option<Json<'a>>,
}

/// What follows a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::poll) struct Turn {
    pub step: Step,
    /// Records that the API says there are.
    pub total: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::poll) enum Step {
    Next,
    End(End),
}

/// Why there is no further page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::poll) enum End {
    SinglePage,
    EmptyPage,
    /// `has_more_path` said so.
    NoMore,
    Total,
    Maximum,
}

/// The answer does not say what the paginator must know. `found` is the answer's own text if it is short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::poll) enum PaginateError {
    #[error("the answer has no total at `{path}` (paginator.total_path)")]
    TotalMissing { path: String },
    #[error("the total at `{path}` (paginator.total_path) is no whole number: {found}")]
    TotalNotANumber { path: String, found: String },
    #[error("the answer has nothing at `{path}` (paginator.has_more_path)")]
    HasMoreMissing { path: String },
    #[error("the value at `{path}` (paginator.has_more_path) is neither true nor false: {found}")]
    HasMoreNotABool { path: String, found: String },
    #[error("the next offset is beyond {}", u64::MAX)]
    Overflow,
}

impl Paging {
    pub(in crate::poll) fn start(paginator: &Paginator, resume: Option<&Position>) -> (Self, Start) {
        match paginator {
            Paginator::SinglePage => {
                (Self::SinglePage, if resume.is_some() { Start::Unreadable } else { Start::Fresh })
            }
            Paginator::Offset(settings) => {
                let (offset, start) = Offset::start(settings, resume);
                (Self::Offset(offset), start)
            }
        }
    }

    /// What the next request carries.
    pub(in crate::poll) fn placed(&self) -> Vec<Placed<'_>> {
        match self {
            Self::SinglePage => Vec::new(),
            Self::Offset(offset) => offset.placed(),
        }
    }

    /// The page that is requested next, as it is stored; `None` where there is nothing to store.
    pub(in crate::poll) fn position(&self) -> Option<Position> {
        match self {
            Self::SinglePage => None,
            Self::Offset(offset) => Some(offset.position()),
        }
    }

    /// Steps over a page that was read. After an error or an end it still stands at that page.
    pub(in crate::poll) fn turn(&mut self, page: &PageView<'_>) -> Result<Turn, PaginateError> {
        match self {
            Self::SinglePage => Ok(single_page::turn()),
            Self::Offset(offset) => offset.turn(page),
        }
    }
}
