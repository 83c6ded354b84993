//! The values of a source → the tree of a configuration: what can be said is carried over, the rest becomes comments.

use super::hints::{instead, needs};
use super::interpret::{Entry, Lost, Map, Origin, Part, Setting, Spot, Value};
use super::jq::{Role, translate};
use super::secrets::{Variable, credential, is_secret, required, variable};
use super::settings::Settings;
use super::yaml::{Element, Node, is_empty};

/// A source on its way.
pub(super) struct Carry<'s> {
    settings: &'s Settings,
    /// In the order in which they are needed.
    pub variables: Vec<Variable>,
    /// The keys above the present value; `[]` for an element of a list.
    path: Vec<String>,
}

/// A value that is carried over, or the comments that stand in its place.
type Carried = Result<Node, Vec<String>>;

impl<'s> Carry<'s> {
    pub(super) fn new(settings: &'s Settings) -> Self {
        Self { settings, variables: Vec::new(), path: Vec::new() }
    }

    /// The `source:` block.
    pub(super) fn source(&mut self, map: &Map) -> Vec<Element> {
        let mut elements = self.entries(map);
        for element in &mut elements {
            match (element.key.as_deref(), &element.node) {
                // Without these no configuration is one.
                (Some("client"), None) => element.node = Some(Node::Map(vec![self.base_url(map)])),
                (Some("resources"), None) => element.node = Some(Node::List(Vec::new())),
                (Some("resources"), Some(Node::List(list))) => {
                    element.node = Some(Node::List(super::family::without_orphans(list.clone())));
                }
                (_, _) => {}
            }
        }
        elements
    }

    fn base_url(&mut self, map: &Map) -> Element {
        let line =
            map.entries.borrow().iter().find(|entry| entry.key == "client").map_or(0, |entry| entry.line);
        let lost = Lost::new(line, "the client, which is not carried over");
        let node = self.outside(&lost, "base_url");
        Element { comments: Vec::new(), key: Some("base_url".to_owned()), node: Some(node) }
    }

    fn entries(&mut self, map: &Map) -> Vec<Element> {
        let entries = map.entries.borrow().clone();
        entries.iter().map(|entry| self.entry(entry)).collect()
    }

    fn entry(&mut self, entry: &Entry) -> Element {
        self.path.push(entry.key.clone());
        let role = self.role();
        let element = match (&entry.value, role) {
            (Value::Function(function, _), Some(role)) => match translate(function, role) {
                Some(expression) => Element {
                    comments: vec![format!(
                        "line {}: made from the Python function; check it",
                        function.line
                    )],
                    key: Some(entry.key.clone()),
                    node: Some(Node::Text(expression)),
                },
                None => self.element(entry),
            },
            (_, _) => self.element(entry),
        };
        self.path.pop();
        element
    }

    fn element(&mut self, entry: &Entry) -> Element {
        let key = Some(entry.key.clone());
        match self.node(&entry.value, entry.line) {
            Ok(node) => Element { comments: Vec::new(), key, node: Some(node) },
            Err(comments) => Element { comments, key, node: None },
        }
    }

    /// What a function under the present key would be in jq.
    fn role(&self) -> Option<Role> {
        match self.path.last().map(String::as_str) {
            Some("filter") => Some(Role::Filter),
            Some("map" | "convert") => Some(Role::Map),
            Some("yield_map") => Some(Role::YieldMap),
            Some(_) | None => None,
        }
    }

    fn node(&mut self, value: &Value, line: usize) -> Carried {
        match value {
            Value::None => Ok(Node::Null),
            Value::Bool(value) => Ok(Node::Bool(*value)),
            Value::Int(number) => Ok(Node::Number(number.to_string())),
            Value::Float(number) if number.is_finite() => Ok(Node::Number(format!("{number:?}"))),
            Value::Float(_) => Err(self.comment(&Lost::new(line, "a number that is not finite"))),
            Value::Text(parts) => self.text(parts, line),
            Value::Setting(setting) => self.text(&[Part::Setting(setting.clone())], line),
            Value::List(list) => self.list(&list.borrow()),
            Value::Map(map) => self.map(map, line),
            Value::Symbol(name) => match (self.key(), name.as_str()) {
                ("last_value_func", "max" | "min") => Ok(Node::Text(name.clone())),
                (_, _) => self.lost(&Lost::new(line, format!("the Python name {name}"))),
            },
            Value::Function(function, _) if function.name.is_empty() => {
                self.lost(&Lost::new(function.line, "a lambda"))
            }
            Value::Function(function, _) => {
                self.lost(&Lost::new(function.line, format!("the function {}", function.name)))
            }
            Value::Source(_) => self.lost(&Lost::new(line, "a source")),
            Value::Lost(lost) => self.lost(lost),
        }
    }

    /// Credentials and addresses that only Python knows come from a variable; the rest is a comment.
    fn lost(&mut self, lost: &Lost) -> Carried {
        let key = self.key().to_owned();
        let parents: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let credential = matches!(
            key.as_str(),
            "token"
                | "api_key"
                | "username"
                | "password"
                | "client_id"
                | "client_secret"
                | "access_token_url"
        );
        let wanted =
            (credential && parents.iter().rev().nth(1) == Some(&"auth")) || parents == ["client", "base_url"];
        if wanted { Ok(self.outside(lost, &key)) } else { Err(self.comment(lost)) }
    }

    fn outside(&mut self, lost: &Lost, key: &str) -> Node {
        let name = key.to_ascii_uppercase();
        let origin = format!("{key}: {}", lost.what);
        self.need(Variable { name: name.clone(), origin, line: lost.line, dlt: Vec::new() });
        Node::Text(format!("${{env:{name}}}"))
    }

    fn need(&mut self, variable: Variable) {
        if !self.variables.contains(&variable) {
            self.variables.push(variable);
        }
    }

    fn comment(&self, lost: &Lost) -> Vec<String> {
        let (key, line, what) = (self.key(), lost.line, &lost.what);
        let is_element = self.path.last().is_some_and(|key| key == "[]");
        let what = if is_element {
            format!("line {line}: an element of {key} not carried over: {what}")
        } else {
            format!("line {line}: {key} not carried over: {what}")
        };
        std::iter::once(what).chain(instead(key).map(|hint| format!("  {hint}"))).collect()
    }

    /// The nearest key, for an element of a list that of the list.
    fn key(&self) -> &str {
        self.path.iter().rev().find(|key| *key != "[]").map_or("", String::as_str)
    }

    fn text(&mut self, parts: &[Part], line: usize) -> Carried {
        if self.path.last().is_some_and(|key| key == "auth")
            && let [Part::Plain(kind)] = parts
        {
            let kind = Node::Text(kind.clone());
            let mut elements =
                vec![Element { comments: Vec::new(), key: Some("type".to_owned()), node: Some(kind) }];
            self.complete(&mut elements, line);
            return Ok(Node::Map(elements));
        }
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let written_out = parts.iter().all(|part| matches!(part, Part::Plain(text) if !text.contains('{')));
        let is_filled = parts.iter().any(|part| matches!(part, Part::Plain(text) if !text.is_empty()));
        if written_out && is_filled && is_secret(&path) {
            let setting = Setting { origin: Origin::WrittenOut, path: Vec::new(), line, has_default: false };
            return self.text(&[Part::Setting(setting)], line);
        }
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Plain(plain) if plain.contains("${env:") || plain.contains("${file:") => {
                    return Err(self.comment(&Lost::new(line, "a text with ${…}, which krest would expand")));
                }
                Part::Plain(plain) => text.push_str(plain),
                Part::Setting(setting) => {
                    let variable = variable(setting, self.key(), self.settings);
                    text.push_str(&format!("${{env:{}}}", variable.name));
                    self.need(variable);
                }
            }
        }
        Ok(Node::Text(text))
    }

    fn list(&mut self, items: &[Spot]) -> Carried {
        self.path.push("[]".to_owned());
        let elements: Vec<Element> = items.iter().map(|item| self.item(item)).collect();
        self.path.pop();
        let is_needed = self.path == ["resources"];
        if is_empty(&elements) && !items.is_empty() && !is_needed {
            return Err(elements.into_iter().flat_map(|element| element.comments).collect());
        }
        Ok(Node::List(elements))
    }

    fn item(&mut self, item: &Spot) -> Element {
        match self.node(&item.value, item.line) {
            Ok(node) => Element { comments: Vec::new(), key: None, node: Some(node) },
            Err(comments) => Element { comments, key: None, node: None },
        }
    }

    fn map(&mut self, map: &Map, line: usize) -> Carried {
        let mut elements = self.entries(map);
        if map.is_incremental && self.path.iter().rev().nth(1).is_some_and(|key| key == "params") {
            let node = Some(Node::Text("incremental".to_owned()));
            elements.insert(0, Element { comments: Vec::new(), key: Some("type".to_owned()), node });
        }
        if self.key() == "auth" {
            self.complete(&mut elements, line);
        }
        let (gone, there): (Vec<&Element>, Vec<&Element>) =
            elements.iter().partition(|element| element.node.is_none());
        let needed = needs(&self.place());
        let is_needed = |element: &&Element| element.key.as_deref().is_some_and(|key| needed.contains(&key));
        let is_broken = gone.iter().any(is_needed) || (self.place() == "endpoint" && has_lost_a_name(&there));
        if is_broken || (there.is_empty() && !gone.is_empty()) {
            return Err(self.instead_of(&elements));
        }
        Ok(Node::Map(elements))
    }

    /// The key of the present mapping, with `[]` behind it for an element of a list.
    fn place(&self) -> String {
        let is_element = self.path.last().is_some_and(|key| key == "[]");
        format!("{}{}", self.key(), if is_element { "[]" } else { "" })
    }

    /// The comments of a mapping that is of no use without what it has lost.
    fn instead_of(&self, elements: &[Element]) -> Vec<String> {
        let name = text_of(elements, "name");
        let comments = elements.iter().flat_map(|element| element.comments.clone());
        match name.filter(|_| self.place() == "resources[]") {
            Some(name) => {
                std::iter::once(format!("the resource {name} is not carried over:")).chain(comments).collect()
            }
            None => comments.collect(),
        }
    }

    /// dlt looks up the credentials that are not in the dictionary.
    fn complete(&mut self, elements: &mut Vec<Element>, line: usize) {
        let kind = text_of(elements, "type").unwrap_or("bearer").to_owned();
        for field in required(&kind) {
            let found = elements.iter_mut().find(|element| element.key.as_deref() == Some(field));
            let is_missing = found.as_ref().is_none_or(|element| element.node == Some(Node::Null));
            if !is_missing {
                continue;
            }
            let variable = credential(field, line, self.settings);
            let node = Some(Node::Text(format!("${{env:{}}}", variable.name)));
            self.need(variable);
            match found {
                Some(element) => element.node = node,
                None => elements.push(Element { comments: Vec::new(), key: Some((*field).to_owned()), node }),
            }
        }
    }
}

fn text_of<'e>(elements: &'e [Element], key: &str) -> Option<&'e str> {
    let element = elements.iter().find(|element| element.key.as_deref() == Some(key))?;
    if let Some(Node::Text(text)) = &element.node { Some(text) } else { None }
}

/// Whether the path of an endpoint has a name in braces that stood among the parameters which are lost.
fn has_lost_a_name(endpoint: &[&Element]) -> bool {
    let value =
        |key: &str| endpoint.iter().find(|element| element.key.as_deref() == Some(key))?.node.as_ref();
    let Some(Node::Text(path)) = value("path") else { return false };
    let params = match value("params") {
        Some(Node::Map(params)) => params.as_slice(),
        Some(_) | None => &[],
    };
    let is_there =
        |name: &str| params.iter().any(|param| param.key.as_deref() == Some(name) && param.node.is_some());
    let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    names.into_iter().any(|name| !name.is_empty() && !name.contains('.') && !is_there(name))
}
