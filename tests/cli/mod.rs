//! The commands: arguments, output, exit codes.

mod arguments;
mod check;
mod offsets;
mod output;
mod preview;
mod preview_more;
mod state;
mod topics;
