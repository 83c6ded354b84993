//! How these tests load a file: with an environment and a redactor of their own.

use std::path::Path;

use krest::config::{Config, Mistakes};
use krest::model::Redactor;

/// What a test sees of the environment: nothing of the real one.
pub fn environment(name: &str) -> Option<String> {
    match name {
        "UNSET" => None,
        // Where dlt looks for what a dictionary leaves out.
        _ if name.contains("CREDENTIALS__") => None,
        "DEMO_API" => Some("http://127.0.0.1:8080".to_owned()),
        "LIMIT" => Some("250".to_owned()),
        "WORD" => Some("merge".to_owned()),
        "NOT_A_NUMBER" => Some(CANARY.to_owned()),
        "WITH_BRACES" => Some("a{b}".to_owned()),
        _ => Some(format!("{CANARY}-{name}")),
    }
}

/// Stands in every secret of these tests, and may be in no message.
pub const CANARY: &str = "canary";

pub fn parse(text: &str, name: &str) -> Result<Config, Mistakes> {
    parse_with(text, name, &Redactor::default())
}

pub fn parse_with(text: &str, name: &str, redactor: &Redactor) -> Result<Config, Mistakes> {
    Config::parse(text.as_bytes(), Path::new(name), &environment, redactor)
}

#[test]
fn an_interval_of_a_resource_that_is_read_with_its_parent_is_noted() {
    let text = "source: {client: {base_url: https://h}, resources: [users, {name: posts, endpoint: {path: 'users/{resources.users.id}/posts'}}]}\noverrides: {posts: {poll: {interval: 5m}}}\n";
    let config = super::parse(text, "a.yaml").unwrap();
    assert!(config.notes.iter().any(|note| note.text.contains("is read with it")), "{:?}", config.notes);
}
