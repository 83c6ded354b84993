//! docs/changes.md: what its tables say of two records is what krest makes of them.

use std::path::Path;

use bytes::Bytes;
use krest::config::Config;
use krest::model::{Arrival, Json, Page, Record, RedactedUrl, Redactor, RuleId, Selection, Span};
use krest::plan::FilePlan;
use krest::records::Rules;
use url::Url;

use super::text::{code, read, rows};

/// Whether the second of two records of one key is a change of the first, with this block of the configuration.
fn is_change(changes: &str, one: &str, other: &str) -> bool {
    let file = format!(
        "source: {{client: {{base_url: 'https://a.example'}}, resources: [{{name: r, primary_key: id}}]}}\n\
         kafka: {{bootstrap.servers: b}}\nchanges: {{{changes}}}\n"
    );
    let redactor = Redactor::default();
    let config = Config::parse(file.as_bytes(), Path::new("c.yaml"), &|_| None, &redactor)
        .unwrap_or_else(|mistakes| panic!("{changes}: {mistakes}"));
    let plan = FilePlan::compile("c.yaml", &config, &redactor).unwrap().into_connector().unwrap();
    let rules = Rules::new((RuleId(1), &plan.resources[0].rule), []);
    let judged = |raw: &str, known| {
        let raw = Json::parse(raw.as_bytes()).unwrap_or_else(|error| panic!("{raw}: {error}")).text();
        let span = Span { start: 0, end: raw.len() as u32 };
        let page = page(raw, span);
        let record = Record { key: "k".into(), raw: page.text(span), deleted: false };
        rules.judge(&plan.listings[0].reader, (&page, &record), known).unwrap()
    };
    !judged(other, Some(judged(one, None).stamp)).same
}

#[test]
fn what_counts_as_a_change_is_what_the_page_says() {
    let text = read("docs/changes.md");
    let (mut of_content, mut of_settings) = (0, 0);
    for row in rows(&text) {
        let cells: Vec<&str> = row.cells.iter().map(String::as_str).collect();
        let (changes, [one, other, verdict]) = match cells.as_slice() {
            [one, other, verdict] => ("", [one, other, verdict]),
            [changes, one, other, verdict] => (code(changes)[0], [one, other, verdict]),
            _ => panic!("{row:?}"),
        };
        *if changes.is_empty() { &mut of_content } else { &mut of_settings } += 1;
        let expected = match verdict.split(':').next() {
            Some("yes") => true,
            Some("no") => false,
            _ => panic!("{verdict} is no answer"),
        };
        let (one, other) = (code(one)[0], code(other)[0]);
        assert_eq!(is_change(changes, one, other), expected, "{changes}: {one} and {other}");
        assert_eq!(is_change(changes, other, one), expected, "{changes}: {other} and {one}");
        assert!(!is_change(changes, one, one), "{changes}: {one}");
    }
    assert!(of_content > 20 && of_settings > 20, "{of_content} and {of_settings} rows");
}

fn page(body: &str, span: Span) -> Page {
    let url = RedactedUrl::new(&Url::parse("https://a.example/r").unwrap(), &[]);
    let body = Bytes::copy_from_slice(body.as_bytes());
    Page {
        number: 1,
        url,
        arrival: Arrival::default(),
        body,
        records: vec![span],
        selection: Selection::Found,
        next: None,
    }
}
