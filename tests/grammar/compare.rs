//! What happened against what was expected. tests/oracle/scenario.py compares in the same way.

use std::collections::BTreeMap;

use super::{Asked, Node};

/// Requests of one path come in order; between paths there is none. `unordered` paths: any order.
pub fn requests(actual: &[Asked], expected: &[Node], unordered: &[String]) -> Vec<String> {
    let wanted: Vec<Wanted<'_>> = expected.iter().map(Wanted::of).collect();
    let mut paths: Vec<String> = wanted.iter().map(|wanted| wanted.place.clone()).collect();
    paths.extend(actual.iter().map(place));
    paths.sort();
    paths.dedup();
    let mut found = Vec::new();
    for path in paths {
        let mut have: Vec<&Asked> = actual.iter().filter(|asked| place(asked) == path).collect();
        let want: Vec<&Wanted<'_>> = wanted.iter().filter(|wanted| wanted.place == path).collect();
        if unordered.iter().any(|name| path.ends_with(&format!(" {name}")) || *name == path) {
            have = rearranged(have, &want);
        }
        if have.len() != want.len() {
            let lines: Vec<String> = have.iter().map(|asked| asked.line()).collect();
            found.push(format!("{} requests for {path} instead of {}: {lines:?}", have.len(), want.len()));
            continue;
        }
        for (number, (asked, wanted)) in have.iter().zip(&want).enumerate() {
            let objections = wanted.objections(asked).into_iter();
            found.extend(objections.map(|what| format!("request {} for {path}: {what}", number + 1)));
        }
    }
    found
}

/// Each resource's records, in their order.
pub fn records(actual: &BTreeMap<String, Vec<Node>>, expected: &BTreeMap<String, Vec<Node>>) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = actual.keys().chain(expected.keys()).collect();
    let list = |of: &BTreeMap<String, Vec<Node>>, name: &String| {
        Node::List(of.get(name).cloned().unwrap_or_default())
    };
    let compare = |name: &String| {
        let (have, want) = (list(actual, name), list(expected, name));
        (!have.same(&want)).then(|| format!("{name}: {}\n      instead of {}", have.json(), want.json()))
    };
    names.into_iter().filter_map(compare).collect()
}

fn place(asked: &Asked) -> String {
    format!("{}{}", if asked.elsewhere { "elsewhere " } else { "" }, asked.path)
}

fn rearranged<'a>(mut rest: Vec<&'a Asked>, want: &[&Wanted<'_>]) -> Vec<&'a Asked> {
    let mut found = Vec::new();
    for wanted in want {
        if let Some(index) = rest.iter().position(|asked| wanted.objections(asked).is_empty()) {
            found.push(rest.remove(index));
        }
    }
    found.extend(rest);
    found
}

/// An expected request: `GET /path?query`, or a map with `line` and more.
struct Wanted<'n> {
    line: &'n str,
    method: String,
    place: String,
    query: Vec<(String, String)>,
    more: &'n Node,
}

impl<'n> Wanted<'n> {
    fn of(node: &'n Node) -> Self {
        let line =
            node.text().or_else(|| node.get("line").and_then(Node::text)).expect("a request has a line");
        let (elsewhere, rest) =
            line.strip_prefix("elsewhere ").map_or(("", line), |rest| ("elsewhere ", rest));
        let (method, target) = rest.split_once(' ').expect("a method and a path");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { line, method: method.to_owned(), place: format!("{elsewhere}{path}"), query, more: node }
    }

    fn objections(&self, asked: &Asked) -> Vec<String> {
        let mut found = Vec::new();
        if asked.method != self.method || asked.pairs() != self.query {
            found.push(format!("{}\n      instead of {}", asked.line(), self.line));
        }
        if let Some(text) =
            self.more.get("query_text").and_then(Node::text).filter(|text| *text != asked.query)
        {
            found.push(format!("query text {:?} instead of {text:?}", asked.query));
        }
        for (name, value) in self.more.get("headers").map(Node::entries).unwrap_or_default() {
            let have = asked.headers.get(&name.to_lowercase()).map(String::as_str);
            if have != value.text() {
                found.push(format!("header {name}: {have:?} instead of {:?}", value.text()));
            }
        }
        if !self.body_fits(asked) {
            found.push(format!("body {:?} instead of {}", asked.body, self.more.json()));
        }
        found
    }

    fn body_fits(&self, asked: &Asked) -> bool {
        let form = |text: &str| -> Vec<(String, String)> {
            url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
        };
        let text = |key: &str| self.more.get(key).and_then(Node::text);
        if let Some(json) = self.more.get("json") {
            return asked.json().is_some_and(|body| body.same(json));
        }
        match (text("form"), text("text")) {
            (Some(wanted), _) => form(wanted) == form(&asked.body),
            (None, wanted) => asked.body == wanted.unwrap_or_default(),
        }
    }
}
