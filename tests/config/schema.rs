//! `schemas/krest.schema.json` is what the types say.

use std::path::Path;

use krest::config::{Why, Word, dlt_keys, later, schema};

#[test]
fn the_checked_in_schema_is_the_one_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/krest.schema.json");
    let now = serde_json::to_string_pretty(schema()).unwrap() + "\n";
    if std::env::var_os("KREST_BLESS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(checked_in == now, "{} is out of date; rewrite it with KREST_BLESS=1", path.display());
}

#[test]
fn krests_own_blocks_are_marked_and_dlts_are_not() {
    let definition = |name: &str| schema().pointer(&format!("/$defs/{name}")).unwrap();
    for own in
        ["poll", "retry", "limits", "kafka", "topics", "errors", "format", "deletes", "state", "override"]
    {
        assert_eq!(definition(own)["x-krest"], true, "{own}");
    }
    for dlt in ["source", "client", "auth", "paginator", "resource", "resource_defaults", "endpoint"] {
        assert!(definition(dlt).get("x-krest").is_none(), "{dlt}");
        assert!(definition(dlt)["description"].is_string(), "{dlt} is not described");
    }
}

#[test]
fn a_word_is_read_or_refused_by_name_but_not_both() {
    let read = dlt_keys();
    for expected in
        [("client", "base_url"), ("paginator", "limit_body_path"), ("auth", "token"), ("endpoint", "params")]
    {
        assert!(read.iter().any(|(block, key)| (block.as_str(), key.as_str()) == expected), "{expected:?}");
    }
    for word in later().filter(|later| later.why == Why::Python) {
        if let Word::Key(key) = word.word {
            assert!(!read.contains(&(word.block.to_owned(), key.to_owned())), "{word:?}");
        }
    }
}

#[test]
fn every_block_with_refused_words_is_in_the_schema() {
    for word in later() {
        assert!(schema().pointer(&format!("/$defs/{}", word.block)).is_some(), "{word:?}");
    }
}

#[test]
fn the_page_on_dlt_has_a_row_for_every_word_that_is_read_or_refused() {
    let page = include_str!("../../docs/dlt-compatibility.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with('|')).collect();
    let has = |word: &str| {
        rows.iter()
            .any(|row| [format!("`{word}`"), format!(".{word}`")].iter().any(|form| row.contains(form)))
    };
    let read = dlt_keys().into_iter().map(|(_, key)| key).filter(|key| key != "type");
    let of_dlts = later().filter(|later| later.why == Why::Python);
    let refused = of_dlts.map(|later| match later.word {
        Word::Key(word) | Word::Value(word) | Word::Bare(word) => word.to_owned(),
    });
    let missing: Vec<String> = read.chain(refused).filter(|word| !has(word)).collect();
    assert!(missing.is_empty(), "docs/dlt-compatibility.md lacks {missing:?}");
}
