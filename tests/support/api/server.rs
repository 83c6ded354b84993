//! The server: real sockets on 127.0.0.1, one model behind a lock.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine as _;
use tokio::io::AsyncReadExt as _;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use super::data::Auth;
use super::{Answer, ApiSpec, Collection, paging};

/// The harness's own runtime: tests themselves are plain blocking functions.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    })
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub at: Instant,
}

impl Asked {
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str())
    }
}

pub struct Api {
    address: SocketAddr,
    model: Arc<Mutex<Model>>,
    serving: AbortHandle,
}

#[derive(Default)]
struct Model {
    auth: Option<Auth>,
    collections: std::collections::BTreeMap<String, Collection>,
    answers: Vec<Answer>,
    gates: Vec<Held>,
    log: Vec<Asked>,
    after_page: Option<AfterPage>,
    /// Rows that are there when they are asked for, though no listing shows them.
    items: std::collections::BTreeMap<String, String>,
}

type AfterPage = Box<dyn FnMut(&Asked, &mut Collection) + Send>;

struct Held {
    path: String,
    offset: usize,
    open: Arc<Semaphore>,
}

/// Holds the answer to one page until it is released or dropped.
pub struct Gate(Arc<Semaphore>);

impl Gate {
    pub fn release(self) {}
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Api {
    pub fn start(spec: ApiSpec) -> Self {
        let collections = spec.collections.into_iter().map(|(path, spec)| (path, spec.into())).collect();
        let model = Model { auth: spec.auth, collections, answers: spec.answers, ..Model::default() };
        let model = Arc::new(Mutex::new(model));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a non-blocking socket");
        let address = listener.local_addr().expect("an address");
        let app = Router::new().fallback(answer).with_state(Arc::clone(&model));
        let serving = runtime().spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, app).await
        });
        Self { address, model, serving: serving.abort_handle() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Changes a collection, at once for all later pages. One that is not there yet is made.
    pub fn change<T>(&self, path: &str, change: impl FnOnce(&mut Collection) -> T) -> T {
        change(
            lock(&self.model)
                .collections
                .entry(path.to_owned())
                .or_insert_with(|| Collection::new(Vec::new())),
        )
    }

    /// Replaces the scripted answers.
    pub fn answers(&self, answers: Vec<Answer>) {
        lock(&self.model).answers = answers;
    }

    /// The answer to this page waits for the gate.
    pub fn hold(&self, path: &str, offset: usize) -> Gate {
        let open = Arc::new(Semaphore::new(0));
        lock(&self.model).gates.push(Held { path: path.to_owned(), offset, open: Arc::clone(&open) });
        Gate(open)
    }

    /// Opens every gate, those too that nobody holds any more.
    pub fn open_gates(&self) {
        lock(&self.model).gates.drain(..).for_each(|held| held.open.close());
    }

    /// After each page that was answered, before anybody can ask for the next one.
    pub fn after_each_page(&self, change: impl FnMut(&Asked, &mut Collection) + Send + 'static) {
        lock(&self.model).after_page = Some(Box::new(change));
    }

    pub fn leave_pages_alone(&self) {
        lock(&self.model).after_page = None;
    }

    /// A row at a path of its own. Rows that a listing shows need none.
    pub fn item(&self, path: &str, text: &str) {
        lock(&self.model).items.insert(path.to_owned(), text.to_owned());
    }

    /// Takes it away again: from now on 404, unless a listing shows it.
    pub fn forget_item(&self, path: &str) {
        lock(&self.model).items.remove(path);
    }

    pub fn log(&self) -> Vec<Asked> {
        lock(&self.model).log.clone()
    }

    pub fn requests(&self, path: &str) -> usize {
        lock(&self.model).log.iter().filter(|asked| asked.path == path).count()
    }

    /// What was shown until now no longer counts: for a topic that begins anew.
    pub fn forget_served(&self) {
        lock(&self.model).collections.values_mut().for_each(Collection::forget_served);
    }

    pub fn forget_requests(&self) {
        lock(&self.model).log.clear();
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock(model: &Mutex<Model>) -> MutexGuard<'_, Model> {
    model.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn answer(State(model): State<Arc<Mutex<Model>>>, request: Request) -> Response {
    let asked = read(request).await;
    let gate = {
        let mut model = lock(&model);
        model.log.push(asked.clone());
        model.gate(&asked)
    };
    if let Some(gate) = gate {
        // An error means that it was opened.
        let _ = gate.acquire().await;
    }
    let (response, script) = lock(&model).respond(&asked);
    if script.as_ref().is_some_and(|script| script.hang) {
        std::future::pending::<()>().await;
    }
    match script.and_then(|script| script.cut_after) {
        Some(bytes) => cut(response, bytes),
        None => response.map(Body::from),
    }
}

async fn read(request: Request) -> Asked {
    let query = request.uri().query().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let path = request.uri().path().to_owned();
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap_or_default();
    Asked { path, query, headers, body: String::from_utf8_lossy(&body).into_owned(), at: Instant::now() }
}

impl Model {
    fn gate(&self, asked: &Asked) -> Option<Arc<Semaphore>> {
        let offset = asked.offset().unwrap_or(0);
        self.gates
            .iter()
            .find(|held| held.path == asked.path && held.offset == offset)
            .map(|held| held.open.clone())
    }

    fn respond(&mut self, asked: &Asked) -> (Response<Bytes>, Option<Answer>) {
        if !self.auth.as_ref().is_none_or(|auth| known(auth, asked)) {
            return (json(401, "{\"error\":\"who are you\"}"), None);
        }
        let script = self.scripted(asked);
        let own = script.as_ref().and_then(Answer::own_body);
        let mut response = match (own, self.collections.get_mut(&asked.path)) {
            (Some(body), _) => json(200, body),
            (None, Some(collection)) => page(collection, asked),
            (None, None) => self.item(&asked.path),
        };
        if let (Some(change), Some(collection)) =
            (&mut self.after_page, self.collections.get_mut(&asked.path))
        {
            change(asked, collection);
        }
        if let Some(script) = &script {
            dress(&mut response, script);
        }
        (response, script)
    }

    /// A row of a listing at its own path, below the listing's.
    fn item(&self, path: &str) -> Response<Bytes> {
        let (listing, key) = path.rsplit_once('/').unwrap_or_default();
        let row = self.collections.get(listing).and_then(|collection| collection.row(key));
        match row.or(self.items.get(path).map(String::as_str)) {
            Some(row) => json(200, row.to_owned()),
            None => json(404, "{\"error\":\"no such path\"}"),
        }
    }

    /// The first script that is for this request and not yet used up.
    fn scripted(&mut self, asked: &Asked) -> Option<Answer> {
        let offset = asked.offset();
        for script in self.answers.iter_mut().filter(|script| script.matches(&asked.path, offset)) {
            if script.after > 0 {
                script.after -= 1;
            } else if script.times != Some(0) {
                script.times = script.times.map(|times| times - 1);
                return Some(script.clone());
            }
        }
        None
    }
}

fn page(collection: &mut Collection, asked: &Asked) -> Response<Bytes> {
    let (body, header) = paging::page(collection, asked);
    if !collection.gzip {
        return paging::with_header(json(200, body), header);
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(body.as_bytes()).expect("memory");
    let mut response = json(200, packed.finish().expect("memory"));
    response.headers_mut().insert("content-encoding", "gzip".parse().expect("a header"));
    paging::with_header(response, header)
}

fn dress(response: &mut Response<Bytes>, script: &Answer) {
    if let Some(status) = script.status {
        *response.status_mut() = status.try_into().expect("a status");
    }
    let date = script.retry_after().map(|date| ("retry-after".to_owned(), date));
    for (name, value) in script.headers.clone().into_iter().chain(date) {
        let name: axum::http::HeaderName = name.parse().expect("a header's name");
        response.headers_mut().insert(name, value.parse().expect("a header's value"));
    }
}

fn json(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let builder = Response::builder().status(status).header("content-type", "application/json");
    builder.body(body.into()).expect("a response")
}

fn known(auth: &Auth, asked: &Asked) -> bool {
    match auth {
        Auth::Query { name, value } => asked.param(name) == Some(value),
        Auth::Header { name, value } => asked.header(&name.to_lowercase()) == Some(value),
        Auth::Bearer { token } => asked.header("authorization") == Some(&format!("Bearer {token}")),
        Auth::Basic { username, password } => {
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
            asked.header("authorization") == Some(&format!("Basic {pair}"))
        }
    }
}

/// Promises the whole body, sends its beginning, and breaks the connection.
pub fn cut(response: Response<Bytes>, bytes: usize) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.insert("content-length", body.len().into());
    let begin = std::io::Cursor::new(body.slice(..bytes.min(body.len().saturating_sub(1))));
    let broken = tokio_util::io::ReaderStream::new(begin.chain(Broken));
    Response::from_parts(parts, Body::from_stream(broken))
}

struct Broken;

impl tokio::io::AsyncRead for Broken {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Err(std::io::Error::other("cut")))
    }
}
