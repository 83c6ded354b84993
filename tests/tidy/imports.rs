//! Who may name whom inside the crate.

use super::paths::named;
use super::sources::{Source, hold};

/// A part of the crate → what it may name. Everyone may name `model`; nobody is named who is not listed.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("lib", &[]),
    ("main", &["cli"]),
    (
        "cli",
        &[
            "service",
            "plan",
            "config",
            "schema",
            "state",
            "telemetry",
            "demo",
            "sync",
            "import",
            "table",
            "admin",
        ],
    ),
    ("demo", &["service", "plan", "sync", "telemetry", "table"]),
    ("admin", &["service", "plan", "state", "kafka", "registry", "records"]),
    ("table", &[]),
    ("service", &["sync", "plan", "poll", "records", "state", "encode", "registry", "kafka", "telemetry"]),
    ("sync", &["plan", "poll", "records", "state", "encode", "registry", "kafka", "telemetry"]),
    ("plan", &["config", "schema", "poll", "records", "state", "encode", "registry", "kafka", "template"]),
    // The stages know the shared words, the expressions and the names in logs; never each other.
    ("poll", &["template", "telemetry", "wire"]),
    ("records", &["template", "telemetry"]),
    ("state", &["template", "telemetry"]),
    ("encode", &["schema", "template", "telemetry"]),
    ("registry", &["template", "telemetry", "wire"]),
    ("kafka", &["template", "telemetry"]),
    ("config", &["schema", "template"]),
    ("schema", &[]),
    ("wire", &[]),
    ("import", &[]),
    ("template", &[]),
    ("telemetry", &[]),
    ("model", &[]),
    ("failpoint", &[]),
];

/// What goes against the direction, each with its reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("state", "kafka::Receipt", "the proof that a transaction was committed; only kafka can make one"),
    ("state", "poll::CompleteScan", "the proof that a scan saw every page; only poll can make one"),
    ("cli", "poll", "preview reads the API without a service, and shows what the poller tells"),
    ("cli", "encode::Values", "schema check learns what values are written by next"),
    ("cli", "kafka::Cluster", "the demo's broker is chosen on the command line"),
    ("cli", "kafka::Settings", "the demo's broker is chosen on the command line"),
    ("demo", "poll", "shows what the poller tells"),
    ("demo", "state::LocalState", "keeps nothing on disk, and says so to the service"),
    ("demo", "kafka", "reads the topic back as any reader would"),
];

fn direction(source: &Source) -> Vec<String> {
    let Some(from) = part(&source.path) else { return Vec::new() };
    let Some((_, allowed)) = MAY_NAME.iter().find(|(part, _)| *part == from) else {
        return vec![format!("{}: `{from}` is new: say in MAY_NAME what it may name", source.path)];
    };
    let named = named(source).into_iter().filter(|named| named.segments[0] == "crate" && !named.in_test);
    let wrong = named.filter(|named| {
        let path = named.segments[1..].join("::");
        let to = named.segments.get(1).map_or("", String::as_str);
        let excepted =
            |part: &str, what: &str| part == from && (path == what || path.starts_with(&format!("{what}::")));
        to != from
            && to != "model"
            && MAY_NAME.iter().any(|(part, _)| *part == to)
            && !allowed.contains(&to)
            && !EXCEPTIONS.iter().any(|(part, what, _)| excepted(part, what))
    });
    wrong
        .map(|named| {
            format!("{}:{}: `{from}` may not name {}", source.path, named.line, named.segments.join("::"))
        })
        .collect()
}

/// The part of the crate that a file belongs to; `None` outside `src`.
fn part(path: &str) -> Option<&str> {
    path.strip_prefix("src/")?.split('/').next().map(|part| part.trim_end_matches(".rs"))
}

#[test]
fn imports_have_one_direction() {
    hold(direction);
}

#[test]
fn a_planted_import_is_caught() {
    let objections = |path: &str, text: &str| direction(&Source::parse(path, text)).len();
    for (path, text) in [
        ("src/poll/client.rs", "use crate::state::Cache;"),
        ("src/poll/client.rs", "fn f() { warn!(x = crate::kafka::g()); }"),
        ("src/records/key.rs", "use super::super::config::Config;"),
        ("src/state/cache.rs", "use crate::kafka::{Receipt, Producer};"),
        ("src/model/page.rs", "use crate::template::JsonPath;"),
        ("src/config/load.rs", "use crate::plan::Plan;"),
        ("src/novelty/x.rs", ""),
    ] {
        assert_eq!(objections(path, text), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("src/poll/client.rs", "use crate::{model::Page, template::JsonPath}; use super::retry::Retry;"),
        ("src/state/cache.rs", "use crate::kafka::Receipt;"),
        ("src/state/cache.rs", "mod tests { use crate::records::Reader; }"),
    ] {
        assert_eq!(objections(path, text), 0, "{path}: {text}");
    }
}
