//! `krest signal`: tells a running connector something.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::ValueEnum as _;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::args::SignalArgs;
use super::check::load;
use super::report::{self, Exit};
use crate::model::Redactor;
use crate::service::{self, SendError, Sent};

#[expect(clippy::print_stderr, reason = "the command's own output")]
pub(super) async fn signal(args: &SignalArgs, redactor: &Redactor) -> anyhow::Result<Exit> {
    let Some(plan) = load(&args.file, redactor) else { return Ok(Exit::Usage) };
    let plan = match plan.into_connector() {
        Ok(plan) => plan,
        Err(problem) => {
            report::error(&anyhow::anyhow!("{}: {problem}", args.file.display()));
            return Ok(Exit::Usage);
        }
    };
    let id = uuid::Uuid::new_v4().to_string();
    let text = text(args, &id);
    if let Err(refused) = service::read_order(Some(text.as_bytes()), &plan) {
        report::error(&anyhow::anyhow!("the signal was not sent: {}", refused.reason));
        return Ok(Exit::Usage);
    }
    let wait = args.wait.map(Duration::from_secs);
    match service::send_signal(&plan, (&id, &text), wait).await {
        Ok(sent) => {
            report::line(format_args!("{id}"))?;
            Ok(match sent {
                Sent::Written => Exit::Done,
                Sent::Done(told) => {
                    if !told.is_empty() {
                        eprintln!("krest: {told}");
                    }
                    Exit::Done
                }
                Sent::Refused(reason) => {
                    report::error(&anyhow::anyhow!("the connector did not do it: {reason}"));
                    Exit::Failed
                }
                Sent::Unheard(waited) => {
                    report::error(&anyhow::anyhow!(
                        "nothing was heard of its end within {} s; the signal stays, and is done when the connector runs and can",
                        waited.as_secs()
                    ));
                    Exit::Failed
                }
            })
        }
        Err(error @ (SendError::NoSignals | SendError::NoNotifications)) => {
            report::error(&error.into());
            Ok(Exit::Usage)
        }
        Err(error @ SendError::Kafka(_)) => Err(error.into()),
    }
}

/// The signal in Debezium's form. Strings and lists of them: it can be written.
fn text(args: &SignalArgs, id: &str) -> String {
    #[derive(Serialize)]
    struct Signal<'s> {
        id: &'s str,
        #[serde(rename = "type")]
        kind: &'s str,
        data: BTreeMap<&'s str, Box<RawValue>>,
    }
    let kind = args.kind.to_possible_value();
    let mut data = BTreeMap::new();
    if !args.resources.is_empty() {
        data.extend(to_raw_value(&args.resources).ok().map(|names| ("data-collections", names)));
    }
    let texts = [
        ("parent", &args.parent),
        ("key", &args.key),
        ("publish", &args.publish),
        ("message", &args.message),
    ];
    for (name, value) in texts {
        data.extend(value.iter().filter_map(|value| Some((name, to_raw_value(value).ok()?))));
    }
    data.extend(args.to.iter().filter_map(|to| Some(("to", cursor_value(to)?))));
    let kind = kind.as_ref().map(clap::builder::PossibleValue::get_name).unwrap_or_default();
    serde_json::to_string(&Signal { id, kind, data }).unwrap_or_default()
}

/// `null`, a number or a quoted text as JSON, as it is written; everything else is text.
fn cursor_value(text: &str) -> Option<Box<RawValue>> {
    match serde_json::from_str(text) {
        Ok(Value::Null | Value::Number(_) | Value::String(_)) => serde_json::from_str(text).ok(),
        Ok(Value::Bool(_) | Value::Array(_) | Value::Object(_)) | Err(_) => to_raw_value(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_value_is_sent_as_it_is_written() {
        for (given, sent) in [
            ("null", "null"),
            ("1.50", "1.50"),
            ("2024-01-01", "\"2024-01-01\""),
            ("\"10\"", "\"10\""),
            ("true", "\"true\""),
        ] {
            assert_eq!(cursor_value(given).unwrap().get(), sent);
        }
    }
}
