//! The commands that need no Kafka: arguments, output, exit codes.

mod arguments;
mod check;
mod output;
mod plan;
mod preview;
mod preview_more;
