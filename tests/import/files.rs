//! Each file in `files/` beside its `.yaml` (stdout, exit 0) or `.err` (stderr, exit 2). KREST_BLESS=1 rewrites them.

use std::path::{Path, PathBuf};
use std::process::Command;

use krest::config::Config;
use krest::model::Redactor;
use krest::plan::FilePlan;

/// Stands for every value in the Python files and dlt's own that must not come out.
const CANARY: &str = "c4nary";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/files")
}

fn with_ending(ending: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|kind| kind == ending)).collect();
    files.sort();
    files
}

struct Printed {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn import(file: &str, arguments: &[&str]) -> Printed {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krest"));
    let output = command.arg("import").arg(file).args(arguments).current_dir(folder()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Printed { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A value for every variable; those that name an address are one.
fn environment(name: &str) -> Option<String> {
    Some(if name.ends_with("URL") { "https://canary.example".to_owned() } else { format!("canary-{name}") })
}

fn source_of(yaml: &str) -> serde_json::Value {
    let whole: serde_json::Value = serde_saphyr::from_str(yaml).unwrap();
    whole["source"].clone()
}

#[test]
fn every_file_gives_what_is_expected() {
    let mut differences = Vec::new();
    for path in with_ending("py") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let printed = import(name, &[]);
        let (ending, text) = match printed.code {
            Some(0) => ("yaml", printed.stdout.clone()),
            code => (if code == Some(2) { "err" } else { "neither" }, printed.stderr.clone()),
        };
        assert!(!format!("{}{}", printed.stdout, printed.stderr).contains(CANARY), "{name}:\n{text}");
        assert!(printed.stdout.is_empty() || printed.stderr.is_empty(), "{name}: {}", printed.stderr);
        let expected = path.with_extension(ending);
        if std::env::var_os("KREST_BLESS").is_some() {
            std::fs::write(&expected, &text).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != text {
            differences.push(format!("--- {name}, {ending}\n{text}"));
        }
    }
    assert!(differences.is_empty(), "KREST_BLESS=1 accepts these:\n{}", differences.join("\n"));
}

#[test]
fn every_configuration_that_comes_out_passes_check() {
    let mut refused = Vec::new();
    for path in with_ending("yaml") {
        let (text, redactor) = (std::fs::read(&path).unwrap(), Redactor::default());
        let name = path.file_name().unwrap().to_str().unwrap();
        let plan = Config::parse(&text, &path, &environment, &redactor)
            .map_err(|mistakes| mistakes.to_string())
            .and_then(|config| {
                FilePlan::compile(name, &config, &redactor).map_err(|error| error.to_string())
            });
        refused.extend(plan.err());
    }
    assert!(refused.is_empty(), "{} files:\n{}", refused.len(), refused.join("\n"));
}

#[test]
fn the_seed_becomes_the_dictionary_that_the_documentation_has() {
    let printed = import("seed.py", &[]).stdout;
    let first = printed.lines().next().unwrap();
    assert_eq!(first, "# yaml-language-server: $schema=../schemas/krest.schema.json");
    let documented =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/seed.dlt.json")).unwrap();
    let documented: serde_json::Value = serde_json::from_str(&documented).unwrap();
    assert_eq!(source_of(&printed), documented);
    let block = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/monitoring.yaml");
    assert_eq!(source_of(&printed), source_of(&std::fs::read_to_string(block).unwrap()));
}

#[test]
fn check_itself_takes_the_seed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.yaml");
    std::fs::write(&file, import("seed.py", &[]).stdout).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_krest"));
    let output = command.arg("check").arg(&file).env("API_KEY", "canary").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn of_several_sources_the_one_asked_for_is_printed() {
    for (asked, url) in
        [("first", "https://one.example"), ("second", "https://two.example"), ("13", "https://two.example")]
    {
        let printed = import("several.py", &["--source", asked]);
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
        assert_eq!(source_of(&printed.stdout)["client"]["base_url"], url, "{asked}");
    }
    let printed = import("several.py", &["--source", "third"]);
    assert_eq!(printed.code, Some(2));
    assert!(
        printed.stderr.contains("\"third\"") && printed.stderr.contains("first (line 6)"),
        "{}",
        printed.stderr
    );
}

#[test]
fn arguments_come_from_the_call_or_from_their_defaults_or_from_a_variable() {
    let called = source_of(&import("arguments.py", &["--source", "forge_widgets"]).stdout);
    assert_eq!(called["client"]["base_url"], "https://forge.example/acme/widgets/");
    let params = &called["resources"][0]["endpoint"]["params"];
    assert_eq!(*params, serde_json::json!({"per_page": 50, "sort": "updated"}));
    let nobody = import("arguments.py", &["--source", "organisation"]).stdout;
    assert_eq!(source_of(&nobody)["client"]["base_url"], "https://forge.example/orgs/${env:NAME}");
    assert!(nobody.contains("#   NAME\n#     line 22: the argument name of organisation()\n"), "{nobody}");
}

#[test]
fn a_settings_file_that_is_no_toml_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".dlt")).unwrap();
    std::fs::write(folder.path().join(".dlt/secrets.toml"), "a = 1\ntoken = c4nary c4nary\n").unwrap();
    let file = folder.path().join("seed.py");
    std::fs::copy(self::folder().join("seed.py"), &file).unwrap();
    let printed = import(file.to_str().unwrap(), &[]);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    assert!(printed.stdout.contains(".dlt/secrets.toml is no TOML in line 2"), "{}", printed.stdout);
    assert!(!printed.stdout.contains(CANARY), "{}", printed.stdout);
}

#[test]
fn what_is_no_file_or_no_text_exits_2() {
    let missing = import("no_such_file.py", &[]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.starts_with("no_such_file.py: "), "{}", missing.stderr);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("latin.py");
    std::fs::write(&file, b"x = '\xff'\n").unwrap();
    let bytes = import(file.to_str().unwrap(), &[]);
    assert_eq!(bytes.code, Some(2));
    assert!(bytes.stderr.contains("not UTF-8"), "{}", bytes.stderr);
}
