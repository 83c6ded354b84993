//! The poller of a process: one HTTP client and one set of host limits for all resources.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::auth::TokenStores;
use super::client::HttpClient;
use super::event::{Observer, PollEvent};
use super::pages::Pages;
use super::rate_limit::Hosts;
use super::scan::Scan;
use super::source::Source;
use super::walk::Walk;
use crate::model::{Redactor, ResourceName};

/// Cheap to clone; clones share connections and limits.
#[derive(Clone)]
pub struct Poller {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub http: HttpClient,
    pub hosts: Hosts,
    pub tokens: TokenStores,
    pub redactor: Redactor,
    pub observer: Option<Observer>,
    /// What was said of resources that is true of each of their walks, or scans.
    pub told: Mutex<HashSet<(ResourceName, About)>>,
}

/// What is said of a resource once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum About {
    /// The API seems to have more than was read.
    More,
    /// What the page behind the API's total says of it.
    Total,
}

impl Poller {
    /// The redactor knows every secret that a source may hold: errors and quoted bodies pass it.
    pub fn new(redactor: Redactor) -> Self {
        Self::build(redactor, None)
    }

    /// With someone who hears of each request, page and wait.
    pub fn with_observer(redactor: Redactor, observer: Observer) -> Self {
        Self::build(redactor, Some(observer))
    }

    fn build(redactor: Redactor, observer: Option<Observer>) -> Self {
        let shared = Shared {
            http: HttpClient::default(),
            hosts: Hosts::default(),
            tokens: TokenStores::default(),
            redactor,
            observer,
            told: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Starts a walk. The first request goes out at once; nothing is sent any more once the pages are dropped. Must be
    /// called within a tokio runtime.
    pub fn scan(&self, source: Arc<Source>, walk: &Walk) -> Pages {
        let resource = source.resource.clone();
        let scan = Scan::new(Arc::clone(&self.shared), source, walk);
        Pages::start(scan, resource, self.shared.redactor.clone())
    }
}

impl Shared {
    /// Whether nothing of the kind was said of this resource yet.
    pub(super) fn tells_first(&self, resource: &ResourceName, about: About) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).insert((resource.clone(), about))
    }

    pub(super) fn tell(&self, event: impl FnOnce() -> PollEvent) {
        if let Some(observer) = &self.observer {
            observer(&event());
        }
    }
}
