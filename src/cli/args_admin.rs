//! The arguments of the commands that look after a connector: `topics`, `offsets`, `state`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// The form of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people
    #[default]
    Table,
    Json,
}

/// A connector, and which of its resources.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// A configuration file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only this resource (may be given again)
    #[arg(short, long = "resource", value_name = "RESOURCE")]
    pub resources: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum TopicsCommand {
    /// Show topics as the tables that their readers have
    ///
    /// Of each key the newest committed message: key, value (cut to the terminal), age, headers; newest first. A key whose
    /// newest message is a tombstone is not shown. Reads from the end, and no more than it needs. Where every message counts
    /// (write_disposition: append), each is shown. Contacts Kafka alone, and may be used while krest runs.
    #[command(
        after_help = "With -o json, one line a row:\n  {\"resource\":\"posts\",\"key\":\"1\",\"value\":{…},\"timestamp\":1767225600000,\"headers\":{…},\"partition\":0,\"offset\":7}"
    )]
    Show(TopicsShowArgs),
}

#[derive(Debug, Args)]
pub(super) struct TopicsShowArgs {
    #[command(flatten)]
    pub which: Which,
    /// Rows of each resource, the newest; 0 for all
    #[arg(short = 'n', long = "rows", value_name = "N", default_value_t = 20)]
    pub rows: usize,
    /// Show deleted keys, too
    #[arg(long)]
    pub deleted: bool,
    /// The form of the rows
    #[arg(short, long, value_enum, default_value_t, value_name = "FORM")]
    pub output: Output,
}

#[derive(Debug, Subcommand)]
pub(super) enum OffsetsCommand {
    /// Print where the resources stand
    ///
    /// What GET /connectors/NAME/offsets prints in Kafka Connect: a partition is a resource, or one parent of a dependent
    /// resource. May be used while krest runs.
    Show(Which),
    /// Set offsets, from the form that `show` prints
    ///
    /// As PATCH /connectors/NAME/offsets in Kafka Connect: partitions that are not named stay as they
    /// are, and an offset that is null resets its partition. A whole offset, as `show` prints it,
    /// replaces what is stored. One with some of its fields changes those alone, and a cursor may be
    /// its bare value:
    ///
    ///   {"offsets":[{"partition":{"resource":"posts"},"offset":{"cursor":"2026-01-01T00:00:00Z"}}]}
    ///
    /// The connector must not be running: exit code 4 names who runs it. One that was forgotten is
    /// fenced and stops.
    #[command(verbatim_doc_comment)]
    Set(OffsetsSetArgs),
    /// Forget where the resources stand
    ///
    /// As DELETE /connectors/NAME/offsets in Kafka Connect: the cursors of parents, too. The next run reads from the beginning and
    /// publishes only what differs from the topics. The connector must not be running: exit code 4 names who runs it.
    Reset(Which),
}

#[derive(Debug, Args)]
pub(super) struct OffsetsSetArgs {
    #[command(flatten)]
    pub which: Which,
    /// A file with {"offsets":[…]}; - for stdin
    #[arg(value_name = "OFFSETS.json")]
    pub offsets: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum StateCommand {
    /// Show what is on disk of each resource, and where it stands
    ///
    /// On disk: keys, bytes, how far behind the topic, and since when. In Kafka: the scan, the page that comes next, the cursor,
    /// and when that was recorded. While an instance runs, what it has on disk is its own: then who it is is shown, and what
    /// Kafka says.
    Show(StateShowArgs),
    /// Throw the local cache away and read it from the topics again
    ///
    /// For the mind's ease: krest does so by itself where the cache cannot be believed. Exit code 4 while an instance runs.
    Rebuild(Which),
    /// Throw the local cache away
    ///
    /// Nothing is lost: all of it is in the topics, and the next run reads it from there. Kafka is not touched, and positions
    /// and cursors stay (krest offsets reset is for those). Exit code 4 while an instance runs.
    Reset(Which),
    /// Print what the local cache knows, a JSON line a key
    ///
    /// {"resource":"posts","key":"1","fingerprint":"…"}. A cache that holds only hashes of keys is joined with its topic; an
    /// entry whose key is not in the topic has "key":null and its "key_hash". Exit code 4 while an instance runs.
    Export(Which),
}

#[derive(Debug, Args)]
pub(super) struct StateShowArgs {
    #[command(flatten)]
    pub which: Which,
    /// The form of the result
    #[arg(short, long, value_enum, default_value_t, value_name = "FORM")]
    pub output: Output,
}
