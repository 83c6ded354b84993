//! The API: a process of its own, so that its CPU is not krest's. It ends with the pipe that its parent holds.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use serde::Deserialize;

use crate::data;

/// The running API, for its parent.
pub(crate) struct Server {
    /// Where its records are listed: `{base}records?offset=…&limit=…`.
    pub(crate) base: String,
    child: Child,
}

impl Server {
    pub(crate) fn start() -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut child = Command::new(program)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the API starts");
        let mut port = String::new();
        let stdout = child.stdout.take().expect("stdout is a pipe");
        BufReader::new(stdout).read_line(&mut port).expect("the API says its port");
        Self { base: format!("http://127.0.0.1:{}/", port.trim()), child }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
struct Asked {
    offset: usize,
    limit: usize,
}

/// Pages are made once: what is measured is their reader.
struct Pages {
    records: usize,
    made: Mutex<HashMap<Asked, Bytes>>,
}

/// The child's whole life.
pub(crate) fn serve(records: usize) {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let pages = Arc::new(Pages { records, made: Mutex::default() });
    let router = Router::new().route("/records", get(page)).with_state(pages);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address").port());
        axum::serve(listener, router).await.expect("the API serves");
    });
}

async fn page(State(pages): State<Arc<Pages>>, Query(asked): Query<Asked>) -> impl IntoResponse {
    let Asked { offset, limit } = asked;
    let total = pages.records;
    let count = limit.min(total.saturating_sub(offset));
    let mut made = pages.made.lock().expect("nothing panics here");
    let body = made.entry(asked).or_insert_with(|| data::body_of(offset, count, 0, total).into());
    ([(CONTENT_TYPE, "application/json")], body.clone())
}
