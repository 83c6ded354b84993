//! Debezium's envelope: the text of a change around the record's own. Its types are `schema`'s (`schema/envelope.rs`); whatever format
//! the values have is applied to both.

use crate::model::{ConnectorName, Json, Origin, Reading, Redactor, ResourceName};

/// What the envelopes of one page have in common.
#[derive(Clone, Debug)]
pub(super) struct Envelope {
    reading: Reading,
    pub(super) last: bool,
    /// The block `source` before and behind the word of `snapshot`.
    source: (String, String),
    /// When the changes were made out; in milliseconds since 1970.
    now: u64,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Create,
    Update,
    Delete,
    /// It was there before anybody looked: nothing is said of a change.
    Read,
}

/// One change of a row, and the texts that it had and has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event<'e> {
    pub op: Op,
    pub before: Option<&'e str>,
    pub after: Option<&'e str>,
    /// It is the last of its scan.
    pub last: bool,
}

impl Op {
    fn letter(self) -> &'static str {
        match self {
            Self::Create => "c",
            Self::Update => "u",
            Self::Delete => "d",
            Self::Read => "r",
        }
    }
}

impl Envelope {
    pub(super) fn new(
        (connector, resource): (&ConnectorName, &ResourceName),
        origin: &Origin<'_>,
        redactor: &Redactor,
    ) -> Self {
        let (name, table) = (quoted(connector.as_str()), quoted(resource.as_str()));
        let page = origin.page.map_or_else(null, |page| page.number.to_string());
        let url = origin.page.map_or_else(null, |page| quoted(&redactor.scrub(&page.url.to_string())));
        let (version, at, scan) = (env!("CARGO_PKG_VERSION"), origin.at(), origin.scan);
        let before =
            format!(r#"{{"version":"{version}","connector":"krest","name":{name},"ts_ms":{at},"snapshot":""#);
        let behind = format!(
            r#"","db":{name},"table":{table},"resource":{table},"scan":{scan},"page":{page},"url":{url}}}"#
        );
        Self { reading: origin.reading, last: origin.last, source: (before, behind), now: origin.now }
    }

    /// One that says nothing of where its record is from.
    pub(super) fn blank() -> Self {
        let origin = Origin { scan: 0, page: None, last: false, reading: Reading::Usual, now: 0 };
        let nobody = (&ConnectorName::new(""), &ResourceName::new(""));
        Self::new(nobody, &origin, &Redactor::default())
    }

    /// What a row is told of that is there. `known`: it was before.
    pub(super) fn op(&self, known: bool) -> Op {
        match (self.reading, known) {
            (Reading::First, false) | (Reading::Again, _) => Op::Read,
            (Reading::First | Reading::Usual, true) => Op::Update,
            (Reading::Usual, false) => Op::Create,
        }
    }

    pub(super) fn text(&self, event: Event<'_>) -> String {
        let Event { op, before, after, .. } = event;
        let (before, after) = (before.unwrap_or("null"), after.unwrap_or("null"));
        let (head, tail) = &self.source;
        let (snapshot, op, now) = (self.snapshot(event), op.letter(), self.now);
        format!(
            r#"{{"before":{before},"after":{after},"source":{head}{snapshot}{tail},"op":"{op}","ts_ms":{now}}}"#
        )
    }

    /// A text as long as the longest of this record that says nothing of what was before.
    pub(super) fn probe(&self, record: &str) -> String {
        let op = self.op(false);
        self.text(Event { op, before: None, after: Some(record), last: false })
    }

    /// The same with the other words that may be said of it.
    pub(super) fn other_probe(&self, record: &str) -> String {
        let op = self.op(true);
        self.text(Event { op, before: None, after: Some(record), last: true })
    }

    /// Debezium's words (`io.debezium.connector.SnapshotRecord`). That something is gone no snapshot says.
    fn snapshot(&self, event: Event<'_>) -> &'static str {
        match (self.reading, event.op) {
            (_, Op::Delete) | (Reading::Usual, _) => "false",
            (Reading::First, _) if event.last => "last",
            (Reading::First, _) => "true",
            (Reading::Again, _) => "incremental",
        }
    }
}

/// What of a value is the record; `None`: it is no envelope.
pub(super) fn after(value: Json<'_>) -> Option<Json<'_>> {
    let is_envelope = value.get("source").is_some() && value.get("op").is_some();
    value.get("after").filter(|_| is_envelope)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn null() -> String {
    "null".to_owned()
}

#[cfg(test)]
mod tests;
