//! `docker-compose.yml` and the `Dockerfile` name only what exists: files, ports, variables, and words that krest knows.
//! Nothing is started: a machine without Docker runs these too.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The services, with the shared part of krest's two merged in, as Compose does.
fn service(name: &str) -> Value {
    let file: Value = serde_saphyr::from_str(&text("docker-compose.yml")).unwrap();
    let service = &file["services"][name];
    assert!(service.is_object(), "docker-compose.yml has no service {name}");
    let mut merged = service.get("<<").cloned().unwrap_or_else(|| serde_json::json!({}));
    for (key, value) in service.as_object().unwrap() {
        merged[key] = value.clone();
    }
    merged
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

fn port_of(address: &str) -> u16 {
    address.rsplit(':').next().unwrap().parse().unwrap()
}

#[test]
fn krest_knows_the_commands_of_its_services() {
    for name in ["api", "krest"] {
        let service = service(name);
        let command = strings(&service["command"]);
        let help = Command::new(env!("CARGO_BIN_EXE_krest")).args([command[0], "--help"]).output().unwrap();
        assert!(help.status.success(), "krest {} --help: {help:?}", command[0]);
        let help = String::from_utf8(help.stdout).unwrap();
        for option in command.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "krest {} --help names no {option}:\n{help}", command[0]);
        }
    }
}

#[test]
fn the_configuration_is_mounted_where_the_command_looks_for_it() {
    let krest = service("krest");
    let file = strings(&krest["command"]).into_iter().find(|word| word.starts_with('/')).unwrap();
    let mount = strings(&krest["volumes"])[0].split(':').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(mount[1], file);
    let configuration = text(&mount[0]);
    for variable in configuration.split("${env:").skip(1) {
        let name = variable.split('}').next().unwrap();
        let commented = name == "API_KEY";
        assert!(commented || krest["environment"][name].is_string(), "{name} is not set for krest");
    }
}

#[test]
fn the_services_meet_at_the_ports_they_name() {
    let (kafka, api, krest) = (service("kafka"), service("api"), service("krest"));
    let serves = port_of(strings(&api["command"]).last().unwrap());
    let asks = krest["environment"]["DEMO_API"].as_str().unwrap();
    assert_eq!(asks, format!("http://api:{serves}"));
    let advertised = kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"].as_str().unwrap();
    let listeners = kafka["environment"]["KAFKA_LISTENERS"].as_str().unwrap();
    let broker = strings(&krest["command"])[2];
    assert!(advertised.contains(&format!("://{broker}")), "{broker} is not among {advertised}");
    for listener in advertised.split(',') {
        let (name, address) = listener.split_once("://").unwrap();
        let port = port_of(address);
        assert!(listeners.contains(&format!("{name}://:{port}")), "{name} does not listen on {port}");
    }
    let outside = strings(&kafka["ports"])[0];
    assert!(
        advertised.contains(outside.rsplit_once(':').unwrap().0),
        "{outside} is not what {advertised} says"
    );
    assert!(text("config/demo.yaml").contains(outside.rsplit_once(':').unwrap().0));
    for name in ["kafka", "api"] {
        assert!(krest["depends_on"][name].is_object(), "krest does not wait for {name}");
    }
}

/// It comes only when it is asked for, at the address that the example names.
#[test]
fn the_registry_is_where_the_example_looks_for_it() {
    let registry = service("registry");
    assert_eq!(strings(&registry["profiles"]), ["registry"]);
    let outside = strings(&registry["ports"])[0].rsplit_once(':').unwrap().0;
    for page in ["config/registry.yaml", "docker-compose.yml"] {
        assert!(text(page).contains(&format!("http://{outside}/apis/ccompat/v7")), "{page}");
    }
    assert!(text("docs/registry.md").contains("docker compose --profile registry up"));
}

#[test]
fn the_image_is_built_from_files_that_are_there() {
    assert_eq!(service("krest")["build"], ".");
    let dockerfile = text("Dockerfile");
    let entry = dockerfile.lines().find(|line| line.starts_with("ENTRYPOINT")).unwrap();
    assert!(
        entry.contains("/usr/local/bin/krest")
            && dockerfile.contains("COPY --from=build /krest /usr/local/bin/krest")
    );
    let rust =
        text("Cargo.toml").lines().find_map(|line| line.strip_prefix("rust-version = ").map(str::to_owned));
    let rust = rust.unwrap();
    assert!(
        dockerfile.contains(&format!("FROM rust:{}-", rust.trim_matches('"'))),
        "the image's Rust is not {rust}"
    );
    let workdir =
        dockerfile.lines().find_map(|line| line.strip_prefix("WORKDIR ").filter(|dir| *dir != "/build"));
    let state = format!("`{}/state`", workdir.unwrap());
    assert!(text("docs/operations.md").contains(&state), "docs/operations.md names no {state}");
    let ignored = text(".dockerignore");
    for needed in ["Cargo.toml", "Cargo.lock", "src", "benches", "tests", "config", "schemas"] {
        assert!(!ignored.lines().any(|line| line == needed), "the build needs {needed}");
        assert!(
            Path::new(env!("CARGO_MANIFEST_DIR")).join(needed).exists() || needed == "schemas",
            "{needed}"
        );
    }
}
