//! A producer that publishes nothing: what it is given is shown to whoever asked for it, and counts as committed at once.
//!
//! Its receipts prove nothing, and they do no harm: they name no offsets. A cache that follows its topic moves with offsets alone,
//! so that one which is kept learns nothing from them. Only a cache that was made for a rehearsal, and is thrown away after it,
//! takes them for what they say (`state`).

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use tokio::sync::watch;

use super::super::cluster::Cluster;
use super::super::error::Ended;
use super::super::outgoing::too_large;
use super::super::settings::{Boundary, Writer};
use super::super::thread::{Request, Target, Waiting};
use super::super::topics::Topic;
use super::super::verdict::rejection;
use super::{Producer, target};
use crate::model::{Batch, ResourceName};

/// What a producer would have done.
#[derive(Debug)]
pub enum Rehearsed<'b> {
    /// This would have gone into the open transaction.
    Sent(&'b Batch),
    /// Kafka would have refused data of this resource, by its place in its task; nothing more of it counts.
    Refused { resource: usize, problem: String },
    /// What was sent would have been committed.
    Committed,
    /// What was sent would have been taken back.
    TakenBack,
}

impl Producer {
    /// Touches nothing: no transactional id, no topic. `resources` as for [`Producer::start`]. `show` is called on the producer's
    /// thread.
    pub fn rehearse(
        cluster: &Cluster,
        (writer, boundary): (Writer, Boundary),
        resources: &[(ResourceName, Topic)],
        show: impl FnMut(Rehearsed<'_>) + Send + 'static,
    ) -> Self {
        let (requests, inbox) = mpsc::channel();
        let (tell, ended) = watch::channel(None);
        let targets = resources.iter().map(|resource| target(cluster, resource)).collect();
        let mut stage = Stage { targets, boundary, open: Vec::new(), show };
        std::thread::spawn(move || {
            stage.play(&inbox);
            tell.send_replace(Some(Ended::Closed));
        });
        Self::of(cluster, (writer, boundary), (requests, ended), Arc::default())
    }
}

struct Stage<F> {
    targets: Vec<Target>,
    boundary: Boundary,
    /// Who waits for the end of a transaction that is a whole scan.
    open: Vec<Waiting>,
    show: F,
}

impl<F: FnMut(Rehearsed<'_>)> Stage<F> {
    /// Until nobody asks any more.
    fn play(&mut self, inbox: &Receiver<Request>) {
        while let Ok(request) = inbox.recv() {
            // Who asked may have gone: then nobody misses the answer.
            match request {
                Request::Batch { batch, waiting, .. } => self.take(&batch, waiting),
                Request::Flush { done } => {
                    self.commit();
                    let _ = done.send(());
                }
                Request::Discard { done } => {
                    self.open.clear();
                    (self.show)(Rehearsed::TakenBack);
                    let _ = done.send(());
                }
                Request::Claim { done, .. } | Request::Alter(_, done) | Request::Beat { done } => {
                    let _ = done.send(());
                }
                Request::KeepAlive { .. } => {}
                Request::Limit { resource, largest } => {
                    self.targets.get_mut(resource).into_iter().for_each(|target| target.largest = largest);
                }
                Request::Close => return,
            }
        }
    }

    fn take(&mut self, batch: &Batch, waiting: Waiting) {
        let resource = batch.resource;
        let refused = self.targets.get(resource).and_then(|target| {
            let failure = too_large(target, resource, &batch.messages)?;
            rejection(&failure, &target.topic)
        });
        match refused {
            Some(problem) => (self.show)(Rehearsed::Refused { resource, problem }),
            None => (self.show)(Rehearsed::Sent(batch)),
        }
        self.open.push(waiting);
        match self.boundary {
            Boundary::Interval => self.commit(),
            Boundary::Poll => {}
        }
    }

    fn commit(&mut self) {
        (self.show)(Rehearsed::Committed);
        self.open.drain(..).for_each(|waiting| waiting.committed(&Arc::default(), false));
    }
}
