//! Every file in `config/` loads, and says what its comments say.

use std::path::Path;
use std::time::Duration;

use krest::config::{ApiKeyLocation, Auth, Config, Paginator, TotalPath};
use krest::model::Redactor;
use krest::plan::FilePlan;

fn example(name: &str) -> Config {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name);
    let text = std::fs::read(&path).unwrap();
    let config = Config::parse(&text, &path, &super::environment, &Redactor::default());
    config.unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[test]
fn every_example_loads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(files.len() >= 4, "{files:?}");
    let mut connectors = std::collections::BTreeSet::new();
    for file in files {
        let name = file.to_str().unwrap();
        let config = example(name);
        assert!(config.notes.is_empty(), "{name}");
        let connector = config.name.as_str().to_owned();
        assert!(connectors.insert(connector), "{name}: another example has its connector's name");
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)).unwrap();
        let first = "# yaml-language-server: $schema=../schemas/krest.schema.json\n";
        assert!(name.ends_with(".json") || text.starts_with(first), "{name} does not name its schema");
    }
}

#[test]
fn the_bare_dictionary_and_krests_own_file_mean_the_same() {
    for (name, connector) in [("monitoring.yaml", "monitoring"), ("seed.dlt.json", "seed.dlt")] {
        let config = example(name);
        assert_eq!(config.name.as_str(), connector);
        let Some(Auth::ApiKey(key)) = &config.resources[0].auth else { panic!("{:?}", config.resources) };
        assert_eq!((key.name.as_str(), key.location), ("api_key", ApiKeyLocation::Query));
        assert_eq!(key.api_key.expose(), "canary-API_KEY");
        let [resource] = config.resources.as_slice() else { panic!("{:?}", config.resources) };
        assert_eq!(resource.name.as_str(), "resource_name");
        assert_eq!(resource.url.shape().unwrap().as_str(), "https://api.example.com/v1/resource");
        assert_eq!(resource.key_names(), ["id"]);
        assert_eq!(resource.data_selector.as_deref(), Some("data"));
        assert_eq!(resource.topic, format!("{connector}.resource_name"));
        let Paginator::Offset(offset) = &resource.paginator else { panic!("{:?}", resource.paginator) };
        assert_eq!((offset.limit, offset.offset, offset.stop_after_empty_page), (100, 0, true));
        assert_eq!(offset.total_path, TotalPath::Default);
        assert_eq!(resource.settings.poll.interval, Duration::from_secs(60));
        assert_eq!(resource.settings.retry.max_retries, 3);
        assert_eq!(resource.settings.limits.body, 64 << 20);
    }
}

#[test]
fn defaults_and_overrides_reach_the_resources_they_are_for() {
    let config = example("several-resources.yaml");
    let resource = |name| config.resource(name).unwrap();
    let params = |name| {
        resource(name)
            .params
            .iter()
            .map(|(k, v)| format!("{}={}", k.shown(), v.shown()))
            .collect::<Vec<_>>()
            .join("&")
    };
    assert_eq!(params("customers"), "status=all");
    assert_eq!(params("invoices"), "expand=lines&expand=taxes");
    assert_eq!(resource("invoice_lines").key_names(), ["invoice_id", "line"]);
    assert_eq!(
        resource("invoice_lines").url.shape().unwrap().as_str(),
        "https://billing.example.com/v1/invoice-lines"
    );
    assert!(matches!(resource("plans").paginator, Paginator::SinglePage));
    assert_eq!(resource("plans").settings.poll.interval, Duration::from_secs(86_400));
    assert_eq!(resource("invoice_lines").settings.retry.max_retries, 6);
    assert_eq!(resource("customers").settings.retry.max_retries, 3);
    assert_eq!(resource("customers").settings.limits.burst, Some(300));
}

#[test]
fn a_list_of_an_override_takes_the_place_of_the_files() {
    let config = example("changes.yaml");
    let changes = |name| {
        let changes = &config.resource(name).unwrap().settings.changes;
        (changes.ignore_fields.join(" "), changes.only_fields.join(" "))
    };
    let (seen, name) = ("last_seen stats.requests links[*].expires", "name licence");
    assert_eq!(changes("vehicles"), (seen.to_owned(), String::new()));
    assert_eq!(changes("drivers"), ("licence.checked_at".to_owned(), name.to_owned()));
    assert_eq!(changes("depots"), (String::new(), String::new()));
}

#[test]
fn security_settings_reach_kafka_as_secrets() {
    let config = example("sasl-tls.yaml");
    let kafka = config.kafka.unwrap();
    let password = kafka.properties.iter().find(|(name, _)| name == "sasl.password").unwrap();
    assert_eq!(password.1.expose(), "canary-KAFKA_PASSWORD");
    assert_eq!(kafka.offsets_topic, "krest-offsets");
    assert!(!format!("{:?}", kafka.properties).contains("canary"));
    assert_eq!(config.topics.replication_factor, Some(3));
    assert_eq!(config.topics.settings, [("min.insync.replicas".to_owned(), "2".to_owned())]);
    assert_eq!(config.resources[0].topic, "company.crm.accounts.v1");
}

#[test]
fn the_example_of_tasks_says_where_each_resource_is() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/tasks.yaml")).unwrap();
    let config = example("tasks.yaml");
    assert_eq!(config.tasks_max, 3);
    let plan =
        FilePlan::compile("tasks.yaml", &config, &Redactor::default()).unwrap().into_connector().unwrap();
    for task in &plan.tasks {
        for place in &task.resources {
            let name = &plan.resources[*place].name;
            let said =
                |line: &&str| line.contains(&format!("- {name} ")) || line.contains(&format!(": {name} "));
            let line = text.lines().find(said).unwrap();
            assert!(line.ends_with(&format!("task {}", task.number)), "{line}: task {}", task.number);
        }
    }
}

#[test]
fn the_example_of_deletes_says_how_each_resource_learns_of_them() {
    use krest::config::DeleteMode;
    let config = example("deletes-soft.yaml");
    let deletes = |name| {
        let resource = config.resource(name).unwrap();
        let deletes = &resource.settings.deletes;
        let column = resource.hard_delete.as_ref().map(|column| column.name.as_str());
        (deletes.mode.unwrap(), deletes.when.as_deref(), column)
    };
    assert_eq!(deletes("contacts"), (DeleteMode::Soft, Some(".deleted_at != null"), None));
    assert_eq!(
        deletes("companies"),
        (DeleteMode::Soft, Some(".state == \"archived\" or .merged_into"), None)
    );
    let (mode, _, column) = deletes("notes");
    assert_eq!((mode, column), (DeleteMode::None, Some("removed")));
}
