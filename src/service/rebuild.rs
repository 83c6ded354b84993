//! The cache of a resource made anew from its topic, without a run.

use std::time::Duration;

use tokio::time::Instant;

use super::catch_up::{Patience, catch_up};
use super::event::Observer;
use super::resource::Resource;
use super::rules::rules;
use crate::kafka::{self, Cluster, TopicUse};
use crate::plan::ResourcePlan;
use crate::records::Rules;
use crate::state::LocalState;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rebuilt {
    Read {
        keys: usize,
        took: Duration,
    },
    /// There is nothing to read.
    NoTopic,
    /// Its records are not compared with anything.
    NoCache,
}

/// Reads a resource's topic into its cache, from the beginning if nothing is on disk.
pub async fn rebuild(
    cluster: &Cluster,
    plan: &ResourcePlan,
    state: &LocalState,
    observer: &Observer,
) -> Result<Rebuilt, kafka::Error> {
    if !plan.upkeep.compares() {
        return Ok(Rebuilt::NoCache);
    }
    let Some(topic) = kafka::look(cluster, &plan.topic.name, plan.topic.usage).await? else {
        return Ok(Rebuilt::NoTopic);
    };
    let started = Instant::now();
    let mut resource = Resource::new(0, plan, state); // its place is of no use without a run
    if plan.format.keeps_before {
        resource.rules = known_rules(cluster, plan).await?; // rows are told by them
    }
    catch_up(cluster, (&plan.name, &topic, Patience::Long), &mut resource, observer).await?;
    Ok(Rebuilt::Read { keys: resource.cache.lend().await.keys(), took: started.elapsed() })
}

async fn known_rules(cluster: &Cluster, plan: &ResourcePlan) -> Result<Rules, kafka::Error> {
    let offsets = kafka::look(cluster, &cluster.settings().offsets_topic, TopicUse::Table).await?;
    let Some(offsets) = offsets else { return Ok(Rules::default()) };
    Ok(rules(plan, &kafka::look_at_offsets(cluster, &offsets).await?, &Rules::default()))
}
