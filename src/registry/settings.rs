//! What a registry is asked with.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::model::{Redactor, Secret, Transport};

/// How to reach a registry, and what it may be asked to do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Tried in turn; never empty, without user info.
    pub urls: Vec<Url>,
    /// Which registry is behind them, without secrets.
    pub identity: String,
    pub credentials: Credentials,
    pub transport: Arc<Transport>,
    /// `auto.register.schemas`: whether what it lacks is registered, or only looked up.
    pub registers: bool,
    /// `normalize.schemas`: whether it compares the meaning of schemas rather than their text.
    pub normalizes: bool,
    pub timeout: Duration,
    pub retries: Retries,
    /// What is quoted of answers passes it.
    pub redactor: Redactor,
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub enum Credentials {
    #[default]
    None,
    /// User name and password.
    Basic(Secret, Secret),
    Bearer(Secret),
}

/// How often what may pass is tried again, all URLs once each time.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    pub most: u32,
    pub wait: Duration,
    pub max_wait: Duration,
}
