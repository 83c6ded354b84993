//! Links to the next page: where they lead, whether krest goes there, and how they are stored without credentials.

use serde_json::{Value, json};
use url::Url;

use super::auth::{Reach, Stranger};
use crate::model::{Position, RedactedUrl};

/// What a link is judged by.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkPolicy<'a> {
    pub reach: &'a Reach,
    /// Where the answer came from, redirects followed: relative links start there.
    pub here: &'a Url,
}

/// Why a link is not followed. No URL of the API's is repeated but its origin: a query may hold a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LinkError {
    #[error("the link to the next page leads to {origin}, which is another host; nothing was sent there")]
    Elsewhere { origin: String },
    #[error("the link to the next page is no URL that can be read: {problem}")]
    Unreadable { problem: String },
}

impl LinkPolicy<'_> {
    /// The URL that a link means, if krest may go there.
    pub(super) fn follow(&self, link: &str) -> Result<Url, LinkError> {
        let mut url =
            self.here.join(link).map_err(|error| LinkError::Unreadable { problem: error.to_string() })?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(LinkError::Unreadable { problem: format!("its scheme is {:?}", url.scheme()) });
        }
        url.set_fragment(None);
        self.reach.admit(&mut url).map_err(|Stranger { target }| LinkError::Elsewhere { origin: target })?;
        Ok(url)
    }
}

/// A link, and the names of the parameters that were taken out of it because their values are secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredLink {
    pub url: Url,
    pub without: Vec<String>,
}

impl StoredLink {
    /// `secret_params` names the parameters that the configuration can put back.
    pub(super) fn strip(url: &Url, secret_params: &[String]) -> Self {
        let (mut kept, mut without) = (Vec::new(), Vec::new());
        for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let name = url::form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned());
            match name.filter(|name| secret_params.contains(name)) {
                Some(name) if without.contains(&name) => {}
                Some(name) => without.push(name),
                None => kept.push(pair),
            }
        }
        let mut url = url.clone();
        url.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref());
        Self { url, without }
    }

    /// `None` where something stays that looks like a credential and is none of the configuration's: it can be neither stored
    /// nor put back.
    pub(super) fn position(&self) -> Option<Position> {
        if RedactedUrl::new(&self.url, &[]).to_string() != self.url.as_str() {
            return None;
        }
        let mut position = json!({ "link": self.url.as_str() });
        if let (false, Value::Object(map)) = (self.without.is_empty(), &mut position) {
            map.insert("without".to_owned(), json!(self.without));
        }
        Some(Position(position))
    }

    /// Whether a position leads to no host that may not be asked (any more). That of `auto` holds another one.
    pub(super) fn is_within(position: &Position, reach: &Reach) -> bool {
        let of_auto = position.0.get("at").cloned().map(Position);
        Self::read(of_auto.as_ref().unwrap_or(position))
            .is_none_or(|mut stored| reach.admit(&mut stored.url).is_ok())
    }

    pub(super) fn read(position: &Position) -> Option<Self> {
        let url = position.0.get("link").and_then(Value::as_str).and_then(|link| Url::parse(link).ok())?;
        let without = match position.0.get("without") {
            None => Vec::new(),
            Some(names) => names
                .as_array()?
                .iter()
                .map(|name| name.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        };
        Some(Self { url, without })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(home: &str, here: &str, link: &str) -> Result<String, LinkError> {
        let (home, here) = (Url::parse(home).unwrap(), Url::parse(here).unwrap());
        let reach = Reach { home: Some(home), allowed_hosts: Vec::new() };
        LinkPolicy { reach: &reach, here: &here }.follow(link).map(String::from)
    }

    #[test]
    fn a_relative_link_starts_at_the_answers_own_url() {
        let here = "https://h.example/v2/items?page=1";
        for (link, expected) in [
            ("?page=2", "https://h.example/v2/items?page=2"),
            ("items?page=2", "https://h.example/v2/items?page=2"),
            ("/v3/items", "https://h.example/v3/items"),
            ("https://h.example:443/x#top", "https://h.example/x"),
            ("?q=a b", "https://h.example/v2/items?q=a%20b"),
        ] {
            assert_eq!(follow("https://h.example/v1/items", here, link).unwrap(), expected, "{link}");
        }
    }

    #[test]
    fn a_link_to_another_origin_is_refused_and_only_its_origin_is_named() {
        for link in ["https://evil.example/x?t=s", "//evil.example/x?t=s"] {
            let error = follow("https://h.example/", "https://h.example/", link).unwrap_err();
            assert_eq!(error, LinkError::Elsewhere { origin: "https://evil.example".to_owned() });
        }
        for link in ["https://h.example:8443/", "http://h.example:8080/", "http://other.example/"] {
            let refused = follow("https://h.example/", "https://h.example/", link);
            assert!(matches!(refused, Err(LinkError::Elsewhere { .. })), "{link}");
        }
    }

    #[test]
    fn what_is_no_url_of_the_web_is_unreadable() {
        for link in ["ftp://h.example/", "mailto:me", "http://", "https://[::1"] {
            let refused = follow("https://h.example/", "https://h.example/", link);
            assert!(matches!(refused, Err(LinkError::Unreadable { .. })), "{link}: {refused:?}");
        }
    }

    #[test]
    fn the_same_host_without_tls_is_asked_with_tls() {
        let home = "https://h.example/v1";
        assert_eq!(follow(home, home, "http://h.example/v1?page=2").unwrap(), "https://h.example/v1?page=2");
        assert!(follow("http://h.example/", "http://h.example/", "https://h.example/").is_err());
    }

    #[test]
    fn secrets_are_taken_out_of_a_stored_link_and_named() {
        let url = Url::parse("https://h.example/x?api_key=s3&page=2&q=a%20b&api_key=s3").unwrap();
        let stored = StoredLink::strip(&url, &["api_key".to_owned()]);
        let position = stored.position().unwrap();
        let expected = json!({"link": "https://h.example/x?page=2&q=a%20b", "without": ["api_key"]});
        assert_eq!(position.0, expected);
        assert_eq!(StoredLink::read(&position), Some(stored));
    }

    #[test]
    fn a_position_at_a_host_that_may_not_be_asked_is_not_taken_up() {
        let reach =
            Reach { home: Some(Url::parse("https://h.example/v1").unwrap()), allowed_hosts: Vec::new() };
        for (position, expected) in [
            (json!({"link": "https://h.example/2"}), true),
            (json!({"link": "https://old.example/2"}), false),
            (json!({"auto": {}, "at": {"link": "https://old.example/2"}}), false),
            (json!({"offset": 2}), true),
        ] {
            assert_eq!(StoredLink::is_within(&Position(position.clone()), &reach), expected, "{position}");
        }
    }

    #[test]
    fn a_link_with_a_foreign_credential_is_not_stored() {
        for link in ["https://h.example/x?page=2&sig=abc", "https://me:pw@h.example/x?page=2"] {
            let stored = StoredLink::strip(&Url::parse(link).unwrap(), &["api_key".to_owned()]);
            assert_eq!(stored.position(), None, "{link}");
        }
        let plain = Url::parse("https://h.example/x?page_token=abc").unwrap();
        assert!(StoredLink::strip(&plain, &[]).position().is_some());
    }
}
