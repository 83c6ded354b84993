//! The API of a scenario: routes as data, on a loopback port of its own. tests/oracle/api.py is its twin.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use tokio::io::ReadBuf;
use tokio::task::AbortHandle;

use super::{Node, list};
use crate::support::api::runtime;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HashMap<String, String>,
    pub body: String,
    pub elsewhere: bool,
}

impl Asked {
    /// `elsewhere GET /posts?page=2`.
    pub fn line(&self) -> String {
        let host = if self.elsewhere { "elsewhere " } else { "" };
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("{host}{} {}{query}", self.method, self.path)
    }

    pub fn pairs(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    pub fn json(&self) -> Option<Node> {
        serde_json::from_str(&self.body).ok()
    }
}

/// Serves the routes until it is dropped, and keeps what it was asked.
pub struct Api {
    here: SocketAddr,
    elsewhere: SocketAddr,
    model: Arc<Mutex<Model>>,
    serving: Vec<AbortHandle>,
}

#[derive(Default)]
struct Model {
    routes: Vec<Node>,
    base: String,
    turns: HashMap<usize, usize>,
    log: Vec<Asked>,
}

impl Api {
    pub fn start(routes: &[Node]) -> Self {
        let model = Arc::new(Mutex::new(Model::default()));
        let (here, first) = serve(&model, false);
        let (elsewhere, second) = serve(&model, true);
        let api = Self { here, elsewhere, model, serving: vec![first, second] };
        let filled = routes.iter().map(|route| api.fill(route)).collect();
        let mut model = lock(&api.model);
        model.routes = filled;
        model.base = api.url();
        drop(model);
        api
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.here)
    }

    /// The same with `${API}` and `${ELSEWHERE}` replaced.
    pub fn fill(&self, node: &Node) -> Node {
        let (here, elsewhere) = (self.url(), format!("http://{}", self.elsewhere));
        node.with_texts(&|text| text.replace("${API}", &here).replace("${ELSEWHERE}", &elsewhere))
    }

    /// The other way round, for records that hold URLs of the API.
    pub fn unfill(&self, text: &str) -> String {
        let elsewhere = format!("http://{}", self.elsewhere);
        text.replace(&self.url(), "${API}").replace(&elsewhere, "${ELSEWHERE}")
    }

    pub fn log(&self) -> Vec<Asked> {
        lock(&self.model).log.clone()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.serving.iter().for_each(AbortHandle::abort);
    }
}

fn lock(model: &Mutex<Model>) -> MutexGuard<'_, Model> {
    model.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(model: &Arc<Mutex<Model>>, elsewhere: bool) -> (SocketAddr, AbortHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a non-blocking socket");
    let address = listener.local_addr().expect("an address");
    let app = Router::new().fallback(answer).with_state((Arc::clone(model), elsewhere));
    let serving = runtime().spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        axum::serve(listener, app).await
    });
    (address, serving.abort_handle())
}

async fn answer(State((model, elsewhere)): State<(Arc<Mutex<Model>>, bool)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
        elsewhere,
    };
    let answer = lock(&model).answer(asked);
    response(&answer)
}

fn response(answer: &Node) -> Response {
    let status = answer.get("status").and_then(Node::number).unwrap_or(200);
    let mut builder = Response::builder().status(u16::try_from(status).expect("a status"));
    let headers = answer.get("headers").map(Node::entries).unwrap_or_default();
    for (name, value) in headers {
        builder = builder.header(name, value.text().expect("a header's value is a text"));
    }
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        builder = builder.header("content-type", "application/json");
    }
    if answer.get("drop").is_some_and(Node::is_true) {
        let broken = Body::from_stream(tokio_util::io::ReaderStream::new(Broken));
        return builder.header("content-length", 2).body(broken).expect("a response");
    }
    let text = answer.get("text").and_then(Node::text).map(str::to_owned);
    let body = text.or_else(|| answer.get("json").map(Node::json)).unwrap_or_default();
    builder.body(Body::from(Bytes::from(body))).expect("a response")
}

impl Model {
    /// The answer of the first route that fits.
    fn answer(&mut self, asked: Asked) -> Node {
        let found = self.routes.iter().position(|route| fits(route, &asked));
        let answer = found.map(|number| self.of_route(number, &asked));
        let missing = || {
            let error = Node::Text(format!("no route for {}", asked.line()));
            let json = Node::Map(vec![("error".to_owned(), error)]);
            Node::Map(vec![("status".to_owned(), Node::Int(404)), ("json".to_owned(), json)])
        };
        let answer = answer.unwrap_or_else(missing);
        self.log.push(asked);
        answer
    }

    fn of_route(&mut self, number: usize, asked: &Asked) -> Node {
        let route = &self.routes[number];
        if let Some(rules) = route.get("list") {
            return list::page(rules, asked, &self.base);
        }
        let Some(answers) = route.get("answers").map(Node::items) else { return route.clone() };
        let turn = self.turns.entry(number).or_default();
        let answer = answers[(*turn).min(answers.len() - 1)].clone();
        *turn += 1;
        answer
    }
}

fn fits(route: &Node, asked: &Asked) -> bool {
    let text = |key: &str| route.get(key).and_then(Node::text);
    let when = |key: &str| route.get("when").and_then(|when| when.get(key));
    let all = |key: &str, holds: &dyn Fn(&str, &Node) -> bool| {
        when(key).map(Node::entries).unwrap_or_default().iter().all(|(name, value)| holds(name, value))
    };
    let pairs = asked.pairs();
    let param = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str());
    let header = |name: &str| asked.headers.get(&name.to_lowercase()).map(String::as_str);
    let json = asked.json().unwrap_or(Node::Null);
    text("path") == Some(&asked.path)
        && text("method").is_none_or(|method| method == asked.method)
        && (text("host") == Some("elsewhere")) == asked.elsewhere
        && all("query", &|name, value| param(name) == value.text())
        && all("headers", &|name, value| header(name) == value.text())
        && all("json", &|path, value| json.at(path).unwrap_or(&Node::Null).same(value))
        && when("text").and_then(Node::text).is_none_or(|text| asked.body.contains(text))
}

/// A body that breaks before its first byte.
struct Broken;

impl tokio::io::AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Poll::Ready(Err(std::io::Error::other("dropped")))
    }
}
