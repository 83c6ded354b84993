//! `krest signal`: tells a running connector something.

use std::time::Duration;

use clap::ValueEnum as _;
use serde_json::{Map, Value, json};

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

/// The signal in Debezium's form.
fn text(args: &SignalArgs, id: &str) -> String {
    let kind = args.kind.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut data = Map::new();
    if !args.resources.is_empty() {
        data.insert("data-collections".to_owned(), json!(args.resources));
    }
    let texts = [
        ("parent", &args.parent),
        ("key", &args.key),
        ("publish", &args.publish),
        ("message", &args.message),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            data.insert(name.to_owned(), json!(value));
        }
    }
    if let Some(to) = &args.to {
        data.insert("to".to_owned(), cursor_value(to));
    }
    json!({"id": id, "type": kind, "data": data}).to_string()
}

/// `null`, a number or a quoted text as JSON; everything else is text.
fn cursor_value(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Null | Value::Number(_) | Value::String(_))) => value,
        Ok(Value::Bool(_) | Value::Array(_) | Value::Object(_)) | Err(_) => Value::String(text.to_owned()),
    }
}
