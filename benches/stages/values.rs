//! What each format of values costs: records of twenty fields, seven of them nullable, one a list.

use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use krest::encode::{Home, ValueForm, Values, write_avro};
use krest::model::{Json, SchemaId, SchemaOf, Subject};
use krest::schema::{Given, Plan, Rules, to_avro};

#[path = "by_library.rs"]
mod by_library;

const RECORDS: usize = 1000;

const REQUIRED: [(&str, &str); 13] = [
    ("id", r#""long""#),
    ("name", r#""string""#),
    ("url", r#""string""#),
    ("status", r#""string""#),
    ("enabled", r#""boolean""#),
    ("interval_seconds", r#""long""#),
    ("timeout_seconds", r#""double""#),
    ("created_at", r#""string""#),
    ("updated_at", r#""string""#),
    ("tags", r#"{"type":"array","items":"string"}"#),
    ("region", r#""string""#),
    ("average_ms", r#""double""#),
    ("checks", r#""long""#),
];
const NULLABLE: [(&str, &str); 7] = [
    ("note", r#""string""#),
    ("owner", r#""string""#),
    ("parent_id", r#""long""#),
    ("p99_ms", r#""double""#),
    ("paused_at", r#""string""#),
    ("public", r#""boolean""#),
    ("code", r#""long""#),
];

pub(crate) fn formats(c: &mut Criterion) {
    let records: Vec<String> = (0..RECORDS).map(record).collect();
    let bytes: usize = records.iter().map(String::len).sum();
    println!("records of twenty fields: {} bytes on average", bytes / RECORDS);
    let mut group = c.benchmark_group("values of 20 fields");
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("a copy of the JSON", |b| {
        b.iter(|| records.iter().map(|record| black_box(record.as_bytes()).to_vec().len()).sum::<usize>());
    });
    let home = || Home {
        registry: "http://127.0.0.1:8081".to_owned(),
        subject: Subject::Topic { topic: "shop.monitors".to_owned(), of: SchemaOf::Value },
        latest: false,
    };
    let forms = [
        ("JSON with Connect's schema", ValueForm::Connect),
        ("JSON behind an id", ValueForm::JsonSchema(home())),
        ("Avro", ValueForm::Avro(home())),
    ];
    for (name, form) in forms {
        for (schema, given) in [("a given schema", Some(given())), ("a learned schema", None)] {
            let mut values = values(&form, given, &records);
            let write = |record: &String| values.write(record).ok().flatten().map_or(0, |value| value.len());
            group.bench_function(format!("{name}, by {schema}"), |b| {
                b.iter(|| records.iter().map(|record| write(black_box(record))).sum::<usize>());
            });
            let mut admit = |record: &String| values.admit(record, usize::MAX).unwrap_or_default();
            group.bench_function(format!("{name}, admitted to {schema}"), |b| {
                b.iter(|| records.iter().map(|record| admit(black_box(record))).sum::<usize>());
            });
        }
    }
    by_library(&mut group, &records);
    group.finish();
}

fn by_library(group: &mut BenchmarkGroup<'_, WallTime>, records: &[String]) {
    for (name, given) in [("a given schema", Some(given())), ("a learned schema", None)] {
        let values = values(&ValueForm::Connect, given, records);
        let slot = values.schema().expect("a schema");
        let text = to_avro(slot).expect("names that Avro allows").to_string();
        let schema = apache_avro::Schema::parse_str(&text).expect("Avro");
        let writer = by_library::writer(&schema);
        let (mut bytes, first) = (Vec::new(), records.first().map_or("", String::as_str));
        write_avro(slot, Json::trusted(first), &mut bytes).expect("a record that fits");
        assert_eq!(by_library::write(&writer, slot, first), bytes.len());
        group.bench_function(format!("Avro by apache-avro, by {name}"), |b| {
            let write = |record: &String| by_library::write(&writer, slot, black_box(record));
            b.iter(|| records.iter().map(write).sum::<usize>());
        });
    }
}

fn values(form: &ValueForm, given: Option<Given>, records: &[String]) -> Values {
    let rules = Rules { name: "shop.monitors.Value".to_owned(), ..Rules::default() };
    let mut values = Values::new(form, &Arc::new(Plan { rules, given }), None).expect("a schema");
    for record in records {
        values.admit(record, usize::MAX).expect("a record that fits");
    }
    values.registered(SchemaId(1));
    values
}

fn given() -> Given {
    let required = REQUIRED.map(|(name, ty)| format!(r#"{{"name":"{name}","type":{ty}}}"#));
    let nullable =
        NULLABLE.map(|(name, ty)| format!(r#"{{"name":"{name}","type":["null",{ty}],"default":null}}"#));
    let fields = [required.as_slice(), nullable.as_slice()].concat().join(",");
    let text = format!(r#"{{"type":"record","name":"shop.monitors.Value","fields":[{fields}]}}"#);
    Given::read(&text).expect("a schema")
}

fn record(id: usize) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        "{{\"id\":{id},\"name\":\"Monitor of service {id:08}\",\"url\":\"https://service-{id:08}.example.com/\",\
         \"status\":\"up\",\"enabled\":true,\"interval_seconds\":60,\"timeout_seconds\":12.50,\
         \"created_at\":\"2023-04-01T08:30:00.000Z\",\"updated_at\":\"2024-05-13T12:{:02}:00.000Z\",\
         \"tags\":[\"production\",\"eu-west-1\",\"team-{}\"],\"region\":\"eu-west-1\",\"average_ms\":{}.25,\"checks\":{},\
         \"note\":\"checked by \\\"probe\\\"\",\"owner\":null,\"parent_id\":{},\"p99_ms\":{}.5,\"paused_at\":null,\
         \"public\":false,\"code\":200}}",
        id % 60,
        id % 17,
        80 + id % 40,
        id * 31,
        id % 9,
        200 + id % 90,
    );
    text
}
