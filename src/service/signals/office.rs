//! Everything about signals that lives as long as a connector runs: the seat in its group, the task that reads, the herald.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::desk::Desk;
use super::herald::{Herald, Telling};
use super::ledger::Ledger;
use super::post::Post;
use crate::kafka::{Membership, Paused, Settings, Signals, Topic};
use crate::plan::ConnectorPlan;

/// What families need of it.
#[derive(Clone, Debug)]
pub(in crate::service) struct Office {
    pub desk: Arc<Desk>,
    pub herald: Herald,
}

/// What has to be closed at the end.
pub(in crate::service) struct Staff {
    over: CancellationToken,
    post: Option<JoinHandle<Membership>>,
    telling: Telling,
}

/// Where the office is, and for whom.
pub(in crate::service) struct Site<'s> {
    pub plan: &'s Arc<ConnectorPlan>,
    /// With the offsets topic; `None`: there is no Kafka with groups and topics (the demonstration).
    pub kafka: Option<(&'s Settings, &'s Topic)>,
    pub host: &'s str,
    /// `--once` reads no signals: its scans would be over before the first one came.
    pub reads: bool,
}

impl Office {
    /// Once the connector is claimed: who is refused harms nobody, and reads nobody's signals.
    pub(in crate::service) fn open(site: &Site<'_>, paused: &Paused) -> (Self, Staff) {
        let Site { plan, kafka, host, reads } = *site;
        tell_paused(plan, paused);
        let (desk, told) = Desk::new(plan, paused);
        let desk = Arc::new(desk);
        let (herald, telling) = Herald::start(kafka.map(|(settings, _)| settings), &plan.signals);
        let over = CancellationToken::new();
        let post = kafka.map(|(settings, offsets)| {
            let (send, inbox) = unbounded_channel();
            let topic = plan.signals.signals.as_ref().filter(|_| reads);
            let signals = topic.map(|topic| Signals { topic: topic.name.clone(), inbox: send });
            let post = Post {
                plan: Arc::clone(plan),
                desk: Arc::clone(&desk),
                herald: herald.clone(),
                offsets: offsets.clone(),
                seat: Membership::join(settings, host, signals),
                ledger: Ledger::default(),
                open: BTreeMap::new(),
                over: over.clone(),
            };
            tokio::spawn(post.run(inbox, told))
        });
        (Self { desk, herald }, Staff { over, post, telling })
    }
}

/// Nobody wonders why nothing is read.
fn tell_paused(plan: &ConnectorPlan, paused: &Paused) {
    let names: Vec<&str> = paused.resources.iter().map(String::as_str).collect();
    let what = match (paused.connector, names.is_empty()) {
        (true, _) => "the connector is paused: nothing is read".to_owned(),
        (false, false) => format!("paused and not read: {}", names.join(", ")),
        (false, true) => return,
    };
    tracing::info!(connector = %plan.name, "{what}; krest signal FILE resume ends that");
}

impl Staff {
    /// The connector has ended, and with it every [`Office`].
    pub(in crate::service) async fn close(self) {
        self.over.cancel();
        let leaving = async {
            let Some(post) = self.post else { return };
            match post.await {
                Ok(seat) => seat.leave().await,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        };
        tokio::join!(leaving, self.telling.finish());
    }
}
