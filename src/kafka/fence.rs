//! Fencing a transactional id that nobody is to write under any more. librdkafka has no such admin request; a producer that
//! lives only for it asks the broker for the same.

use super::blocking::blocking;
use super::cluster::Cluster;
use super::error::Error;
use super::settings::{Sizes, Writer};
use super::transaction::Transactor;

/// Fences whoever has the writer's transactional id: when this returns, nothing of it is open any more, and nothing of it can
/// be committed.
pub async fn fence(cluster: &Cluster, writer: Writer) -> Result<(), Error> {
    let cluster = cluster.clone();
    blocking(move |cancelled| {
        let writer = (writer, Sizes::default());
        let transactor = Transactor::new(&cluster, writer, Vec::new(), std::sync::Arc::default())?;
        transactor.init(&|| cancelled.is_set())
    })
    .await
}
