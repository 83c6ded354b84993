//! A request and its answer, from wherever the test runs.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use crate::support::api;

/// Status and body; a body that is no JSON is null. `Err`: nobody answers.
pub fn ask(method: Method, url: &str, body: Option<&Value>) -> Result<(u16, Value), String> {
    let (url, body) = (url.to_owned(), body.map(ToString::to_string));
    // On the harness's own runtime, through a thread: the caller may be inside another runtime.
    std::thread::scope(|scope| {
        scope.spawn(|| api::runtime().block_on(sent(method, &url, body))).join().expect("no panic")
    })
    .map_err(|error| error.to_string())
}

async fn sent(method: Method, url: &str, body: Option<String>) -> reqwest::Result<(u16, Value)> {
    // An error means that one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
    let mut request = client.request(method, url);
    if let Some(body) = body {
        request = request.header("content-type", "application/vnd.schemaregistry.v1+json").body(body);
    }
    let response = request.send().await?;
    let status = response.status().as_u16();
    Ok((status, serde_json::from_str(&response.text().await?).unwrap_or(Value::Null)))
}
