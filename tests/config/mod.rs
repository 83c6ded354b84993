//! Configuration files from the outside: the examples, every kind of mistake, the schema, and what must never be shown.

mod examples;
mod hostile;
mod mistakes;
mod schema;

use std::path::Path;

use krest::config::{Config, Mistakes};
use krest::model::Redactor;

/// What a test sees of the environment: nothing of the real one.
fn environment(name: &str) -> Option<String> {
    match name {
        "UNSET" => None,
        "LIMIT" => Some("250".to_owned()),
        "WORD" => Some("merge".to_owned()),
        "NOT_A_NUMBER" => Some(CANARY.to_owned()),
        "WITH_BRACES" => Some("a{b}".to_owned()),
        _ => Some(format!("{CANARY}-{name}")),
    }
}

/// Stands in every secret of these tests, and may be in no message.
const CANARY: &str = "canary";

fn parse(text: &str, name: &str) -> Result<Config, Mistakes> {
    parse_with(text, name, &Redactor::default())
}

fn parse_with(text: &str, name: &str, redactor: &Redactor) -> Result<Config, Mistakes> {
    Config::parse(text.as_bytes(), Path::new(name), &environment, redactor)
}
