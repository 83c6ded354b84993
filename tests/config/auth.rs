//! Authentication in a file: short forms, what comes from dlt's variables, where it is switched off, what becomes known as secret.

use std::path::Path;

use krest::config::{ApiKeyLocation, Auth, ClientAuth, Config, Mistakes};
use krest::model::Redactor;

/// With these variables, and no others.
fn load(text: &str, variables: &[(&str, &str)], redactor: &Redactor) -> Result<Config, Mistakes> {
    let environment = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::parse(text.as_bytes(), Path::new("my-shop.yaml"), &environment, redactor)
}

/// The authentication of the first resource.
fn auth(text: &str, variables: &[(&str, &str)]) -> Option<Auth> {
    let config = load(text, variables, &Redactor::default()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    config.resources[0].auth.clone()
}

fn client(auth: &str) -> String {
    format!("client: {{base_url: https://h, paginator: single_page, auth: {auth}}}\nresources: [a]")
}

fn token(auth: Option<Auth>) -> String {
    match auth {
        Some(Auth::Bearer(bearer)) => bearer.token.expose().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_short_form_leaves_out_comes_from_the_variables_that_dlt_reads() {
    let names = [
        "CREDENTIALS__TOKEN",
        "SOURCES__CREDENTIALS__TOKEN",
        "SOURCES__MY_SHOP__CREDENTIALS__TOKEN",
        "SOURCES__REST_API__CREDENTIALS__TOKEN",
        "SOURCES__REST_API__MY_SHOP__CREDENTIALS__TOKEN",
    ];
    // The later ones are the more special ones, and win.
    for end in 1..=names.len() {
        let variables: Vec<(&str, &str)> = names[..end].iter().map(|name| (*name, *name)).collect();
        for written in ["bearer", "{}", "{type: bearer}", "{token: null}"] {
            assert_eq!(token(auth(&client(written), &variables)), names[end - 1], "{written}");
        }
        assert_eq!(token(auth(&client("{token: own}"), &variables)), "own");
    }
    let own = format!("name: other\nsource:\n  {}", client("bearer").replace('\n', "\n  "));
    let variables = [("SOURCES__REST_API__OTHER__CREDENTIALS__TOKEN", "by name")];
    assert_eq!(token(auth(&own, &variables)), "by name");
}

#[test]
fn as_in_dlt_other_fields_are_looked_up_only_where_a_needed_one_is_missing() {
    let variables =
        [("CREDENTIALS__API_KEY", "k"), ("CREDENTIALS__NAME", "X-Key"), ("CREDENTIALS__LOCATION", "query")];
    for (written, expected) in [
        ("api_key", ("k", "X-Key", ApiKeyLocation::Query)),
        ("{type: api_key, name: N}", ("k", "N", ApiKeyLocation::Query)),
        ("{type: api_key, api_key: own}", ("own", "Authorization", ApiKeyLocation::Header)),
    ] {
        let Some(Auth::ApiKey(key)) = auth(&client(written), &variables) else { panic!() };
        assert_eq!((key.api_key.expose(), key.name.as_str(), key.location), expected, "{written}");
    }
    let variables = [("CREDENTIALS__USERNAME", "me"), ("CREDENTIALS__PASSWORD", "")];
    let Some(Auth::HttpBasic(basic)) = auth(&client("http_basic"), &variables) else { panic!() };
    assert_eq!((basic.username.expose(), basic.password.expose()), ("me", ""));
    let Some(Auth::HttpBasic(basic)) = auth(&client("{type: http_basic, username: you}"), &variables) else {
        panic!()
    };
    assert_eq!(basic.username.expose(), "you");
}

#[test]
fn a_variable_that_is_missing_is_named_in_all_its_forms() {
    let text = client("oauth2_client_credentials");
    let variables = [("CREDENTIALS__CLIENT_ID", "i"), ("CREDENTIALS__ACCESS_TOKEN_URL", "http://h/t")];
    let mistakes = load(&text, &variables, &Redactor::default()).unwrap_err().to_string();
    assert_eq!(
        mistakes,
        "my-shop.yaml:1:55: client.auth: the key \"client_secret\" is missing, and none of the environment variables is set in \
         which dlt looks for it: SOURCES__REST_API__MY_SHOP__CREDENTIALS__CLIENT_SECRET, \
         SOURCES__REST_API__CREDENTIALS__CLIENT_SECRET, SOURCES__MY_SHOP__CREDENTIALS__CLIENT_SECRET, \
         SOURCES__CREDENTIALS__CLIENT_SECRET, CREDENTIALS__CLIENT_SECRET"
    );
}

#[test]
fn an_endpoint_has_its_own_the_defaults_or_the_clients_and_null_is_none() {
    let text = "
client: {base_url: https://h, paginator: single_page, auth: {token: of the client}}
resource_defaults: {endpoint: {auth: {token: of the defaults}}}
resources:
  - a
  - {name: b, endpoint: {auth: {token: own}}}
  - {name: c, endpoint: {auth: null}}
  - {name: d, endpoint: {auth: bearer}}
";
    let config = load(text, &[("CREDENTIALS__TOKEN", "of dlt")], &Redactor::default()).unwrap();
    let tokens: Vec<Option<String>> =
        config.resources.iter().map(|resource| resource.auth.clone().map(|auth| token(Some(auth)))).collect();
    assert_eq!(
        tokens.iter().map(Option::as_deref).collect::<Vec<_>>(),
        [Some("of the defaults"), Some("own"), None, Some("of dlt")]
    );
    let off = text.replace("{token: of the defaults}", "null");
    let config = load(&off, &[("CREDENTIALS__TOKEN", "of dlt")], &Redactor::default()).unwrap();
    assert!(config.resources[0].auth.is_none());
}

#[test]
fn every_field_of_oauth2_is_read() {
    let text = client(
        "{type: oauth2_client_credentials, access_token_url: https://idp/token, client_id: i, client_secret: s, \
         default_token_expiration: 60, client_auth: basic, \
         access_token_request_data: {scope: a b, aud: [x, y], n: 1, flag: true, none: null}}",
    );
    let Some(Auth::OAuth2(oauth2)) = auth(&text, &[]) else { panic!() };
    assert_eq!(oauth2.access_token_url.as_str(), "https://idp/token");
    assert_eq!((oauth2.default_token_expiration, oauth2.client_auth), (60, ClientAuth::Basic));
    let data: Vec<String> = oauth2
        .access_token_request_data
        .iter()
        .map(|(name, value)| format!("{name}={}", value.expose()))
        .collect();
    assert_eq!(data, ["scope=a b", "aud=x", "aud=y", "n=1", "flag=true"]);
    let text = client(
        "{type: oauth2_client_credentials, access_token_url: https://idp/token, client_id: i, client_secret: s}",
    );
    let Some(Auth::OAuth2(oauth2)) = auth(&text, &[]) else { panic!() };
    assert_eq!((oauth2.default_token_expiration, oauth2.client_auth), (3600, ClientAuth::Post));
}

#[test]
fn a_preset_token_and_a_doubled_bearer_are_noted() {
    for (written, note) in [
        (
            "{type: oauth2_client_credentials, access_token_url: https://i, client_id: i, client_secret: s, access_token: canary}",
            "client.auth.access_token: is not used, as in dlt",
        ),
        ("{token: Bearer canary}", "client.auth.token: begins with \"Bearer\""),
    ] {
        let config = load(&client(written), &[], &Redactor::default()).unwrap();
        let notes: Vec<&str> = config.notes.iter().map(|note| note.text.as_str()).collect();
        assert!(notes.iter().any(|text| text.starts_with(note)), "{notes:?}");
        assert!(!format!("{notes:?}").contains("canary"));
    }
}

#[test]
fn everything_that_gives_access_becomes_known_as_secret_wherever_it_is_written() {
    let text = "
client: {base_url: https://h, paginator: single_page, auth: {type: http_basic, username: user-1, password: pass-1}}
resource_defaults:
  endpoint:
    auth: {type: oauth2_client_credentials, access_token_url: 'https://me:word-2@idp/t', client_id: client-2,
           client_secret: secret/2, access_token: token-2, access_token_request_data: {scope: read-2, password: pass-2}}
resources:
  - {name: a, endpoint: {auth: {type: api_key, location: cookie, api_key: key-3}}}
  - {name: b, endpoint: {auth: bearer}}
";
    let redactor = Redactor::default();
    load(text, &[("CREDENTIALS__TOKEN", "token-4")], &redactor).unwrap();
    for secret in [
        "user-1",
        "pass-1",
        "dXNlci0xOnBhc3MtMQ==",
        "word-2",
        "client-2",
        "secret/2",
        "secret%2F2",
        "token-2",
        "pass-2",
        // base64 of `client-2:secret%2F2`
        "Y2xpZW50LTI6c2VjcmV0JTJGMg==",
        "key-3",
        "token-4",
    ] {
        assert_eq!(redactor.scrub(&format!("<{secret}>")), "<***>", "{secret}");
    }
    assert_eq!(redactor.scrub("read-2 https idp"), "read-2 https idp");
}
