//! Whatever a file holds, loading ends with a configuration or with mistakes.

use std::path::Path;

use krest::config::Config;
use krest::model::Redactor;
use proptest::prelude::*;

fn load(text: &[u8], name: &str) {
    match Config::parse(text, Path::new(name), &super::environment, &Redactor::default()) {
        Ok(config) => drop(format!("{config:?}")),
        Err(mistakes) => assert!(!mistakes.list().is_empty(), "{mistakes}"),
    }
}

/// The words and signs of which configurations, and what goes wrong in them, are made; a bar stands between them.
const FRAGMENTS: &str = "client|resources|source|base_url|https://h|paginator|offset|limit|type|auth|kafka|overrides|endpoint|params|null|true|1|-0x|1e9|${env:A}|${file:/}|{a}|{{|}|[|]|{|:|: |,|- |\n|\n  |\"|'|\\u00|\\ud83d|&a |*a|!|!!int |>-\n|---\n|...\n|#|?|%TAG ! x|\t|\u{feff}|é|<<|@|`";

fn fragments() -> impl Strategy<Value = String> {
    let words: Vec<&str> = FRAGMENTS.split('|').collect();
    prop::collection::vec(prop::sample::select(words), 0..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_made_of_yaml_and_json_signs_panics(text in fragments()) {
        load(text.as_bytes(), "a.yaml");
        load(text.as_bytes(), "a.json");
        load(text.as_bytes(), "a");
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        load(&bytes, "a.yaml");
        load(&bytes, "a.json");
    }

    #[test]
    fn no_good_file_with_a_hole_panics(start in 0usize..1500, length in 0usize..40) {
        let good = include_bytes!("../../config/several-resources.yaml");
        let mut text = good.to_vec();
        let start = start.min(text.len());
        let end = (start + length).min(text.len());
        text.drain(start..end);
        load(&text, "a.yaml");
    }
}

/// One that uses much of the grammar, with a few of its lines, words or signs lost, doubled or exchanged.
fn mutated(good: &str, random: &mut fastrand::Rng) -> String {
    let mut tokens: Vec<&str> = good.split_inclusive(|c: char| !c.is_alphanumeric()).collect();
    for _ in 0..random.usize(1..6) {
        let (at, other) = (random.usize(..tokens.len()), random.usize(..tokens.len()));
        match random.u8(..5) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[other]),
            2 => tokens.swap(at, other),
            3 => tokens[at] = ["{", "}", "null", "[", "{a}", "-1", "\n", "$..", "'"][random.usize(..9)],
            _ => drop(tokens.drain(at.min(other)..(at.min(other) + 3).min(tokens.len()))),
        }
    }
    tokens.concat()
}

#[test]
fn thousands_of_mutated_configurations_end_in_a_configuration_or_in_mistakes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut examples: Vec<(String, String)> = files
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path))
        })
        .filter_map(|(name, text)| Some((name, text.ok()?)))
        .collect();
    examples.sort();
    assert!(examples.len() >= 5, "{examples:?}");
    let mut random = fastrand::Rng::with_seed(4);
    for round in 0..3_000 {
        let (name, good) = &examples[round % examples.len()];
        load(mutated(good, &mut random).as_bytes(), name);
    }
}

#[test]
fn deep_nesting_ends_in_a_mistake() {
    for open in ["[", "{\"a\":", "- ", "{a: "] {
        let text = open.repeat(100_000);
        load(text.as_bytes(), "a.yaml");
        load(text.as_bytes(), "a.json");
    }
}

#[test]
fn a_large_file_is_read_in_no_time() {
    let names: Vec<String> = (0..20_000).map(|n| format!("r{n}")).collect();
    let text = format!(
        "client: {{base_url: https://h, paginator: single_page}}\nresources: [{}]\n",
        names.join(", ")
    );
    let started = std::time::Instant::now();
    let config = super::parse(&text, "a.yaml").unwrap();
    assert_eq!(config.resources.len(), 20_000);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
