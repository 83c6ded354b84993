//! The commands: arguments, output, exit codes.

mod arguments;
mod audit;
mod audit_letters;
mod audit_parents;
mod check;
mod offsets;
mod output;
mod paused;
mod plan;
mod plan_equals;
mod plan_shown;
mod preview;
mod preview_more;
mod schema;
mod schema_check;
mod state;
mod topics;
