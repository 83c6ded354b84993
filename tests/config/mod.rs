//! Configuration files from the outside: the examples, every kind of mistake, the schema, and what must never be shown.

mod access;
mod auth;
mod examples;
mod hints;
mod hostile;
mod loading;
mod mistakes;
mod paginators;
mod reading;
mod schema;

use loading::{CANARY, environment, parse, parse_with};
