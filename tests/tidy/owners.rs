//! One owner for each library that would otherwise spread, and for tasks and threads.

use proc_macro2::{TokenStream, TokenTree};

use super::paths::named;
use super::sources::{Source, hold};

/// Library → the only files or folders of `src` that name it.
const OWNERS: &[(&str, &[&str])] = &[
    ("reqwest", &["poll/client/", "registry/client.rs", "wire/"]),
    ("rustls", &["wire/", "config/rules/pem.rs"]),
    ("governor", &["poll/rate_limit.rs"]),
    ("rdkafka", &["kafka/"]),
    ("rdkafka_sys", &["kafka/"]),
    ("apache_avro", &["schema/given.rs"]),
    ("fjall", &["state/disk.rs"]),
    ("saphyr_parser", &["config/yaml.rs"]),
    ("jsonc_parser", &["config/json.rs"]),
    ("serde_json_path", &["template/"]),
    ("jaq_core", &["template/jq/"]),
    ("jaq_std", &["template/jq/"]),
    ("jaq_json", &["template/jq/"]),
    ("ruff_python_parser", &["import/python/parse.rs"]),
    ("ruff_python_ast", &["import/python/"]),
    ("ruff_text_size", &["import/python/"]),
    ("toml_edit", &["import/settings.rs"]),
    ("murmur2", &["model/partition.rs"]),
    ("tracing_subscriber", &["telemetry/"]),
    ("axum", &["demo/"]),
    ("console", &["cli/", "demo/", "table/"]),
    ("indicatif", &["cli/"]),
    ("clap", &["cli/"]),
    ("clap_complete", &["cli/"]),
    ("anyhow", &["cli/", "main.rs"]),
    ("nix", &["failpoint/"]),
];

/// What starts tasks and threads → who may, and why.
const SPAWNERS: &[(&str, &str)] = &[
    ("service/", "the only part that keeps things going"),
    ("kafka/", "the only part with threads of its own: librdkafka blocks"),
    ("template/jq/stack.rs", "a stack that an expression cannot overflow: a thread that is waited for"),
    ("poll/pages.rs", "one task that reads ahead, aborted when the pages are dropped"),
    ("demo/", "the built-in API is a server of its own"),
];

const SPAWNS: &[&str] = &["spawn", "spawn_blocking", "spawn_local", "JoinSet", "TaskTracker"];

fn owned(source: &Source) -> Vec<String> {
    if !source.is_program() {
        return Vec::new();
    }
    let inner = &source.path["src/".len()..];
    let stray = named(source).into_iter().filter(|named| !named.in_test).filter_map(|named| {
        let (library, owners) = OWNERS.iter().find(|(library, _)| *library == named.segments[0])?;
        let at_home = owners.iter().any(|owner| inner.starts_with(owner));
        (!at_home).then(|| format!("{}:{}: only {owners:?} may name {library}", source.path, named.line))
    });
    stray.collect()
}

fn spawning(source: &Source) -> Vec<String> {
    let at_home = SPAWNERS.iter().any(|(owner, _)| source.path.starts_with(&format!("src/{owner}")));
    if !source.is_program() || at_home {
        return Vec::new();
    }
    let mut lines = Vec::new();
    spawns(source.text.parse().unwrap_or_default(), &mut lines);
    lines
        .iter()
        .map(|line| format!("{}:{line}: tasks and threads start only in {SPAWNERS:?}", source.path))
        .collect()
}

fn spawns(tokens: TokenStream, lines: &mut Vec<usize>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let test =
                    at >= 2 && tokens[at - 2].to_string() == "mod" && tokens[at - 1].to_string() == "tests";
                if !test {
                    spawns(group.stream(), lines);
                }
            }
            TokenTree::Ident(word) if SPAWNS.contains(&word.to_string().as_str()) => {
                lines.push(word.span().start().line);
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[test]
fn each_library_has_one_owner() {
    hold(owned);
}

#[test]
fn only_service_spawns_and_only_kafka_has_threads() {
    hold(spawning);
}

#[test]
fn a_planted_stray_is_caught() {
    let strays = |path: &str, text: &str| owned(&Source::parse(path, text)).len();
    assert_eq!(strays("src/poll/retry.rs", "use reqwest::StatusCode;"), 1);
    assert_eq!(strays("src/service/mod.rs", "fn f() -> rdkafka::error::KafkaResult<()> {}"), 1);
    assert_eq!(strays("src/sync.rs", "fn f() -> anyhow::Result<()> {}"), 1);
    assert_eq!(strays("src/poll/client/http.rs", "use reqwest::Client;"), 0);
    assert_eq!(strays("src/poll/tests.rs", "use axum::Router;"), 0);
    let spawned = |path: &str, text: &str| spawning(&Source::parse(path, text)).len();
    assert_eq!(spawned("src/state/cache.rs", "fn f() { if x { tokio::spawn(g()); } }"), 1);
    assert_eq!(spawned("src/poll/scan.rs", "fn f() { std::thread::Builder::new().spawn(g); }"), 1);
    assert_eq!(spawned("src/poll/scan.rs", "mod tests { fn f() { tokio::spawn(g()); } }"), 0);
    assert_eq!(spawned("src/poll/pages.rs", "fn f() { tokio::spawn(g()); }"), 0);
}
