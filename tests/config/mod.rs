//! Configuration files from the outside: the examples, every kind of mistake, the schema, and what must never be shown.

mod examples;
mod hostile;
mod mistakes;
mod parse;
mod reading;
mod schema;

use parse::{CANARY, environment, parse, parse_with};
