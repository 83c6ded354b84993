//! `krest offsets`: where the resources of a connector stand, in the form of Kafka Connect's REST API.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::admin::{Ended, claim, failed, plan_of, say};
use super::args_admin::{OffsetsCommand, OffsetsSetArgs, Which};
use super::report::{self, Exit};
use crate::admin::{self, Form, Partition};
use crate::kafka::Cluster;
use crate::model::{Redactor, ResourceName};
use crate::plan::ConnectorPlan;
use crate::service::{self, AlterError};

pub(super) async fn offsets(command: &OffsetsCommand, redactor: &Redactor) -> anyhow::Result<Exit> {
    let done = match command {
        OffsetsCommand::Show(which) => show(which, redactor).await,
        OffsetsCommand::Set(args) => set(args, redactor).await,
        OffsetsCommand::Reset(which) => reset(which, redactor).await,
    };
    Ended::exit(done)
}

async fn connected(plan: &ConnectorPlan, redactor: &Redactor) -> Result<Cluster, Exit> {
    admin::connect(&plan.kafka).await.map_err(|error| failed(&error, redactor))
}

async fn show(which: &Which, redactor: &Redactor) -> Result<Exit, Ended> {
    let plan = plan_of(which, redactor)?;
    let cluster = connected(&plan, redactor).await?;
    let stored = admin::stored_offsets(&cluster).await.map_err(|error| failed(&error, redactor))?;
    if stored.is_none() {
        say(&format!("there is no topic {} yet; `krest run` makes it", plan.kafka.offsets_topic));
    }
    let stored = stored.unwrap_or_default();
    refuse_unknown(which, &plan, stored.keys())?;
    let lines: Vec<String> = stored
        .iter()
        .filter(|(partition, _)| is_wanted(which, partition))
        .map(|(partition, stored)| {
            let offset: Box<serde_json::value::RawValue> = match serde_json::from_str(&stored.offset) {
                Ok(offset) => offset,
                Err(_) => serde_json::value::to_raw_value(&stored.offset).unwrap_or_default(),
            };
            format!(r#"  {{"partition":{},"offset":{}}}"#, partition_json(partition), offset.get())
        })
        .collect();
    if lines.is_empty() {
        report::line(format_args!(r#"{{"offsets":[]}}"#))?;
    } else {
        report::line(format_args!("{{\"offsets\":[\n{}\n]}}", lines.join(",\n")))?;
    }
    Ok(Exit::Done)
}

fn is_wanted(which: &Which, partition: &Partition) -> bool {
    which.resources.is_empty() || which.resources.iter().any(|name| name == partition.resource.as_str())
}

/// A resource that is neither configured nor stored.
fn refuse_unknown<'s>(
    which: &Which,
    plan: &ConnectorPlan,
    stored: impl Iterator<Item = &'s Partition>,
) -> Result<(), Exit> {
    let configured: Vec<&str> = plan.resources.iter().map(|resource| resource.name.as_str()).collect();
    let stored: BTreeSet<&str> = stored.map(|partition| partition.resource.as_str()).collect();
    let is_known = |name: &String| configured.contains(&name.as_str()) || stored.contains(name.as_str());
    let Some(unknown) = which.resources.iter().find(|name| !is_known(name)) else { return Ok(()) };
    report::error(&anyhow::anyhow!(
        "there is no resource {unknown:?}; {} has {}",
        which.file.display(),
        configured.join(", ")
    ));
    Err(Exit::Usage)
}

async fn set(args: &OffsetsSetArgs, redactor: &Redactor) -> Result<Exit, Ended> {
    let plan = plan_of(&args.which, redactor)?;
    let text = read(&args.offsets)?;
    let wrong = |mistakes: Vec<String>| mistaken(&args.offsets, &mistakes);
    let mut form = Form::read(&text).map_err(wrong)?;
    form.wishes.retain(|wish| is_wanted(&args.which, &wish.partition));
    refuse_unknown(&args.which, &plan, form.wishes.iter().map(|wish| &wish.partition))?;
    admin::changes_of(&form, &plan, None).map_err(wrong)?;
    let _lock = claim(&plan)?;
    let cluster = connected(&plan, redactor).await?;
    let file = args.offsets.display().to_string();
    let changed = service::alter_offsets(&plan, &cluster, &[], |situation| {
        admin::changes_of(&form, &plan, Some(situation)).map_err(|mistakes| in_file(&file, &mistakes))
    });
    for change in changed.await.map_err(|error| refused(&error, redactor))? {
        let word = if change.offset.is_some() { "set" } else { "reset" };
        report::line(format_args!("{word} {}", partition_json(&change.partition)))?;
    }
    Ok(Exit::Done)
}

/// `-` is stdin.
fn read(offsets: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if offsets == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("cannot read stdin")?;
        return Ok(text);
    }
    std::fs::read_to_string(offsets).with_context(|| format!("cannot read {}", offsets.display()))
}

fn in_file(file: &str, mistakes: &[String]) -> String {
    mistakes.iter().map(|mistake| format!("{file}: {mistake}")).collect::<Vec<_>>().join("\n")
}

#[expect(clippy::print_stderr, reason = "mistakes are shown as they are, one a line")]
fn mistaken(file: &Path, mistakes: &[String]) -> Exit {
    eprintln!("{}", in_file(&file.display().to_string(), mistakes));
    Exit::Usage
}

#[expect(clippy::print_stderr, reason = "mistakes are shown as they are, one a line")]
fn refused(error: &AlterError, redactor: &Redactor) -> Exit {
    let text = redactor.scrub(&error.to_string()).into_owned();
    match error {
        AlterError::Refused(_) => eprintln!("{text}"),
        AlterError::Running { .. } | AlterError::Start(_) | AlterError::Ended(_) => {
            report::error(&anyhow::anyhow!("{text}"));
        }
    }
    match error {
        AlterError::Running { .. } => Exit::InUse,
        error if error.is_refusal() => Exit::Usage,
        AlterError::Refused(_) | AlterError::Start(_) | AlterError::Ended(_) => Exit::Failed,
    }
}

async fn reset(which: &Which, redactor: &Redactor) -> Result<Exit, Ended> {
    let plan = plan_of(which, redactor)?;
    let _lock = claim(&plan)?;
    let cluster = connected(&plan, redactor).await?;
    let stored = admin::stored_offsets(&cluster).await.map_err(|error| failed(&error, redactor))?;
    let stored = stored.unwrap_or_default();
    refuse_unknown(which, &plan, stored.keys())?;
    let wanted: Vec<Partition> = stored.into_keys().filter(|partition| is_wanted(which, partition)).collect();
    let names: BTreeSet<&ResourceName> = wanted.iter().map(|partition| &partition.resource).collect();
    let names: Vec<ResourceName> = names.into_iter().cloned().collect();
    let changed = service::alter_offsets(&plan, &cluster, &names, |_| Ok(admin::resets_of(&wanted)));
    let changed = changed.await.map_err(|error| refused(&error, redactor))?;
    for change in &changed {
        report::line(format_args!("reset {}", partition_json(&change.partition)))?;
    }
    say(if changed.is_empty() {
        "no offsets are stored: there is nothing to reset"
    } else {
        "the next run reads from the beginning and publishes only what differs from the topics"
    });
    Ok(Exit::Done)
}

fn partition_json(partition: &Partition) -> Value {
    match &partition.parent {
        None => json!({ "resource": partition.resource.as_str() }),
        Some(parent) => json!({ "resource": partition.resource.as_str(), "parent": parent }),
    }
}
