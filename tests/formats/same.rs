//! The same records, whatever they are written as: for Confluent's readers, for Apache's, for sinks of Kafka Connect.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::rows::{Says, expected, settled};
use super::table::{FORMATS, Format};
use super::world::{every_format, turn};
use crate::support::World;
use crate::support::connect::{Converter, Sink, Worker};
use crate::support::readers::{Form, Reading, Told, confluent, java};
use crate::support::registry::Registry;

const IDS: [&str; 4] = ["a", "b b", "gone", "c"];

#[test]
fn every_reader_of_every_format_finds_the_same_data_before_and_after_a_schema_grows() {
    let (world, registry) = (World::new("formats"), Registry::shared());
    let file = every_format(&world, registry.url());
    let versions = |count: usize| {
        for subject in FORMATS.iter().flat_map(|format| format.subjects(&world)) {
            // A key's schema is frozen.
            let expected = if subject.ends_with("-key") { 1 } else { count };
            assert_eq!(registry.versions(&subject).len(), expected, "{subject}");
        }
    };
    turn(&world, 0);
    world.run_once(&file).exits(0);
    versions(1);
    turn(&world, 1);
    world.run_once(&file).exits(0);
    versions(1);
    turn(&world, 2);
    world.run_once(&file).exits(0);
    versions(2);
    // What krest kept on disk is gone.
    world.fresh_directory();
    world.run_once(&file).exits(0).says(&["0 published"]);
    turn(&world, 3);
    world.run_once(&file).exits(0);
    versions(2);
    // The worker takes its time to start.
    let topics = FORMATS.map(|format| (format.resource, world.topic(format.resource)));
    let sinks = Sinks::start(&world, registry, &BTreeMap::from(topics));
    deserializers_agree(&world, registry);
    sinks.agree();
}

fn deserializers_agree(world: &World, registry: &Registry) {
    let (bootstrap, url) = (world.bootstrap(), registry.url());
    let readings = |latest| FORMATS.iter().map(|format| format.reading(world, latest)).collect::<Vec<_>>();
    let told = confluent(bootstrap, url, &readings(false));
    for format in &FORMATS {
        is_all(world, format, &told);
    }
    // A reader that was made for the newest schema reads what was written before it.
    let evolves = |reading: &Reading| matches!(reading.value, Form::AvroLatest | Form::JsonSrLatest);
    let latest: Vec<Reading> = readings(true).into_iter().filter(evolves).collect();
    let by_latest = confluent(bootstrap, url, &latest);
    for format in FORMATS.iter().filter(|format| matches!(format.value, "avro" | "json_sr")) {
        is_all(world, format, &by_latest);
    }
    for latest in [false, true] {
        let avro = |reading: &Reading| matches!(reading.value, Form::Avro | Form::AvroLatest);
        let readings: Vec<Reading> = readings(latest).into_iter().filter(avro).collect();
        let told = java(bootstrap, url, &readings);
        for format in FORMATS.iter().filter(|format| format.value == "avro") {
            is_all(world, format, &told);
        }
    }
}

/// A topic has these messages, key by key, and no other.
#[track_caller]
fn is_all(world: &World, format: &Format, told: &[Told]) {
    let (resource, says) = (format.resource, Says::of(format.value));
    let of_topic: Vec<&Told> = told.iter().filter(|message| message.topic == world.topic(resource)).collect();
    let mut count = 0;
    for id in IDS {
        let key = format.key_of(id);
        let of_key = of_topic.iter().filter(|message| format.said(format.key, &message.key) == &key);
        let values: Vec<Value> =
            of_key.map(|message| settled(format.said(format.value, &message.value))).collect();
        count += values.len();
        let rows: Vec<Value> = expected(id, says).iter().map(settled).collect();
        if format.envelope {
            is_history((resource, id), &values, &rows);
        } else {
            assert_eq!(values, rows, "{resource}, {id}");
        }
    }
    assert_eq!(count, of_topic.len(), "{resource} has keys of nobody: {of_topic:#?}");
}

/// The envelopes of one row: before, after and what was done; behind its end a tombstone.
#[track_caller]
fn is_history((resource, id): (&str, &str), values: &[Value], rows: &[Value]) {
    let (last, ended) = (rows.len() - 1, rows.last() == Some(&Value::Null));
    assert_eq!(values.len(), rows.len() + usize::from(ended), "{resource}: {values:#?}");
    for (place, (value, row)) in values.iter().zip(rows).enumerate() {
        assert_eq!(value["after"], *row, "{resource}");
        let before = place.checked_sub(1).map_or(&Value::Null, |before| &rows[before]);
        // Of a row that is not on disk any more its key is known: that one ends after the disk was lost.
        let by_key = ended && id == "c" && value["before"] == json!({"id": id});
        assert!(by_key || value["before"] == *before, "{resource}: {value}");
        let op = match (place, ended && place == last) {
            (_, true) => "d",
            // Of the first scan; "c" came with the third.
            (0, false) if row["id"] != "c" => "r",
            (0, false) => "c",
            (_, false) => "u",
        };
        assert_eq!((&value["op"], &value["source"]["resource"]), (&json!(op), &json!(resource)));
        assert!(value["ts_ms"].as_i64() > Some(1_600_000_000_000), "{value}");
    }
    assert!(!ended || values.last() == Some(&Value::Null), "{resource}: {values:#?}");
}

/// Sinks of one worker.
struct Sinks(Worker);

impl Sinks {
    fn start(world: &World, registry: &Registry, topics: &BTreeMap<&str, String>) -> Self {
        let (json, schema) = (Converter::Json, Converter::JsonWithSchemas);
        let avro = Converter::Avro(registry.address());
        Self(Worker::start(
            world.bootstrap(),
            &[
                Sink::of(&topics["connect"], schema, schema),
                Sink::of(&topics["avro"], avro, avro),
                Sink::of(&topics["connect_envelope"], schema, schema).unwrapped("tombstone"),
                Sink::of(&topics["avro_envelope"], avro, avro).unwrapped("tombstone"),
                Sink::of(&topics["connect_envelope"], schema, schema).unwrapped("rewrite"),
                Sink::of(&topics["plain_envelope"], json, json),
                Sink::of(&topics["plain"], Converter::String, json),
            ],
        ))
    }

    fn agree(&self) {
        for sink in 0..4 {
            let rows = self.0.rows(sink, STRUCTS.len());
            let rows: Vec<String> = rows.iter().map(|row| row.replace("first_name", "first-name")).collect();
            assert_eq!(rows, STRUCTS, "sink {sink}");
        }
        let marked =
            |row: &str, deleted: bool| format!("{},__deleted={deleted}}}", row.strip_suffix('}').unwrap());
        let mut rewritten: Vec<String> =
            STRUCTS.iter().filter(|row| **row != "null").map(|row| marked(row, false)).collect();
        rewritten.extend([marked(GONE, true), marked("Struct{id=c,small=0.1}", true)]);
        rewritten.sort();
        assert_eq!(self.0.rows(4, rewritten.len()), rewritten);
        let maps = self.0.rows(5, 10);
        let count = |part: &str| maps.iter().filter(|row| row.contains(part)).count();
        assert_eq!(
            (maps.len(), count("op=d"), count("after=null"), count("op=u")),
            (10, 2, 2, 2),
            "{maps:#?}"
        );
        assert_eq!(
            (self.0.rows(6, 8).len(), maps.iter().filter(|row| *row == "null").count()),
            (8, 2),
            "{maps:#?}"
        );
    }
}

const GONE: &str = "Struct{id=gone,n=1}";

/// What a sink gets with a schema, sorted; `null` is the end of a row.
const STRUCTS: [&str; 8] = [
    "Struct{at=Struct{city=Ürgüp,geo=Struct{lat=-38.63}},big=123456789012345678901234567890,\
     day=Thu Feb 29 00:00:00 UTC 2024,first-name=Zoë,id=a,list=[Struct{k=1}, Struct{}, Struct{l=[true]}],\
     made=Thu Feb 29 10:00:00 UTC 2024,n=9007199254740993,on=true,rate=1.5,small=7,sum=12.50,tags=[x, null, ü],\
     text=Ürgüp 🦀 \"\\ \0}",
    "Struct{at=Struct{city=Ürgüp,zip=50400},id=a,made=Wed Dec 31 23:59:59 UTC 1969,n=1,new=Struct{x=[1]},small=8.0}",
    "Struct{at=Struct{geo=Struct{lat=1.0E-7}},big=99999999999999999999,id=b b,n=9223372036854775807,rate=1.0E10,sum=0.00,tags=[]}",
    "Struct{big=-123456789012345678901234567890,id=b b,list=[null],n=-9223372036854775808,on=false,sum=-0.01,tags=[]}",
    "Struct{id=c,small=0.1}",
    GONE,
    "null",
    "null",
];
