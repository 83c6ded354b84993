//! What a scan notices of its pages: that they are short, come again, hold nothing, or may shift while they are read.

use tracing::warn;

use super::coverage::PartialScan;
use super::error::Failure;
use super::loop_guard::Sight;
use super::paginate::End;
use super::paginator::{Counts, Paginator};
use super::scan::Scan;

/// More pages without a record than an API has that filters its pages after it has cut them.
const MOST_EMPTY_PAGES: u32 = 1000;

impl Scan {
    /// Offsets step by `limit`. If the API gives fewer records than asked for and has more, it may cap its pages, and the
    /// records between are never seen.
    pub(super) fn notice_short_pages(&mut self, records: usize) {
        if self.number == 1 {
            self.first = records;
        }
        let before = std::mem::replace(&mut self.records, records);
        let Paginator::Range(settings) = &self.fetcher.source.paginator else { return };
        let Counts::Records { limit, .. } = settings.counts else { return };
        let was_short = before > 0 && (before as u64) < limit;
        if was_short && records > 0 {
            self.note_flaw(PartialScan::ShortPage);
        }
        if was_short && records > 0 && !self.told_of_short_pages {
            self.told_of_short_pages = true;
            let resource = &self.fetcher.source.resource;
            warn!(
                %resource,
                "a page held {before} of the {limit} records asked for, and more followed: \
                 if the API caps its pages, records are skipped; set paginator.limit to its cap"
            );
        }
    }

    /// Of a loop the error speaks.
    pub(super) fn notice_repeated_page(&mut self, sight: Sight) {
        self.note_flaw(PartialScan::PageRepeated);
        if sight == Sight::Repeated && !self.told_of_repeated_pages {
            self.told_of_repeated_pages = true;
            let (resource, page) = (&self.fetcher.source.resource, self.number);
            warn!(
                %resource,
                page,
                "page {page} holds only records that earlier pages of this scan held; check the paginator's parameters, and \
                 whether the API counts its pages from 1 (base_page)"
            );
        }
    }

    /// Pages without records that follow each other; an API may go on with new tokens for ever.
    pub(super) fn watch_for_drought(&mut self, records: usize) -> Result<(), Failure> {
        self.empty_in_a_row = if records == 0 { self.empty_in_a_row + 1 } else { 0 };
        if self.empty_in_a_row > MOST_EMPTY_PAGES {
            Err(Failure::Drought(self.empty_in_a_row))
        } else {
            Ok(())
        }
    }

    /// Of a listing on one page nothing can move past its reader. That the page is the only one may be known from the page itself:
    /// where fewer records came than were asked for, nothing stands behind them, whatever is deleted meanwhile.
    pub(super) fn may_have_shifted(&self, end: End) -> bool {
        let nothing_came = matches!(end, End::Status(_)) || self.records == 0;
        self.number > 2 || (self.number == 2 && !(nothing_came && self.is_short(self.first)))
    }

    /// Whether a page of so many records is known to have fewer than were asked for.
    pub(super) fn is_short(&self, records: usize) -> bool {
        let asked = match &self.fetcher.source.paginator {
            Paginator::Range(settings) => match settings.counts {
                Counts::Records { limit, .. } => Some(limit),
                Counts::Pages { .. } => None,
            },
            Paginator::Auto
            | Paginator::SinglePage
            | Paginator::Cursor(_)
            | Paginator::HeaderCursor(_)
            | Paginator::JsonLink(_)
            | Paginator::HeaderLink(_) => None,
        };
        asked.is_some_and(|limit| (records as u64) < limit)
    }
}
