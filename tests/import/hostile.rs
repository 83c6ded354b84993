//! Files that nobody would write: cut anywhere, mutated, deep, long. Whatever comes, krest neither panics nor hangs.

use std::time::{Duration, Instant};

use krest::import::{ImportError, Request, Settings, import};

fn imported(text: &str) -> Result<String, ImportError> {
    import(Request { text, file: "a.py", settings: &Settings::default(), source: None })
}

const SEEDS: &[&str] = &[
    include_str!("files/seed.py"),
    include_str!("files/crm.py"),
    include_str!("files/shop.py"),
    include_str!("files/conditions.py"),
    include_str!("files/module_call.py"),
];

#[test]
fn a_file_cut_anywhere_is_no_danger() {
    for seed in SEEDS {
        for end in (0..seed.len()).step_by(37).filter(|end| seed.is_char_boundary(*end)) {
            let _ = imported(&seed[..end]);
        }
    }
}

#[test]
fn a_thousand_mutated_files_are_no_danger() {
    let mut random = fastrand::Rng::with_seed(4);
    for round in 0..1_000 {
        let mut lines: Vec<&str> = SEEDS[round % SEEDS.len()].lines().collect();
        for _ in 0..random.usize(1..5) {
            let at = random.usize(0..lines.len());
            match random.u8(0..3) {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[random.usize(0..lines.len())]),
                _ => lines.swap(at, 0),
            }
        }
        let mut text = lines.join("\n");
        let words =
            ["None", "config", "**", "[", "lambda x: x", "source", "{}", "1", "'a'", "dlt.secrets", "="];
        for _ in 0..random.usize(0..6) {
            let at = random.usize(0..text.len());
            if text.is_char_boundary(at) {
                text.insert_str(at, words[random.usize(0..words.len())]);
            }
        }
        let _ = imported(&text);
    }
}

#[test]
fn deep_and_endless_files_end() {
    let begun = Instant::now();
    let deep = |open: &str, close: &str, count: usize| {
        format!("rest_api_source({{'client': {}1{}}})\n", open.repeat(count), close.repeat(count))
    };
    let texts = [
        deep("[", "]", 20_000),
        deep("{'a': ", "}", 20_000),
        deep("f(", ")", 20_000),
        format!("x = {}\n", vec!["'a'"; 200_000].join(" + ")),
        format!("x = a{}\n", ".b".repeat(200_000)),
        "def f():\n    return f()\nf()\n".to_owned(),
        "a = []\na.append(a)\nrest_api_source({'client': a, 'resources': a})\n".to_owned(),
        "a = {}\na['a'] = a\na.update(a)\nrest_api_source(a)\n".to_owned(),
        "a = [1, 2, 3, 4, 5, 6, 7, 8, 9]\nfor b in a:\n  for c in a:\n    for d in a:\n      for e in a:\n        for f in a:\n          for g in a:\n            for h in a:\n              x = [a] + a\n".to_owned(),
        "a = ['a']\nfor b in a:\n    a.append(b)\n    a += a\n".to_owned(),
        format!("a = [1]\n{}rest_api_source(a)\n", "a = a + a\n".repeat(60)),
        format!("a = 'x'\n{}rest_api_source(a)\n", "a = a + a\n".repeat(60)),
        format!("a = 3\n{}rest_api_source(a)\n", "a = a * a\n".repeat(60)),
    ];
    for text in texts {
        let _ = imported(&text);
    }
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn a_file_of_megabytes_is_refused() {
    assert!(matches!(imported(&"x = 1\n".repeat(1 << 20)), Err(ImportError::TooLarge(_))));
}
