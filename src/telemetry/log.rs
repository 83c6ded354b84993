//! The log: krest's own events, to stderr, human or JSON, every line scrubbed of secrets.

use std::io::{self, Write};
use std::sync::Arc;

use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

use crate::model::Redactor;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Human,
    Json,
}

pub struct LogOptions {
    pub format: LogFormat,
    /// Colours in the human form.
    pub colours: bool,
    /// The filter where `RUST_LOG` is not set, in its syntax.
    pub default_filter: &'static str,
    pub redactor: Redactor,
    /// Where finished lines go (stderr, past any progress bars).
    pub output: Arc<dyn Fn(&str) + Send + Sync>,
}

/// Starts the log; once per process. Only krest's own targets are ever shown, whatever `RUST_LOG` says: HTTP libraries
/// write request lines with their query, and so the API key, at debug level.
pub fn init(options: LogOptions) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(options.default_filter));
    let own = filter_fn(|metadata| metadata.target().split("::").next() == Some("krest"));
    let writer = Scrubbed { redactor: options.redactor, output: options.output };
    let lines = match options.format {
        LogFormat::Human => {
            fmt::layer().with_writer(writer).with_ansi(options.colours).with_target(false).boxed()
        }
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(writer).boxed(),
    };
    let log = Registry::default().with(lines.with_filter(filter.and(own)));
    // Not `try_init`, which also listens to the crate `log`: each time rdkafka asks there whether a level is enabled, the
    // layer's filter remembers the answer, and the next event of that thread is lost.
    // A second call (tests in one process) keeps the first log.
    let _ = tracing::subscriber::set_global_default(log);
}

#[derive(Clone)]
struct Scrubbed {
    redactor: Redactor,
    output: Arc<dyn Fn(&str) + Send + Sync>,
}

impl<'a> MakeWriter<'a> for Scrubbed {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Scrubbed {
    /// tracing-subscriber writes each event with one call, so that a secret is never split between two.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        (self.output)(&self.redactor.scrub(&String::from_utf8_lossy(line)));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
