//! A scan that runs ahead of its reader, by one page: while page N is processed, N+1 is fetched, and no more.
//!
//! The one task that a stage spawns: dropping [`Pages`] aborts it, request and all.

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::coverage::{Coverage, PartialScan};
use super::error::{Failure, Place, PollError};
use super::scan::{After, Scan};
use crate::model::{Page, Redactor, ResourceName};

/// The pages of one scan, in order.
pub struct Pages {
    deliveries: mpsc::Receiver<Delivery>,
    task: AbortHandle,
    coverage: Option<Coverage>,
    resource: ResourceName,
    redactor: Redactor,
    /// Pages handed out.
    delivered: u64,
}

enum Delivery {
    Page(Page),
    End(Coverage),
    Failed(PollError),
}

impl Pages {
    pub(super) fn start(scan: Result<Scan, PollError>, resource: ResourceName, redactor: Redactor) -> Self {
        // A page waits in the channel while the next one is fetched; a third is not asked for.
        let (sender, deliveries) = mpsc::channel(1);
        let task = tokio::spawn(run(scan, sender)).abort_handle();
        Self { deliveries, task, coverage: None, resource, redactor, delivered: 0 }
    }

    /// The next page; `None` once the scan is over. After an error, too, there is nothing more.
    pub async fn next(&mut self) -> Result<Option<Page>, PollError> {
        if self.coverage.is_some() {
            return Ok(None);
        }
        match self.deliveries.recv().await {
            Some(Delivery::Page(page)) => {
                self.delivered += 1;
                Ok(Some(page))
            }
            Some(Delivery::End(coverage)) => {
                self.coverage = Some(coverage);
                Ok(None)
            }
            Some(Delivery::Failed(error)) => {
                self.coverage = Some(Coverage::Partial(PartialScan::Failed));
                Err(error)
            }
            None => {
                self.coverage = Some(Coverage::Partial(PartialScan::Failed));
                Err(self.lost())
            }
        }
    }

    /// What this scan may be taken for. Complete only if `next` has said that there is no further page.
    pub fn finish(mut self) -> Coverage {
        self.coverage.take().unwrap_or(Coverage::Partial(PartialScan::NotReadToTheEnd))
    }

    fn lost(&self) -> PollError {
        let (resource, page, redactor) = (&self.resource, self.delivered + 1, &self.redactor);
        PollError::new(&Failure::Lost, &Place { resource, page, request: None, redactor }, None)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Ends when there is nothing more to deliver, or no one to deliver to.
async fn run(scan: Result<Scan, PollError>, deliveries: mpsc::Sender<Delivery>) {
    let failed = match scan {
        Ok(scan) => read_all(scan, &deliveries).await,
        Err(error) => Some(error),
    };
    if let Some(error) = failed {
        let _ = deliveries.send(Delivery::Failed(error)).await;
    }
}

async fn read_all(mut scan: Scan, deliveries: &mpsc::Sender<Delivery>) -> Option<PollError> {
    loop {
        let (page, after) = match Box::pin(scan.page()).await {
            Ok(read) => read,
            Err(error) => return Some(error),
        };
        failpoint!("poll::after_page");
        deliveries.send(Delivery::Page(page)).await.ok()?;
        match after {
            After::More => {}
            After::End(coverage) => {
                let _ = deliveries.send(Delivery::End(scan.end(coverage))).await;
                return None;
            }
            After::Failed(error) => return Some(error),
        }
    }
}
