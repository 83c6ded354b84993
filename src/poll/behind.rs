//! The page behind a total: whether a listing that ended where the API's own total said really ends there.
//!
//! A total can be wrong, capped, or the page's own count, so it alone proves nothing. An empty page behind it does.

use std::fmt;
use std::sync::Arc;

use serde_json::json;
use tokio::time::Instant;
use tracing::{debug, warn};

use super::coverage::{CompleteScan, Coverage, PartialScan};
use super::error::{PollError, present};
use super::fetch::{Fetched, Fetcher, Got};
use super::loop_guard::{LoopGuard, Sight};
use super::paginate::{PageView, Paging, Start};
use super::paginator::{Counts, Paginator};
use super::poller::About;
use super::probe::all;
use super::read;
use super::scan::Scan;
use super::select::Selector;
use super::signs::{Sign, signs};
use crate::model::{Position, RedactedUrl, Selection};

/// With these statuses APIs say that there is no such page; and other things, too, so it has to be written down.
const NO_SUCH_PAGE: [u16; 5] = [400, 404, 410, 416, 422];

/// A listing whose pages were all read up to the API's own total, without a flaw. Nobody has looked behind it.
pub struct UpToTotal {
    fetcher: Fetcher,
    /// Of the page behind.
    position: Position,
    /// Where the last page was shorter than the step to the next one: right behind its records. An API may cap its pages.
    near: Option<Position>,
    number: u64,
    total: Option<u64>,
    /// Where the records were found, if nobody wrote it down.
    detected: Option<Vec<String>>,
    guard: LoopGuard,
    may_have_shifted: bool,
}

/// What stands behind a total.
enum Behind {
    Nothing,
    /// So many, and whether they were shown before.
    Records(usize, Sight),
}

/// Why the page behind a total proves nothing.
#[derive(Debug)]
pub struct NotProven {
    pub reason: PartialScan,
    /// The API asked in `Retry-After` to be left alone until then.
    pub not_before: Option<Instant>,
    /// Asking for other pages now would not help, or would be one request too many.
    pub spares_others: bool,
}

impl UpToTotal {
    /// Asks for the pages behind, as many at a time as the host's limits allow. Nothing of them is used but whether they are empty.
    /// Once the API is away, or asks to be left alone, it is not asked for the others.
    pub async fn look_behind(ends: Vec<Self>) -> Vec<Result<CompleteScan, NotProven>> {
        let at_a_time = ends.first().map_or(1, |end| end.fetcher.source.limits.in_flight.max(1));
        let (mut looked, mut ends) = (Vec::with_capacity(ends.len()), ends.into_iter());
        loop {
            let some: Vec<_> = ends.by_ref().take(at_a_time).map(|end| Box::pin(end.look()) as _).collect();
            if some.is_empty() {
                return looked;
            }
            looked.extend(all(some).await);
            if looked.iter().any(|one| one.as_ref().is_err_and(|not| not.spares_others)) {
                looked.extend(ends.by_ref().map(|_| Err(NotProven::of(PartialScan::UnknownBehindTotal))));
            }
        }
    }

    async fn look(mut self) -> Result<CompleteScan, NotProven> {
        let mut behind = match self.near.take() {
            Some(near) => self.ask(&near).await?,
            None => Behind::Records(0, Sight::Repeated),
        };
        if let Behind::Records(_, Sight::Repeated | Sight::Loop) = behind {
            // An API that counts in whole pages shows the last one once more for an offset within it.
            let position = self.position.clone();
            behind = self.ask(&position).await?;
        }
        match behind {
            Behind::Nothing => Ok(self.proven()),
            Behind::Records(records, sight) => Err(self.refuted(records, sight)),
        }
    }

    async fn ask(&mut self, position: &Position) -> Result<Behind, NotProven> {
        let source = Arc::clone(&self.fetcher.source);
        let (paging, start) = Paging::start(&source, Some(position));
        if start != Start::Resumed {
            return Err(NotProven::of(PartialScan::EndedByTotal));
        }
        let request = self.fetcher.template.request(&paging.asks());
        let fetched = Box::pin(self.fetcher.fetch(&request, self.number, paging.ends_on())).await;
        let Fetched { got, shown, .. } = fetched.map_err(|error| self.failed(&error))?;
        let answer = match got {
            Got::Page(answer) => answer,
            Got::NoSuchPage(_) => return Ok(Behind::Nothing),
            Got::Ignored => return Err(self.unclear("response_actions ignore the answer", &shown)),
        };
        let body = read::body_of(&answer);
        let document = read::parse(&answer, &body, &self.fetcher.shared.redactor)
            .map_err(|failure| self.unclear(&failure.to_string(), &shown))?;
        let mut selector = Selector::new(source.selector.as_ref());
        self.detected.iter().cloned().for_each(|keys| selector.freeze(keys));
        let selected = selector.select(document, &body, 0);
        match (&selected.selection, selected.scalar) {
            (Selection::Nothing { present: keys }, _) => {
                let what =
                    format!("the data selector `{}` matches nothing; {}", selector.text(), present(keys));
                Err(self.unclear(&what, &shown))
            }
            (Selection::Found, Some(kind)) => {
                let what = format!("the data selector `{}` matches a {kind:?}", selector.text());
                Err(self.unclear(&what, &shown))
            }
            (Selection::Found, None) if selected.records.is_empty() => Ok(Behind::Nothing),
            (Selection::Found, None) => {
                let sight = self.guard.look(&body, &selected.records, None);
                Ok(Behind::Records(selected.records.len(), sight))
            }
        }
    }

    fn proven(&self) -> CompleteScan {
        let (resource, page) = (&self.fetcher.source.resource, self.number);
        debug!(%resource, page, total = self.total, "the page behind the total is empty: the listing is complete");
        CompleteScan::seen(self.may_have_shifted)
    }

    /// Rows that came since the last page was read may stand there, too: one row is no proof against the total.
    fn refuted(&self, records: usize, sight: Sight) -> NotProven {
        let (resource, page) = (&self.fetcher.source.resource, self.number);
        let total = self.total.map(|total| format!(" of {total}")).unwrap_or_default();
        let more = if records == 1 { "1 record".to_owned() } else { format!("{records} records") };
        if !self.tells_first() {
            debug!(%resource, page, records, "the page behind the total is not empty");
        } else if sight == Sight::New {
            warn!(
                %resource, page,
                "the API named a total{total}, but the page behind it holds {more} more: nothing is deleted that the listing does not \
                 show; {}",
                self.cure()
            );
        } else {
            warn!(
                %resource, page,
                "the page behind the API's total{total} shows the records of an earlier page once more, so nothing is deleted that the \
                 listing does not show; if the API knows no pages, write paginator: single_page"
            );
        }
        NotProven::of(PartialScan::RowsBehindTotal)
    }

    fn unclear(&self, what: &str, url: &RedactedUrl) -> NotProven {
        let (resource, page) = (&self.fetcher.source.resource, self.number);
        let text = format!(
            "whether there is more behind the API's total is not known, and nothing is deleted that the listing does not show: page \
             {page}: {what} ({url})"
        );
        if self.tells_first() {
            warn!(%resource, page, "{}", self.fetcher.shared.redactor.scrub(&text));
        }
        NotProven::of(PartialScan::UnknownBehindTotal)
    }

    fn failed(&self, error: &PollError) -> NotProven {
        let (resource, page) = (&self.fetcher.source.resource, self.number);
        let says_so = error.status().filter(|status| NO_SUCH_PAGE.contains(status));
        let hint = says_so.map(|status| {
            format!(
                "; if the API says so that there is no such page, write paginator.stop_on_status: [{status}]"
            )
        });
        if says_so.is_none() || self.tells_first() {
            warn!(
                %resource, page,
                "whether there is more behind the API's total is not known, and nothing is deleted that the listing does not show: {}{}",
                error.what(),
                hint.unwrap_or_default()
            );
        }
        NotProven {
            not_before: error.not_before(),
            spares_others: error.is_outage() || error.asks_to_wait(),
            ..NotProven::of(PartialScan::UnknownBehindTotal)
        }
    }

    /// What to write instead of a total that is wrong.
    fn cure(&self) -> &'static str {
        match &self.fetcher.source.paginator {
            Paginator::Range(settings) if settings.total_items_path.is_some() => {
                "if that is so again the total is wrong: write total_path: null in place of total_items_path, and scans go on to the \
                 first empty page"
            }
            Paginator::Auto => {
                "if that is so again the total is wrong: write the paginator (page_number with total_path: null), and scans go on to the \
                 first empty page"
            }
            Paginator::Range(_)
            | Paginator::SinglePage
            | Paginator::Cursor(_)
            | Paginator::HeaderCursor(_)
            | Paginator::JsonLink(_)
            | Paginator::HeaderLink(_) => {
                "if that is so again the total is wrong: write paginator.total_path: null, and scans go on to the first empty page"
            }
        }
    }

    fn tells_first(&self) -> bool {
        self.fetcher.shared.tells_first(&self.fetcher.source.resource, About::Total)
    }
}

impl NotProven {
    fn of(reason: PartialScan) -> Self {
        Self { reason, not_before: None, spares_others: false }
    }
}

impl fmt::Debug for UpToTotal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpToTotal").field("position", &self.position.0).finish_non_exhaustive()
    }
}

impl Scan {
    /// What the scan may be taken for, once it has ended.
    pub(super) fn end(self, coverage: Coverage) -> Coverage {
        let Coverage::Partial(PartialScan::EndedByTotal) = coverage else { return coverage };
        let Some(position) = self.paging.behind() else { return coverage };
        let detected = self.selector.detected().map(<[String]>::to_vec);
        let near = self.right_behind();
        let may_have_shifted = self.number > 1 || !self.is_short(self.first);
        Coverage::UpToTotal(Box::new(UpToTotal {
            position,
            near,
            number: self.number + 1,
            total: self.total,
            detected,
            guard: self.guard,
            may_have_shifted,
            fetcher: self.fetcher,
        }))
    }

    fn right_behind(&self) -> Option<Position> {
        let Paginator::Range(settings) = &self.fetcher.source.paginator else { return None };
        let Counts::Records { limit, .. } = settings.counts else { return None };
        let shown = self.more.read();
        (!shown.is_multiple_of(limit.max(1)))
            .then(|| Position(json!({ "offset": settings.first.saturating_add(shown) })))
    }

    /// Whether the last page contradicts the total that made it the last: it names more records than were shown, or another page.
    /// The total may be right then, and the API's pages capped.
    pub(super) fn seems_to_have_more(&self, page: &PageView<'_>) -> bool {
        let before = match &self.fetcher.source.paginator {
            Paginator::Range(settings) if matches!(settings.counts, Counts::Records { .. }) => settings.first,
            Paginator::Range(_)
            | Paginator::Auto
            | Paginator::SinglePage
            | Paginator::Cursor(_)
            | Paginator::HeaderCursor(_)
            | Paginator::JsonLink(_)
            | Paginator::HeaderLink(_) => 0,
        };
        let shown = before.saturating_add(self.more.read());
        let says_so = |sign: &Sign| match sign {
            Sign::LinkHeader
            | Sign::Link { .. }
            | Sign::HasMore { .. }
            | Sign::NotLast { .. }
            | Sign::Total { .. }
            | Sign::TotalHeader { .. } => true,
            Sign::Token { .. }
            | Sign::HeaderToken { .. }
            | Sign::Pages { .. }
            | Sign::FullPage { .. }
            | Sign::OtherList { .. } => false,
        };
        self.total.is_some_and(|total| shown < total) || signs(page, shown, &[]).iter().any(says_so)
    }
}
