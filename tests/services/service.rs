//! A service that runs: on a free port of this machine, with its data in a directory of its own, until it is dropped.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::rows;
use crate::support::api::runtime;
use crate::support::{Running, free_port, within};

/// What the services in Python are made of.
pub const REQUIREMENTS: &str = include_str!("requirements.txt");

/// An interpreter on a machine that does other things as well takes its time.
const COMES_UP: Duration = Duration::from_secs(60);

pub struct Service {
    /// `http://127.0.0.1:<port>`
    pub url: String,
    // Ended first, and then its directory goes.
    process: Running,
    _directory: TempDir,
}

impl Service {
    /// `command` makes the command from the directory with the data and the port; `ready` answers 200 once it is up.
    pub fn start(ready: &str, command: impl FnOnce(&Path, &str) -> Command) -> Self {
        let directory = tempfile::Builder::new().prefix("krest-service-").tempdir().expect("a directory");
        fs::write(directory.path().join("rows.json"), rows::file()).expect("the data is written");
        let port = free_port().to_string();
        let mut command = command(directory.path(), &port);
        command.current_dir(directory.path());
        let process = Running::start(command, "no secret in here");
        let mut service = Self { url: format!("http://127.0.0.1:{port}"), process, _directory: directory };
        service.comes_up(ready);
        service
    }

    fn comes_up(&mut self, ready: &str) {
        let answers = || {
            let ended = !self.process.is_running();
            (ended || self.ask(reqwest::Method::GET, ready, None).is_ok()).then_some(ended)
        };
        match within(COMES_UP, answers) {
            Some(false) => {}
            Some(true) => {
                let ended = self.process.finish(COMES_UP);
                panic!("the service ended, code {:?}:\n{}{}", ended.code, ended.stdout, ended.stderr);
            }
            None => panic!("{}{ready} does not answer within {COMES_UP:?}", self.url),
        }
    }

    /// Changes the record as a user of the service does.
    pub fn patch(&self, path: &str, change: &Value) {
        self.ask(reqwest::Method::PATCH, path, Some(change)).expect("the service takes the change");
    }

    fn ask(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> Result<(), reqwest::Error> {
        // The process-wide provider is set once; a second time is no error that matters.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        let mut request = client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        runtime().block_on(async { request.send().await?.error_for_status().map(|_| ()) })
    }
}
