//! What a scan did, and why it ended early.

use std::time::Duration;

use tokio::time::Instant;

use crate::kafka::Ended;
use crate::model::{Batch, Page, Selection};
use crate::poll::{PartialScan, PollError};
use crate::records::Problem;
use crate::state::{Standing, StateError};

use super::read_error::ReadError;

/// What a scan did to one resource.
#[derive(Debug)]
pub struct MemberReport {
    /// The resource, by its place in its task.
    pub resource: usize,
    pub report: ScanReport,
    /// `Ok` if all its pages were read and are committed.
    pub outcome: Result<(), SyncError>,
}

impl MemberReport {
    /// What the API asked for in `Retry-After`: the resource is not polled before.
    pub fn not_before(&self) -> Option<Instant> {
        let of_error = match &self.outcome {
            Err(
                SyncError::Read(ReadError::Poll(error))
                | SyncError::Parents { error: ReadError::Poll(error), .. }
                | SyncError::Probe { error, .. },
            ) => error.not_before(),
            Ok(()) | Err(_) => None,
        };
        of_error.max(self.report.not_before)
    }
}

/// Why a resource's scan was not a good one. What it had read before is committed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Of a dependent resource: the pages of some parents could not be read.
    #[error("{failed} of its parents could not be read; the first: parent {parent}: {error}")]
    Parents { failed: u64, parent: String, error: ReadError },
    /// With `transaction.boundary: poll`, where a family's scan is one transaction.
    #[error("a resource that is scanned with it failed")]
    Discarded,
    #[error("its parent {parent} could not be read to the end")]
    Parent { parent: String },
    #[error(
        "{gone} of {all} records are no longer there, more than {setting}: nothing was deleted. That is {share} % of them: \
         {keys}.{small} If it is right, allow it for one scan: krest signal FILE allow-deletes -r {resource} while an instance runs, \
         krest run FILE --allow-deletes {resource} if none does; or raise that setting for this resource"
    )]
    TooManyGone {
        gone: usize,
        all: usize,
        share: usize,
        setting: String,
        keys: String,
        /// A table may be too small for its share.
        small: String,
        resource: String,
    },
    #[error(
        "{missing} records are no longer shown, and whether they are gone cannot be asked: nothing was deleted; {error}"
    )]
    Probe { missing: usize, error: PollError },
    /// What is there is not found either.
    #[error(
        "{} no longer shown: not there when asked for, but neither are {} of {resource} that this very scan did show (HTTP {status} from \
         {request}), so the answers mean something else: nothing was deleted; see whether deletes.path is right, and whether the \
         credentials may read single records",
        counted(*.gone as u64, "record"), counted(*.asked as u64, "record")
    )]
    ProbeRefuted { gone: usize, asked: usize, resource: String, status: u16, request: String },
    /// Nothing is known to be there that its answers could be checked with.
    #[error(
        "{} no longer shown: not there when asked for, but the scan showed no record to check such answers with: nothing was deleted. If \
         they are gone, allow it for one scan: krest run FILE --allow-deletes {resource}, or krest signal FILE allow-deletes -r \
         {resource}; or set deletes.max_share: 1 for this resource",
        counted(*.gone as u64, "record")
    )]
    ProbeUnchecked { gone: usize, resource: String },
    /// By a schema whose id is not known.
    #[error(
        "{} no longer shown, and the events that tell of it need a schema that has no id yet: nothing was deleted; {error}",
        counted(*.gone as u64, "record")
    )]
    Untold { gone: usize, error: Box<ReadError> },
    #[error(
        "{records} records instead of {before}, fewer than errors.max_shrink allows ({max_shrink}): nothing was deleted, and no \
         cursor moved; if it is right, set errors.shrunk_scan: warn or raise errors.max_shrink for this resource"
    )]
    Shrunk { records: u64, before: u64, max_shrink: f64 },
}

impl SyncError {
    /// What happened, if the value that the scan began at is to blame: it would fail there each time.
    pub fn of_its_start(&self) -> Option<String> {
        match self {
            Self::Read(error) if is_of_the_start(error) => Some(error.what()),
            Self::Parents { error, parent, .. } if is_of_the_start(error) => {
                Some(format!("parent {parent}: {}", error.what()))
            }
            Self::Read(_)
            | Self::Parents { .. }
            | Self::Parent { .. }
            | Self::TooManyGone { .. }
            | Self::Probe { .. }
            | Self::ProbeRefuted { .. }
            | Self::ProbeUnchecked { .. }
            | Self::Untold { .. }
            | Self::Shrunk { .. }
            | Self::Discarded => None,
        }
    }

    /// Whether a single record is what is wrong.
    pub fn is_about_a_record(&self) -> bool {
        match self {
            Self::Read(error) | Self::Parents { error, .. } => {
                matches!(error, ReadError::Record(_) | ReadError::Parent(_))
            }
            Self::Parent { .. }
            | Self::TooManyGone { .. }
            | Self::Probe { .. }
            | Self::ProbeRefuted { .. }
            | Self::ProbeUnchecked { .. }
            | Self::Untold { .. }
            | Self::Shrunk { .. }
            | Self::Discarded => false,
        }
    }

    /// Whether all pages were read, and only what is missing was not deleted.
    pub fn holds_back_deletes(&self) -> bool {
        match self {
            Self::TooManyGone { .. }
            | Self::Probe { .. }
            | Self::ProbeRefuted { .. }
            | Self::ProbeUnchecked { .. }
            | Self::Untold { .. } => true,
            Self::Read(_)
            | Self::Parents { .. }
            | Self::Parent { .. }
            | Self::Discarded
            | Self::Shrunk { .. } => false,
        }
    }
}

/// The scan is over for the whole family: what was not committed is read again.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    /// The producer's session is over.
    #[error(transparent)]
    Ended(#[from] Ended),
    /// What a topic holds is not known any more.
    #[error(transparent)]
    State(#[from] StateError),
    #[error("stopped")]
    Stopped,
}

/// What one batch carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    /// Those that change rows.
    pub messages: u64,
    /// Of the messages.
    pub tombstones: u64,
    pub letters: u64,
}

impl Sent {
    pub(super) fn of(batch: &Batch) -> Self {
        let changes = batch.messages.iter().filter(|message| message.is_change());
        let tombstones = batch.messages.iter().filter(|message| message.value.is_none());
        Self {
            messages: changes.count() as u64,
            tombstones: tombstones.count() as u64,
            letters: batch.letters.len() as u64,
        }
    }
}

/// What a scan did. `published` counts messages whose transaction is committed.
#[derive(Clone, Debug, Default)]
pub struct ScanReport {
    pub scan: u64,
    pub resumed: bool,
    pub pages: u64,
    pub records: u64,
    pub published: u64,
    /// Of the published ones, those that delete.
    pub tombstones: u64,
    pub unchanged: u64,
    /// Records that cannot be published.
    pub dead_letters: u64,
    /// Of them, those for which a letter was sent now; the others have theirs from before.
    pub letters_sent: u64,
    /// What is wrong with the first of them.
    pub first_dead: Option<String>,
    /// Pages on which the data selector matched nothing.
    pub pages_without_data: u64,
    /// Why a scan that went well was yet no complete one; `None` after a failure too.
    pub partial: Option<PartialScan>,
    /// The API asked to be left alone until then, when it was asked what is behind its total.
    pub not_before: Option<Instant>,
    /// What is missing has to be confirmed by a further scan, at once.
    pub confirm: bool,
    /// A complete scan has judged what is missing.
    pub settled: bool,
    /// It was allowed to delete more than the guards say, and has judged what is missing: no other scan is allowed to.
    pub allowance_used: bool,
    pub took: Duration,
}

impl ScanReport {
    pub(super) fn new(standing: &Standing) -> Self {
        Self { scan: standing.scan(), resumed: standing.resumed(), ..Self::default() }
    }

    /// `dropped`: records that were on the page and cannot be used.
    pub(super) fn count(&mut self, page: &Page, dropped: usize, unchanged: usize) {
        self.pages += 1;
        self.records += (page.records.len() + dropped) as u64;
        self.unchanged += unchanged as u64;
        self.pages_without_data += u64::from(matches!(page.selection, Selection::Nothing { .. }));
    }

    pub(super) fn committed(&mut self, sent: Sent) {
        self.published += sent.messages;
        self.tombstones += sent.tombstones;
        self.letters_sent += sent.letters;
    }

    /// The scan in one sentence.
    pub fn summary(&self) -> String {
        let resumed = if self.resumed { " (resumed)" } else { "" };
        let tombstones = match self.tombstones {
            0 => String::new(),
            count => format!(" ({})", counted(count, "tombstone")),
        };
        let letters = match (self.dead_letters, self.letters_sent) {
            (0, _) => String::new(),
            (all, new) if all == new => format!(", {}", counted(all, "dead letter")),
            (all, new) => format!(", {} ({new} new)", counted(all, "dead letter")),
        };
        format!(
            "scan {}{resumed}: {} read in {}, {} published{tombstones}, {} unchanged{letters}, {:.1} s",
            self.scan,
            counted(self.records, "record"),
            counted(self.pages, "page"),
            self.published,
            self.unchanged,
            self.took.as_secs_f64()
        )
    }
}

/// Whether the cursor value that the pages were asked for with is to blame. An API that finds fault with a request says so with a status
/// that no repetition cures; what is forbidden, or not there, may have passed an hour later.
fn is_of_the_start(error: &ReadError) -> bool {
    match error {
        ReadError::Window(_) => true,
        ReadError::Record(error) => matches!(*error.problem, Problem::CursorKinds { .. }),
        ReadError::Poll(error) => matches!(error.status(), Some(400 | 410 | 414 | 416 | 422)),
        ReadError::Parent(_)
        | ReadError::TooManyDead(_)
        | ReadError::Schema { .. }
        | ReadError::Position(_) => false,
    }
}

fn counted(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
