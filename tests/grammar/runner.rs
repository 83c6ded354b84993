//! Runs scenarios: each with an API of its own and a `krest preview` of its own.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use super::{Api, Asked, Node, Scenario, compare};
use crate::support::{Finished, Running};

/// Most of a scenario is waiting for a process.
const AT_ONCE: usize = 4;

/// All scenarios of a group. What each objects to comes together.
pub fn run(group: &str) {
    let scenarios = Scenario::group(group);
    let count = scenarios.len();
    assert!(count > 0, "no scenarios in tests/grammar/{group}");
    let (open, failures) = (Mutex::new(scenarios), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(scenario) = next(&open) {
                    let objections = objections(&scenario);
                    if !objections.is_empty() {
                        let report = format!("{}:\n    {}", scenario.name, objections.join("\n    "));
                        failures.lock().expect("a list").push(report);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("a list");
    failures.sort();
    assert!(failures.is_empty(), "{} of {count} scenarios:\n{}", failures.len(), failures.join("\n"));
}

fn next(open: &Mutex<Vec<Scenario>>) -> Option<Scenario> {
    open.lock().expect("a list").pop()
}

fn objections(scenario: &Scenario) -> Vec<String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let api = Api::start(&scenario.api);
        let finished = preview(scenario, &api);
        compared(scenario, &api, &finished)
    }));
    outcome.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        vec![said.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default()]
    })
}

fn preview(scenario: &Scenario, api: &Api) -> Finished {
    let directory = tempfile::Builder::new().prefix("krest-grammar-").tempdir().expect("a directory");
    let file = directory.path().join("scenario.json");
    std::fs::write(&file, config(scenario, api).json()).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_krest"));
    command.arg("preview").arg(&file).args(["-n", "0"]).current_dir(&directory).envs(&scenario.env);
    Running::start(command, "c4nary-of-no-scenario").finish(Duration::from_secs(60))
}

/// The dictionary as the connector's source, with short waits.
fn config(scenario: &Scenario, api: &Api) -> Node {
    let mut source = api.fill(&scenario.config);
    let client = source.get("client").cloned().unwrap_or(Node::Map(Vec::new()));
    let has_base = client.get("base_url").is_some();
    source.set("client", client);
    if let (false, Node::Map(entries)) = (has_base, &mut source) {
        let client = entries.iter_mut().find(|entry| entry.0 == "client").expect("it was just put there");
        client.1.set("base_url", Node::Text(api.url()));
    }
    let quick = Node::Map(vec![("initial".to_owned(), Node::Text("10ms".to_owned()))]);
    let mut whole = Node::Map(vec![("source".to_owned(), source), ("retry".to_owned(), quick)]);
    for (key, value) in scenario.settings.entries() {
        whole.set(key, api.fill(value));
    }
    whole
}

fn compared(scenario: &Scenario, api: &Api, finished: &Finished) -> Vec<String> {
    let mut found = Vec::new();
    if finished.code != Some(scenario.exit) {
        found.push(format!("exit {:?} instead of {}", finished.code, scenario.exit));
    }
    let stderr = finished.stderr.to_lowercase();
    for text in scenario.fails.iter().chain(&scenario.says) {
        if !stderr.contains(&text.to_lowercase()) {
            found.push(format!("does not say {text:?}"));
        }
    }
    let asked = api.log();
    match scenario.within {
        Some(most) if asked.len() > most => found.push(format!("{} requests, more than {most}", asked.len())),
        Some(_) => {}
        None => found.extend(answers(scenario, &asked, &api.unfill(&finished.stdout))),
    }
    if !found.is_empty() {
        found.push(format!("stderr: {}", finished.stderr.trim_end().replace('\n', "\n        ")));
    }
    found
}

fn answers(scenario: &Scenario, asked: &[Asked], stdout: &str) -> Vec<String> {
    let mut found = compare::requests(asked, &scenario.requests, &scenario.unordered);
    let (records, keys) = printed(stdout);
    found.extend(
        compare::records(&records, &scenario.records).into_iter().map(|what| format!("records of {what}")),
    );
    if !scenario.keys.is_empty() {
        found.extend(
            compare::records(&keys, &scenario.keys).into_iter().map(|what| format!("keys of {what}")),
        );
    }
    found
}

type ByResource = BTreeMap<String, Vec<Node>>;

/// Resource → records, resource → keys.
fn printed(stdout: &str) -> (ByResource, ByResource) {
    let (mut records, mut keys) = (ByResource::new(), ByResource::new());
    for line in stdout.lines() {
        let line: Node = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let name = line.get("resource").and_then(Node::text).expect("a resource").to_owned();
        let part = |key: &str| line.get(key).expect("key and value").clone();
        records.entry(name.clone()).or_default().push(part("value"));
        keys.entry(name).or_default().push(part("key"));
    }
    (records, keys)
}
