//! The demo's own API: offset paging, an API key in the query, a little latency, and now and then a 429 or a 503.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::world::{Round, World};

/// The key that the demo's API asks for. It protects nothing; it is there to be kept out of every log.
pub const DEMO_KEY: &str = "krest-demo-key";

/// Records of a page when the request names no limit, and the most that it may name.
const PAGE: u64 = 100;
const LARGEST_PAGE: u64 = 1000;

/// What moves the story on.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// [`DemoApi::advance`] alone.
    Steps,
    /// The clock: a round each so often.
    Every(Duration),
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct DemoApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<io::Result<()>>,
}

impl DemoApi {
    /// Listens on `address` (`127.0.0.1:0` for any free port) and answers until it is dropped.
    pub async fn start(address: &str, pace: Pace) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(pace));
        let routes = Router::new()
            .route("/v1/monitors", get(monitors))
            .route("/v1/incidents", get(incidents))
            .fallback(nothing_here)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { address, shared, server })
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// One round on; says what is different now.
    pub fn advance(&self) -> Round {
        self.shared.state().world.advance()
    }

    /// Waits until the server ends by itself, which it does only when it fails.
    pub async fn ended(&mut self) -> io::Result<()> {
        match (&mut self.server).await {
            Ok(result) => result,
            Err(gone) => Err(io::Error::other(gone)),
        }
    }
}

impl Drop for DemoApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Debug)]
struct Shared {
    pace: Pace,
    started: Instant,
    state: Mutex<ApiState>,
}

#[derive(Debug)]
struct ApiState {
    world: World,
    requests: u64,
    /// The round whose fault has been served: each is served once.
    failed_in: u32,
}

impl Shared {
    fn new(pace: Pace) -> Self {
        let state = ApiState { world: World::new(), requests: 0, failed_in: 0 };
        Self { pace, started: Instant::now(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, ApiState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as of now: the clock's rounds are made up for when somebody looks.
    fn state_now(&self) -> MutexGuard<'_, ApiState> {
        let mut state = self.state();
        if let Pace::Every(period) = self.pace {
            let due = 1 + self.started.elapsed().as_millis() / period.as_millis().max(1);
            while u128::from(state.world.round()) < due {
                state.world.advance();
            }
        }
        state
    }
}

#[derive(Debug, Deserialize)]
struct PageQuery {
    #[serde(default)]
    offset: u64,
    limit: Option<u64>,
    api_key: Option<String>,
}

async fn monitors(State(shared): State<Arc<Shared>>, Query(query): Query<PageQuery>) -> Response {
    answer(&shared, &query, |state| match state.fault(query.offset) {
        Some(fault) => fault.into_response(),
        None => page(state.world.monitors(), &query),
    })
    .await
}

async fn incidents(State(shared): State<Arc<Shared>>, Query(query): Query<PageQuery>) -> Response {
    answer(&shared, &query, |state| page(state.world.incidents(), &query)).await
}

async fn nothing_here() -> Response {
    problem(StatusCode::NOT_FOUND, "here are /v1/monitors and /v1/incidents")
}

/// Checks the key, then answers after 10 to 20 ms, as an API that is somewhere else does.
async fn answer(
    shared: &Shared,
    query: &PageQuery,
    with: impl FnOnce(&mut ApiState) -> Response,
) -> Response {
    if query.api_key.as_deref() != Some(DEMO_KEY) {
        return problem(StatusCode::UNAUTHORIZED, "api_key is missing or wrong");
    }
    let (response, requests) = {
        let mut state = shared.state_now();
        state.requests += 1;
        (with(&mut state), state.requests)
    };
    sleep(Duration::from_millis(10 + requests * 7 % 11)).await;
    response
}

/// A failure that belongs to the story.
enum Fault {
    TooManyRequests,
    Unavailable,
}

impl ApiState {
    /// In round 2, and each fifth round after it, the fourth page is refused once with a 429; in round 3, and each fifth
    /// after it, the seventh with a 503.
    fn fault(&mut self, offset: u64) -> Option<Fault> {
        let round = self.world.round();
        let fault = match (round % 5, offset / PAGE) {
            (2, 3) => Fault::TooManyRequests,
            (3, 6) => Fault::Unavailable,
            (_, _) => return None,
        };
        if self.failed_in == round {
            return None;
        }
        self.failed_in = round;
        Some(fault)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::TooManyRequests => {
                let mut response =
                    problem(StatusCode::TOO_MANY_REQUESTS, "too many requests, come back later");
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
                response
            }
            Self::Unavailable => problem(StatusCode::SERVICE_UNAVAILABLE, "out for a moment"),
        }
    }
}

#[derive(Serialize)]
struct Listing<'w, T> {
    data: Vec<&'w T>,
    total: usize,
}

fn page<T: Serialize>(all: &[T], query: &PageQuery) -> Response {
    let skip = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let data = all.iter().skip(skip).take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
    match serde_json::to_string(&Listing { data, total: all.len() }) {
        Ok(body) => json(StatusCode::OK, body),
        Err(error) => problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn problem(status: StatusCode, message: &str) -> Response {
    json(status, serde_json::json!({ "error": message }).to_string())
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    /// One GET over a plain connection: status, head, body.
    async fn get(api: &DemoApi, path: &str) -> (u16, String, serde_json::Value) {
        let mut stream = TcpStream::connect(api.address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: demo\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), serde_json::from_str(body).unwrap_or_default())
    }

    async fn get_page(api: &DemoApi, offset: u64) -> (u16, String, serde_json::Value) {
        get(api, &format!("/v1/monitors?offset={offset}&limit=100&api_key={DEMO_KEY}")).await
    }

    async fn started() -> DemoApi {
        DemoApi::start("127.0.0.1:0", Pace::Steps).await.unwrap()
    }

    #[tokio::test]
    async fn pages_follow_each_other_and_tell_the_total() {
        let api = started().await;
        let mut ids = Vec::new();
        for offset in (0..1000).step_by(100) {
            let (status, _, body) = get_page(&api, offset).await;
            assert_eq!((status, body["total"].as_u64()), (200, Some(1000)));
            ids.extend(body["data"].as_array().unwrap().iter().map(|m| m["id"].as_u64().unwrap()));
        }
        assert_eq!(ids, (1..=1000).collect::<Vec<u64>>());
        assert_eq!(get_page(&api, 1000).await.2["data"].as_array().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn without_the_key_there_is_nothing_to_see() {
        let api = started().await;
        assert_eq!(get(&api, "/v1/monitors?offset=0&limit=100").await.0, 401);
        assert_eq!(get(&api, "/v1/incidents?api_key=guess").await.0, 401);
        assert_eq!(get(&api, &format!("/v2/monitors?api_key={DEMO_KEY}")).await.0, 404);
        assert_eq!(get(&api, &format!("/v1/monitors?offset=x&api_key={DEMO_KEY}")).await.0, 400);
    }

    #[tokio::test]
    async fn the_second_round_has_one_429_and_the_third_one_503() {
        let api = started().await;
        assert_eq!(get_page(&api, 300).await.0, 200);
        api.advance();
        let (status, head, _) = get_page(&api, 300).await;
        assert!(status == 429 && head.contains("retry-after: 2"), "{head}");
        assert_eq!(get_page(&api, 300).await.0, 200);
        api.advance();
        assert_eq!(get_page(&api, 600).await.0, 503);
        assert_eq!(get_page(&api, 600).await.0, 200);
    }

    #[tokio::test]
    async fn incidents_have_a_key_of_two_fields() {
        let api = started().await;
        let (_, _, body) = get(&api, &format!("/v1/incidents?api_key={DEMO_KEY}")).await;
        let first = &body["data"][0];
        assert!(first["monitor_id"].is_u64() && first["number"].is_u64() && first["closed_at"].is_null());
    }

    #[tokio::test]
    async fn served_alone_the_story_goes_on_by_the_clock() {
        let api = DemoApi::start("127.0.0.1:0", Pace::Every(Duration::from_millis(200))).await.unwrap();
        sleep(Duration::from_millis(450)).await;
        let (_, _, body) = get_page(&api, 0).await;
        assert!(body["total"].as_u64().unwrap() >= 1001, "{}", body["total"]);
    }

    #[tokio::test]
    async fn a_dropped_server_stops_listening() {
        let api = started().await;
        let address = api.address;
        drop(api);
        for _ in 0..100 {
            if TcpStream::connect(address).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("still listening");
    }
}
