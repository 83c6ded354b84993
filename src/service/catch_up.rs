//! A cache is brought up to the end of its topic before anything is compared with it.

use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use super::audit::made;
use super::event::{Event, Observer};
use super::present::present;
use super::resource::{Reads, Resource};
use crate::encode::Layout;
use crate::kafka::{self, Cluster, Ended, Reading, Topic};
use crate::model::{Json, ResourceName, RuleId, StoredRecord};
use crate::records::Rules;
use crate::state::{Cache, StateError};

/// How long another writer's open transaction is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Others wait.
    Brief,
    /// As long as one may live.
    Long,
}

/// Longer than it takes to end what a predecessor left open.
const BRIEF: Duration = Duration::from_secs(2);

/// Brings a cache up to the end of its topic, from its checkpoint if that may be believed, else from the beginning.
pub(super) async fn catch_up(
    cluster: &Cluster,
    (name, topic, patience): (&ResourceName, &Topic, Patience),
    resource: &mut Resource,
    observer: &Observer,
) -> Result<(), kafka::Error> {
    let started = Instant::now();
    failpoint!("service::before_restore");
    let mut attempts = 3;
    let mut gone = false;
    let mut known = 0;
    while let Err(error) =
        read_on(cluster, (name, topic, patience), (resource, gone, &mut known), observer).await
    {
        attempts -= 1;
        gone = matches!(error, CatchUpError::Kafka(kafka::Error::CheckpointGone { .. }));
        match error {
            CatchUpError::Kafka(error) if !gone || attempts == 0 => return Err(error),
            CatchUpError::State(error) if attempts == 0 => {
                return Err(Ended::Abandoned { reason: error.to_string() }.into());
            }
            CatchUpError::Kafka(_) | CatchUpError::State(_) => {}
        }
    }
    failpoint!("service::after_restore");
    let keys = resource.cache.get().map_or(0, |cache| cache.keys());
    let took = started.elapsed();
    tracing::debug!(
        topic = topic.name,
        known,
        keys,
        took_ms = took.as_millis() as u64,
        "the cache is at the end of the topic"
    );
    observer.tell(&Event::Restored { topic: topic.name.clone(), keys, took });
    Ok(())
}

enum CatchUpError {
    Kafka(kafka::Error),
    State(StateError),
}

/// `known`: how many keys were known without the topic. `gone`: the topic turned out to lack what the checkpoint names.
async fn read_on(
    cluster: &Cluster,
    (name, topic, patience): (&ResourceName, &Topic, Patience),
    (resource, gone, known): (&mut Resource, bool, &mut usize),
    observer: &Observer,
) -> Result<(), CatchUpError> {
    let cache =
        recall(resource.cache.lend().await, (topic, resource.keys.identity(resource.key_format)), gone).await;
    *known = cache.keys();
    let mut reading =
        Reading::new(topic, cache.checkpoint().offsets.clone()).reporting(reporter(topic, observer));
    reading = match patience {
        Patience::Brief => reading.waiting_at_most(BRIEF),
        Patience::Long => reading,
    };
    reading = match resource.reads {
        Reads::ToItsEnd => reading,
        Reads::WhatIsCommitted | Reads::Nothing => reading.without_waiting(),
        Reads::Doubting => {
            let (rules, layout) = (resource.rules.clone(), resource.layout.clone());
            reading.believing(move |value, stamp| made((&rules, &layout), value, stamp))
        }
    };
    if cache.needs_names() {
        reading = reading.of_rows(cluster.settings().source_of(name));
    }
    let keys = resource.keys.clone();
    let (rules, layout) = (resource.rules.clone(), resource.layout.clone());
    let keeps_texts = cache.keeps_texts();
    let (mut cache, end) = kafka::restore(cluster, reading, cache, move |cache, message| {
        let row = if keeps_texts { row_of((&rules, &layout), &message) } else { None };
        cache.restore(&StoredRecord { key: &keys.read(message.key), row, ..message });
    })
    .await;
    // What was read before an error is as good as what was known: it came with the offsets that it reached.
    let end = end.map_err(CatchUpError::Kafka)?;
    cache.restored(end).map_err(CatchUpError::State)
}

/// Reading the disk blocks.
async fn recall(
    mut cache: OwnedMutexGuard<Cache>,
    (topic, key_format): (&Topic, String),
    gone: bool,
) -> OwnedMutexGuard<Cache> {
    let topic = topic.clone();
    let recalling = tokio::task::spawn_blocking(move || {
        let present = present(&topic, &key_format);
        if gone {
            cache.checkpoint_gone(&present);
        } else {
            cache.recall(&present);
        }
        cache
    });
    recalling.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// The text of the row that a message was made of, where its value tells: it has to be the fingerprint's. What a rule leaves out has no
/// part in that, and has to be there as it was.
fn row_of<'m>((rules, layout): (&Rules, &Layout), message: &StoredRecord<'m>) -> Option<&'m str> {
    let stamp = message.fingerprint?;
    if layout.form.has_schema() && stamp.rule != RuleId::WHOLE {
        return None;
    }
    let row = Json::parse(layout.shown(message.value?)).ok()?;
    (rules.made(row, stamp)?).then_some(row.text())
}

fn reporter(topic: &Topic, observer: &Observer) -> impl FnMut(kafka::Progress) + Send + 'static {
    let (topic, observer) = (topic.name.clone(), observer.clone());
    move |progress| {
        observer.tell(&Event::Restoring { topic: topic.clone(), done: progress.done, total: progress.total });
    }
}
