//! Whether a scan that seems to be at its end has read everything. dlt often reads the first page of an API and calls it all;
//! where nobody wrote down how its pages follow each other, krest looks for signs of more, and says what it found.

use super::event::{PollEvent, Unread};
use super::paginate::{End, PageView};
use super::paginator::Paginator;
use super::poller::{About, Shared};
use super::proposal::propose;
use super::select::Selector;
use super::signs::{self, Sign};
use tracing::warn;

/// Counts what one scan reads.
#[derive(Debug)]
pub(super) struct MoreWatch {
    read: u64,
    /// A resumed scan does not know how much was read before it.
    resumed: bool,
    /// One of many walks (for one parent each) that would all say the same.
    of_parent: bool,
}

impl MoreWatch {
    pub(super) fn new(resumed: bool, of_parent: bool) -> Self {
        Self { read: 0, resumed, of_parent }
    }

    pub(super) fn read(&self) -> u64 {
        self.read
    }

    pub(super) fn count(&mut self, records: usize) {
        self.read += records as u64;
    }

    /// The signs after the last page; empty where the operator wrote everything down, or nothing is suspicious.
    pub(super) fn signs(
        &self,
        end: End,
        page: &PageView<'_>,
        selector: &Selector,
        sent: &[(String, String)],
    ) -> Vec<Sign> {
        if self.resumed || matches!(end, End::Maximum | End::Status(_)) {
            return Vec::new();
        }
        let single = matches!(end, End::SinglePage);
        let paging_known = !matches!(page.source.paginator, Paginator::Auto | Paginator::SinglePage);
        let detected = selector.detected();
        let mut signs = match (single, paging_known, detected) {
            (true, _, _) => signs::signs(page, self.read, sent),
            (false, true, None) => return Vec::new(),
            (false, _, _) => signs::totals(page, self.read),
        };
        let other = match detected {
            Some(keys) => signs::other_list(page.document, keys),
            None => signs::list_inside(page).filter(|_| single && page.source.single_entity),
        };
        signs.extend(other);
        signs
    }

    /// Loudly, once a scan; of the walks of many parents the first one speaks for all.
    pub(super) fn tell(&self, signs: &[Sign], page: &PageView<'_>, shared: &Shared) {
        let resource = &page.source.resource;
        if self.of_parent && !shared.tells_first(resource, About::More) {
            return;
        }
        let proposal = propose(signs, page).unwrap_or_default().scrubbed(&shared.redactor);
        let scrub = |text: &str| shared.redactor.scrub(text).into_owned();
        let signs: Vec<String> = signs.iter().map(|sign| scrub(&sign.to_string())).collect();
        let lines = proposal.to_string().replace('\n', "; ");
        let hint =
            if lines.is_empty() { String::new() } else { format!("; to be written, perhaps: {lines}") };
        warn!(
            %resource,
            "the scan ends after {} records, but the API seems to have more: {}{hint}",
            self.read,
            signs.join("; ")
        );
        let resource = resource.clone();
        shared.tell(|| PollEvent::MoreLikely(Unread { resource, read: self.read, signs, proposal }));
    }

    /// The same for a detected paginator that ran in a circle: it is not the one that the API has.
    pub(super) fn tell_of_circle(&self, page: &PageView<'_>, sent: &[(String, String)], shared: &Shared) {
        if matches!(page.source.paginator, Paginator::Auto) {
            let signs = signs::signs(page, self.read, sent);
            if !signs.is_empty() {
                self.tell(&signs, page, shared);
            }
        }
    }
}
