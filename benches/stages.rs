//! What each stage costs a record: `cargo bench --bench stages`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench makes its own data"
)]

mod support;
#[path = "stages/values.rs"]
mod values;

use std::hint::black_box;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use krest::encode::{Encoder, KeyCodec, Metadata, Values};
use krest::model::{
    Change, ConnectorName, Fingerprint, Json, Page, Parent, Record, ResourceName, RuleId, RuleText, Span,
    Stamp, StoredRecord,
};
use krest::records::{Action, Aside, Deleted, KeyPart, KeySpec, Reader, Rule, Rules, Step, Steps};
use krest::state::{Cache, Diff, Directory, LocalState, Present};
use krest::template::Jq;

const KEYS: usize = 1_000_000;

fn reader() -> Reader {
    let keys = KeySpec::new([KeyPart::Field("id".to_owned())]).expect("a key field");
    Reader::new(ResourceName::new("monitors"), Some(keys))
}

/// Rules of which today's names these fields.
fn rules(only: &[&str], ignore: &[&str]) -> Rules {
    let texts = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
    let rule = Rule::compile(RuleText::new(texts(only), texts(ignore))).expect("paths");
    Rules::new((RuleId(1), &rule), [])
}

fn pages(count: usize, size: usize, version: usize) -> Vec<Page> {
    (0..count).map(|n| support::page(support::body(n * size, size, version).into())).collect()
}

fn keyed<'p>(reader: &Reader, page: &'p Page) -> Vec<Record<'p>> {
    reader.read(page, &Deleted::default(), &mut Aside::refusing()).expect("keyed records")
}

fn diff<'p>(cache: &mut Cache, reader: &Reader, page: &'p Page) -> Diff<'p> {
    let records = keyed(reader, page);
    let rules = Rules::default();
    cache
        .diff(records, rules.current(), |record, known| rules.judge(reader, (page, record), known))
        .expect("a cache")
        .expect("fingerprints")
}

/// What a commit makes of a diff, without a Kafka that would give a receipt.
fn remember(cache: &mut Cache, diff: &Diff<'_>) {
    cache.abort();
    for change in &diff.changes {
        let Change::Upsert { key, fingerprint, .. } = change else { continue };
        let (key, fingerprint) = (key.as_bytes(), Some(*fingerprint));
        cache.restore(&StoredRecord {
            partition: 0,
            offset: 0,
            key,
            fingerprint,
            deleted: false,
            foreign: false,
            parent: None,
            value: None,
            row: None,
        });
    }
    cache.restored([]).expect("no disk that could fail");
}

/// A cache of [`KEYS`] keys, as a first scan leaves it and a second one finds its bytes.
fn filled(reader: &Reader) -> Cache {
    let mut cache = Cache::new("bench");
    for first in (0..KEYS).step_by(1000) {
        let page = support::page(support::body(first, 1000, 0).into());
        let first = diff(&mut cache, reader, &page);
        remember(&mut cache, &first);
        diff(&mut cache, reader, &page);
    }
    cache
}

fn read(c: &mut Criterion) {
    let reader = reader();
    for size in [100, 1000] {
        let body = Bytes::from(support::body(0, size, 0));
        let page = support::page(body.clone());
        let records = keyed(&reader, &page);
        let mut group = c.benchmark_group(format!("read, pages of {size}"));
        group.throughput(Throughput::Elements(size as u64));
        let check = || Json::parse(black_box(&body)).map(Json::text).map(str::len);
        group.bench_function("check the JSON", |b| b.iter(check));
        group.bench_function("check and split", |b| b.iter(|| support::split(black_box(&body)).len()));
        group.bench_function("key", |b| {
            b.iter(|| keyed(&reader, black_box(&page)).len());
        });
        group.bench_function("fingerprint", |b| {
            b.iter(|| {
                records
                    .iter()
                    .map(|record| reader.fingerprint(&page, record).map(|f| f.0[0]))
                    .collect::<Vec<_>>()
            });
        });
        under_rules(&mut group, (&page, &records), &reader);
        group.bench_function("check, split, key, fingerprint", |b| {
            b.iter(|| {
                let page = support::page(body.clone());
                let records = keyed(&reader, &page);
                records.iter().for_each(|record| drop(black_box(reader.fingerprint(&page, record))));
            });
        });
        group.finish();
    }
}

/// The same under rules.
fn under_rules(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (page, records): (&Page, &[Record<'_>]),
    reader: &Reader,
) {
    for (name, only, ignore) in [
        ("fingerprint without a field", vec![], vec!["updated_at"]),
        ("fingerprint without what a wildcard finds", vec![], vec!["tags[*]"]),
        ("fingerprint of three fields", vec!["id", "status", "response.average_ms"], vec![]),
    ] {
        let rules = rules(&only, &ignore);
        let judge = |record| rules.judge(reader, (page, record), None);
        group.bench_function(name, |b| {
            b.iter(|| records.iter().filter_map(|record| judge(record).ok()).collect::<Vec<_>>());
        });
    }
}

/// What the parent's fields and the processing steps cost.
fn steps(c: &mut Criterion) {
    let page = support::page(support::body(0, 1000, 0).into());
    let step = |action: fn(Jq) -> Action, text: &str| Step {
        name: "step".to_owned(),
        action: action(Jq::compile(text).expect("an expression")),
    };
    let steps = |include: Vec<String>, steps| Steps::new(ResourceName::new("monitors"), include, steps, None);
    let record = Bytes::from_static(b"{\"id\":17,\"name\":\"account\"}");
    let span = Span { start: 0, end: record.len() as u32 };
    let parent = Parent::new(ResourceName::new("accounts"), record, span, "17".to_owned());
    let mut group = c.benchmark_group("steps, pages of 1000");
    group.throughput(Throughput::Elements(1000));
    for (name, steps) in [
        ("include two fields", steps(vec!["id".to_owned(), "name".to_owned()], Vec::new())),
        ("filter", steps(Vec::new(), vec![step(Action::Filter, ".status == \"up\"")])),
        (
            "map to three fields",
            steps(Vec::new(), vec![step(Action::Map, "{id, name, ms: .response.average_ms}")]),
        ),
        ("map to itself", steps(Vec::new(), vec![step(Action::Map, ".")])),
        (
            "yield_map",
            steps(Vec::new(), vec![step(Action::YieldMap, ".id as $id | .tags[] | {$id, tag: .}")]),
        ),
    ] {
        group.bench_function(name, |b| {
            b.iter_batched(
                || page.clone(),
                |page| steps.apply(page, Some(&parent), &mut Aside::refusing()).expect("records"),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn compare(c: &mut Criterion) {
    let reader = reader();
    let before = resident();
    let mut cache = filled(&reader);
    println!(
        "index of {} keys: {:.0} bytes a key resident",
        cache.keys(),
        (resident() - before) / cache.keys() as f64
    );
    let size = 1000;
    let same = pages(KEYS / size, size, 0);
    let mut group = c.benchmark_group("diff, index of a million keys, pages of 1000");
    group.throughput(Throughput::Elements(size as u64));
    let mut next = (0..same.len()).cycle();
    let records: Vec<Vec<Record<'_>>> = same.iter().map(|page| keyed(&reader, page)).collect();
    for (name, changed) in [("unchanged", 0), ("1 % changed", size / 100), ("all changed", size)] {
        let other = pages(KEYS / size, size, 1);
        group.bench_function(name, |b| {
            let rules = Rules::default();
            let page = |n: usize| {
                let mut page = records[n].clone();
                let changed = keyed(&reader, &other[n]).into_iter().take(changed);
                page.iter_mut().zip(changed).for_each(|(record, changed)| *record = changed);
                page
            };
            let setup = || page(next.next().unwrap_or_default());
            b.iter_batched(
                setup,
                |records| {
                    let diff = cache
                        .diff(records, rules.current(), |record, known| {
                            rules.judge(&reader, (&same[0], record), known)
                        })
                        .expect("a cache")
                        .expect("fingerprints");
                    cache.abort();
                    diff.changes.len()
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
    whole(c, &same, &mut cache);
}

/// The way of a record through all stages up to the producer.
fn whole(c: &mut Criterion, pages: &[Page], filled: &mut Cache) {
    let reader = reader();
    let encoder = Encoder { partitions: 6, keyed: true, keys: KeyCodec::Text };
    let mut group = c.benchmark_group("check to encoded, pages of 1000");
    group.throughput(Throughput::Elements(1000));
    let mut next = pages.iter().cycle();
    let mut empty = Cache::new("bench");
    group.bench_function("first scan", |b| {
        b.iter_batched(
            || next.next().map(|page| page.body.clone()).unwrap_or_default(),
            |body| {
                if empty.keys() >= KEYS {
                    empty = Cache::new("bench");
                }
                let page = support::page(body);
                let diff = diff(&mut empty, &reader, &page);
                let messages =
                    encoder.encode(&diff.changes, (&page.body, &Metadata::default()), &Values::Own);
                remember(&mut empty, &diff);
                messages
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("unchanged", |b| {
        b.iter_batched(
            || next.next().map(|page| page.body.clone()).unwrap_or_default(),
            |body| {
                let page = support::page(body);
                diff(filled, &reader, &page).unchanged
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn encode(c: &mut Criterion) {
    let reader = reader();
    let page = support::page(support::body(0, 1000, 0).into());
    let changes: Vec<Change<'_>> = diff(&mut Cache::new("bench"), &reader, &page).changes;
    let mut group = c.benchmark_group("encode");
    group.throughput(Throughput::Elements(1000));
    let encoder = Encoder { partitions: 6, keyed: true, keys: KeyCodec::Text };
    group.bench_function("key and value", |b| {
        b.iter(|| encoder.encode(black_box(&changes), (&page.body, &Metadata::default()), &Values::Own));
    });
    let mut values = Values::learning(&Arc::default());
    for change in &changes {
        change.value().into_iter().for_each(|record| assert!(values.admit(record, usize::MAX).is_ok()));
    }
    group.bench_function("with Connect's schema", |b| {
        b.iter(|| encoder.encode(black_box(&changes), (&page.body, &Metadata::default()), &values));
    });
    group.bench_function("admitted to Connect's schema", |b| {
        b.iter(|| {
            changes.iter().filter_map(Change::value).all(|record| values.admit(record, usize::MAX).is_ok())
        });
    });
    group.finish();
}

/// Resident memory in bytes; zero where there is no /proc.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() * 1024.0
}

/// Not a loop: a start happens once. Twice each, because the second one finds the files in the page cache for sure.
fn disk(_: &mut Criterion) {
    for (place, memory) in [("memory", 512 << 20), ("disk alone", 8 << 20)] {
        let base = tempfile::tempdir().expect("a directory");
        let began = Instant::now();
        let mut cache = on_disk(base.path(), memory);
        restore(&mut cache);
        let rate = KEYS as f64 / began.elapsed().as_secs_f64() / 1000.0;
        println!("restore of {KEYS} keys, to {place}: {rate:.0} k/s with the disk written");
        drop(cache);
        println!("on disk: {:.0} bytes a key", size_of_files(base.path()) / KEYS as f64);
        for _ in 0..2 {
            let began = Instant::now();
            let cache = on_disk(base.path(), memory);
            println!(
                "start with {} keys, {place}: {:.0} ms",
                cache.0.keys(),
                began.elapsed().as_secs_f64() * 1e3
            );
        }
        let mut cache = on_disk(base.path(), memory);
        let (reader, pages) = (reader(), pages(200, 1000, 0));
        for round in ["first", "second"] {
            let began = Instant::now();
            pages.iter().for_each(|page| drop(diff(&mut cache.0, &reader, page)));
            let each = began.elapsed().as_secs_f64() * 1e9 / (200.0 * 1000.0);
            println!("diff, {place}, {round} time: {each:.0} ns a record, reading it included");
            cache.0.abort();
        }
    }
}

/// With what it needs to live.
struct OnDisk(Cache, #[expect(dead_code, reason = "keeps the directory locked")] LocalState);

fn on_disk(base: &Path, memory: u64) -> OnDisk {
    let directory = Directory::claim(base, &ConnectorName::new("bench")).expect("a directory of its own");
    let state = LocalState::open(directory, memory);
    let mut cache = state.cache(&ResourceName::new("monitors"), false);
    let now = SystemTime::now();
    let delete_retention = None;
    cache.recall(&Present {
        topic: "bench",
        topic_id: "t",
        key_format: "string",
        partitions: 1,
        delete_retention,
        now,
    });
    OnDisk(cache, state)
}

fn restore(cache: &mut OnDisk) {
    for n in 0..KEYS {
        let (key, fingerprint) = (n.to_string(), Some(Stamp::whole(Fingerprint([n as u64, 0]))));
        let (offset, key) = (n as i64, key.as_bytes());
        cache.0.restore(&StoredRecord {
            partition: 0,
            offset,
            key,
            fingerprint,
            deleted: false,
            foreign: false,
            parent: None,
            value: None,
            row: None,
        });
    }
    cache.0.restored([(0, KEYS as i64)]).expect("a disk with room");
}

fn size_of_files(base: &Path) -> f64 {
    let files = walkdir::WalkDir::new(base).into_iter().flatten().filter_map(|entry| entry.metadata().ok());
    files.map(|file| file.blocks() as f64 * 512.0).sum()
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(3));
    targets = read, steps, compare, disk, encode, values::formats
}
criterion_main!(benches);
