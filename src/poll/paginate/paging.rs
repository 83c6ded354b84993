//! The paginators as one closed set: where a scan starts, what a request carries, and what follows a page.

use super::asks::Asks;
use super::auto::Auto;
use super::cursor::{self, Cursor};
use super::link::{self, Link};
use super::range::Range;
use crate::model::{Json, Kind, Position, Span};
use crate::poll::answer_headers::AnswerHeaders;
use crate::poll::next_link::{LinkError, LinkPolicy};
use crate::poll::paginator::Paginator;
use crate::poll::source::Source;

/// A paginator in the middle of a scan: it stands at the page that is requested next.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one per scan")]
pub(in crate::poll) enum Paging {
    SinglePage,
    Range(Range),
    Cursor(Cursor),
    Link(Link),
    Auto(Auto),
}

/// Whether a stored position was taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::poll) enum Start {
    Fresh,
    Resumed,
    /// The position is none that this paginator can read.
    Unreadable,
}

/// A page that was read, as far as paginators look at it.
#[derive(Clone, Copy, Debug)]
pub(in crate::poll) struct PageView<'a> {
    pub document: Json<'a>,
    /// Where the records stand in the body.
    pub spans: &'a [Span],
    pub body: &'a [u8],
    /// The list that holds the records, where one list does.
    pub list: Option<Json<'a>>,
    pub headers: &'a AnswerHeaders,
    pub links: LinkPolicy<'a>,
    pub source: &'a Source,
}

/// What follows a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::poll) struct Turn {
    pub step: Step,
    /// Records that the API says there are.
    pub total: Option<u64>,
    /// The page was asked for only to learn how the API counts: it is the first one once more, and no loop. These of its records
    /// were not there the first time.
    pub reread: Option<Vec<Span>>,
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
    /// An empty page behind a full one, although the API named a total beyond it: it may show only a window of its records.
    BelowTotal,
    /// `has_more_path` said so.
    NoMore,
    /// There was no link and no token for another page.
    NoReference,
    Total,
    Maximum,
    /// `stop_on_status`.
    Status(u16),
}

/// The answer does not say what the paginator must know. `found` is the answer's own text if it is short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::poll) enum PaginateError {
    #[error("the answer has no total at `{path}` (paginator.{key})")]
    TotalMissing { key: &'static str, path: String },
    #[error("the total at `{path}` (paginator.{key}) is no whole number: {found}")]
    TotalNotANumber { key: &'static str, path: String, found: String },
    #[error("the answer has nothing at `{path}` (paginator.has_more_path)")]
    HasMoreMissing { path: String },
    #[error("the value at `{path}` (paginator.has_more_path) is neither true nor false: {found}")]
    HasMoreNotABool { path: String, found: String },
    #[error("the cursor at `{path}` (paginator.cursor_path) is {kind:?}, which no query parameter can carry")]
    CursorNotAWord { path: String, kind: Kind },
    #[error("what stands at `{path}` (paginator.next_url_path) is {kind:?}, not a link")]
    LinkNotText { path: String, kind: Kind },
    #[error("{0}")]
    Link(#[from] LinkError),
    #[error("the number of the next page is beyond {}", u64::MAX)]
    Overflow,
}

impl PageView<'_> {
    pub(in crate::poll) fn records(&self) -> usize {
        self.spans.len()
    }

    /// The records' own texts.
    pub(in crate::poll) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.spans
            .iter()
            .map(|span| self.body.get(span.start as usize..span.end as usize).unwrap_or_default())
    }
}

impl Turn {
    pub(super) fn end(end: End) -> Self {
        Self { step: Step::End(end), total: None, reread: None }
    }
}

impl Paging {
    /// An empty position is the beginning.
    pub(in crate::poll) fn start(source: &Source, resume: Option<&Position>) -> (Self, Start) {
        let resume = resume.filter(|position| !position.is_beginning());
        match &source.paginator {
            Paginator::SinglePage => {
                (Self::SinglePage, if resume.is_some() { Start::Unreadable } else { Start::Fresh })
            }
            Paginator::Range(settings) => with(Self::Range, Range::start(settings.clone(), resume)),
            Paginator::Cursor(settings) => {
                with(Self::Cursor, Cursor::start(cursor::Origin::Body(settings.clone()), resume))
            }
            Paginator::HeaderCursor(settings) => {
                with(Self::Cursor, Cursor::start(cursor::Origin::Header(settings.clone()), resume))
            }
            Paginator::JsonLink(path) => {
                with(Self::Link, Link::start(link::Origin::Body(path.clone()), source, resume))
            }
            Paginator::HeaderLink(relation) => {
                with(Self::Link, Link::start(link::Origin::Header(relation.clone()), source, resume))
            }
            Paginator::Auto => with(Self::Auto, Auto::start(source, resume)),
        }
    }

    /// What the next request carries.
    pub(in crate::poll) fn asks(&self) -> Asks<'_> {
        match self {
            Self::SinglePage => Asks::Values(Vec::new()),
            Self::Range(range) => Asks::Values(range.placed()),
            Self::Cursor(cursor) => Asks::Values(cursor.placed()),
            Self::Link(link) => link.asks(),
            Self::Auto(auto) => auto.asks(),
        }
    }

    /// With which statuses the API says that the page which is requested next does not exist.
    pub(in crate::poll) fn ends_on(&self) -> &[u16] {
        match self {
            Self::Range(range) => range.ends_on(),
            Self::SinglePage | Self::Cursor(_) | Self::Link(_) | Self::Auto(_) => &[],
        }
    }

    /// The page that is requested next, as it is stored. Empty where there is nothing that can be stored: a scan that goes on
    /// there begins anew.
    pub(in crate::poll) fn position(&self) -> Position {
        let position = match self {
            Self::SinglePage => None,
            Self::Range(range) => Some(range.position()),
            Self::Cursor(cursor) => cursor.position(),
            Self::Link(link) => link.position(),
            Self::Auto(auto) => auto.position(),
        };
        position.unwrap_or_else(|| Position(serde_json::json!({})))
    }

    /// The page behind the one that the API's own total made the last.
    pub(in crate::poll) fn behind(&self) -> Option<Position> {
        match self {
            Self::Range(range) => range.behind(),
            Self::Auto(auto) => auto.behind(),
            Self::SinglePage | Self::Cursor(_) | Self::Link(_) => None,
        }
    }

    /// The link or token of the next page: one that comes twice is a loop. `None` for paginators that count.
    pub(in crate::poll) fn reference(&self) -> Option<&str> {
        match self {
            Self::SinglePage | Self::Range(_) => None,
            Self::Cursor(cursor) => cursor.reference(),
            Self::Link(link) => link.reference(),
            Self::Auto(auto) => auto.reference(),
        }
    }

    /// Steps over a page that was read. After an error or an end it still stands at that page.
    pub(in crate::poll) fn turn(&mut self, page: &PageView<'_>) -> Result<Turn, PaginateError> {
        match self {
            Self::SinglePage => Ok(Turn::end(End::SinglePage)),
            Self::Range(range) => range.turn(page),
            Self::Cursor(cursor) => cursor.turn(page),
            Self::Link(link) => link.turn(page),
            Self::Auto(auto) => auto.turn(page),
        }
    }
}

fn with<P>(variant: fn(P) -> Paging, (paging, start): (P, Start)) -> (Paging, Start) {
    (variant(paging), start)
}
