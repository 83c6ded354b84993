//! The command line: every command, argument and help text.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::args_admin::{OffsetsCommand, Output, StateCommand, TopicsCommand, Which};
use super::args_schema::SchemaCommand;

const EXAMPLES: &str = "\
Start here:
  krest demo                          watch it work; needs nothing installed
  krest check monitoring.yaml         find every mistake in a configuration; contacts nobody
  krest preview monitoring.yaml -n 3  show the first records of each resource; needs no Kafka
  krest plan monitoring.yaml -v       what a run would change, row by row; changes nothing
  krest run monitoring.yaml --once    one scan of each resource into Kafka, then exit
  krest run *.yaml                    keep polling, like connect-standalone

Exit codes: 0 done, 1 a scan or the run failed, 2 usage or configuration,
3 fenced by another instance, 4 the state directory is in use.";

const PREVIEW_EXAMPLES: &str = "\
Examples:
  krest preview monitoring.yaml -n 3                 the first three records of each resource
  krest preview monitoring.yaml -r monitors -n 0     all of one
  krest preview monitoring.yaml -v                   and what was asked for, page by page";

const RUN_EXAMPLES: &str = "\
Examples:
  krest run monitoring.yaml            a scan every poll.interval (60 s), until it is told to stop
  krest run --once monitoring.yaml     one scan, for cron and the like; waits 30 s for Kafka
  krest run *.yaml                     several connectors in one process

Exit codes: 0 done or stopped, 1 a scan failed or did not end (--once), or a second signal,
2 usage or configuration, also a topic that would break upserts, 3 another instance of the connector
took over, 4 the state directory is in use.";

const DEMO_EXAMPLES: &str = "\
Examples:
  krest demo                               everything built in, some ten seconds
  krest demo --kafka localhost:9092        the same on a real broker
  krest demo monitoring.yaml               your own API, and no Kafka needed";

const PLAN_EXAMPLES: &str = "\
Examples:
  krest plan monitoring.yaml                  how much would change
  krest plan monitoring.yaml -v -r monitors   which rows and fields of one resource
  krest plan monitoring.yaml -o json | jq '.resources[] | select(.tombstones > 0)'

With -o json: {\"resources\":[{\"resource\":\"posts\",\"upserts\":12,\"tombstones\":3,\"unchanged\":985}]}";

const AUDIT_EXAMPLES: &str = "\
Examples:
  krest audit monitoring.yaml                    is everything in the topics as the API has it?
  krest audit monitoring.yaml -r posts -o json   one resource, for programs
  krest audit monitoring.yaml --repair           and mend what is not";

const SIGNAL_EXAMPLES: &str = "\
Examples:
  krest signal shop.yaml execute-snapshot -r orders --wait         read it again, and wait for it
  krest signal shop.yaml execute-snapshot -r comments --parent 17  only those of post 17
  krest signal shop.yaml rewind -r orders --to 2026-01-01          what changed since, once more
  krest signal shop.yaml pause -r orders                           and later: resume -r orders";

/// Keeps Kafka topics in step with REST APIs: only what changed, by primary key, exactly once
#[derive(Debug, Parser)]
#[command(name = "krest", version, after_help = EXAMPLES, arg_required_else_help = true, max_term_width = 110)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// The log's form [default: human on a terminal, json otherwise]. RUST_LOG sets the level
    /// [default: info for run, warnings and errors otherwise]
    #[arg(long, value_enum, global = true, value_name = "FORM")]
    pub log_format: Option<Format>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Human,
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Report every mistake in configuration files
    ///
    /// Contacts neither the API nor Kafka; the environment variables and files that a configuration names must exist.
    /// Mistakes are printed as FILE:LINE:COLUMN, all of them, and the exit code is 2.
    Check(CheckArgs),
    /// Show the first records of each resource, without Kafka
    ///
    /// Prints one compact JSON line a record: {"resource":"posts","key":"1","value":{…}}. Writes nothing and ignores
    /// stored state. The exit code is 1 if a scan failed or a record's key is missing.
    #[command(after_help = PREVIEW_EXAMPLES)]
    Preview(PreviewArgs),
    /// Show what a run would publish, and publish nothing
    ///
    /// Scans the API as `krest run FILE --once` would, compares with what the topics hold, and prints for each resource the
    /// upserts, tombstones, unchanged records and dead letters that would come of it. Kafka is only read: no topic is
    /// created, nothing is fenced, no lock is taken, and a connector that runs goes on undisturbed. A topic that is missing
    /// counts as empty.
    ///
    /// Exit codes: 0; 1 if a scan failed, or Kafka did not answer for 30 s; 2 for a mistake in the file, or a topic that a
    /// run would refuse.
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(PlanArgs),
    /// Compare API, topic and cache key by key
    ///
    /// Reads the API from the very beginning, whatever a cursor says, and the topic to its end, and looks at what is on this
    /// machine, if no other process has it. Names each key that is not the same everywhere, and how it differs. What differs is
    /// looked at once more: a row that changes meanwhile is no difference. Without --repair nothing is written, and a connector
    /// that runs goes on undisturbed.
    ///
    /// Exit codes: 0 if all is the same; 1 if anything differs, or could not be read; 2 for a mistake in the file, or a topic
    /// that a run would refuse; with --repair 3 if another instance took over, 4 if one on this machine runs.
    #[command(after_help = AUDIT_EXAMPLES)]
    Audit(AuditArgs),
    /// Keep Kafka topics in step with the APIs of these configurations
    ///
    /// Each file is a connector; each of its resources is a topic. Stops gracefully on SIGTERM and SIGINT: the open
    /// transaction is finished or aborted; a second signal exits at once.
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Tell a running connector something: read again, pause, resume, rewind
    ///
    /// Writes a signal to the topic of signals and prints its id. A connector that does not run does it when it starts.
    ///
    /// Exit codes: 0 if the signal is written, or with --wait done; 1 if Kafka is away, or the connector did not do it or was not
    /// heard of in time; 2 for what makes no sense.
    #[command(after_help = SIGNAL_EXAMPLES)]
    Signal(SignalArgs),
    /// Look at, rebuild, throw away and export what krest keeps on this machine
    #[command(subcommand)]
    State(StateCommand),
    /// Look at the topics of a connector
    #[command(subcommand)]
    Topics(TopicsCommand),
    /// Look at, set and reset where the resources of a connector stand
    #[command(subcommand)]
    Offsets(OffsetsCommand),
    /// Show the schemas that values have, or would have
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Watch krest work: a scan, changes, a rate limit, the topic as its readers see it
    ///
    /// Without FILE against a built-in API of monitors, with FILE against your own. Kafka is librdkafka's in-process
    /// broker, which needs nothing installed, unless --kafka names a real one.
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(DemoArgs),
    /// Make a configuration of a Python file that holds a dlt REST API source
    ///
    /// The file is read, never executed; the configuration goes to stdout. Comments in it say which variables to set
    /// and what could not be carried over. Keys of .dlt/secrets.toml and .dlt/config.toml beside the file name the
    /// variables; no values are copied.
    Import(ImportArgs),
    /// Print a completion script for a shell
    ///
    /// For example: krest completions bash > /etc/bash_completion.d/krest
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Configuration files, YAML or JSON: krest's own, or a bare dlt REST API dictionary
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct PreviewArgs {
    /// A configuration file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only this resource (may be given again)
    #[arg(short, long = "resource", value_name = "RESOURCE")]
    pub resources: Vec<String>,
    /// Records of each resource; 0 for all
    #[arg(short = 'n', long = "records", value_name = "N", default_value_t = 10)]
    pub records: usize,
    /// Show each request (without secrets), its status, its records and what the paginator decided
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// A resource is scanned together with those that depend on it, and those that it depends on
    #[command(flatten)]
    pub which: Which,
    /// Show each change: new and deleted rows, and of changed ones each field, before → after
    #[arg(short, long)]
    pub verbose: bool,
    /// The form of the plan
    #[arg(short, long, value_enum, default_value_t, value_name = "FORM")]
    pub output: Output,
}

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(flatten)]
    pub which: Which,
    /// Publish what is missing or differs, and delete what is gone where the deletes mode says so; throw away a cache that
    /// disagrees. Refused while an instance of the connector runs
    #[arg(long)]
    pub repair: bool,
    /// The form of what was found
    #[arg(short, long, value_enum, default_value_t, value_name = "FORM")]
    pub output: Output,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Configuration files, each a connector
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// One scan of each resource, then exit: 0, or 1 if any failed
    #[arg(long)]
    pub once: bool,
    /// Let one scan of this resource delete more than deletes.max_share and max_count (may be given again)
    #[arg(long, value_name = "RESOURCE")]
    pub allow_deletes: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct SignalArgs {
    /// The connector's configuration file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What to tell it
    #[arg(value_name = "TYPE", value_enum)]
    pub kind: SignalType,
    /// Only this resource (may be given again); without it, pause, resume and stop-snapshot mean all
    #[arg(short, long = "resource", value_name = "RESOURCE")]
    pub resources: Vec<String>,
    /// For execute-snapshot and rewind of a resource that depends on another: only the records under the parent with this key,
    /// the key of that other resource's record
    #[arg(long, value_name = "KEY")]
    pub parent: Option<String>,
    /// For execute-snapshot: only the record with this key, as it stands in the topic
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// For rewind: the cursor value to begin at, not beyond the stored one, or null for the beginning
    #[arg(long, value_name = "VALUE")]
    pub to: Option<String>,
    /// For execute-snapshot: all that is read, or only what differs from the topic
    #[arg(long, value_name = "WHAT", value_parser = ["all", "changes"])]
    pub publish: Option<String>,
    /// For log: the text
    #[arg(long, value_name = "TEXT")]
    pub message: Option<String>,
    /// Wait until the connector has done it, for so many seconds: exit 1 if it has not, or cannot
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "60")]
    pub wait: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SignalType {
    /// Read resources again from the beginning, and publish what they hold
    ExecuteSnapshot,
    /// Give up snapshots and rewinds that wait or are under way
    StopSnapshot,
    /// Ask the API nothing, until resume
    Pause,
    /// Go on after a pause
    Resume,
    /// Set the cursor of resources back, and read from there at once
    Rewind,
    /// Let the next scan delete more than its limits allow
    AllowDeletes,
    /// Write a line into the log
    Log,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Your own configuration instead of the built-in API
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// A real broker instead of the in-process one
    #[arg(long, value_name = "HOST:PORT")]
    pub kafka: Option<String>,
    /// Only serve the demonstration's API at this address
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with_all = ["file", "kafka"])]
    pub serve_api: Option<std::net::SocketAddr>,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A Python file with rest_api_source({…}), rest_api_resources({…}) or a RESTAPIConfig
    #[arg(value_name = "FILE.py")]
    pub file: PathBuf,
    /// Which source, where the file has several: its name or its line
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// A help that does not go to a terminal is wrapped at 100 columns, and a line that is wrapped is no table any more.
    #[test]
    fn no_line_of_an_example_is_wrapped() {
        let texts = [EXAMPLES, PREVIEW_EXAMPLES, PLAN_EXAMPLES, AUDIT_EXAMPLES, RUN_EXAMPLES, DEMO_EXAMPLES];
        let long = |line: &&str| line.chars().count() > 100;
        let wrapped: Vec<&str> = texts.iter().flat_map(|text| text.lines()).filter(long).collect();
        assert_eq!(wrapped, Vec::<&str>::new());
    }
}
