//! What the services serve, and whether krest read it: every row once, with its values.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::service::Service;
use crate::support::{Finished, World};

pub const COUNT: usize = 250;

/// A row of the table `items`: unicode, nulls, text that needs escapes, decimals and the largest integer of JavaScript.
pub fn row(id: usize) -> Value {
    let name = ["Zoë", "東京 🗼", "a \"b\" \\ c\n\t", "שלום", ""][id % 5];
    let note = (!id.is_multiple_of(3)).then(|| format!("n° {id} <&> %20 {{x}}"));
    let total = if id == 17 { 9_007_199_254_740_991 } else { id as i64 - 125 };
    json!({"id": id, "name": format!("{name} {id}"), "note": note, "score": id as f64 + 0.25, "total": total})
}

/// All of them, as json-server reads its data.
pub fn file() -> String {
    json!({"items": (1..=COUNT).map(row).collect::<Vec<_>>()}).to_string()
}

/// A source as a dlt user writes it. `endpoint` is what stands between its braces.
pub fn source(service: &Service, endpoint: &str) -> String {
    let url = &service.url;
    format!(
        "client: {{base_url: \"{url}/\"}}\nresources:\n  - name: items\n    primary_key: id\n    endpoint: {{{endpoint}}}\n"
    )
}

/// `krest preview` of that source reads every row exactly once, and has nothing to warn of.
#[track_caller]
pub fn all_are_read(world: &World, service: &Service, endpoint: &str) {
    let finished = preview(world, service, endpoint).exits(0);
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    for line in finished.stdout.lines() {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        let id: usize = line["key"].as_str().and_then(|key| key.parse().ok()).expect("a number as key");
        assert_eq!(line["value"], row(id), "{endpoint}");
        *found.entry(id).or_default() += 1;
    }
    let expected: BTreeMap<usize, usize> = (1..=COUNT).map(|id| (id, 1)).collect();
    assert_eq!(found, expected, "{endpoint}\n{}", finished.stderr);
    assert!(!finished.stderr.contains("WARN"), "{endpoint}\n{}", finished.stderr);
}

/// `krest preview` of that source, whatever comes of it.
pub fn preview(world: &World, service: &Service, endpoint: &str) -> Finished {
    let file = world.file("source.yaml", &source(service, endpoint));
    world.run(&["preview", &file, "-n", "0"])
}
