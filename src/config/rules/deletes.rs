//! Rules of `deletes:`, the file's own block and those in `overrides`: which keys belong to which mode, and which mode to what a
//! resource does to its topic.

use super::resource::Parts;
use crate::config::deletes::DeleteMode;
use crate::config::report::{Report, below, quoted};
use crate::config::tree::{Entry, Node, Place, Value};
use crate::config::typed::Disposition;

/// What is done where nobody says anything.
pub(super) fn default_mode(disposition: Disposition) -> DeleteMode {
    match disposition {
        Disposition::Replace => DeleteMode::Snapshot,
        Disposition::Merge | Disposition::Append | Disposition::Skip => DeleteMode::None,
    }
}

pub(super) fn deletes<'p>(root: &Node, resources: impl Iterator<Item = &'p Parts>, report: &mut Report) {
    let own = root.get("deletes");
    let resources: Vec<Judged<'_>> = resources
        .filter(|parts| parts.disposition != Disposition::Skip)
        .map(|parts| Judged::new(parts, own, override_of(root, &parts.name)))
        .collect();
    for judged in &resources {
        judged.own_block(report);
        judged.note_cursor(report);
    }
    shared_block(own, &resources, report);
}

fn override_of<'r>(root: &'r Node, name: &str) -> Option<&'r Node> {
    root.get("overrides")?.get(name)?.get("deletes")
}

/// Where the mode of a resource stands, and the path with its place in the file, if its rows are asked for one by one.
pub(super) fn probe_of<'r>(root: &'r Node, parts: &Parts) -> Option<(Place, Option<(&'r Node, String)>)> {
    let (own, over) = (root.get("deletes"), override_of(root, &parts.name));
    if matches!(parts.disposition, Disposition::Append | Disposition::Skip)
        || mode_in(over).or(mode_in(own)) != Some(DeleteMode::Probe)
    {
        return None;
    }
    let path = below(&below("overrides", &parts.name), "deletes.path");
    let of_override = over.and_then(|over| over.given("path")).map(|node| (node, path));
    let hidden = over.is_some_and(|over| over.entry("path").is_some());
    let of_file = own
        .and_then(|own| own.given("path"))
        .filter(|_| !hidden)
        .map(|node| (node, "deletes.path".to_owned()));
    let mode = [over, own].into_iter().flatten().find_map(|block| block.given("mode"));
    Some((mode.map_or(parts.at, |node| node.at), of_override.or(of_file)))
}

/// One resource, and what the two blocks say of it.
struct Judged<'j> {
    parts: &'j Parts,
    own: Option<&'j Node>,
    over: Option<&'j Node>,
    mode: DeleteMode,
}

impl<'j> Judged<'j> {
    fn new(parts: &'j Parts, own: Option<&'j Node>, over: Option<&'j Node>) -> Self {
        let mode = mode_in(over).or(mode_in(own)).unwrap_or(default_mode(parts.disposition));
        Self { parts, own, over, mode }
    }

    /// Whether the resource has a use for the key.
    fn uses(&self, key: &str) -> bool {
        let finds_missing = matches!(self.mode, DeleteMode::Snapshot | DeleteMode::Probe);
        match key {
            "when" => self.mode == DeleteMode::Soft,
            "path" => self.mode == DeleteMode::Probe,
            "every" => finds_missing && self.parts.incremental.is_some(),
            "max_share" | "max_count" | "grace" => finds_missing,
            _ => true,
        }
    }

    fn takes_none(&self) -> bool {
        self.parts.disposition == Disposition::Append
    }

    /// A cursor shows a part, and what it does not show is not gone.
    fn note_cursor(&self, report: &mut Report) {
        let every = [self.over, self.own].into_iter().flatten().any(|block| block.given("every").is_some());
        if matches!(self.mode, DeleteMode::Snapshot | DeleteMode::Probe)
            && self.parts.incremental.is_some()
            && !every
            && !self.takes_none()
        {
            let name = quoted(&self.parts.name);
            let text = format!(
                "the resource {name}: a scan that begins at a cursor value does not show everything, so it deletes nothing; \
                 \"deletes.every\" has it scanned whole now and then"
            );
            report.note(self.parts.at, text);
        }
    }

    /// What the override says, and what both say together.
    fn own_block(&self, report: &mut Report) {
        let path = below(&below("overrides", &self.parts.name), "deletes");
        let given = |key: &str| self.over.and_then(|block| given(block, key));
        if let Some(entry) = given("mode")
            && self.takes_none()
            && self.mode != DeleteMode::None
        {
            report.mistake(entry.node.at, format!("{path}.mode: {}", appends(self.mode)));
            return;
        }
        for key in ["when", "path", "every"] {
            if let Some(entry) = given(key)
                && !self.uses(key)
            {
                report.mistake(entry.at, format!("{path}.{key}: {}", self.useless(key)));
            }
        }
        let own_when = || self.own.and_then(|own| own.given("when"));
        let when = match self.over.and_then(|over| over.entry("when")) {
            Some(entry) => Some(&entry.node).filter(|node| !matches!(node.value, Value::Null)),
            None => own_when(),
        };
        if self.mode == DeleteMode::Soft && !self.takes_none() && self.parts.primary_key.is_empty() {
            let text = format!(
                "the resource {}: deletes.mode \"soft\" needs a \"primary_key\": without one a record is told by its content, and a \
                 deleted one is another than its row",
                quoted(&self.parts.name)
            );
            report.mistake(self.parts.at, text);
        }
        if self.mode == DeleteMode::Soft && when.is_none() && !self.takes_none() {
            let (path, entry) = match given("mode") {
                Some(entry) => (path, Some(entry)),
                None => ("deletes".to_owned(), self.own.and_then(|own| self::given(own, "mode"))),
            };
            let at = entry.map_or(self.parts.at, |entry| entry.node.at);
            report.mistake(at, format!("{path}.mode: \"soft\" needs \"when\", a jq expression that is true for a deleted record: '.deleted_at'"));
        }
    }

    /// Why it has no use for the key.
    fn useless(&self, key: &str) -> String {
        let (mode, needs) = (quoted(self.mode.word()), needs(key));
        if key == "every" && self.parts.incremental.is_none() {
            return "the resource has no \"incremental\" cursor: each of its scans is a whole one".to_owned();
        }
        format!("has no meaning under the mode {mode}; {needs}")
    }
}

/// The file's own block is for all resources: what none of them has a use for is a mistake, what some cannot have is not.
fn shared_block(own: Option<&Node>, resources: &[Judged<'_>], report: &mut Report) {
    let Some(own) = own else { return };
    for key in ["when", "path", "every"] {
        let used = |judged: &Judged<'_>| {
            judged.uses(key) && judged.over.is_none_or(|over| given(over, key).is_none())
        };
        if let Some(entry) = given(own, key)
            && !resources.is_empty()
            && !resources.iter().any(used)
        {
            report.mistake(entry.at, format!("deletes.{key}: no resource has a use for it; {}", needs(key)));
        }
    }
    let Some(mode) = given(own, "mode") else { return };
    for judged in resources {
        if judged.takes_none() && judged.mode != DeleteMode::None && mode_in(judged.over).is_none() {
            let name = quoted(&judged.parts.name);
            report.note(
                mode.node.at,
                format!("deletes.mode: not for the resource {name}: {}", appends(judged.mode)),
            );
        }
    }
}

fn needs(key: &str) -> &'static str {
    match key {
        "when" => "it belongs to \"soft\"",
        "path" => "it belongs to \"probe\"",
        _ => "it belongs to \"snapshot\" or \"probe\" of a resource with an \"incremental\" cursor",
    }
}

fn appends(mode: DeleteMode) -> String {
    format!(
        "{} needs a table, and this resource appends; that takes a \"primary_key\" and another \"write_disposition\"",
        quoted(mode.word())
    )
}

fn given<'n>(block: &'n Node, key: &str) -> Option<&'n Entry> {
    block.given(key)?;
    block.entry(key)
}

/// A word that is none was refused by the schema.
fn mode_in(block: Option<&Node>) -> Option<DeleteMode> {
    crate::config::read::read(block?.given("mode")?)
}
