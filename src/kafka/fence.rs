//! Fencing a transactional id that nobody is to write under any more. librdkafka has no such admin request; a producer that
//! lives only for it asks the broker for the same.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::producer::Producer as _;

use super::blocking::blocking;
use super::cluster::Cluster;
use super::error::Error;
use super::settings::{Sizes, Writer};
use super::transaction::Transactor;

/// A client takes up to half a second to find a broker; what has to happen later can have one that has found it.
const CONNECTING: Duration = Duration::from_millis(600);
const STEP: Duration = Duration::from_millis(10);

/// What it takes to fence a transactional id, at hand.
pub struct Fence {
    transactor: Transactor,
}

impl Fence {
    /// Connects. Fences nobody yet.
    pub async fn prepare(cluster: &Cluster, writer: Writer) -> Result<Self, Error> {
        let cluster = cluster.clone();
        blocking(move |cancelled| {
            let writer = (writer, Sizes::default());
            let transactor = Transactor::new(&cluster, writer, Vec::new(), Arc::default())?;
            let start = Instant::now();
            while transactor.has_transactions()
                && transactor.client.client().fetch_cluster_id(STEP).is_none()
                && start.elapsed() < CONNECTING
                && !cancelled.is_set()
            {
                transactor.serve();
            }
            Ok(Self { transactor })
        })
        .await
    }

    /// Fences whoever has the writer's transactional id: when this returns, nothing of it is open any more, and nothing of it
    /// can be committed.
    pub async fn fence(self) -> Result<(), Error> {
        blocking(move |cancelled| self.transactor.init(&|| cancelled.is_set())).await
    }
}

/// The same at once.
pub async fn fence(cluster: &Cluster, writer: Writer) -> Result<(), Error> {
    Fence::prepare(cluster, writer).await?.fence().await
}
