//! Events in Debezium's form, and the messages that they are.

use std::sync::Arc;

use serde_json::Value;

use super::*;
use crate::encode::{
    Encoder, HeaderName, Home, KeyCodec, KeyRow, Layout, Metadata, MetadataPlan, ValueForm, Values,
};
use crate::model::{
    Arrival, Before, Change, Fingerprint, Page, Record, RedactedUrl, SchemaOf, Secret, Selection, Stamp,
    Subject,
};
use crate::schema::{Plan, Rules, source, to_avro};

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
    let at =
        |path: &[&str]| path.iter().try_fold(json, |json, name| json.get(name)).unwrap().text().to_owned();
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
fn rows_that_were_there_before_krest_are_read_and_the_word_of_the_snapshot_says_why() {
    let page = page();
    for (reading, known, op, snapshot) in [
        (Reading::First, false, Op::Read, "true"),
        (Reading::First, true, Op::Update, "true"), // as an earlier attempt has published it
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
        serde_json::from_str(include_str!("../../../schemas/source.avsc")).unwrap();
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
    let layout = Layout { envelope: true, ..Default::default() };
    assert_eq!(layout.shown(text.as_bytes()), br#"{"id" : 1.0}"#);
    assert_eq!(layout.shown(br#"{"after":1}"#), br#"{"after":1}"#, "from before it had envelopes");
    let metadata = metadata_plan(&[], 1000).metadata(&origin(Some(&page), Reading::Usual));
    let record = |raw| Record { key: "1".into(), raw, deleted: false };
    let mut own = Values::Own;
    let measured = own.measure(&record(r#"{"id" : 1.0}"#), (&KeyCodec::Text, &metadata), 1000).unwrap();
    assert_eq!(measured, metadata.envelope.as_ref().unwrap().probe(r#"{"id" : 1.0}"#).len() + 1);
    assert!(own.measure(&record("null"), (&KeyCodec::Text, &metadata), 1000).is_err());
}

fn metadata_plan(headers: &[HeaderName], largest: usize) -> MetadataPlan {
    MetadataPlan {
        connector: ConnectorName::new("shop"),
        resource: ResourceName::new("users"),
        headers: headers.to_vec(),
        envelope: true,
        key: KeyRow::Bare("n".into()),
        largest,
        redactor: Redactor::default(),
    }
}

const ENCODER: Encoder = Encoder { partitions: 6, keyed: true, keys: KeyCodec::Text };

#[test]
fn a_delete_event_stands_in_front_of_its_tombstone_and_counts_as_a_row_that_the_api_cannot_show() {
    let page = page();
    let metadata = metadata_plan(&[HeaderName::Scan], 1000).metadata(&origin(Some(&page), Reading::Usual));
    let change = Change::Delete { key: "my_key_3".into(), before: Before::Unknown };
    let messages = ENCODER.encode(&[change], (&page.body, &metadata), &Values::Own).unwrap();
    let [delete_event, tombstone] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!((&delete_event.key, delete_event.partition), (&tombstone.key, tombstone.partition));
    assert!(delete_event.value.as_ref().unwrap().starts_with(br#"{"before":null,"after":null,"source":{"#));
    assert_eq!((delete_event.fingerprint, delete_event.is_change()), (Some(Stamp::GONE), false));
    assert_eq!((&tombstone.value, tombstone.fingerprint, tombstone.is_change()), (&None, None, true));
    for message in &messages {
        assert_eq!(message.headers.as_ref().unwrap().0, [("krest.scan", "7".to_owned())]);
    }
    // Nothing keeps a row from being deleted.
    let small = metadata_plan(&[], 100).metadata(&origin(None, Reading::Usual));
    let messages = ENCODER.delete((b"my_key_3", &Before::Unknown), &small, &Values::Own).unwrap();
    assert_eq!(messages.iter().map(|message| message.value.is_none()).collect::<Vec<_>>(), [true]);
}

#[test]
fn every_format_has_the_envelope_around_the_record_and_its_types_around_the_records() {
    let page = page();
    let metadata = metadata_plan(&[], 10_000).metadata(&origin(Some(&page), Reading::First));
    let rules = Rules { name: "shop.users.Value".to_owned(), envelope: true, ..Rules::default() };
    let plan = Arc::new(Plan { rules, given: None });
    let mut values = Values::new(&ValueForm::Connect, &plan, None).unwrap();
    let delete_event = ENCODER.delete((b"1", &Before::Unknown), &metadata, &values).unwrap();
    let text = std::str::from_utf8(delete_event[0].value.as_ref().unwrap()).unwrap();
    assert!(text.contains(r#""name":"shop.users.Value""#), "nothing is known of its fields: {text}");
    let record = |raw| Record { key: "1".into(), raw, deleted: false };
    let measured = values.measure(&record(r#"{"n":1}"#), (&KeyCodec::Text, &metadata), 10_000).unwrap();
    let change = |before| Change::Upsert {
        key: "1".into(),
        fingerprint: Stamp::whole(Fingerprint::from_u128(1)),
        value: r#"{"n":1}"#,
        before,
    };
    let messages = ENCODER
        .encode(&[change(Before::NoRow), change(Before::Unknown)], (&page.body, &metadata), &values)
        .unwrap();
    let sizes: Vec<usize> = messages.iter().map(crate::model::Message::size).collect();
    assert_eq!(sizes, [measured, measured], "as long, whatever word the snapshot has");
    let value: Value = serde_json::from_slice(messages[1].value.as_ref().unwrap()).unwrap();
    assert_eq!(value["schema"]["name"], "shop.users.Envelope");
    let fields = value["schema"]["fields"].as_array().unwrap();
    let told: Vec<_> = fields
        .iter()
        .map(|field| (field["field"].as_str().unwrap(), field["name"].as_str(), field["optional"] == true))
        .collect();
    assert_eq!(
        told,
        [
            ("before", Some("shop.users.Value"), true),
            ("after", Some("shop.users.Value"), true),
            ("source", Some("krest.Source"), false),
            ("op", None, false),
            ("ts_ms", None, true),
        ]
    );
    assert_eq!(value["payload"]["after"], serde_json::json!({"n": 1}));
    assert_eq!(value["payload"]["source"]["snapshot"], "last");
    assert_eq!(value["payload"]["source"]["page"], 2);
    // What is known of the records is their own.
    assert_eq!(to_avro(values.schema().unwrap()).unwrap()["name"], "shop.users.Value");
}

/// What was learned under a format that takes any name may have two that are one in Avro.
#[test]
fn where_the_format_has_no_place_for_the_schema_a_row_is_deleted_without_an_event() {
    let rules = Rules { name: "shop.users.Value".to_owned(), envelope: true, ..Rules::default() };
    let plan = Arc::new(Plan { rules, given: None });
    let mut before = Values::new(&ValueForm::Connect, &plan, None).unwrap();
    before.learn_of(r#"{"a b":1,"a_b":1}"#, &Layout { form: ValueForm::Connect, envelope: true }).unwrap();
    let subject = Subject::Topic { topic: "shop.users".to_owned(), of: SchemaOf::Value };
    let home = Home { registry: "http://r:8081".to_owned(), subject, latest: false };
    let values = Values::new(&ValueForm::Avro(home), &plan, before.news().as_ref()).unwrap();
    assert_eq!(values.unregistered(), None, "there is nothing that could get an id");
    let metadata = metadata_plan(&[], 10_000).metadata(&origin(None, Reading::Usual));
    let messages = ENCODER.delete((b"1", &Before::Unknown), &metadata, &values).unwrap();
    assert_eq!(messages.iter().map(|message| message.value.is_none()).collect::<Vec<_>>(), [true]);
}

#[test]
fn the_row_as_it_was_is_told_where_it_fits_and_else_left_out() {
    let page = page();
    let rules = Rules { name: "shop.users.Value".to_owned(), envelope: true, ..Rules::default() };
    let mut values = Values::new(&ValueForm::Connect, &Arc::new(Plan { rules, given: None }), None).unwrap();
    let metadata = |largest, reading| metadata_plan(&[], largest).metadata(&origin(Some(&page), reading));
    let record = Record { key: "1".into(), raw: r#"{"n":2}"#, deleted: false };
    let room = (&KeyCodec::Text, &metadata(10_000, Reading::Usual));
    let measured = values.measure(&record, room, 10_000).unwrap();
    let told = |before: &str, values: &Values, metadata: &Metadata| {
        let before = Before::Text(before.into());
        let change = Change::Upsert {
            key: "1".into(),
            fingerprint: Stamp::whole(Fingerprint::from_u128(1)),
            value: r#"{"n":2}"#,
            before: before.clone(),
        };
        let messages = ENCODER.encode(&[change], (&page.body, metadata), values).unwrap();
        let deletes = ENCODER.delete((b"1", &before), metadata, values).unwrap();
        [&messages[0], &deletes[0]].map(|message| {
            let value: Value = serde_json::from_slice(message.value.as_ref().unwrap()).unwrap();
            let event = value.get("payload").unwrap_or(&value);
            (event["op"].as_str().unwrap().to_owned(), event["before"].clone())
        })
    };
    let row = serde_json::json!({"n": 1});
    let was = |op: &str, before: &serde_json::Value| (op.to_owned(), before.clone());
    let usual = metadata(10_000, Reading::Usual);
    for values in [&values, &Values::Own] {
        assert_eq!(told(r#"{"n":1}"#, values, &usual), [was("u", &row), was("d", &row)]);
        let read = told(r#"{"n":1}"#, values, &metadata(10_000, Reading::Again));
        assert_eq!(
            read,
            [was("r", &Value::Null), was("d", &row)],
            "a row that is only read was nothing else"
        );
    }
    // Published by another schema: then its key is all that is told of a row that is gone. And too large together.
    assert_eq!(told(r#"{"n":"x"}"#, &values, &usual), [was("u", &Value::Null), was("d", &row)]);
    let small = metadata(measured + 2, Reading::Usual);
    let long = format!(r#"{{"n":{}}}"#, "1".repeat(18));
    assert_eq!(told(&long, &values, &small)[0], was("u", &Value::Null));
}
