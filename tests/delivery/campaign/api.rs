//! The model API: eight listings that change while they are read, one for each way of paging and of writing, and the history of
//! what each of them has shown. It fails at random, as APIs do.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use fastrand::Rng;
use tokio::task::AbortHandle;

use super::kind::Kind;
use super::listing::{Listing, Query};
use crate::support::api::{cut, runtime};

/// An API that runs, until it is dropped.
pub struct ModelApi {
    pub url: String,
    model: Arc<Mutex<Model>>,
    serving: AbortHandle,
}

/// What the API has, and what it does to those who ask.
pub struct Model {
    pub listings: Vec<Listing>,
    /// The share of answers that are none.
    pub trouble: f64,
    pub counts: Counts,
    key: String,
    random: Rng,
    version: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub requests: u64,
    pub troubles: u64,
    pub changes: u64,
}

enum Answer {
    Whole(Response<Bytes>),
    Cut(Response<Bytes>, usize),
    Late(Response<Bytes>),
}

/// Longer than krest waits for an answer here.
const LATE: Duration = Duration::from_secs(4);

impl ModelApi {
    /// Serves those who know the key.
    pub fn start(key: &str, mut random: Rng) -> Self {
        let mut model = Model {
            listings: Listing::all(&mut random),
            trouble: 0.0,
            counts: Counts::default(),
            key: key.to_owned(),
            random: random.fork(),
            version: 0,
        };
        for _ in 0..200 {
            model.change(&mut random);
        }
        model.counts = Counts::default();
        let model = Arc::new(Mutex::new(model));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a non-blocking socket");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&model));
        let serving = runtime().spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, app).await
        });
        Self { url, model, serving: serving.abort_handle() }
    }

    pub fn model(&self) -> MutexGuard<'_, Model> {
        lock(&self.model)
    }

    /// Changes something every few milliseconds until what is returned is dropped.
    pub fn keep_changing(&self, mut random: Rng) -> Changing {
        let model = Arc::clone(&self.model);
        let go_on = Arc::new(());
        let watched = Arc::downgrade(&go_on);
        let thread = std::thread::spawn(move || {
            while watched.strong_count() > 0 {
                lock(&model).change(&mut random);
                std::thread::sleep(Duration::from_millis(random.u64(1..15)));
            }
        });
        Changing { go_on: Some(go_on), thread: Some(thread) }
    }
}

impl Drop for ModelApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The API changes as long as this lives.
pub struct Changing {
    go_on: Option<Arc<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Changing {
    fn drop(&mut self) {
        self.go_on = None;
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

impl Model {
    /// Nothing is in the way of a scan any more.
    pub fn settle(&mut self) {
        self.trouble = 0.0;
        self.version += 1;
        let (version, mut random) = (self.version, self.random.fork());
        self.listings.iter_mut().for_each(|listing| listing.settle(&mut random, version));
    }

    fn change(&mut self, random: &mut Rng) {
        self.version += 1;
        let place = random.usize(..self.listings.len());
        let version = self.version;
        let Some(listing) = self.listings.get_mut(place) else { return };
        listing.change(random, version);
        self.counts.changes += 1;
        if listing.kind == Kind::Events && listing.has(&version.to_string()) {
            let remarks = self.listings.iter_mut().find(|listing| listing.kind == Kind::Remarks);
            remarks.expect("it is there").remark(random, version);
        }
    }

    fn answer(&mut self, request: &Request) -> Answer {
        let query = request.uri().query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let query = Query(pairs);
        self.counts.requests += 1;
        if query.text("api_key") != Some(&self.key) {
            return Answer::Whole(json(401, "{\"error\":\"who are you\"}".to_owned()));
        }
        let path = request.uri().path();
        let body = self.listings.iter_mut().find_map(|listing| listing.page(path, &query));
        let item = || self.listings.iter().find_map(|listing| listing.item(path)).flatten();
        let Some(body) = body.or_else(item) else { return Answer::Whole(json(404, "{}".to_owned())) };
        if self.random.f64() >= self.trouble {
            return Answer::Whole(json(200, body));
        }
        self.counts.troubles += 1;
        match self.random.u32(..100) {
            0..30 => Answer::Whole(json(429, "{\"error\":\"slow down\"}".to_owned())),
            30..60 => Answer::Whole(json(503, "{\"error\":\"busy\"}".to_owned())),
            60..70 if query.resumes() => {
                Answer::Whole(json(410, "{\"error\":\"this page is gone\"}".to_owned()))
            }
            60..96 => {
                let bytes = self.random.usize(..body.len());
                Answer::Cut(json(200, body), bytes)
            }
            _ => Answer::Late(json(200, body)),
        }
    }
}

fn lock(model: &Mutex<Model>) -> MutexGuard<'_, Model> {
    model.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(model): State<Arc<Mutex<Model>>>, request: Request) -> Response {
    let answer = lock(&model).answer(&request);
    match answer {
        Answer::Whole(response) => response.map(Body::from),
        Answer::Cut(response, bytes) => cut(response, bytes),
        Answer::Late(response) => {
            tokio::time::sleep(LATE).await;
            response.map(Body::from)
        }
    }
}

fn json(status: u16, body: String) -> Response<Bytes> {
    let builder = Response::builder().status(status).header("content-type", "application/json");
    builder.body(body.into()).expect("a response")
}
