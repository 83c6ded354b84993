//! A scenario as it is read from its file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Node;

/// One file.
pub struct Scenario {
    /// `paginators/offset_maximum`.
    pub name: String,
    pub config: Node,
    /// krest's own blocks.
    pub settings: Node,
    pub env: BTreeMap<String, String>,
    pub api: Vec<Node>,
    pub requests: Vec<Node>,
    /// So many requests at most, which are not compared further, nor are the records.
    pub within: Option<usize>,
    /// Paths whose requests may come in any order.
    pub unordered: Vec<String>,
    /// Resource → its records.
    pub records: BTreeMap<String, Vec<Node>>,
    /// Resource → the keys of its records.
    pub keys: BTreeMap<String, Vec<Node>>,
    /// A text of the error.
    pub fails: Option<String>,
    /// Texts on stderr.
    pub says: Vec<String>,
    pub exit: i32,
    /// The row of docs/dlt-compatibility.md that says what dlt does instead.
    pub deviation: Option<String>,
}

impl Scenario {
    /// All of one group, by name.
    pub fn group(group: &str) -> Vec<Self> {
        let walk = WalkDir::new(folder().join(group)).sort_by_file_name().into_iter().flatten();
        let files = walk.filter(|entry| entry.path().extension().is_some_and(|end| end == "yaml"));
        files.map(|entry| Self::read(entry.path())).collect()
    }

    fn read(path: &Path) -> Self {
        let name = path.strip_prefix(folder()).expect("a file of the folder").with_extension("");
        let name = name.to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        // YAML 1.2: `n` and `no` are texts.
        let options = serde_saphyr::options! { strict_booleans: true };
        let node = serde_saphyr::from_str_with_options(&text, options);
        let node: Node = node.unwrap_or_else(|error| panic!("{name}: {error}"));
        let list = |key| node.get(key).map(Node::items).unwrap_or_default().to_vec();
        let texts = |key| list(key).iter().filter_map(Node::text).map(str::to_owned).collect();
        let fails = node.get("fails").and_then(Node::text).map(str::to_owned);
        let requests = list("requests");
        let within = node.get("within").and_then(Node::number);
        let failed = if requests.is_empty() && within.is_none() { 2 } else { 1 };
        let usual = if fails.is_some() { failed } else { 0 };
        let deviation = node.get("dlt").map(|note| note.get("row").unwrap_or(note));
        Self {
            config: node.get("config").expect("a config").clone(),
            settings: node.get("settings").cloned().unwrap_or(Node::Map(Vec::new())),
            env: pairs(&node, "env")
                .filter_map(|(key, value)| Some((key, value.text()?.to_owned())))
                .collect(),
            api: list("api"),
            unordered: texts("unordered"),
            records: pairs(&node, "records").map(|(name, records)| (name, numbered(records))).collect(),
            keys: pairs(&node, "keys").map(|(name, keys)| (name, keys.items().to_vec())).collect(),
            says: texts("says"),
            exit: node
                .get("exit")
                .and_then(Node::number)
                .map_or(usual, |code| i32::try_from(code).expect("a code")),
            deviation: deviation.and_then(Node::text).map(str::to_owned),
            requests,
            within,
            fails,
            name,
        }
    }
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grammar")
}

fn pairs<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = (String, &'n Node)> {
    node.get(key).map(Node::entries).unwrap_or_default().iter().map(|(key, value)| (key.clone(), value))
}

/// `3` stands for the records `{id: 1}` to `{id: 3}`.
pub fn numbered(records: &Node) -> Vec<Node> {
    match records {
        Node::Int(count) => {
            (1..=*count).map(|id| Node::Map(vec![("id".to_owned(), Node::Int(id))])).collect()
        }
        other => other.items().to_vec(),
    }
}
