//! Asks for single records at their own endpoint: whether they are still there.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use super::error::{Failure, Place, PollError};
use super::fetch::{Fetcher, Got};
use super::poller::Poller;
use super::request::RequestTemplate;
use super::source::Source;
use super::walk::Walk;
use crate::model::Parent;

/// What an API answers where a record was: not found, and gone.
const GONE: &[u16] = &[404, 410];

/// The answer for a record that is not there.
#[derive(Debug)]
pub struct Absent {
    pub status: u16,
    /// What was asked, for people; without secrets.
    pub request: String,
}

impl Poller {
    /// Which of these records are gone; `source` is filled from them. As many requests at a time as the host's limits allow.
    /// Any other answer than a success or "not there" (404, 410) says nothing, and is an error: then nothing is known of any of them.
    pub async fn probe(&self, source: &Arc<Source>, records: &[Parent]) -> Result<Vec<bool>, PollError> {
        let mut gone = Vec::with_capacity(records.len());
        for some in records.chunks(source.limits.in_flight.max(1)) {
            let is_gone = async |record| Ok(self.absent(source, record).await?.is_some());
            let asking = some.iter().map(|record| Box::pin(is_gone(record)) as Asking<'_, _>);
            for answer in all(asking.collect()).await {
                gone.push(answer?);
            }
        }
        Ok(gone)
    }

    /// The same for one; `None`: it is there.
    pub async fn absent(&self, source: &Arc<Source>, record: &Parent) -> Result<Option<Absent>, PollError> {
        let shared = self.shared();
        let failed = |failure: Failure| {
            let (resource, redactor) = (&source.resource, &shared.redactor);
            PollError::new(&failure, &Place { resource, page: 1, request: None, redactor }, None)
        };
        let walk = Walk { parent: Some(record.clone()), ..Walk::default() };
        let template = RequestTemplate::new(Arc::clone(source), &walk).map_err(failed)?;
        let request = template.plain();
        let fetcher = Fetcher::new(Arc::clone(shared), Arc::clone(source), template);
        let fetched = Box::pin(fetcher.fetch(&request, 1, GONE)).await?;
        Ok(match fetched.got {
            Got::Page(_) | Got::Ignored => None,
            Got::NoSuchPage(status) => {
                let request = format!("{} {}", source.method, fetched.shown);
                Some(Absent { status, request: shared.redactor.scrub(&request).into_owned() })
            }
        })
    }
}

pub(super) type Asking<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Waits for all of them; their answers in order.
pub(super) async fn all<T>(mut asking: Vec<Asking<'_, T>>) -> Vec<T> {
    let mut answers: Vec<Option<T>> = asking.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (asking, answer) in asking.iter_mut().zip(&mut answers).filter(|(_, answer)| answer.is_none()) {
            if let Poll::Ready(ready) = asking.as_mut().poll(context) {
                *answer = Some(ready);
            }
        }
        if answers.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}
