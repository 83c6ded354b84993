//! `krest offsets`: where the resources of a connector stand, in the form of Kafka Connect's REST API.

use serde_json::{Value, json};

use super::admin::{failed, plan_of, say};
use super::args_admin::{OffsetsCommand, Which};
use super::report::{self, Exit};
use crate::admin::{self, Partition};
use crate::model::Redactor;
use crate::plan::ConnectorPlan;

pub(super) async fn offsets(command: &OffsetsCommand, redactor: &Redactor) -> anyhow::Result<Exit> {
    match command {
        OffsetsCommand::Show(which) => show(which, redactor).await,
    }
}

async fn show(which: &Which, redactor: &Redactor) -> anyhow::Result<Exit> {
    let plan = match plan_of(which, redactor) {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    let asked = async { admin::stored_offsets(&admin::connect(&plan.kafka).await?).await };
    let stored = match asked.await {
        Ok(Some(stored)) => stored,
        Ok(None) => {
            say(&format!("there is no topic {} yet; `krest run` makes it", plan.kafka.offsets_topic));
            Default::default()
        }
        Err(error) => return Ok(failed(error, redactor)),
    };
    let known: Vec<&str> = stored.keys().map(|partition| partition.resource.as_str()).collect();
    if let Some(exit) = unknown(which, &plan, &known) {
        return Ok(exit);
    }
    let wanted = |partition: &&Partition| {
        which.resources.is_empty() || which.resources.iter().any(|name| name == partition.resource.as_str())
    };
    let lines: Vec<String> = stored
        .iter()
        .filter(|(partition, _)| wanted(partition))
        .map(|(partition, stored)| {
            let offset: Box<serde_json::value::RawValue> = match serde_json::from_str(&stored.offset) {
                Ok(offset) => offset,
                Err(_) => serde_json::value::to_raw_value(&stored.offset).unwrap_or_default(),
            };
            format!(r#"  {{"partition":{},"offset":{}}}"#, partition_json(partition), offset.get())
        })
        .collect();
    if lines.is_empty() {
        return report::line(format_args!(r#"{{"offsets":[]}}"#)).map(|()| Exit::Done);
    }
    report::line(format_args!("{{\"offsets\":[\n{}\n]}}", lines.join(",\n"))).map(|()| Exit::Done)
}

/// A resource that is neither configured nor stored.
fn unknown(which: &Which, plan: &ConnectorPlan, stored: &[&str]) -> Option<Exit> {
    let configured: Vec<&str> = plan.resources.iter().map(|resource| resource.name.as_str()).collect();
    let unknown = which
        .resources
        .iter()
        .find(|name| !configured.contains(&name.as_str()) && !stored.contains(&name.as_str()))?;
    report::error(&anyhow::anyhow!(
        "there is no resource {unknown:?}; {} has {}",
        which.file.display(),
        configured.join(", ")
    ));
    Some(Exit::Usage)
}

fn partition_json(partition: &Partition) -> Value {
    match &partition.parent {
        None => json!({ "resource": partition.resource.as_str() }),
        Some(parent) => json!({ "resource": partition.resource.as_str(), "parent": parent }),
    }
}
