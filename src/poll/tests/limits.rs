//! Limits of a host, held over several resources.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::support::{Reply, Server, json, numbers, offset, scan_with, source};
use crate::model::{Redactor, ResourceName};
use crate::poll::*;

#[tokio::test]
async fn requests_in_flight_are_counted_over_all_resources_of_a_host() {
    let server = Server::start(|_, seen| {
        let head = "HTTP/1.1 200 OK\r\n".to_owned();
        Reply::Http { head, body: numbers(seen, 4).into_bytes(), delay: Duration::from_millis(20) }
    })
    .await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, highest) = (Arc::clone(&now), Arc::clone(&most));
    let observer: Observer = Arc::new(move |event: &PollEvent| match event {
        PollEvent::Requested { .. } => {
            highest.fetch_max(counter.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        }
        PollEvent::PageRead { .. } => {
            counter.fetch_sub(1, Ordering::SeqCst);
        }
        PollEvent::Waiting { .. } | PollEvent::MoreLikely(_) => {}
    });
    let poller = Poller::with_observer(Redactor::default(), observer);
    let resource = |name: &str, in_flight| {
        let mut source = source(&format!("{}/{name}", server.url));
        source.resource = ResourceName::new(name);
        source.paginator = Paginator::Range(offset(1));
        source.limits.in_flight = in_flight;
        source
    };
    let (a, b, c) = tokio::join!(
        scan_with(&poller, resource("a", 9), None),
        scan_with(&poller, resource("b", 2), None),
        scan_with(&poller, resource("c", 9), None),
    );
    assert_eq!((a.records().len(), b.records().len(), c.records().len()), (4, 4, 4));
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_rate_is_shared_and_the_wait_is_told() {
    let server = Server::start(|_, _| json("[]")).await;
    let waits = Arc::new(AtomicUsize::new(0));
    let heard = Arc::clone(&waits);
    let observer: Observer = Arc::new(move |event: &PollEvent| {
        if matches!(event, PollEvent::Waiting { reason: WaitReason::RateLimit, .. }) {
            heard.fetch_add(1, Ordering::SeqCst);
        }
    });
    let poller = Poller::with_observer(Redactor::default(), observer);
    let limited = |path: &str| {
        let mut source = source(&format!("{}/{path}", server.url));
        source.limits.rate = Some(Rate { requests: 20, per: Duration::from_secs(1) });
        source.limits.burst = Some(1);
        source
    };
    let begun = Instant::now();
    for path in ["a", "b", "a", "b"] {
        scan_with(&poller, limited(path), None).await;
    }
    assert!(begun.elapsed() >= Duration::from_millis(140), "{:?}", begun.elapsed());
    assert_eq!(waits.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn events_tell_of_requests_pages_and_totals() {
    let server =
        Server::start(|_, seen| json(&numbers(seen, 3).replace('}', "} ").replacen('{', "{\"total\":3,", 1)))
            .await;
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let observer: Observer = Arc::new(move |event: &PollEvent| {
        heard.lock().unwrap().push(match event {
            PollEvent::Requested { page, .. } => format!("request {page}"),
            PollEvent::PageRead { page, records, total, .. } => {
                format!("page {page}: {records} of {total:?}")
            }
            PollEvent::Waiting { .. } => "wait".to_owned(),
            PollEvent::MoreLikely(_) => "more".to_owned(),
        });
    });
    let poller = Poller::with_observer(Redactor::default(), observer);
    scan_with(&poller, Source { paginator: Paginator::Range(offset(2)), ..source(&server.url) }, None).await;
    let expected = ["request 1", "page 1: 2 of Some(3)", "request 2", "page 2: 1 of Some(3)"];
    assert_eq!(*told.lock().unwrap(), expected);
}
