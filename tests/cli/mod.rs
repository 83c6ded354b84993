//! The commands: arguments, output, exit codes.

mod arguments;
mod audit;
mod check;
mod offsets;
mod output;
mod plan;
mod plan_shown;
mod preview;
mod preview_more;
mod state;
mod topics;
