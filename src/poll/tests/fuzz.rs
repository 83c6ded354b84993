//! Fuzz targets: what an API may send. See fuzz/README.md.

use std::time::{Duration, SystemTime};

use serde_json::Value;
use url::Url;

use crate::fuzz::{Target, split};
use crate::model::{Json, Kind, Span, Token};
use crate::poll::auth::Reach;
use crate::poll::next_link::{LinkPolicy, StoredLink};
use crate::poll::paginate::link_target as target;
use crate::poll::retry::{Cause, GiveUp, Setback, Verdict, verdict};
use crate::poll::select::Selector;
use crate::poll::source::RetryPolicy;
use crate::template::JsonPath;
use crate::wire::{TlsFault, TransportKind};

/// The value that walking finds. Texts that are no Unicode make it `None`.
fn walked(json: Json<'_>) -> Option<Value> {
    Some(match json.kind() {
        Kind::Array => Value::Array(json.elements().map(walked).collect::<Option<_>>()?),
        Kind::Object => {
            let field = |(name, value): (crate::model::FieldName<'_>, _)| {
                Some((name.json().as_str()?.into_owned(), walked(value)?))
            };
            Value::Object(json.fields().map(field).collect::<Option<_>>()?)
        }
        Kind::String => Value::String(json.as_str()?.into_owned()),
        Kind::Null | Kind::Bool | Kind::Number => serde_json::from_str(json.text()).ok()?,
    })
}

fn texts<'b>(body: &'b [u8], spans: &[Span]) -> Vec<&'b str> {
    let text = |span: &Span| std::str::from_utf8(&body[span.start as usize..span.end as usize]);
    spans.iter().map(|span| text(span).expect("a record ends between two characters")).collect()
}

/// A document is walked as serde_json, which makes a DOM of it, reads it.
fn is_walked_as_serde_reads_it(document: Json<'_>) {
    let opened = document.tokens().filter(|token| matches!(token, Token::OpenArray | Token::OpenObject));
    let closed = document.tokens().filter(|token| matches!(token, Token::Close));
    assert_eq!(opened.count(), closed.count());
    let Ok(dom) = serde_json::from_str::<Value>(document.text()) else { return };
    assert_eq!(walked(document), Some(dom.clone()));
    assert_eq!(serde_json::from_str::<Value>(&document.compact()).ok(), Some(dom));
}

fn records_stand_in_the_body(selector: &str, body: &[u8], document: Json<'_>) {
    let path = JsonPath::parse(selector).ok();
    let mut kept = Selector::new(path.as_ref());
    let selected = kept.select(document, body, 0);
    let records = texts(body, &selected.records);
    for record in &records {
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(record).is_ok(), "no value: {record}");
    }
    if selected.list.is_some() {
        let ends = selected.records.windows(2).all(|two| two[0].end <= two[1].start);
        assert!(ends, "the elements of a list stand one after the other");
    }
    // A second page is read as the first one was, whatever was detected there.
    assert_eq!(texts(body, &kept.select(document, body, 0).records), records);
    let Some(name) = path.filter(|path| path.is_name(selector)).map(|_| selector) else { return };
    let Ok(Value::Object(dom)) = serde_json::from_str::<Value>(document.text()) else { return };
    let expected = match dom.get(name) {
        Some(Value::Array(list)) => list.clone(),
        Some(Value::Null) | None => Vec::new(),
        Some(one) => vec![one.clone()],
    };
    let found: Option<Vec<Value>> = records.iter().map(|record| serde_json::from_str(record).ok()).collect();
    assert_eq!(found, Some(expected));
}

#[test]
fn any_page_gives_records_that_are_parts_of_it() {
    // The selector, and the body.
    Target { name: "page", runs: 4_000 }.holds(|input| {
        let (selector, body) = split(input);
        let Ok(document) = Json::parse(body) else {
            let skipped = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
            assert!(serde_json::from_slice::<Value>(skipped).is_err(), "this is JSON");
            return;
        };
        is_walked_as_serde_reads_it(document);
        records_stand_in_the_body(selector, body, document);
    });
}

#[test]
fn any_link_header_gives_a_target_that_stands_in_it() {
    Target { name: "link_header", runs: 4_000 }.holds(|input| {
        let header = String::from_utf8_lossy(input);
        for relation in ["next", "prev", "the next"] {
            if let Some(link) = target(&header, relation) {
                let stands = header.contains(&format!("<{link}")) || header.contains(link.as_str());
                assert!(stands && link.trim() == link && !link.contains('>'), "{link}");
            }
        }
        // What is written as the RFC says is read back: lines are links, and each is asked for by its own relation.
        let link = |line: &str| line.replace(['<', '>'], "").trim().to_owned();
        let links: Vec<String> = header.lines().take(20).map(link).collect();
        let written = links.iter().enumerate().map(|(n, link)| {
            let title = "a \\\", <b>; rel=r0";
            format!("<{link}>; title=\"{title}\"; rel=\"self R{n}\"")
        });
        let written = written.collect::<Vec<_>>().join(", ");
        for (n, link) in links.iter().enumerate() {
            assert_eq!(target(&written, &format!("r{n}")).as_deref(), Some(link.as_str()), "{written}");
        }
    });
}

#[test]
fn any_retry_after_is_a_wait_or_nothing() {
    let policy = RetryPolicy {
        max_retries: 3,
        backoff_factor: 2.0,
        initial: Duration::from_secs(1),
        max_wait: Duration::from_secs(300),
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let judged = |header: &str, cause| {
        let setback = Setback { cause, retry_after: Some(header), attempt: 1 };
        match verdict(&setback, &policy, 0.5, now) {
            Verdict::Retry { wait, asked } => (Some(wait), asked),
            Verdict::GiveUp { reason, asked } => {
                assert!(reason == GiveUp::Pointless || asked > Some(policy.max_wait), "{reason:?}");
                (None, asked)
            }
        }
    };
    Target { name: "retry_after", runs: 4_000 }.holds(|input| {
        let header = String::from_utf8_lossy(input);
        let (wait, asked) = judged(&header, Cause::Status(429));
        assert_ne!(asked, Some(Duration::ZERO), "zero says nothing");
        if let Some(wait) = wait {
            assert!(wait >= asked.unwrap_or_default() && wait <= policy.max_wait, "{wait:?} for {asked:?}");
        }
        assert_eq!(judged(&header, Cause::Transport(TransportKind::Tls(TlsFault::Other))).1, asked);
        // Both forms of one wait are the same wait.
        let seconds = input.iter().fold(1, |sum, byte| (sum * 31 + u64::from(*byte)) % 1_000_000_000);
        let seconds = seconds + u64::from(seconds == 0);
        let wait = Some(Duration::from_secs(seconds));
        let date = httpdate::fmt_http_date(now + Duration::from_secs(seconds));
        for form in [date, format!(" {seconds} ")] {
            assert_eq!(judged(&form, Cause::Status(503)).1, wait, "{form}");
        }
    });
}

#[test]
fn any_link_stays_where_krest_may_go() {
    const HOMES: [&str; 2] = ["https://h.example:8443/v1/items?page=1", "http://10.0.0.1/"];
    Target { name: "next_link", runs: 4_000 }.holds(|input| {
        let link = String::from_utf8_lossy(input);
        for home in HOMES {
            let here = Url::parse(home).unwrap();
            let reach = Reach { home: Some(here.clone()), allowed_hosts: Vec::new() };
            let Ok(url) = (LinkPolicy { reach: &reach, here: &here }).follow(&link) else { continue };
            let place = |url: &Url| {
                (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default())
            };
            assert_eq!(place(&url), place(&here), "{link} leads away");
            assert_eq!(url.fragment(), None);
            assert!(Url::parse(url.as_str()).as_ref() == Ok(&url), "{url}");
            let secrets = ["api_key".to_owned(), "page".to_owned()];
            let stored = StoredLink::strip(&url, &secrets);
            assert!(
                stored.url.query_pairs().all(|(name, _)| !secrets.contains(&name.into_owned())),
                "{}",
                stored.url
            );
            if let Some(position) = stored.position() {
                assert_eq!(StoredLink::read(&position), Some(stored));
            }
        }
    });
}
