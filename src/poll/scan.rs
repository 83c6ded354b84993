//! One scan, page by page: request, read, select, guard, turn.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use serde_json::{Value, json};
use tracing::{debug, warn};

use super::coverage::{CompleteScan, Coverage, PartialScan};
use super::error::{Failure, Place, PollError, present};
use super::event::PollEvent;
use super::fetch::{Fetched, Fetcher, Got};
use super::loop_guard::{LoopGuard, Sight};
use super::more::MoreWatch;
use super::next_link::{LinkPolicy, StoredLink};
use super::paginate::{End, PageView, Paging, Start, Step};
use super::poller::Shared;
use super::read;
use super::request::{Request, RequestTemplate};
use super::select::{Selected, Selector};
use super::source::{MissingData, Source};
use super::walk::Walk;
use crate::model::{Arrival, Json, Page, Position, RedactedUrl, Selection, Span, Window, millis};

const BELOW_TOTAL: &str = "the page before was full and the API named a total beyond it: what lies between was not read; ask for less at a time \
     (parameters, a cursor), or write total_path: null if the total counts what is never shown";

pub(super) struct Scan {
    pub(super) fetcher: Fetcher,
    pub(super) paging: Paging,
    pub(super) selector: Selector,
    pub(super) guard: LoopGuard,
    pub(super) more: MoreWatch,
    /// Of the page that is read, or was read last.
    pub(super) number: u64,
    /// Of the page before: an estimate for the next, and a sign of pages that are cut short.
    pub(super) records: usize,
    pub(super) told_of_short_pages: bool,
    pub(super) told_of_repeated_pages: bool,
    pub(super) empty_in_a_row: u32,
    /// How many records the first page had.
    pub(super) first: usize,
    /// The last total of records that the API named.
    pub(super) total: Option<u64>,
    window: Option<Window>,
    whole: bool,
    /// It went on from a stored position.
    resumed: bool,
    /// The first reason that keeps this scan from being a complete one.
    flaw: Option<PartialScan>,
}

/// What a page leads to.
struct Onward {
    /// The page before, read once more to learn how the API counts: these records are new all the same.
    reread: Option<Vec<Span>>,
    next: Option<Position>,
    /// Records that the API says there are.
    total: Option<u64>,
    after: After,
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
        let failed = |failure| {
            let (resource, redactor) = (&source.resource, &shared.redactor);
            PollError::new(&failure, &Place { resource, page: 1, request: None, redactor }, None)
        };
        let template = RequestTemplate::new(Arc::clone(&source), walk).map_err(failed)?;
        let resume = walk.resume.as_ref().filter(|position| StoredLink::is_within(position, &template.reach));
        let (paging, start) = Paging::start(&source, resume);
        if start == Start::Unreadable || resume.is_none() && walk.resume.is_some() {
            return Err(failed(Failure::PositionUnreadable));
        }
        let mut selector = Selector::new(source.selector.as_ref());
        let resumed = start == Start::Resumed;
        if let Some(keys) = resume.filter(|_| resumed).and_then(frozen) {
            selector.freeze(keys);
        }
        Ok(Self {
            fetcher: Fetcher::new(shared, source, template),
            paging,
            selector,
            guard: LoopGuard::default(),
            more: MoreWatch::new(resumed, walk.parent.is_some()),
            number: 0,
            records: 0,
            told_of_short_pages: false,
            told_of_repeated_pages: false,
            empty_in_a_row: 0,
            first: 0,
            total: None,
            flaw: resumed.then_some(PartialScan::Resumed).or(asks_for_range(walk)),
            window: walk.window.clone(),
            whole: walk.whole,
            resumed,
        })
    }

    pub(super) async fn page(&mut self) -> Result<(Page, After), PollError> {
        self.number += 1;
        let source = Arc::clone(&self.fetcher.source);
        let request = self.fetcher.template.request(&self.paging.asks());
        let ends_on = self.paging.ends_on();
        let Fetched { got, url: here, shown } = self.fetcher.fetch(&request, self.number, ends_on).await?;
        let arrived = millis(SystemTime::now());
        let answer = match got {
            Got::Page(answer) => answer,
            Got::NoSuchPage(status) => {
                let coverage = self.coverage(End::Status(status));
                return Ok(self.without_records(shown, coverage));
            }
            Got::Ignored if self.is_at_stored_position() => {
                return Err(self.error(&Failure::PositionIgnored, &shown));
            }
            Got::Ignored => {
                self.note_flaw(PartialScan::ResponseIgnored);
                let flaw = self.flaw.unwrap_or(PartialScan::ResponseIgnored);
                return Ok(self.without_records(shown, Coverage::Partial(flaw)));
            }
        };
        let body = read::body_of(&answer);
        let document = read::parse(&answer, &body, &self.fetcher.shared.redactor)
            .map_err(|failure| self.error(&failure, &shown))?;
        let selected = self.selector.select(document, &body, self.records);
        self.judge(&selected, &shown)?;
        let Selected { records, list, selection, .. } = selected;
        self.notice_short_pages(records.len());
        let reach = self.fetcher.template.reach.clone();
        let view = PageView {
            document,
            spans: &records,
            body: &body,
            list,
            headers: &answer.headers,
            links: LinkPolicy { reach: &reach, here: &here },
            source: &source,
        };
        let Onward { reread, next, total, after } = self.onward(&view, &request, &shown);
        let after = match after {
            After::Failed(error) if self.is_at_stored_position() => return Err(error),
            After::Failed(_) | After::More | After::End(_) => after,
        };
        let records = reread.unwrap_or(records);
        let arrival = Arrival { at: arrived, etag: answer.headers.joined("etag").map(Into::into) };
        let page = Page { number: self.number, url: shown, arrival, body, records, selection, next };
        self.tell(&page, total, &after);
        Ok((page, after))
    }

    /// The page is delivered whatever comes of this. After a failure it is read again by the scan that goes on here.
    fn onward(&mut self, page: &PageView<'_>, request: &Request, url: &RedactedUrl) -> Onward {
        if self.row_order_ends(page.spans, page.body) {
            return Onward { reread: None, next: None, total: None, after: After::End(self.ended_early()) };
        }
        let here = self.stored(self.paging.position());
        let failed = |scan: &Self, failure: &Failure| {
            let after = After::Failed(scan.error(failure, url));
            Onward { reread: None, next: Some(here.clone()), total: None, after }
        };
        if let Err(drought) = self.watch_for_drought(page.records()) {
            return Onward { next: None, ..failed(self, &drought) };
        }
        let turn = match self.paging.turn(page) {
            Ok(turn) => turn,
            Err(error) => return failed(self, &error.into()),
        };
        let reference = self.paging.reference().filter(|_| turn.step == Step::Next);
        let body = page.body;
        let sight =
            if turn.reread.is_some() { Sight::New } else { self.guard.look(body, page.spans, reference) };
        if sight != Sight::New {
            self.notice_repeated_page(sight);
        }
        self.more.count(turn.reread.as_ref().map_or(page.records(), Vec::len));
        let (next, after) = match turn.step {
            Step::Next if sight == Sight::Loop => {
                self.more.tell_of_circle(page, &sent(request), &self.fetcher.shared);
                // Going on here would be going round: the next scan begins anew.
                return Onward { next: None, ..failed(self, &Failure::Loop) };
            }
            Step::Next => (Some(self.stored(self.paging.position())), After::More),
            Step::End(end) => {
                if self.is_at_stored_position() && page.records() == 0 && self.paging.reference().is_some() {
                    self.note_flaw(PartialScan::NothingAtPosition);
                }
                self.look_for_more(end, page, request);
                self.total = turn.total;
                if end == End::Total && self.seems_to_have_more(page) {
                    self.note_flaw(PartialScan::MoreThanTotal);
                }
                (None, After::End(self.coverage(end)))
            }
        };
        Onward { reread: turn.reread, next, total: turn.total, after }
    }

    /// A last page without records: an answer that is ignored, or one that says that the page before was the last.
    fn without_records(&self, url: RedactedUrl, coverage: Coverage) -> (Page, After) {
        let (body, selection) = (Bytes::from_static(b"null"), Selection::Found);
        let arrival = Arrival { at: millis(SystemTime::now()), etag: None };
        let page =
            Page { number: self.number, url, arrival, body, records: Vec::new(), selection, next: None };
        let after = After::End(coverage);
        self.tell(&page, None, &after);
        (page, after)
    }

    fn look_for_more(&mut self, end: End, page: &PageView<'_>, request: &Request) {
        if end == End::BelowTotal {
            self.note_flaw(PartialScan::BelowTotal);
            let (resource, page) = (&self.fetcher.source.resource, self.number);
            warn!(%resource, page, "page {page} is empty, but {BELOW_TOTAL}");
        }
        let signs = self.more.signs(end, page, &self.selector, &sent(request));
        if !signs.is_empty() {
            self.note_flaw(PartialScan::MoreLikely);
            self.more.tell(&signs, page, &self.fetcher.shared);
        }
    }

    /// A position as it may be stored: with the place of the records, where that was found, and without secrets. One that holds
    /// a secret after all (in the path of a link, say) is none: the scan that goes on there begins anew.
    fn stored(&self, position: Position) -> Position {
        let Position(mut stored) = position;
        if let (Value::Object(fields), Some(keys)) = (&mut stored, self.selector.detected())
            && !fields.is_empty()
        {
            fields.insert("selector".to_owned(), json!(keys));
        }
        let text = stored.to_string();
        let is_clean = self.fetcher.shared.redactor.scrub(&text) == text;
        Position(if is_clean { stored } else { json!({}) })
    }

    /// The page of a stored position is handed out only if it can be used, and says what comes next: an API may have forgotten the
    /// position, and what asks can still start over without having published anything.
    fn is_at_stored_position(&self) -> bool {
        self.resumed && self.number == 1
    }

    /// What the selection means for the scan: nothing, a warning and a flaw, or the end.
    fn judge(&mut self, selected: &Selected<'_>, url: &RedactedUrl) -> Result<(), PollError> {
        let keys = match (&selected.selection, selected.scalar) {
            (Selection::Found, None) => return Ok(()),
            (Selection::Found, Some(kind)) => {
                self.warn(url, &format!("matches {} where records are expected", kind.named()));
                return Ok(());
            }
            (Selection::Nothing { present }, _) => present,
        };
        match self.fetcher.source.missing_data {
            MissingData::Warn if !self.is_at_stored_position() => {
                self.warn(url, &format!("matches nothing; {}", present(keys)));
                self.note_flaw(PartialScan::SelectorMatchedNothing);
                Ok(())
            }
            MissingData::Warn | MissingData::Fail => {
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

    /// The first reason is kept, unless a later one says that records may have been passed over.
    pub(super) fn note_flaw(&mut self, reason: PartialScan) {
        let keeps = self.flaw.is_some_and(|flaw| flaw.may_have_skipped() || !reason.may_have_skipped());
        if !keeps {
            self.flaw = Some(reason);
        }
    }

    /// Whether the order of the records says that no later page belongs to the walk's window.
    fn row_order_ends(&self, records: &[Span], body: &[u8]) -> bool {
        let (Some(order), Some(window), false) = (&self.fetcher.source.row_order, &self.window, self.whole)
        else {
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
            End::BelowTotal => Some(PartialScan::BelowTotal),
            End::SinglePage | End::EmptyPage | End::NoMore | End::NoReference | End::Status(_) => None,
        };
        match self.flaw.or(limit) {
            Some(reason) => Coverage::Partial(reason),
            None => Coverage::Complete(CompleteScan::seen(self.may_have_shifted(end))),
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
        debug!(%resource, page = page.number, records, bytes, total, %then, "page read");
        self.fetcher.shared.tell(|| PollEvent::PageRead {
            resource: resource.clone(),
            page: page.number,
            records,
            bytes,
            total,
            then,
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

/// Where a scan that is resumed found its records.
fn frozen(position: &Position) -> Option<Vec<String>> {
    let keys = position.0.get("selector")?.as_array()?;
    keys.iter().map(|key| key.as_str().map(str::to_owned)).collect()
}

/// The parameters of a request, in the query and at the top of a JSON body.
fn sent(request: &Request) -> Vec<(String, String)> {
    let mut sent: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
    if let Some(body) = request.body().and_then(|body| Json::parse(body.as_bytes()).ok()) {
        let text = |value: Json<'_>| value.as_str().map_or_else(|| value.text().to_owned(), Into::into);
        sent.extend(body.fields().map(|(name, value)| (name.text().into_owned(), text(value))));
    }
    sent
}

/// What a request with a cursor value in it does not show may well be there.
fn asks_for_range(walk: &Walk) -> Option<PartialScan> {
    let asks = !walk.whole && !walk.window.as_ref()?.range.is_open();
    asks.then_some(PartialScan::AskedForRange)
}
