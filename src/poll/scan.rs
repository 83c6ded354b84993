//! One scan, page by page: request, read, select, guard, turn.

use std::sync::Arc;

use bytes::Bytes;
use tracing::{debug, warn};

use super::coverage::{CompleteScan, Coverage, PartialScan};
use super::error::{Failure, Place, PollError, present};
use super::event::PollEvent;
use super::fetch::{Fetched, Fetcher};
use super::loop_guard::{LoopGuard, Sight};
use super::paginate::{End, PageView, Paging, Start, Step};
use super::poller::Shared;
use super::read;
use super::request::RequestTemplate;
use super::select::{Selected, Selector};
use super::source::{MissingData, Paginator, Source};
use super::walk::Walk;
use crate::model::{Json, Page, RedactedUrl, Selection, Span, Window};

pub(super) struct Scan {
    fetcher: Fetcher,
    paging: Paging,
    selector: Selector,
    guard: LoopGuard,
    /// Of the page that is read, or was read last.
    number: u64,
    /// Of the page before: an estimate for the next, and a sign of pages that are cut short.
    records: usize,
    told_of_short_pages: bool,
    window: Option<Window>,
    /// The first reason that keeps this scan from being a complete one.
    flaw: Option<PartialScan>,
}

/// What follows a page that was read.
pub(super) enum After {
    More,
    End(Coverage),
    /// The page is good, but what it says of the next one is not.
    Failed(PollError),
}

impl Scan {
    pub(super) fn new(shared: Arc<Shared>, source: Arc<Source>, walk: &Walk) -> Result<Self, PollError> {
        let (paging, start) = Paging::start(&source.paginator, walk.resume.as_ref());
        if start == Start::Unreadable {
            let resource = &source.resource;
            warn!(%resource, "the stored position is not one of this paginator: the scan starts over");
        }
        let selector = Selector::new(source.selector.as_ref());
        let template = RequestTemplate::new(Arc::clone(&source), walk).map_err(|failure| {
            let (resource, redactor) = (&source.resource, &shared.redactor);
            PollError::new(&failure, &Place { resource, page: 1, request: None, redactor }, None)
        })?;
        Ok(Self {
            fetcher: Fetcher::new(shared, source, template),
            paging,
            selector,
            guard: LoopGuard::default(),
            number: 0,
            records: 0,
            told_of_short_pages: false,
            flaw: (start == Start::Resumed).then_some(PartialScan::Resumed).or(asks_for_range(walk)),
            window: walk.window.clone(),
        })
    }

    pub(super) async fn page(&mut self) -> Result<(Page, After), PollError> {
        self.number += 1;
        let request = self.fetcher.template.request(&self.paging.placed());
        let (answer, url) = match self.fetcher.fetch(&request, self.number).await? {
            (Fetched::Page(answer), url) => (answer, url),
            (Fetched::Ignored, url) => return Ok(self.ignored(url)),
        };
        let body = read::body_of(&answer);
        let document = read::parse(&answer, &body, &self.fetcher.shared.redactor)
            .map_err(|failure| self.error(&failure, &url))?;
        let selected = self.selector.select(document, &body, self.records);
        self.judge(&selected, &url)?;
        let Selected { records, list, selection, .. } = selected;
        self.watch_for_loops(&records, &body, &url)?;
        self.notice_short_pages(records.len());

        let here = self.paging.position();
        let turn = self.paging.turn(&PageView { document, records: records.len(), list });
        let total = turn.as_ref().ok().and_then(|turn| turn.total);
        let (next, after) = match turn.map(|turn| turn.step) {
            _ if self.row_order_ends(&records, &body) => (None, After::End(self.ended_early())),
            Ok(Step::Next) => (self.paging.position(), After::More),
            Ok(Step::End(end)) => (None, After::End(self.coverage(end))),
            // The page is delivered all the same, and read again by the scan that goes on here.
            Err(error) => (here, After::Failed(self.error(&error.into(), &url))),
        };
        let page = Page { number: self.number, url, body, records, selection, next };
        self.tell(&page, total, &after);
        Ok((page, after))
    }

    /// An answer that `response_actions` ignore: a last page without records.
    fn ignored(&mut self, url: RedactedUrl) -> (Page, After) {
        let flaw = *self.flaw.get_or_insert(PartialScan::ResponseIgnored);
        let page = Page {
            number: self.number,
            url,
            body: Bytes::from_static(b"null"),
            records: Vec::new(),
            selection: Selection::Found,
            next: None,
        };
        let after = After::End(Coverage::Partial(flaw));
        self.tell(&page, None, &after);
        (page, after)
    }

    /// What the selection means for the scan: nothing, a warning and a flaw, or the end.
    fn judge(&mut self, selected: &Selected<'_>, url: &RedactedUrl) -> Result<(), PollError> {
        let keys = match (&selected.selection, selected.scalar) {
            (Selection::Found, None) => return Ok(()),
            (Selection::Found, Some(kind)) => {
                self.warn(url, &format!("matches a {kind:?} where records are expected"));
                return Ok(());
            }
            (Selection::Nothing { present }, _) => present,
        };
        match self.fetcher.source.missing_data {
            MissingData::Warn => {
                self.warn(url, &format!("matches nothing; {}", present(keys)));
                self.flaw.get_or_insert(PartialScan::SelectorMatchedNothing);
                Ok(())
            }
            MissingData::Fail => {
                let failure = Failure::MissingData { selector: self.selector.text(), keys: keys.clone() };
                Err(self.error(&failure, url))
            }
        }
    }

    /// Keys of a body and parts of a URL may be secrets, so the whole text is scrubbed.
    fn warn(&self, url: &RedactedUrl, what: &str) {
        let (resource, page) = (&self.fetcher.source.resource, self.number);
        let text = format!("page {page}: the data selector `{}` {what} ({url})", self.selector.text());
        warn!(%resource, page, "{}", self.fetcher.shared.redactor.scrub(&text));
    }

    fn watch_for_loops(&mut self, page: &[Span], body: &Bytes, url: &RedactedUrl) -> Result<(), PollError> {
        match self.guard.look(body, page) {
            Sight::New => Ok(()),
            Sight::Repeated => {
                self.flaw.get_or_insert(PartialScan::PageRepeated);
                Ok(())
            }
            Sight::Loop => Err(self.error(&Failure::Loop, url)),
        }
    }

    /// Offsets step by `limit`. If the API gives fewer records than asked for and has more, it may cap its pages, and the
    /// records between are never seen.
    fn notice_short_pages(&mut self, records: usize) {
        let before = std::mem::replace(&mut self.records, records);
        let Paginator::Offset(settings) = &self.fetcher.source.paginator else { return };
        let was_short = before > 0 && (before as u64) < settings.limit;
        if was_short && records > 0 && !self.told_of_short_pages {
            self.told_of_short_pages = true;
            let (resource, limit) = (&self.fetcher.source.resource, settings.limit);
            warn!(
                %resource,
                "a page held {before} of the {limit} records asked for, and more followed: \
                 if the API caps its pages, records are skipped; set paginator.limit to its cap"
            );
        }
    }

    /// Whether the order of the records says that no later page belongs to the walk's window.
    fn row_order_ends(&self, records: &[Span], body: &Bytes) -> bool {
        let (Some(order), Some(window)) = (&self.fetcher.source.row_order, &self.window) else {
            return false;
        };
        let text = |span: &Span| body.get(span.start as usize..span.end as usize);
        let texts = records.iter().filter_map(text).filter_map(|bytes| std::str::from_utf8(bytes).ok());
        order.ends_after(texts.map(Json::trusted), window)
    }

    fn ended_early(&self) -> Coverage {
        Coverage::Partial(self.flaw.unwrap_or(PartialScan::EndedByRowOrder))
    }

    fn coverage(&self, end: End) -> Coverage {
        let limit = match end {
            End::Total => Some(PartialScan::EndedByTotal),
            End::Maximum => Some(PartialScan::EndedByMaximum),
            End::SinglePage | End::EmptyPage | End::NoMore => None,
        };
        match self.flaw.or(limit) {
            Some(reason) => Coverage::Partial(reason),
            None => Coverage::Complete(CompleteScan::seen()),
        }
    }

    fn tell(&self, page: &Page, total: Option<u64>, after: &After) {
        let resource = &self.fetcher.source.resource;
        let (records, bytes) = (page.records.len(), page.body.len());
        let then = match after {
            After::More => "asking for the next page".to_owned(),
            After::End(coverage) => format!("the last page: {coverage}"),
            After::Failed(_) => "the scan fails".to_owned(),
        };
        debug!(%resource, page = page.number, records, bytes, total, then, "page read");
        self.fetcher.shared.tell(|| PollEvent::PageRead {
            resource: resource.clone(),
            page: page.number,
            records,
            bytes,
            total,
        });
    }

    fn error(&self, failure: &Failure, url: &RedactedUrl) -> PollError {
        let place = Place {
            resource: &self.fetcher.source.resource,
            page: self.number,
            request: Some((self.fetcher.source.method, url)),
            redactor: &self.fetcher.shared.redactor,
        };
        PollError::new(failure, &place, None)
    }
}

/// What a request with a cursor value in it does not show may well be there.
fn asks_for_range(walk: &Walk) -> Option<PartialScan> {
    let range = &walk.window.as_ref()?.range;
    (range.start.is_some() || range.end.is_some()).then_some(PartialScan::AskedForRange)
}
