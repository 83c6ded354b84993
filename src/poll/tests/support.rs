//! A small HTTP/1.1 server whose every byte a test can choose, and sources that point to it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::model::{Page, Position, Redactor, ResourceName};
use crate::poll::*;
use crate::template::{BodyTemplate, JsonPath, Template};

pub(super) struct Server {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Connections that were closed while a request hung.
    pub hung_up: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Path and query.
    pub target: String,
    /// Header lines, lower case.
    pub head: String,
    pub body: String,
}

pub(super) enum Reply {
    /// Status line and headers without length, and the body; the connection stays.
    Http { head: String, body: Vec<u8>, delay: Duration },
    /// These bytes, and the connection is closed.
    Raw(Vec<u8>),
    /// These bytes, and the connection is reset a moment later.
    Reset(Vec<u8>),
    /// Nothing, until the other side closes the connection.
    Hang,
}

pub(super) fn json(body: &str) -> Reply {
    status(200, body)
}

pub(super) fn status(code: u16, body: &str) -> Reply {
    with_headers(code, "content-type: application/json\r\n", body.as_bytes())
}

pub(super) fn with_headers(code: u16, headers: &str, body: &[u8]) -> Reply {
    Reply::Http {
        head: format!("HTTP/1.1 {code} X\r\n{headers}"),
        body: body.to_vec(),
        delay: Duration::ZERO,
    }
}

impl Server {
    /// The answer to the n-th request (from 0).
    pub(super) async fn start(answer: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, hung_up) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (answer, log, closed) = (Arc::new(answer), Arc::clone(&seen), Arc::clone(&hung_up));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, log, closed) = (Arc::clone(&answer), Arc::clone(&log), Arc::clone(&closed));
                tokio::spawn(async move {
                    if serve(stream, answer, log).await {
                        closed.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Self { url, seen, hung_up, task }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn targets(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.target).collect()
    }

    /// Waits until so many requests have come.
    pub(super) async fn wait_for(&self, requests: usize) {
        let all_here = async {
            while self.seen.lock().unwrap().len() < requests {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), all_here).await.expect("the requests never came");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves one connection; true if it was closed while a request hung.
async fn serve(
    mut stream: TcpStream,
    answer: Arc<impl Fn(usize, &Seen) -> Reply>,
    log: Arc<Mutex<Vec<Seen>>>,
) -> bool {
    while let Some(seen) = read_request(&mut stream).await {
        let number = {
            let mut log = log.lock().unwrap();
            log.push(seen.clone());
            log.len() - 1
        };
        let bytes = match answer(number, &seen) {
            Reply::Http { head, body, delay } => {
                tokio::time::sleep(delay).await;
                let mut bytes = format!("{head}content-length: {}\r\n\r\n", body.len()).into_bytes();
                bytes.extend(body);
                bytes
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                return false;
            }
            Reply::Reset(bytes) => {
                let _ = stream.write_all(&bytes).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                stream.set_zero_linger().unwrap();
                return false;
            }
            Reply::Hang => return matches!(stream.read(&mut [0]).await, Ok(0) | Err(_)),
        };
        if stream.write_all(&bytes).await.is_err() {
            return false;
        }
    }
    false
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                let target = text.split(' ').nth(1)?.to_owned();
                return Some(Seen { target, head, body: body.to_owned() });
            }
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    }
}

/// Names and values without placeholders.
pub(super) fn literals(pairs: &[(&str, &str)]) -> Vec<(Template, Template)> {
    pairs.iter().map(|(name, value)| (Template::open(name), Template::open(value))).collect()
}

pub(super) fn headers(pairs: &[(&str, &str)]) -> Vec<(Template, Option<Template>)> {
    literals(pairs).into_iter().map(|(name, value)| (name, Some(value))).collect()
}

/// A single page at `url`, quick retries, no rate.
pub(super) fn source(url: &str) -> Source {
    Source {
        resource: ResourceName::new("users"),
        url: url::Url::parse(url).unwrap().into(),
        method: Method::Get,
        params: Vec::new(),
        headers: Vec::new(),
        body: BodyTemplate::None,
        actions: Vec::new(),
        auth: Auth::None,
        access: Access::default(),
        paginator: Paginator::SinglePage,
        selector: Some(JsonPath::parse("data").unwrap()),
        single_entity: false,
        row_order: None,
        missing_data: MissingData::Warn,
        retry: RetryPolicy {
            max_retries: 3,
            backoff_factor: 2.0,
            initial: Duration::from_millis(4),
            max_wait: Duration::from_secs(2),
        },
        limits: HostLimits {
            rate: None,
            burst: None,
            in_flight: 4,
            body: 1 << 20,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
        },
        secret_params: Vec::new(),
    }
}

pub(super) fn offset(limit: u64) -> RangePaginator {
    RangePaginator {
        counts: Counts::Records { limit, limit_in: Place::Param("limit".into()) },
        first: 0,
        place: Place::Param("offset".into()),
        total_path: Some(JsonPath::parse("total").unwrap()),
        total_explicit: false,
        total_items_path: None,
        maximum: None,
        stop_after_empty_page: true,
        has_more_path: None,
        stop_on_status: Vec::new(),
    }
}

pub(super) fn page_number(base: u64) -> RangePaginator {
    let place = Place::Param("page".into());
    RangePaginator { counts: Counts::Pages { base }, first: base, place, ..offset(1) }
}

/// `{"data":[…]}` with `limit` numbers from `offset` on, below `total`: an API as it should be.
pub(super) fn numbers(seen: &Seen, total: u64) -> String {
    let param = |name: &str| {
        let url = url::Url::parse("http://x").unwrap().join(&seen.target).unwrap();
        let found = url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        found.unwrap().parse::<u64>().unwrap()
    };
    let (from, limit) = (param("offset"), param("limit"));
    let ids: Vec<String> = (from..total.min(from + limit)).map(|id| format!("{{\"id\":{id}}}")).collect();
    format!("{{\"data\":[{}]}}", ids.join(","))
}

pub(super) struct Outcome {
    pub pages: Vec<Page>,
    pub error: Option<PollError>,
    pub coverage: Coverage,
}

impl Outcome {
    pub(super) fn records(&self) -> Vec<String> {
        let texts =
            |page: &Page| page.records.iter().map(|span| page.text(*span).to_owned()).collect::<Vec<_>>();
        self.pages.iter().flat_map(texts).collect()
    }

    pub(super) fn error(&self) -> String {
        self.error.as_ref().expect("the scan did not fail").to_string()
    }

    pub(super) fn partial(&self) -> Option<PartialScan> {
        match &self.coverage {
            Coverage::Complete(_) => None,
            Coverage::UpToTotal(_) => Some(PartialScan::EndedByTotal),
            Coverage::Partial(reason) => Some(*reason),
        }
    }
}

pub(super) async fn scan(source: Source) -> Outcome {
    scan_with(&Poller::new(Redactor::default()), source, None).await
}

pub(super) async fn scan_with(poller: &Poller, source: Source, resume: Option<&Position>) -> Outcome {
    walk(poller, source, &Walk { resume: resume.cloned(), ..Walk::default() }).await
}

pub(super) async fn walk(poller: &Poller, source: Source, walk: &Walk) -> Outcome {
    let mut pages = poller.scan(Arc::new(source), walk);
    let (mut read, mut error) = (Vec::new(), None);
    loop {
        match pages.next().await {
            Ok(Some(page)) => read.push(page),
            Ok(None) => break,
            Err(failed) => {
                error = Some(failed);
                break;
            }
        }
    }
    Outcome { pages: read, error, coverage: pages.finish() }
}
