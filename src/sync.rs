//! One scan of one resource, start to finish: the picture of `lib.rs` as a function.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::encode::Encoder;
use crate::kafka::{Ended, Producer, Ticket};
use crate::model::{Batch, Page, Position, Selection};
use crate::plan::ResourcePlan;
use crate::poll::{Coverage, Pages, PartialScan, PollError, Poller, Walk};
use crate::records::RecordError;
use crate::state::{Cache, Standing};

/// What a scan works with. The cache and the standing are the resource's own; poller and producer are shared.
pub struct SyncContext<'a> {
    pub poller: &'a Poller,
    pub producer: &'a Producer,
    pub encoder: &'a Encoder,
    pub cache: &'a mut Cache,
    pub standing: &'a mut Standing,
    /// The resource's place in the plan: batches and receipts carry it.
    pub resource: usize,
    pub stop: &'a CancellationToken,
}

/// One scan of one resource. What was read before a failure is committed too, and counted in the report.
pub async fn scan(resource: &ResourcePlan, mut cx: SyncContext<'_>) -> (ScanReport, Result<(), SyncError>) {
    let started = Instant::now();
    let position = cx.standing.begin();
    let mut pages =
        cx.poller.scan(resource.source.clone(), &Walk { resume: position.clone(), ..Walk::default() });
    let mut done = Done { report: ScanReport::new(cx.standing), receipts: Receipts::default() };

    let read = read_pages(resource, &mut pages, &mut cx, &mut done).await;
    let Done { mut report, mut receipts } = done;
    if read.is_ok() {
        report.partial = partial(&pages.finish());
    } else {
        start_over_if_stuck(&mut cx, position.as_ref()).await;
    }
    let settled = receipts.settle(&mut cx, &mut report).await;
    report.took = started.elapsed();
    (report, settled.and(read)) // a lost session is the greater news
}

/// What a scan has done so far, and what of it is not known to be committed.
struct Done {
    report: ScanReport,
    receipts: Receipts,
}

async fn read_pages(
    resource: &ResourcePlan,
    pages: &mut Pages,
    cx: &mut SyncContext<'_>,
    done: &mut Done,
) -> Result<(), SyncError> {
    while let Some(page) = next_page(pages, cx.stop).await? {
        let records = resource.reader.read(&page)?;
        let diff = cx.cache.diff(records, |record| resource.reader.fingerprint(&page, record))?; // unchanged ones end here
        let messages = cx.encoder.encode(&diff.changes, &page.body);
        done.report.count(&page, diff.unchanged + diff.superseded);

        let published = messages.len() as u64;
        let (offset, offset_moved) = cx.standing.after_page(page.next.as_ref(), published > 0);
        let batch = Batch { resource: cx.resource, sequence: diff.sequence, messages, offset, offset_moved };
        done.receipts.expect(cx.producer.send(batch).await?, published); // joins the task's open transaction
        done.receipts.apply_ready(cx.cache, &mut done.report)?; // only a receipt moves the state
    }
    Ok(())
}

async fn next_page(pages: &mut Pages, stop: &CancellationToken) -> Result<Option<Page>, SyncError> {
    match stop.run_until_cancelled(pages.next()).await {
        Some(page) => Ok(page?),
        None => Err(SyncError::Stopped),
    }
}

fn partial(coverage: &Coverage) -> Option<PartialScan> {
    match coverage {
        // The proof is what deletes will ask for; upserts need none.
        Coverage::Complete(_) => None,
        Coverage::Partial(reason) => Some(*reason),
    }
}

/// A resumed scan that did not get beyond the page where it began: the next one starts over, so that one bad page does not keep
/// krest away from all others.
async fn start_over_if_stuck(cx: &mut SyncContext<'_>, began: Option<&Position>) {
    if began.is_none() || cx.standing.position() != began || cx.stop.is_cancelled() {
        return;
    }
    if let Some(offset) = cx.standing.start_over() {
        let batch =
            Batch { resource: cx.resource, sequence: 0, messages: Vec::new(), offset, offset_moved: true };
        // If the session is over, the next one finds the old position and comes here again. Flushed, because the next scan's
        // first page would otherwise join it with a position of its own.
        if cx.producer.send(batch).await.is_ok() {
            let _ = cx.producer.flush().await;
        }
    }
}

/// Receipts that are still to come, in the order of their batches.
#[derive(Default)]
struct Receipts(VecDeque<(Ticket, u64)>);

impl Receipts {
    fn expect(&mut self, ticket: Ticket, published: u64) {
        self.0.push_back((ticket, published));
    }

    /// Applies the receipts that have come, without waiting.
    fn apply_ready(&mut self, cache: &mut Cache, report: &mut ScanReport) -> Result<(), SyncError> {
        while let Some((ticket, published)) = self.0.front_mut() {
            let Some(receipt) = ticket.ready() else { break };
            cache.apply(&receipt?);
            report.published += *published;
            self.0.pop_front();
        }
        Ok(())
    }

    /// Has the open transaction committed and waits for every receipt.
    async fn settle(&mut self, cx: &mut SyncContext<'_>, report: &mut ScanReport) -> Result<(), SyncError> {
        if self.0.is_empty() {
            return Ok(());
        }
        cx.producer.flush().await?;
        while let Some((ticket, published)) = self.0.pop_front() {
            cx.cache.apply(&ticket.await?);
            report.published += published;
        }
        Ok(())
    }
}

/// Why a scan ended early. What it had read before is committed, except after `Ended`.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error(transparent)]
    Poll(#[from] PollError),
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The producer's session is over: what was not committed is read again in the next one.
    #[error(transparent)]
    Ended(#[from] Ended),
    #[error("stopped")]
    Stopped,
}

/// What a scan did. `published` counts messages whose transaction is committed.
#[derive(Clone, Debug, Default)]
pub struct ScanReport {
    pub scan: u64,
    pub resumed: bool,
    pub pages: u64,
    pub records: u64,
    pub published: u64,
    pub unchanged: u64,
    /// Pages on which the data selector matched nothing.
    pub pages_without_data: u64,
    /// Why a scan that went well was yet no complete one; `None` after a failure too.
    pub partial: Option<PartialScan>,
    pub took: Duration,
}

impl ScanReport {
    fn new(standing: &Standing) -> Self {
        Self { scan: standing.scan(), resumed: standing.resumed(), ..Self::default() }
    }

    fn count(&mut self, page: &Page, unchanged: usize) {
        self.pages += 1;
        self.records += page.records.len() as u64;
        self.unchanged += unchanged as u64;
        self.pages_without_data += u64::from(matches!(page.selection, Selection::Nothing { .. }));
    }

    /// The scan in one sentence.
    pub fn summary(&self) -> String {
        let resumed = if self.resumed { " (resumed)" } else { "" };
        format!(
            "scan {}{resumed}: {} read in {}, {} published, {} unchanged, {:.1} s",
            self.scan,
            counted(self.records, "record"),
            counted(self.pages, "page"),
            self.published,
            self.unchanged,
            self.took.as_secs_f64()
        )
    }
}

fn counted(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
