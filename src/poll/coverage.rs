//! How much of a resource a scan saw. Only an undisturbed full scan makes a [`CompleteScan`], the proof that deletes need.

use std::fmt;

use super::behind::UpToTotal;

/// What a scan that has ended may be taken for.
#[derive(Debug)]
pub enum Coverage {
    Complete(CompleteScan),
    /// Complete if the page behind the API's total is empty; until somebody has looked there it is no complete one.
    UpToTotal(Box<UpToTotal>),
    Partial(PartialScan),
}

/// Proof that every page of the resource was read, from the first to the one after which the API had no more.
/// Only the poller makes one, and it is used up by its one use.
#[derive(Debug)]
pub struct CompleteScan {
    may_have_shifted: bool,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete(_) => f.write_str("complete"),
            Self::UpToTotal(_) => write!(f, "partial: {}", PartialScan::EndedByTotal),
            Self::Partial(reason) => write!(f, "partial: {reason}"),
        }
    }
}

impl CompleteScan {
    pub(super) fn seen(may_have_shifted: bool) -> Self {
        Self { may_have_shifted }
    }

    /// Whether rows may have moved from a page that was still to be read to one that had been read: there was more than one page.
    pub fn may_have_shifted(&self) -> bool {
        self.may_have_shifted
    }
}

/// Why a scan says nothing of the records that it did not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartialScan {
    /// It went on from a stored position.
    Resumed,
    /// It failed.
    Failed,
    /// Its pages were not asked for to the end.
    NotReadToTheEnd,
    /// `maximum_offset` or `maximum_page` ended it, not the API.
    EndedByMaximum,
    /// The API's `total` ended it: what was inserted meanwhile may stand behind.
    EndedByTotal,
    /// The same, and on the page behind there are records.
    RowsBehindTotal,
    /// The same, and the page behind could not be read, or not understood.
    UnknownBehindTotal,
    /// The same, though the last page says that there is more than was shown: the API may cap its pages, or count what it never shows.
    MoreThanTotal,
    /// Its cursor asked for a part of the records.
    AskedForRange,
    /// `row_order` ended it.
    EndedByRowOrder,
    /// The data selector matched nothing on a page.
    SelectorMatchedNothing,
    /// Nobody wrote down how the pages follow each other, and there are signs of more than was read.
    MoreLikely,
    /// A page came twice: the API may not heed the paginator's parameters.
    PageRepeated,
    /// A page was shorter than asked for, and more followed: the API may cap its pages, and offsets skip what lies between.
    ShortPage,
    /// An empty page ended it below the total that the API named: the API may show only a window of its records.
    BelowTotal,
    /// `response_actions` ended it at an answer that holds no page.
    ResponseIgnored,
    /// A record that cannot be published had no key, or hid others: nobody knows which row it is.
    DeadLetterWithoutKey,
    /// It went on from a stored token or link, and all that came was an empty last page: some APIs say so that they have
    /// forgotten it.
    NothingAtPosition,
    /// It had far fewer records than the last one (`errors.max_shrink`).
    Shrunk,
}

impl PartialScan {
    /// Whether records of the very range that was asked for may have been passed over: a cursor must not move over them.
    pub fn may_have_skipped(self) -> bool {
        match self {
            Self::SelectorMatchedNothing
            | Self::RowsBehindTotal
            | Self::MoreLikely
            | Self::PageRepeated
            | Self::ShortPage
            | Self::BelowTotal
            | Self::ResponseIgnored
            | Self::NothingAtPosition
            | Self::Shrunk => true,
            Self::Resumed
            | Self::Failed
            | Self::NotReadToTheEnd
            | Self::EndedByMaximum
            | Self::EndedByTotal
            | Self::UnknownBehindTotal
            | Self::MoreThanTotal
            | Self::AskedForRange
            | Self::EndedByRowOrder
            | Self::DeadLetterWithoutKey => false,
        }
    }
}

impl fmt::Display for PartialScan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resumed => "it went on from a stored position",
            Self::Failed => "it failed",
            Self::NotReadToTheEnd => "it was not read to its end",
            Self::EndedByMaximum => "the maximum of its paginator ended it",
            Self::EndedByTotal => "the total that the API named ended it",
            Self::RowsBehindTotal => "behind the total that the API named there are more records",
            Self::UnknownBehindTotal => "whether there is more behind the total that the API named is not known",
            Self::MoreThanTotal => {
                "the total that the API named ended it, and its last page says that there is more (total_path: null reads on)"
            }
            Self::AskedForRange => "it asked for a range of cursor values",
            Self::EndedByRowOrder => "row_order ended it",
            Self::SelectorMatchedNothing => "the data selector matched nothing on a page",
            Self::MoreLikely => "the API seems to have more than was read",
            Self::ShortPage => "a page was shorter than asked for, and more followed",
            Self::BelowTotal => "an empty page came before the total that the API named",
            Self::PageRepeated => "a page with the same records came twice",
            Self::ResponseIgnored => "an answer was ignored (response_actions)",
            Self::DeadLetterWithoutKey => "a dead letter has no key that tells its row",
            Self::NothingAtPosition => "it went on from a stored token or link, and nothing more came",
            Self::Shrunk => "it showed far fewer records than the last one (errors.max_shrink)",
        })
    }
}
