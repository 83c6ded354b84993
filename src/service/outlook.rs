//! Whether the topics are still what the caches take them for: looked at before and after scans.

use std::time::SystemTime;

use tokio::time::Instant;

use super::connector::Mode;
use super::family::{Placed, Surroundings};
use crate::kafka;
use crate::sync::Interrupted;

/// DELIVERY 6: a topic deleted and created again takes messages happily, but holds nothing of what the cache says.
/// Looked up before each scan. Its resource is tried apart: there the topic is made and restored from anew.
/// Whether it is another one, or none.
pub(super) async fn look_for_another_topic(
    member: &mut Placed,
    around: &Surroundings,
) -> Result<bool, Interrupted> {
    let Placed { topic, slot, resource, .. } = member;
    if around.mode == Mode::Rehearsal {
        return Ok(false); // which creates no topics
    }
    let asked = around.over.run_until_cancelled(kafka::identity(&around.cluster, &topic.name)).await;
    let Ok(found) = asked.ok_or(Interrupted::Stopped)? else {
        return Ok(false); // A broker that is away for a moment: the producer will tell if it stays away.
    };
    if found.as_ref().is_some_and(|(id, partitions)| *id == topic.id && *partitions == topic.partitions) {
        return Ok(false);
    }
    let name = around.resource(*slot).map(|plan| plan.name.to_string());
    tracing::warn!(
        connector = %around.plan.name, resource = name,
        "topic {} was deleted, re-created or given more partitions; the resource is looked at apart from the others", topic.name
    );
    resource.set_aside();
    Ok(true)
}

/// After a scan that published: its first pages may have gone into another topic than its last ones, and `--once` has no next
/// scan that would notice.
pub(super) async fn look_once_more(member: &mut Placed, around: &Surroundings) -> Result<(), Interrupted> {
    if look_for_another_topic(member, around).await? {
        (member.resource.due, member.resource.scanned) = (Instant::now(), None);
    }
    Ok(())
}

/// DELIVERY 10 and 11: now and then a cache is told where its topic ends. So one that nothing changes for days does not grow
/// too old to be believed, and what another writer put there is read before anything is compared with it.
pub(super) async fn confirm(member: &mut Placed, around: &Surroundings) -> Result<(), Interrupted> {
    let Placed { topic, resource, .. } = member;
    let now = SystemTime::now();
    if !resource.cache.get().is_some_and(|cache| cache.wants_confirmation(now)) {
        return Ok(());
    }
    let asked = around.over.run_until_cancelled(kafka::topic_ends(&around.cluster, topic)).await;
    let Ok(ends) = asked.ok_or(Interrupted::Stopped)? else {
        return Ok(()); // asked again before the next scan
    };
    Ok(resource.cache.get().map_or(Ok(()), |cache| cache.confirm(&ends, now))?)
}
