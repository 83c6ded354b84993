//! `krest state`: what is kept on this machine, looked at, made anew, thrown away, listed.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::admin::{Ended, chosen, claim, failed, plan_of, refused, say};
use super::args_admin::{StateCommand, Which};
use super::progress::Progress;
use super::report::{self, Exit};
use super::run::observer;
use super::state_show::show;
use crate::admin::{self, AdminError, Detail, TopicRow, Wanted};
use crate::kafka::Cluster;
use crate::model::Redactor;
use crate::plan::ResourcePlan;
use crate::service::{self, Rebuilt};
use crate::state::{Directory, KeptEntry, LocalState};
use crate::table::{bytes, thousands};

pub(super) async fn state(
    command: &StateCommand,
    redactor: &Redactor,
    progress: &Progress,
) -> anyhow::Result<Exit> {
    let done = match command {
        StateCommand::Show(args) => show(args, redactor).await,
        StateCommand::Rebuild(which) => rebuild(which, redactor, progress).await,
        StateCommand::Reset(which) => reset(which, redactor),
        StateCommand::Export(which) => export(which, redactor, progress).await,
    };
    Ended::exit(done)
}

async fn rebuild(which: &Which, redactor: &Redactor, progress: &Progress) -> Result<Exit, Ended> {
    let plan = plan_of(which, redactor)?;
    let resources = chosen(which, &plan)?;
    let directory = claim(&plan)?;
    let refused = |error: AdminError| failed(&error, redactor);
    // Before anything is thrown away.
    let cluster = admin::connect(&plan.kafka).await.map_err(refused)?;
    let state = LocalState::open(directory, plan.state.memory);
    let observer = observer(progress);
    for resource in resources {
        state.discard(&resource.name).map_err(anyhow::Error::from)?;
        let rebuilding = service::rebuild(&cluster, resource, &state, &observer);
        let (name, topic) = (&resource.name, &resource.topic.name);
        match rebuilding.await.map_err(AdminError::from).map_err(refused)? {
            Rebuilt::Read { keys, took } => {
                let seconds = took.as_secs_f64();
                let rate = (keys as f64 / seconds.max(0.001)).round() as u64;
                let (keys, rate) = (thousands(keys as u64), thousands(rate));
                report::line(format_args!(
                    "{name}: {keys} keys from topic {topic} in {seconds:.1} s, {rate} keys/s"
                ))?;
            }
            Rebuilt::NoTopic => report::line(format_args!("{name}: 0 keys; there is no topic {topic} yet"))?,
            Rebuilt::NoCache => {
                report::line(format_args!(
                    "{name}: keeps no cache (write_disposition append without a key)"
                ))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn reset(which: &Which, redactor: &Redactor) -> Result<Exit, Ended> {
    let plan = plan_of(which, redactor)?;
    let resources = chosen(which, &plan)?;
    let (place, before) = admin::taken(&plan.state.dir, &plan.name);
    let directory = claim(&plan)?;
    let what = if which.resources.is_empty() {
        directory.discard_all().map_err(anyhow::Error::from)?;
        format!("all of connector {} ({})", plan.name, bytes(before))
    } else {
        let state = LocalState::open(directory, plan.state.memory);
        for resource in &resources {
            state.discard(&resource.name).map_err(anyhow::Error::from)?;
        }
        let names: Vec<&str> = resources.iter().map(|resource| resource.name.as_str()).collect();
        format!("resource {}", names.join(", "))
    };
    report::line(format_args!(
        "the cache in {place} is thrown away: {what}. Nothing is lost: the topics hold it, and the next run reads it from them"
    ))?;
    Ok(Exit::Done)
}

async fn export(which: &Which, redactor: &Redactor, progress: &Progress) -> Result<Exit, Ended> {
    let plan = plan_of(which, redactor)?;
    let resources = chosen(which, &plan)?;
    let Some(directory) = Directory::claim_to_look(&plan.state.dir, &plan.name).map_err(refused)? else {
        let (place, _) = admin::taken(&plan.state.dir, &plan.name);
        say(&format!("there is nothing in {place} yet; `krest run` makes it"));
        return Ok(Exit::Done);
    };
    let state = LocalState::open(directory, plan.state.memory);
    let mut cluster = None;
    for resource in resources {
        let kept = state.kept(&resource.name, None).map_err(anyhow::Error::from)?;
        let Some(kept) = kept else {
            say(&format!("resource {}: nothing is on disk of it", resource.name));
            continue;
        };
        if kept.has_keys {
            list(&state, resource, &HashSet::new())?;
            continue;
        }
        if cluster.is_none() {
            let connecting = admin::connect(&plan.kafka).await;
            cluster = Some(connecting.map_err(|error| failed(&error, redactor))?);
        }
        let Some(cluster) = &cluster else { continue };
        let told = join(cluster, &state, resource, (redactor, progress)).await?;
        if told.len() as u64 != kept.keys {
            list(&state, resource, &told)?;
        }
    }
    Ok(Exit::Done)
}

/// The entries whose keys the topic tells; gives the hashes of those keys.
async fn join(
    cluster: &Cluster,
    state: &LocalState,
    resource: &ResourcePlan,
    (redactor, progress): (&Redactor, &Progress),
) -> Result<HashSet<[u8; 16]>, Ended> {
    let refused = |error| failed(&error, redactor);
    let wanted = Wanted { most: usize::MAX, deleted: true, by_key: true, detail: Detail::Keys };
    let mut told = HashSet::new();
    let Some(mut rows) = admin::rows_of(cluster, resource, wanted).await.map_err(refused)? else {
        return Ok(told);
    };
    let (topic, total) = (&resource.topic.name, rows.left());
    while let Some(piece) = rows.next().await.map_err(refused)? {
        progress.counted(topic, total.saturating_sub(rows.left()), total);
        let keys: Vec<&[u8]> = piece.iter().filter_map(|row: &TopicRow| row.key.as_deref()).collect();
        let found = state.lookup(&resource.name, &keys).map_err(anyhow::Error::from)?;
        for entry in found.into_iter().flatten() {
            if told.insert(entry.key_hash) {
                print(resource, &entry)?;
            }
        }
    }
    progress.end(topic);
    Ok(told)
}

/// Every entry but those that were told.
fn list(state: &LocalState, resource: &ResourcePlan, told: &HashSet<[u8; 16]>) -> Result<(), Ended> {
    let mut printed = Ok(());
    let listing = state.entries(&resource.name, |entry| {
        if !told.contains(&entry.key_hash) {
            printed = print(resource, &entry);
        }
        printed.is_ok()
    });
    listing.map_err(anyhow::Error::from)?;
    Ok(printed?)
}

fn print(resource: &ResourcePlan, entry: &KeptEntry<'_>) -> anyhow::Result<()> {
    let (name, fingerprint) = (
        resource.name.as_str(),
        String::from_utf8_lossy(entry.fingerprint.to_header().as_bytes()).into_owned(),
    );
    let line = match entry.key {
        Some(key) => {
            let key = Value::from(String::from_utf8_lossy(key));
            let name = Value::from(name);
            format!(r#"{{"resource":{name},"key":{key},"fingerprint":"{fingerprint}"}}"#)
        }
        None => {
            let hash = format!("{:032x}", u128::from_be_bytes(entry.key_hash));
            json!({"resource": name, "key": null, "key_hash": hash, "fingerprint": fingerprint}).to_string()
        }
    };
    report::line(format_args!("{line}"))
}
