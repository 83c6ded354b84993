//! A page of a list: the records that a request asks for, put where the rules say.

use super::scenario::numbered;
use super::{Asked, Node};

type Words = Vec<(&'static str, Node)>;

pub fn page(rules: &Node, asked: &Asked, base: &str) -> Node {
    let records = numbered(rules.get("records").expect("records"));
    let by = text(rules, "by").expect("a list is asked for by offset, page or cursor");
    let param = text(rules, "param").unwrap_or(by);
    let value = told(rules, asked, param);
    let size = told(rules, asked, text(rules, "size_param").unwrap_or("limit"));
    let size = size.and_then(|size| size.parse().ok()).or(rules.get("size").and_then(Node::number));
    let size = size.expect("the request or the list says how many");
    let first = rules.get("first").and_then(Node::number).unwrap_or(1);
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let begin = match (by, value) {
        ("page", value) => (value.map_or(first, |page| number(&page)) - first) * size,
        ("cursor", Some(cursor)) => number(&cursor[1..]),
        (_, Some(offset)) => number(&offset),
        (_, None) => 0,
    };
    let end = begin + size;
    let following = match by {
        "page" => Node::Int((first + end / size) as i128),
        "cursor" => Node::Text(format!("c{end}")),
        _ => Node::Int(end as i128),
    };
    let shown = records.iter().skip(begin).take(size).cloned().collect();
    let more = end < records.len();
    let words = vec![
        ("$records", Node::List(shown)),
        ("$total", Node::Int(records.len() as i128)),
        ("$pages", Node::Int(records.len().div_ceil(size) as i128)),
        ("$next", if more { Node::Text(link(asked, base, param, &following)) } else { Node::Null }),
        ("$cursor", if more { following } else { Node::Null }),
        ("$more", Node::Bool(more)),
    ];
    answer(rules, &words)
}

fn answer(rules: &Node, words: &Words) -> Node {
    let headers = rules.get("headers").map(Node::entries).unwrap_or_default().iter();
    let headers = headers.map(|(name, value)| (name.clone(), said(value, words)));
    let headers = headers.filter(|(_, value)| *value != Node::Null);
    let body = rules
        .get("json")
        .map_or_else(|| said(&Node::Text("$records".to_owned()), words), |json| said(json, words));
    let status = rules.get("status").cloned().unwrap_or(Node::Int(200));
    Node::Map(vec![
        ("status".to_owned(), status),
        (
            "headers".to_owned(),
            Node::Map(headers.map(|(name, value)| (name, Node::Text(plain(&value)))).collect()),
        ),
        ("json".to_owned(), body),
    ])
}

fn text<'n>(rules: &'n Node, key: &str) -> Option<&'n str> {
    rules.get(key).and_then(Node::text)
}

fn plain(node: &Node) -> String {
    node.text().map_or_else(|| node.json(), str::to_owned)
}

fn told(rules: &Node, asked: &Asked, param: &str) -> Option<String> {
    if text(rules, "in") == Some("json") {
        return asked.json()?.at(param).map(plain);
    }
    asked.pairs().into_iter().find(|pair| pair.0 == param).map(|pair| pair.1)
}

fn link(asked: &Asked, base: &str, param: &str, following: &Node) -> String {
    let mut pairs = asked.pairs();
    pairs.retain(|pair| pair.0 != param);
    pairs.push((param.to_owned(), plain(following)));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{base}{}?{query}", asked.path)
}

/// A text that is a word becomes what it stands for; within longer text it is written, and null undoes the text.
fn said(template: &Node, words: &Words) -> Node {
    match template {
        Node::Map(entries) => {
            Node::Map(entries.iter().map(|(key, value)| (key.clone(), said(value, words))).collect())
        }
        Node::List(items) => Node::List(items.iter().map(|item| said(item, words)).collect()),
        Node::Text(text) => {
            if let Some((_, value)) = words.iter().find(|(word, _)| word == text) {
                return value.clone();
            }
            let used = || words.iter().filter(|(word, _)| text.contains(word));
            if used().any(|(_, value)| *value == Node::Null) {
                return Node::Null;
            }
            Node::Text(used().fold(text.clone(), |text, (word, value)| text.replace(word, &plain(value))))
        }
        other => other.clone(),
    }
}
