//! Data for the benches: pages of nested records of about 500 bytes, as a monitoring API sends them.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a bench makes its own data")]

use std::fmt::Write as _;

use bytes::Bytes;
use krest::model::{Arrival, Json, Page, RedactedUrl, Selection, Span};

/// The body of a page: `{"data":[…],"total":…}` with `count` records from id `first` on. Another `version` changes every record.
pub(crate) fn body(first: usize, count: usize, version: usize) -> String {
    body_of(first, count, version, first + count)
}

/// The same as one page of `total` records.
pub(crate) fn body_of(first: usize, count: usize, version: usize, total: usize) -> String {
    let mut body = String::with_capacity(count * 520 + 64);
    body.push_str("{\"data\":[");
    for id in first..first + count {
        if id > first {
            body.push(',');
        }
        write_record(&mut body, id, version);
    }
    let _ = write!(body, "],\"total\":{total},\"has_more\":true}}");
    body
}

/// One record: key `id`, strings, numbers, an escape, lists, objects in objects.
fn write_record(body: &mut String, id: usize, version: usize) {
    let status = ["up", "down", "degraded", "paused"][(id + version) % 4];
    let _ = write!(
        body,
        "{{\"id\":{id},\"name\":\"Monitor of service {id:08}\",\"url\":\"https://service-{id:08}.example.com/health?probe=1\",\
         \"status\":\"{status}\",\"enabled\":true,\"interval_seconds\":60,\"timeout_seconds\":12.50,\
         \"created_at\":\"2023-04-01T08:30:00.000Z\",\"updated_at\":\"2024-05-{:02}T12:{:02}:00.000Z\",\
         \"tags\":[\"production\",\"eu-west-1\",\"team-{}\"],\"note\":\"checked by \\\"probe\\\" {version}\",\
         \"response\":{{\"average_ms\":{}.25,\"p99_ms\":{},\"code\":200,\"headers\":{{\"server\":\"nginx\",\"cache\":null}}}},\
         \"owner\":{{\"id\":{},\"email\":\"owner{}@example.com\"}}}}",
        1 + version % 28,
        id % 60,
        id % 17,
        80 + id % 40,
        200 + id % 90,
        id % 1000,
        id % 1000,
    );
}

/// What a poller makes of such a body.
pub(crate) fn page(body: Bytes) -> Page {
    let records = split(&body);
    let url = url::Url::parse("https://api.example.com/v1/monitors?offset=0").expect("a URL");
    Page {
        number: 1,
        url: RedactedUrl::new(&url, &[]),
        arrival: Arrival::default(),
        body,
        records,
        selection: Selection::Found,
        next: None,
    }
}

/// Checks the body and finds its records.
pub(crate) fn split(body: &Bytes) -> Vec<Span> {
    let start = body.as_ptr() as usize;
    let data = Json::parse(body).expect("JSON").get("data").expect("records");
    let span = |json: Json<'_>| {
        let from = json.text().as_ptr() as usize - start;
        Span { start: from as u32, end: (from + json.text().len()) as u32 }
    };
    data.elements().map(span).collect()
}
