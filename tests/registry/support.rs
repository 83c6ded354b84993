//! The client under test, pointed at a registry.

use std::sync::Arc;
use std::time::Duration;

use krest::model::Transport;
use krest::registry::{Credentials, Registry, Retries, Settings};
use url::Url;

/// Registers, does not wait long, and tries twice.
pub fn settings(url: &str) -> Settings {
    Settings {
        urls: vec![Url::parse(url).unwrap()],
        credentials: Credentials::None,
        transport: Arc::new(Transport::default()),
        registers: true,
        normalizes: false,
        timeout: Duration::from_secs(20),
        redactor: krest::model::Redactor::default(),
        retries: Retries { most: 1, wait: Duration::from_millis(1), max_wait: Duration::from_millis(5) },
    }
}

pub fn client(url: &str) -> Registry {
    Registry::new(settings(url)).unwrap()
}
