//! The client under test, pointed at a registry.

use std::sync::Arc;
use std::time::Duration;

use krest::model::{Proxy, Redactor, Tls, Transport};
use krest::registry::{Credentials, Registry, Retries, Settings};
use url::Url;

pub const LONG: &str = r#"{"type":"record","name":"A","fields":[{"name":"x","type":"long"}]}"#;
/// No reader with it can read what was written by `LONG`, nor the other way round.
pub const TEXT: &str =
    r#"{"type":"record","name":"A","fields":[{"name":"x","type":"string"},{"name":"y","type":"int"}]}"#;
/// A reader with it can read what was written by `LONG`.
pub const WIDER: &str = r#"{"type":"record","name":"A","fields":[{"name":"x","type":"long"},{"name":"z","type":["null","long"],"default":null}]}"#;

/// Registers, and tries twice without waiting long.
pub fn settings(url: &str) -> Settings {
    Settings {
        urls: vec![Url::parse(url).unwrap()],
        identity: url.to_owned(),
        credentials: Credentials::None,
        transport: Arc::new(Transport { tls: Tls::default(), proxy: Proxy::Direct }),
        registers: true,
        normalizes: false,
        timeout: Duration::from_secs(30),
        retries: Retries { most: 1, wait: Duration::from_millis(1), max_wait: Duration::from_secs(5) },
        redactor: Redactor::default(),
    }
}

pub fn client(url: &str) -> Registry {
    Registry::new(settings(url)).unwrap()
}

/// It only looks up.
pub fn looking(url: &str) -> Registry {
    Registry::new(Settings { registers: false, ..settings(url) }).unwrap()
}
