//! `krest state show`: what is on disk of each resource, and where it stands.

use std::collections::BTreeMap;
use std::time::SystemTime;

use console::Style;
use serde::Serialize;
use serde_json::value::RawValue;

use super::admin::{Ended, chosen, failed, plan_of, refused};
use super::args_admin::{Output, StateShowArgs};
use super::demo::look;
use super::report::{self, Exit};
use super::topics::age_of;
use crate::admin::{self, InKafka, OnDisk, Stands, TopicEnds};
use crate::model::Redactor;
use crate::plan::ResourcePlan;
use crate::state::{DirectoryError, Kept};
use crate::table::{age, bytes, paint, printable, thousands};

pub(super) async fn show(args: &StateShowArgs, redactor: &Redactor) -> Result<Exit, Ended> {
    let plan = plan_of(&args.which, redactor)?;
    let resources = chosen(&args.which, &plan)?;
    let mut exit = Exit::Done;
    let asked = async { admin::in_kafka(&admin::connect(&plan.kafka).await?, &resources).await };
    let kafka = asked.await.map_err(|error| exit = failed(&error, redactor)).ok();
    let disk = admin::on_disk(&plan).map_err(refused)?;
    let (directory, taken) = admin::taken(&plan.state.dir, &plan.name);
    let mut told = Vec::with_capacity(resources.len());
    for resource in &resources {
        told.push(told_of(resource, &disk, kafka.as_ref())?);
    }
    let holder = match disk {
        OnDisk::InUse(DirectoryError::InUse { holder, .. }) => Some(holder),
        OnDisk::InUse(DirectoryError::Unusable { .. }) | OnDisk::Nothing => None,
        OnDisk::Open(state) => {
            drop(state); // the directory is free again, however slowly the result is read
            None
        }
    };
    match args.output {
        Output::Json => {
            let resources = told.iter().map(Told::json).collect();
            let connector = plan.name.as_str();
            let all = All { connector, directory, in_use_by: holder, bytes: taken, resources };
            report::line(format_args!("{}", serde_json::to_string(&all).map_err(anyhow::Error::from)?))?;
        }
        Output::Table => {
            let head = format!("connector {}", plan.name);
            report::line(format_args!("{}", paint(Style::new().bold(), &head, &look())))?;
            let in_use = holder.is_some();
            let user = holder.map_or_else(|| "not in use".to_owned(), |holder| format!("in use by {holder}"));
            report::line(format_args!("  directory  {directory}, {}, {user}", bytes(taken)))?;
            told.iter().try_for_each(|told| told.print(in_use, kafka.is_some()))?;
        }
    }
    Ok(exit)
}

/// The form of `-o json`.
#[derive(Serialize)]
struct All<'a> {
    connector: &'a str,
    directory: String,
    in_use_by: Option<String>,
    bytes: u64,
    resources: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    resource: &'a str,
    topic: &'a str,
    /// Null: there is no such topic, or Kafka could not be asked.
    ends: Option<&'a BTreeMap<i32, i64>>,
    disk: Option<DiskJson<'a>>,
    stands: Option<StandsJson>,
}

#[derive(Serialize)]
struct DiskJson<'a> {
    keys: u64,
    bytes: u64,
    /// Null: no rows are kept.
    row_bytes: Option<u64>,
    offsets: &'a BTreeMap<i32, i64>,
    behind: Option<u64>,
    age_s: u64,
    objection: Option<&'a str>,
}

#[derive(Serialize)]
struct StandsJson {
    scan: Option<Box<RawValue>>,
    position: Option<Box<RawValue>>,
    cursor: Option<Box<RawValue>>,
    running: Option<Box<RawValue>>,
    parents: usize,
    recorded: Option<i64>,
}

/// What is known of one resource.
struct Told<'a> {
    resource: &'a ResourcePlan,
    kept: Option<Kept>,
    topic: Option<&'a TopicEnds>,
    stands: Option<&'a Stands>,
}

fn told_of<'a>(
    resource: &'a ResourcePlan,
    disk: &OnDisk,
    kafka: Option<&'a InKafka>,
) -> Result<Told<'a>, Ended> {
    let topic = kafka.and_then(|known| known.topics.get(&resource.name));
    let stands = kafka.and_then(|known| known.stands.get(&resource.name));
    let kept = disk.kept(resource, topic).map_err(anyhow::Error::from)?;
    Ok(Told { resource, kept, topic, stands })
}

impl Told<'_> {
    fn behind(&self) -> Option<u64> {
        Some(admin::behind(self.kept.as_ref()?, &self.topic?.ends))
    }

    fn json(&self) -> One<'_> {
        let age = |kept: &Kept| SystemTime::now().duration_since(kept.at).unwrap_or_default();
        let disk = self.kept.as_ref().map(|kept| DiskJson {
            keys: kept.keys,
            bytes: kept.bytes,
            row_bytes: kept.texts,
            offsets: &kept.offsets,
            behind: self.behind(),
            age_s: age(kept).as_secs(),
            objection: kept.objection.as_deref(),
        });
        let stands = self.stands.map(|stands| {
            let field = |name| raw(&stands.offset, name).and_then(|text| RawValue::from_string(text).ok());
            let (scan, position) = (field("scan"), field("position"));
            let (cursor, running) = (field("cursor"), field("running"));
            StandsJson { scan, position, cursor, running, parents: stands.parents, recorded: stands.recorded }
        });
        let (resource, topic) = (self.resource.name.as_str(), self.resource.topic.name.as_str());
        One { resource, topic, ends: self.topic.map(|topic| &topic.ends), disk, stands }
    }

    fn print(&self, in_use: bool, asked: bool) -> anyhow::Result<()> {
        let name = paint(Style::new().bold(), &printable(self.resource.name.as_str()), &look());
        report::line(format_args!("{name}"))?;
        report::line(format_args!("  on disk    {}", self.disk(in_use)))?;
        if !asked {
            return Ok(());
        }
        report::line(format_args!("  topic      {}", self.topic()))?;
        report::line(format_args!("  stands at  {}", self.place()))
    }

    fn disk(&self, in_use: bool) -> String {
        let Some(kept) = &self.kept else {
            let why = if !self.resource.upkeep.compares() {
                "no cache: its records are not compared"
            } else if in_use {
                "known to the process that uses it"
            } else {
                "nothing; the next run reads the topic"
            };
            return why.to_owned();
        };
        let mut text = format!("{} keys, {}", thousands(kept.keys), bytes(kept.bytes));
        if let Some(texts) = kept.texts {
            text.push_str(&format!(" and {} of rows as they were published", bytes(texts)));
        }
        match self.behind() {
            Some(0) => text.push_str(", at the end of the topic"),
            Some(behind) => text.push_str(&format!(", {} offsets behind the topic", thousands(behind))),
            None => {}
        }
        let passed = SystemTime::now().duration_since(kept.at).unwrap_or_default();
        text.push_str(&format!(", brought up {} ago", age(passed)));
        match &kept.objection {
            Some(objection) => format!("{text}; the next run reads it anew: {objection}"),
            None => text,
        }
    }

    fn topic(&self) -> String {
        let name = &self.resource.topic.name;
        match self.topic {
            None => format!("{name}, which does not exist yet"),
            Some(TopicEnds { ends, .. }) => {
                let ends: Vec<String> =
                    ends.iter().map(|(partition, end)| format!("{partition}:{end}")).collect();
                format!("{name}, ends at {}", ends.join(" "))
            }
        }
    }

    fn place(&self) -> String {
        let Some(stands) = self.stands else { return "the beginning: no scan is recorded".to_owned() };
        let field = |name: &str| raw(&stands.offset, name);
        let scan = field("scan").unwrap_or_else(|| "?".to_owned());
        let mut text = match field("position") {
            None => format!("scan {scan}, which has ended"),
            Some(position) => format!("scan {scan}, next page {position}"),
        };
        for name in ["cursor", "running"] {
            if let Some(cursor) = field(name) {
                let part = |part| raw(&cursor, part).unwrap_or_default();
                text.push_str(&format!(", {name} {} = {}", part("of").trim_matches('"'), part("value")));
            }
        }
        if stands.parents > 0 {
            text.push_str(&format!(", cursors of {} parents", thousands(stands.parents as u64)));
        }
        let ago = age_of(stands.recorded, SystemTime::now());
        if ago.is_empty() { text } else { printable(&format!("{text}; recorded {ago} ago")) }
    }
}

/// The text of a field that is not null.
fn raw(object: &str, name: &str) -> Option<String> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(object).ok()?;
    fields.get(name).map(|value| value.get().to_owned()).filter(|text| text != "null")
}
