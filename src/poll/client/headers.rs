//! Request headers that are known to be legal.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::model::Secret;

/// Those of a request that say what is wanted and what is sent, and nothing of who asks.
const DESCRIBING: &[&str] =
    &["accept", "accept-encoding", "accept-language", "cache-control", "content-type", "user-agent"];

/// Headers that are known to be legal. Names are not case-sensitive; the last one set wins.
#[derive(Clone, Debug, Default)]
pub(in crate::poll) struct Headers(pub(super) HeaderMap);

impl Headers {
    /// Replaces a header of the same name. `Err` names what is wrong, never the value.
    pub(in crate::poll) fn set(&mut self, name: &str, value: &Secret) -> Result<(), &'static str> {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| "its name is not a legal header name")?;
        let mut value = HeaderValue::from_str(value.expose())
            .or_else(|_| HeaderValue::from_bytes(value.expose().as_bytes()))
            .map_err(|_| "its value holds a line break or another control character")?;
        value.set_sensitive(true);
        self.0.insert(name, value);
        Ok(())
    }

    pub(in crate::poll) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(in crate::poll) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// The text of a header, if it is UTF-8.
    pub(in crate::poll) fn text(&self, name: &str) -> Option<String> {
        String::from_utf8(self.0.get(name)?.as_bytes().to_vec()).ok()
    }

    /// For a host that must not learn who asks.
    pub(in crate::poll) fn without_secrets(&self) -> Self {
        let describing = self.0.iter().filter(|(name, _)| DESCRIBING.contains(&name.as_str()));
        Self(describing.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}
