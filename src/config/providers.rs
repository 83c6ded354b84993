//! What dlt looks up where a dictionary leaves credentials out: `auth: bearer`, `auth: {type: api_key, name: key}`. The same
//! environment variables count here; dlt's other providers (`secrets.toml`) do not.

use super::interpolate::Environment;
use super::report::{Report, quoted};
use super::source::AUTH_TYPES;
use super::tree::{Entry, Node, Place, Value};

/// What a kind of authentication cannot do without, and what is looked up besides once something of that is missing.
struct Fields {
    needed: &'static [&'static str],
    besides: &'static [&'static str],
}

/// Fills every `auth` of a file, krest's own or a bare dlt dictionary. `connector` stands for the name of the source.
pub(crate) fn fill(root: &mut Node, connector: &str, environment: Environment<'_>, report: &mut Report) {
    let filling = Filling { sections: sections(connector), environment };
    let (prefix, source) =
        if root.get("source").is_some() { ("source.", root.get_mut("source")) } else { ("", Some(root)) };
    let Some(source) = source else { return };
    each_auth(source, &mut |entry, path| filling.auth(entry, &format!("{prefix}{path}"), report));
}

/// Visits every `auth` that is written: the client's, the defaults', the resources'. `path` is the one below the dictionary.
pub(crate) fn each_auth(source: &mut Node, visit: &mut dyn FnMut(&mut Entry, &str)) {
    if let Some(client) = source.get_mut("client") {
        visit_auth(client, "client.auth", visit);
    }
    let defaults = source.get_mut("resource_defaults").and_then(|defaults| defaults.get_mut("endpoint"));
    if let Some(endpoint) = defaults {
        visit_auth(endpoint, "resource_defaults.endpoint.auth", visit);
    }
    let resources = source.get_mut("resources").map(Node::items_mut).unwrap_or_default();
    for (index, resource) in resources.iter_mut().enumerate() {
        if let Some(endpoint) = resource.get_mut("endpoint") {
            visit_auth(endpoint, &format!("resources[{index}].endpoint.auth"), visit);
        }
    }
}

fn visit_auth(block: &mut Node, path: &str, visit: &mut dyn FnMut(&mut Entry, &str)) {
    if let Some(entry) = block.entries_mut().iter_mut().find(|entry| entry.key == "auth") {
        visit(entry, path);
    }
}

/// dlt's sections, the most special first: those of a source of the connector's name, made by `rest_api_source`, then those of
/// a Python module of that name.
fn sections(connector: &str) -> Vec<String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = connector.chars().map(plain).collect();
    vec![
        format!("SOURCES__REST_API__{name}__"),
        "SOURCES__REST_API__".to_owned(),
        format!("SOURCES__{name}__"),
        "SOURCES__".to_owned(),
        String::new(),
    ]
}

struct Filling<'f> {
    sections: Vec<String>,
    environment: Environment<'f>,
}

impl Filling<'_> {
    fn auth(&self, entry: &mut Entry, path: &str, report: &mut Report) {
        let (at, node) = (entry.at, &mut entry.node);
        write_out(node, path, report);
        let Some(fields) = fields_of(node) else { return };
        let missing = |node: &Node, field: &str| node.given(field).is_none();
        let needed: Vec<&str> = fields.needed.iter().copied().filter(|field| missing(node, field)).collect();
        if needed.is_empty() {
            return;
        }
        for field in fields.besides {
            if missing(node, field)
                && let Some(text) = self.look_up(field)
            {
                node.set(found(at, field, text));
            }
        }
        for field in needed {
            match self.look_up(field) {
                Some(text) => node.set(found(at, field, text)),
                None => {
                    report.mistake(at, format!("{path}: {}", self.missing(field)));
                    let node_of_field = Node::new(at, Value::Wrong);
                    node.set(Entry { key: field.to_owned(), at, node: node_of_field });
                }
            }
        }
    }

    fn variables(&self, field: &str) -> impl Iterator<Item = String> {
        let field = field.to_ascii_uppercase();
        self.sections.iter().map(move |section| format!("{section}CREDENTIALS__{field}"))
    }

    fn look_up(&self, field: &str) -> Option<String> {
        self.variables(field).find_map(|variable| (self.environment)(&variable))
    }

    fn missing(&self, field: &str) -> String {
        let variables: Vec<String> = self.variables(field).collect();
        format!(
            "the key {} is missing, and none of the environment variables is set in which dlt looks for it: {}",
            quoted(field),
            variables.join(", ")
        )
    }
}

/// The type as a bare word becomes a mapping; a mapping that can only be a bearer token gets its type. Other texts are not
/// repeated: they may be a token.
fn write_out(node: &mut Node, path: &str, report: &mut Report) {
    let word = match &node.value {
        Value::String(word) => AUTH_TYPES.iter().find(|known| *known == word).copied(),
        Value::Bool(_) | Value::Number(_) | Value::Seq(_) => None,
        Value::Map(entries) if entries.iter().all(|entry| entry.key == "token") => Some("bearer"),
        Value::Map(_) | Value::Null | Value::Wrong => return,
    };
    let Some(word) = word else {
        let text = "must be a mapping like {type: bearer, token: \"${env:NAME}\"}, or one of the words";
        report.mistake(node.at, format!("{path}: {text} {}", AUTH_TYPES.join(", ")));
        node.value = Value::Wrong;
        return;
    };
    let kind = Entry {
        key: "type".to_owned(),
        at: node.at,
        node: Node::new(node.at, Value::String(word.to_owned())),
    };
    if let Value::String(_) = node.value {
        *node = Node::new(node.at, Value::Map(Vec::new()));
    }
    node.set(kind);
}

/// `None` if it is no authentication that krest knows; the check against the schema has the words for that.
fn fields_of(node: &Node) -> Option<Fields> {
    let (needed, besides): (&'static [&'static str], &'static [&'static str]) =
        match node.get("type").and_then(Node::text)? {
            "bearer" => (&["token"], &[]),
            "api_key" => (&["api_key"], &["name", "location"]),
            "http_basic" => (&["username", "password"], &[]),
            "oauth2_client_credentials" => {
                (&["access_token_url", "client_id", "client_secret"], &["default_token_expiration"])
            }
            _ => return None,
        };
    Some(Fields { needed, besides })
}

/// A value as if it had come out of `${env:…}`: it is never shown.
fn found(at: Place, field: &str, text: String) -> Entry {
    let whole = 0..text.len();
    let node = Node { at, value: Value::String(text), expanded: vec![whole] };
    Entry { key: field.to_owned(), at, node }
}
