//! Each file in `mistakes/` is wrong; the `.expected` file beside it holds what krest says about it.

use std::path::{Path, PathBuf};

use super::{CANARY, parse};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/mistakes");
    let all = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|kind| kind != "expected")).collect();
    files.sort();
    files
}

#[test]
fn every_mistake_is_told_with_its_place_and_its_remedy() {
    let mut differences = Vec::new();
    for path in files() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let told = match parse(&text, name) {
            Ok(config) => panic!("{name} is not wrong: {config:?}"),
            Err(mistakes) => format!("{mistakes}\n"),
        };
        let expected = path.with_file_name(format!("{name}.expected"));
        if std::env::var_os("KREST_BLESS").is_some() {
            std::fs::write(&expected, &told).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != told {
            differences.push(format!("--- {name}\n{told}"));
        }
    }
    assert!(differences.is_empty(), "KREST_BLESS=1 accepts these:\n{}", differences.join("\n"));
}

#[test]
fn no_message_shows_a_secret() {
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let told = parse(&text, path.file_name().unwrap().to_str().unwrap()).unwrap_err().to_string();
        assert!(!told.contains(CANARY), "{}: {told}", path.display());
    }
}
