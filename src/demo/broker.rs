//! The demo's broker: librdkafka's in-process one, or a real one that was named.

use super::Broker;
use crate::kafka::{self, Cluster, Settings};
use crate::model::{ConnectorName, Redactor};

/// Connects to `address`, or starts a cluster in this process. A configuration's own `kafka:` block does not count: the demo
/// writes where it was told to, or nowhere that stays.
pub async fn connect(
    address: Option<&str>,
    connector: &ConnectorName,
    redactor: &Redactor,
) -> Result<(Cluster, Broker), kafka::Error> {
    let mut settings = Settings::new(connector.clone(), redactor.clone());
    let Some(address) = address else {
        return Ok((Cluster::in_process(settings).await?, Broker::InProcess));
    };
    settings.properties.push(("bootstrap.servers".to_owned(), address.to_owned()));
    Ok((Cluster::connect(settings).await?, Broker::Real(address.to_owned())))
}
