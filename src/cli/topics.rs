//! `krest topics show`: topics as the tables that their readers have.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use console::Style;
use serde_json::Value;

use super::admin::{Ended, chosen, failed, plan_of, say};
use super::args_admin::{Output, TopicsCommand, TopicsShowArgs};
use super::demo::look;
use super::report::{self, Exit};
use crate::admin::{self, AdminError, Detail, TopicRow, Wanted};
use crate::kafka::Cluster;
use crate::model::{Json, Redactor};
use crate::plan::ResourcePlan;
use crate::table::{self, Grid, Place};

pub(super) async fn topics(command: &TopicsCommand, redactor: &Redactor) -> anyhow::Result<Exit> {
    let TopicsCommand::Show(args) = command;
    Ended::exit(show(args, redactor).await)
}

async fn show(args: &TopicsShowArgs, redactor: &Redactor) -> Result<Exit, Ended> {
    let plan = plan_of(&args.which, redactor)?;
    let resources = chosen(&args.which, &plan)?;
    let cluster = admin::connect(&plan.kafka).await.map_err(|error| failed(&error, redactor))?;
    let mut first = true;
    for resource in resources {
        let first = std::mem::take(&mut first);
        Show { args, resource, redactor, grid: None, shown: 0, first }.run(&cluster).await?;
    }
    Ok(Exit::Done)
}

/// One resource's topic on its way to stdout.
struct Show<'a> {
    args: &'a TopicsShowArgs,
    resource: &'a ResourcePlan,
    redactor: &'a Redactor,
    /// Its columns are as wide as the first rows ask for.
    grid: Option<Grid>,
    shown: usize,
    first: bool,
}

impl Show<'_> {
    async fn run(mut self, cluster: &Cluster) -> Result<(), Ended> {
        let redactor = self.redactor;
        let refused = |error: AdminError| failed(&error, redactor);
        let topic = &self.resource.topic.name;
        let most = if self.args.rows == 0 { usize::MAX } else { self.args.rows };
        let wanted = Wanted {
            // One more tells whether there are more.
            most: most.saturating_add(1),
            deleted: self.args.deleted,
            by_key: true,
            detail: Detail::All,
        };
        let rows = admin::rows_of(cluster, self.resource, wanted).await.map_err(refused)?;
        let Some(mut rows) = rows else {
            say(&format!(
                "resource {}: there is no topic {topic} yet; `krest run` makes it",
                self.resource.name
            ));
            return Ok(());
        };
        if most == usize::MAX {
            while let Some(piece) = rows.next().await.map_err(refused)? {
                self.print(&piece)?;
            }
            return Ok(self.end(false)?);
        }
        let mut newest: Vec<TopicRow> = Vec::new();
        while let Some(piece) = rows.next().await.map_err(refused)? {
            newest.extend(piece);
            newest.sort_by_key(|row| (Reverse(row.timestamp), row.partition, Reverse(row.offset)));
            newest.truncate(most.saturating_add(1));
        }
        let more = newest.len() > most;
        newest.truncate(most);
        self.print(&newest)?;
        Ok(self.end(more)?)
    }

    fn print(&mut self, rows: &[TopicRow]) -> anyhow::Result<()> {
        self.shown += rows.len();
        match self.args.output {
            Output::Json => rows.iter().try_for_each(|row| {
                report::line(format_args!("{}", json_line(self.resource.name.as_str(), row)))
            }),
            Output::Table => self.draw(rows),
        }
    }

    fn draw(&mut self, rows: &[TopicRow]) -> anyhow::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let now = SystemTime::now();
        let cells: Vec<Vec<String>> = rows.iter().map(|row| cells_of(row, now)).collect();
        if self.grid.is_none() {
            let look = look();
            let columns = [
                ("key", Place::AtMost(28)),
                ("value", Place::Rest),
                ("age", Place::AtMost(9)),
                ("headers", Place::AtMost(look.width / 4)),
            ];
            let grid = Grid::new(&columns, &cells, look);
            self.title()?;
            report::line(format_args!("{}", grid.head()))?;
            self.grid = Some(grid);
        }
        let Some(grid) = &self.grid else { return Ok(()) };
        for (row, cells) in rows.iter().zip(&cells) {
            let style = if row.deleted { Style::new().dim() } else { Style::new() };
            report::line(format_args!("{}", grid.line(cells, style)))?;
        }
        Ok(())
    }

    fn title(&self) -> anyhow::Result<()> {
        let text =
            format!("topic {} (resource {}), newest first", self.resource.topic.name, self.resource.name);
        let space = if self.first { "" } else { "\n" };
        let text = table::paint(Style::new().bold(), &table::printable(&text), &look());
        report::line(format_args!("{space}{text}"))
    }

    fn end(&self, more: bool) -> anyhow::Result<()> {
        match self.args.output {
            Output::Json => Ok(()),
            Output::Table if self.shown == 0 => {
                let topic = &self.resource.topic.name;
                say(&format!("resource {}: topic {topic} has no rows", self.resource.name));
                Ok(())
            }
            Output::Table if more => report::line(format_args!("… and more; -n 0 shows all")),
            Output::Table => Ok(()),
        }
    }
}

fn cells_of(row: &TopicRow, now: SystemTime) -> Vec<String> {
    let key = row
        .key
        .as_deref()
        .map_or_else(|| "(none)".to_owned(), |key| String::from_utf8_lossy(key).into_owned());
    let value = match &row.value {
        None => "(deleted)".to_owned(),
        Some(value) => one_line(value),
    };
    let mut headers = String::new();
    for (name, value) in &row.headers {
        let gap = if headers.is_empty() { "" } else { " " };
        let _ = write!(headers, "{gap}{name}={}", value.as_deref().unwrap_or("(null)"));
    }
    vec![key, value, age_of(row.timestamp, now), headers]
}

/// How old a message is; nothing where it has no time.
pub(super) fn age_of(timestamp: Option<i64>, now: SystemTime) -> String {
    let Some(at) = timestamp.and_then(|millis| u64::try_from(millis).ok()) else { return String::new() };
    let at = UNIX_EPOCH + Duration::from_millis(at);
    table::age(now.duration_since(at).unwrap_or_default())
}

fn one_line(value: &str) -> String {
    match Json::parse(value.as_bytes()) {
        Ok(json) => json.compact().into_owned(),
        Err(_) => value.to_owned(),
    }
}

/// A value that is no JSON is shown as a text.
fn json_line(resource: &str, row: &TopicRow) -> String {
    let resource = Value::from(resource);
    let key = row.key.as_deref().map_or(Value::Null, |key| String::from_utf8_lossy(key).into_owned().into());
    let value = match &row.value {
        None => "null".to_owned(),
        Some(value) => match Json::parse(value.as_bytes()) {
            Ok(json) => json.compact().into_owned(),
            Err(_) => Value::from(value.as_str()).to_string(),
        },
    };
    let timestamp = row.timestamp.map_or(Value::Null, Value::from);
    let headers: serde_json::Map<String, Value> =
        row.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let (headers, partition, offset) = (Value::from(headers), row.partition, row.offset);
    format!(
        r#"{{"resource":{resource},"key":{key},"value":{value},"timestamp":{timestamp},"headers":{headers},"partition":{partition},"offset":{offset}}}"#
    )
}
