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

    /// What a row is told of that is there. `known`: it was before.
    pub(super) fn op(&self, known: bool) -> Op {
        match (self.reading, known) {
            (Reading::First | Reading::Again, _) => Op::Read,
            (Reading::Usual, true) => Op::Update,
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
mod tests {
    use super::*;
    use crate::encode::{Dress, Values, Wardrobe};
    use crate::model::{Arrival, Page, RedactedUrl, Secret, Selection};
    use crate::schema::{source, to_avro};

    fn page() -> Page {
        let url = url::Url::parse("https://h.example/v1?q=c4nary&page=2").unwrap();
        Page {
            number: 2,
            url: RedactedUrl::new(&url, &[]),
            arrival: Arrival { at: 1_700_000_000_123, etag: None },
            body: bytes::Bytes::new(),
            records: Vec::new(),
            selection: Selection::Found,
            next: None,
        }
    }

    fn of(origin: &Origin<'_>) -> Envelope {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("c4nary"));
        Envelope::new((&ConnectorName::new("shop"), &ResourceName::new("us\"ers")), origin, &redactor)
    }

    fn origin(page: Option<&Page>, reading: Reading) -> Origin<'_> {
        Origin { scan: 7, page, last: true, reading, now: 1_700_000_000_999 }
    }

    fn event(op: Op) -> Event<'static> {
        Event { op, before: None, after: Some(r#"{"id" : 1.0}"#), last: false }
    }

    #[test]
    fn an_event_is_the_records_own_text_and_where_it_comes_from_without_secrets() {
        let page = page();
        let text = of(&origin(Some(&page), Reading::Usual)).text(event(Op::Update));
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!(
            concat!(
                r#"{{"before":null,"after":{{"id" : 1.0}},"source":{{"version":"{}","connector":"krest","name":"shop","#,
                r#""ts_ms":1700000000123,"snapshot":"false","db":"shop","table":"us\"ers","resource":"us\"ers","scan":7,"page":2,"#,
                r#""url":"https://h.example/v1?q=***&page=2"}},"op":"u","ts_ms":1700000000999}}"#,
            ),
            version
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_missing_at_the_end_of_a_scan_has_no_page_and_is_noticed_now() {
        let gone = Event { after: None, before: Some(r#"{"id":1}"#), ..event(Op::Delete) };
        let text = of(&origin(None, Reading::First)).text(gone);
        let json = Json::parse(text.as_bytes()).unwrap();
        let at = |path: &[&str]| {
            path.iter().try_fold(json, |json, name| json.get(name)).unwrap().text().to_owned()
        };
        for (path, expected) in [
            (&["before"][..], r#"{"id":1}"#),
            (&["after"], "null"),
            (&["op"], r#""d""#),
            (&["source", "page"], "null"),
            (&["source", "url"], "null"),
            (&["source", "ts_ms"], "1700000000999"),
            (&["source", "snapshot"], r#""false""#),
        ] {
            assert_eq!(at(path), expected, "{path:?}");
        }
    }

    #[test]
    fn rows_that_were_there_are_read_and_the_word_of_the_snapshot_says_why() {
        let page = page();
        for (reading, known, op, snapshot) in [
            (Reading::First, false, Op::Read, "true"),
            (Reading::First, true, Op::Read, "true"),
            (Reading::Again, true, Op::Read, "incremental"),
            (Reading::Usual, true, Op::Update, "false"),
            (Reading::Usual, false, Op::Create, "false"),
        ] {
            let envelope = of(&origin(Some(&page), reading));
            assert_eq!((envelope.op(known), envelope.snapshot(event(op))), (op, snapshot), "{reading:?}");
        }
        let last = Event { last: true, ..event(Op::Read) };
        assert_eq!(of(&origin(Some(&page), Reading::First)).snapshot(last), "last");
        assert_eq!(of(&origin(Some(&page), Reading::Again)).snapshot(last), "incremental");
    }

    #[test]
    fn the_block_source_is_what_its_types_and_its_published_schema_say() {
        let page = page();
        let text = of(&origin(Some(&page), Reading::Usual)).text(event(Op::Create));
        let json = Json::parse(text.as_bytes()).unwrap();
        let written: Vec<String> =
            json.get("source").unwrap().fields().map(|(name, _)| name.text().into_owned()).collect();
        let types = to_avro(&source()).unwrap();
        let typed: Vec<&str> =
            types["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
        assert_eq!(written, typed);
        let mut published: serde_json::Value =
            serde_json::from_str(include_str!("../../schemas/source.avsc")).unwrap();
        for field in published["fields"].as_array_mut().unwrap() {
            assert!(field.as_object_mut().unwrap().remove("doc").is_some(), "{field} says nothing of itself");
        }
        published.as_object_mut().unwrap().remove("doc");
        assert_eq!(published, types, "schemas/source.avsc");
    }

    #[test]
    fn a_value_is_shown_as_the_record_in_it() {
        let page = page();
        let text = of(&origin(Some(&page), Reading::Usual)).text(event(Op::Create));
        let look = crate::encode::Look { envelope: true, ..Default::default() };
        assert_eq!(look.shown(text.as_bytes()), br#"{"id" : 1.0}"#);
        assert_eq!(look.shown(br#"{"after":1}"#), br#"{"after":1}"#, "from before it had envelopes");
        let wardrobe = Wardrobe {
            connector: ConnectorName::new("shop"),
            resource: ResourceName::new("users"),
            headers: Vec::new(),
            envelope: true,
            largest: 1000,
            redactor: Redactor::default(),
        };
        let dress: Dress = wardrobe.dress(&origin(Some(&page), Reading::Usual));
        let record = |raw| crate::model::Record { key: "1".into(), raw, deleted: false };
        let mut own = Values::Own;
        let measured = own.measure(&record(r#"{"id" : 1.0}"#), (Default::default(), &dress), 1000).unwrap();
        assert_eq!(measured, dress.envelope.as_ref().unwrap().probe(r#"{"id" : 1.0}"#).len() + 1);
        assert!(own.measure(&record("null"), (Default::default(), &dress), 1000).is_err());
    }
}
