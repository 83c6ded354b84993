//! The arguments of `krest schema`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::args_admin::{Output, Which};

const EXAMPLES: &str = "\
Examples:
  krest schema infer monitoring.yaml                                        what its records have, as a table
  krest schema infer monitoring.yaml -r monitors -o avsc > schemas/monitor.avsc
  krest schema show monitoring.yaml -o json                                 what the readers of the topics were told
  krest schema check monitoring.yaml                                        would the registry take them?";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum SchemaCommand {
    /// Read the API and print the schema that its records have
    ///
    /// Needs no Kafka, writes nothing and ignores what is remembered: all records are read, from the beginning, with the steps, hints and
    /// settings of the file. The exit code is 1 if a scan failed, or a record fits no type.
    Infer(InferArgs),
    /// Print the schema that is remembered
    ///
    /// What the values in the topic were written with so far: it stands on the offsets topic. May be used while krest runs.
    Show(SchemaArgs),
    /// Ask the schema registry whether it would take the schemas
    ///
    /// Of each resource whose values name their schema by an id: what is remembered on the offsets topic, with what the API's records
    /// show now, or the schema that is given. Nothing is registered and nothing is written; may be used while krest runs.
    ///
    /// Exit codes: 0 if it would take all of them; 1 if it would not, if a record fits no type, or if the API, Kafka or the registry
    /// could not be asked; 2 for a configuration that is not valid.
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(super) struct InferArgs {
    #[command(flatten)]
    pub schema: SchemaArgs,
    /// Records of each resource; 0 for all
    #[arg(short = 'n', long = "records", value_name = "N", default_value_t = 0)]
    pub records: usize,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub which: Which,
    /// The form of the answer
    #[arg(short, long, value_enum, default_value_t, value_name = "FORM")]
    pub output: Output,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// A configuration file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only this resource (may be given again)
    #[arg(short, long = "resource", value_name = "RESOURCE")]
    pub resources: Vec<String>,
    /// The form of the schemas
    #[arg(short, long, value_enum, default_value_t, value_name = "FORM")]
    pub output: SchemaForm,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaForm {
    /// For people
    #[default]
    Table,
    /// A line a resource: {"resource":"posts","schema":{…}}, the schema in Avro's form
    Json,
    /// An Avro schema, of one resource: what `format.schema.file` takes
    Avsc,
}
