//! What a good file means: short forms, defaults, variables, notes, and which secrets are made known.

use krest::config::{Auth, Config, Disposition, Paginator, TotalPath};
use krest::model::Redactor;

use super::{CANARY, parse, parse_with};

fn good(text: &str) -> Config {
    parse(text, "good.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

const CLIENT: &str = "client: {base_url: https://h/v1/, paginator: single_page}\n";

#[test]
fn short_forms_mean_what_they_are_short_for() {
    let config = good(&format!(
        "{CLIENT}resources: [a, {{name: b, endpoint: x/y}}, {{name: c, endpoint: {{}}}}, {{name: d, endpoint: null}}]"
    ));
    let url = |resource: &krest::config::Resource| resource.url.shape().unwrap().to_string();
    let urls: Vec<String> = config.resources.iter().map(url).collect();
    assert_eq!(urls, ["https://h/v1/a", "https://h/v1/x/y", "https://h/v1/c", "https://h/v1/d"]);
}

#[test]
fn a_resource_replaces_defaults_whole_but_params_one_by_one() {
    let config = good(
        "client: {base_url: https://h}
resource_defaults:
  primary_key: [a, b]
  endpoint:
    params: {z: 1, y: true, x: 1.50}
    data_selector: data
    paginator: {type: offset, limit: 10, total_path: n}
resources:
  - one
  - name: two
    primary_key: id
    endpoint: {params: {y: null, w: [1, two]}, data_selector: null, paginator: {type: offset, limit: 5}}
  - name: three
    endpoint: {params: null}",
    );
    let params = |index: usize| -> Vec<String> {
        config.resources[index]
            .params
            .iter()
            .map(|(name, value)| format!("{}={}", name.shown(), value.shown()))
            .collect()
    };
    assert_eq!(params(0), ["z=1", "y=true", "x=1.50"]);
    assert_eq!(params(1), ["z=1", "x=1.50", "w=1", "w=two"]);
    assert_eq!(params(2), [""; 0]);
    assert_eq!(config.resources[0].key_names(), ["a", "b"]);
    assert_eq!(config.resources[1].key_names(), ["id"]);
    assert_eq!(config.resources[0].data_selector.as_deref(), Some("data"));
    assert_eq!(config.resources[1].data_selector, None);
    let Paginator::Offset(offset) = &config.resources[1].paginator else { panic!() };
    assert_eq!((offset.limit, &offset.total_path), (5, &TotalPath::Default));
}

#[test]
fn a_null_total_path_differs_from_none() {
    let config = good(
        "client: {base_url: https://h, paginator: {type: offset, limit: 1, total_path: null}}\nresources: [a]",
    );
    let Paginator::Offset(offset) = &config.resources[0].paginator else { panic!() };
    assert_eq!(offset.total_path, TotalPath::Off);
}

#[test]
fn a_mapping_without_type_is_a_bearer_token() {
    let config =
        good("client: {base_url: https://h, auth: {token: t0ken}, paginator: single_page}\nresources: [a]");
    let Some(Auth::Bearer(bearer)) = &config.resources[0].auth else { panic!() };
    assert_eq!(bearer.token.expose(), "t0ken");
    let config = good("client: {base_url: https://h, auth: null, paginator: single_page}\nresources: [a]");
    assert!(config.resources[0].auth.is_none());
}

#[test]
fn a_variable_fills_a_number_but_stays_text_elsewhere() {
    let config = good(
        "client: {base_url: https://h, paginator: {type: offset, limit: \"${env:LIMIT}\"}}
resources: [{name: a, write_disposition: \"${env:WORD}\", primary_key: id, endpoint: {params: {n: \"${env:LIMIT}\"}}}]",
    );
    let Paginator::Offset(offset) = &config.resources[0].paginator else { panic!() };
    assert_eq!(offset.limit, 250);
    let (name, value) = &config.resources[0].params[0];
    assert_eq!((name.shown().as_str(), value.as_literal().as_deref()), ("n", Some("250")));
    assert_eq!(config.resources[0].secret_params, ["n"]);
}

#[test]
fn braces_out_of_a_variable_are_no_placeholder_and_doubled_ones_become_one() {
    let config = good(&format!(
        "{CLIENT}resources: [{{name: a, endpoint: {{params: {{p: \"${{env:WITH_BRACES}}\", q: \"{{{{x}}}}\"}}}}}}]"
    ));
    let values: Vec<String> =
        config.resources[0].params.iter().filter_map(|(_, value)| value.as_literal()).collect();
    assert_eq!(values, ["a{b}", "{x}"]);
}

#[test]
fn notes_say_what_may_surprise() {
    let config = good(
        &format!(
            "{CLIENT}resource_defaults: {{endpoint: {{path: unused}}}}
resources:
  - keyless
  - {{name: said, write_disposition: merge}}
  - {{name: keyed, primary_key: id, endpoint: {{params: {{a: \"${{NAME}}\"}}}}}}"
        )
        .replace("${NAME}", "${{NAME}}"),
    );
    let notes: Vec<String> = config.notes.iter().map(|note| format!("{}: {}", note.at, note.text)).collect();
    assert_eq!(notes.len(), 4, "{notes:#?}");
    assert!(notes[0].starts_with("2:32: resource_defaults.endpoint.path: is not used"), "{notes:#?}");
    assert!(notes[1].contains("the resource \"keyless\": without a \"primary_key\""), "{notes:#?}");
    assert!(
        notes[2].contains("the resource \"said\": \"merge\" without a \"primary_key\" is append"),
        "{notes:#?}"
    );
    assert!(notes[3].contains("krest reads ${env:NAME}"), "{notes:#?}");
    let dispositions: Vec<Disposition> =
        config.resources.iter().map(|resource| resource.disposition).collect();
    assert_eq!(dispositions, [Disposition::Append, Disposition::Append, Disposition::Merge]);
}

#[test]
fn secrets_are_made_known_and_harmless_values_are_not() {
    let redactor = Redactor::default();
    let text = "source:
  client:
    base_url: https://user:url-pass@h
    headers: {X-Key: \"Token header-key\", Accept: application/json, X-Env: \"a ${env:HEADER} b\"}
    auth: {type: http_basic, username: basic-user, password: basic-pass}
    paginator: single_page
  resources: [{name: plain-name, endpoint: {params: {a: \"x-${env:PARAM}\", b: plain-param}}}]
kafka: {bootstrap.servers: \"broker:9092\", sasl.password: kafka-pass, client.id: plain-id}
";
    parse_with(text, "a.yaml", &redactor).unwrap();
    let basic = "YmFzaWMtdXNlcjpiYXNpYy1wYXNz";
    for secret in [
        "url-pass",
        "header-key",
        "canary-HEADER",
        "basic-user",
        "basic-pass",
        basic,
        "canary-PARAM",
        "kafka-pass",
    ] {
        assert_eq!(redactor.scrub(secret), "***", "{secret}");
    }
    for plain in ["application/json", "plain-name", "plain-param", "broker:9092", "plain-id"] {
        assert_eq!(redactor.scrub(plain), plain);
    }
}

#[test]
fn a_typed_configuration_shows_no_secret() {
    let config = good(
        "source:
  client: {base_url: https://h, headers: {X: \"${env:A}\"}, auth: {type: api_key, api_key: \"${env:B}\"}}
  resources: []
kafka: {bootstrap.servers: x, sasl.password: \"${env:C}\"}",
    );
    assert!(!format!("{config:?}").contains(CANARY));
}

#[test]
fn json_and_yaml_are_told_apart_by_name_and_else_by_content() {
    let json = "{\"client\": {\"base_url\": \"https:\\/\\/h\"}, \"resources\": [\"\\ud83d\\ude00\"],\n\t\"resource_defaults\": {\"endpoint\": {\"paginator\": \"single_page\"}}}";
    for name in ["a.json", "a.JSON", "a", "a.conf"] {
        let config = parse(json, name).unwrap();
        assert_eq!(config.resources[0].name.as_str(), "😀");
    }
    assert!(parse("client: {base_url: https://h}\nresources: []", "a.json").is_err());
    assert!(parse("\u{feff}client: {base_url: https://h}\nresources: []", "a").is_ok());
}

#[test]
fn a_file_that_is_no_text_or_not_there_is_a_mistake_with_a_place() {
    let redactor = Redactor::default();
    let path = std::path::Path::new("a.yaml");
    let told = Config::parse(b"a: b\nc: \xff", path, &super::environment, &redactor).unwrap_err().to_string();
    assert_eq!(told, "a.yaml:2:4: not UTF-8 text");
    let told = Config::load(std::path::Path::new("/nowhere.yaml"), &redactor).unwrap_err().to_string();
    assert!(told.starts_with("/nowhere.yaml:1:1: the file cannot be read: "), "{told}");
}

#[test]
fn topics_and_kafka_take_numbers_and_booleans_as_text() {
    let config = good(
        "source: {client: {base_url: https://h}, resources: []}
kafka: {bootstrap.servers: x, socket.keepalive.enable: true, linger.ms: 0.5, transaction.boundary: interval, transaction.boundary.interval.ms: 250}
topics: {creation.default.partitions: -1, creation.default.segment.ms: 1000, creation.default.preallocate: false}",
    );
    let kafka = config.kafka.unwrap();
    let values: Vec<String> =
        kafka.properties.iter().map(|(name, value)| format!("{name}={}", value.expose())).collect();
    assert_eq!(values, ["bootstrap.servers=x", "socket.keepalive.enable=true", "linger.ms=0.5"]);
    assert_eq!(kafka.boundary_interval, Some(std::time::Duration::from_millis(250)));
    assert_eq!(config.topics.partitions, None);
    let settings: Vec<String> =
        config.topics.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(settings, ["segment.ms=1000", "preallocate=false"]);
}
