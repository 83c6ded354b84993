//! The one policy on other hosts: which URL may be asked at all, and which gets the credentials. Redirects, next links, stored
//! positions and addresses out of a parent's record all pass it.

use std::sync::Arc;

use url::Url;

use crate::model::{AllowedHost, Transport};

/// How the API is reached, and which other hosts may be.
#[derive(Clone, Debug, Default)]
pub struct Access {
    pub allowed_hosts: Vec<AllowedHost>,
    /// Equal settings share connections.
    pub transport: Arc<Transport>,
}

/// Which hosts one walk may ask.
#[derive(Clone, Debug)]
pub(in crate::poll) struct Reach {
    /// Where the operator's own words lead: the host that the credentials are meant for. `None` if only data names hosts.
    pub home: Option<Url>,
    pub allowed_hosts: Vec<AllowedHost>,
}

/// What a URL's host is to the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::poll) enum Standing {
    /// The API itself: it gets the credentials.
    Home,
    /// A host of `client.allowed_hosts`: it is asked without credentials, cookies, and the operator's headers.
    Guest,
}

/// A host that is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::poll) struct Stranger {
    /// Scheme, host and port, as `client.allowed_hosts` would name it. No path: that may hold anything.
    pub target: String,
}

impl Reach {
    /// Judges a URL. One that differs from home in nothing but `http` for `https` is asked for over https: APIs behind a proxy
    /// that ends TLS write such links, and the credentials must not travel in the clear.
    pub(in crate::poll) fn admit(&self, url: &mut Url) -> Result<Standing, Stranger> {
        if let Some(home) = &self.home {
            let same_port = url.port().is_none() || url.port() == home.port();
            let same_place = url.host() == home.host() && same_port;
            if same_place && url.scheme() == "http" && home.scheme() == "https" {
                // Both calls fail only for URLs without a host, and this one has the API's.
                let _ = url.set_scheme("https");
                let _ = url.set_port(home.port());
            }
            if url.origin().is_tuple() && url.origin() == home.origin() {
                return Ok(Standing::Home);
            }
        }
        if self.allowed_hosts.iter().any(|host| host.names(url, self.home.as_ref())) {
            return Ok(Standing::Guest);
        }
        let host = url.host_str().unwrap_or("a place without a host");
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Err(Stranger { target: format!("{}://{host}{port}", url.scheme()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(home: &str) -> Reach {
        let allowed_hosts = ["files.example", "http://old.example:81"];
        Reach {
            home: Some(Url::parse(home).unwrap()),
            allowed_hosts: allowed_hosts.iter().map(|entry| AllowedHost::parse(entry).unwrap()).collect(),
        }
    }

    fn judged(home: &str, url: &str) -> Result<(Standing, String), String> {
        let mut url = Url::parse(url).unwrap();
        let standing = reach(home).admit(&mut url).map_err(|stranger| stranger.target)?;
        Ok((standing, url.into()))
    }

    #[test]
    fn the_apis_own_origin_is_home_the_named_are_guests_and_the_others_are_strangers() {
        use Standing::{Guest, Home};
        let home = "https://api.example/v1";
        for (url, expected) in [
            ("https://api.example:443/x?y", Ok(Home)),
            ("https://api.example:8443/x", Err("https://api.example:8443")),
            ("https://files.example/x", Ok(Guest)),
            ("http://files.example/x", Err("http://files.example")),
            ("http://old.example:81/x", Ok(Guest)),
            ("https://evil.example/secret", Err("https://evil.example")),
            ("https://api.example@evil.example/", Err("https://evil.example")),
            ("https://api.example.evil.example/", Err("https://api.example.evil.example")),
            ("file:///etc/passwd", Err("file://a place without a host")),
            ("ftp://api.example/", Err("ftp://api.example")),
        ] {
            let standing = judged(home, url).map(|(standing, _)| standing);
            assert_eq!(standing, expected.map_err(str::to_owned), "{url}");
        }
    }

    #[test]
    fn a_link_home_that_forgot_its_tls_is_asked_for_with_it_and_never_the_other_way_round() {
        assert_eq!(
            judged("https://api.example/v1", "http://api.example/v1?page=2"),
            Ok((Standing::Home, "https://api.example/v1?page=2".to_owned()))
        );
        assert_eq!(
            judged("https://api.example:8443/", "http://api.example:8443/2"),
            Ok((Standing::Home, "https://api.example:8443/2".to_owned()))
        );
        assert_eq!(
            judged("https://api.example:8443/", "http://api.example/2"),
            Ok((Standing::Home, "https://api.example:8443/2".to_owned()))
        );
        assert!(judged("https://api.example/", "http://api.example:8080/2").is_err());
        assert!(judged("https://api.example:8443/", "http://api.example:81/2").is_err());
        assert!(judged("http://api.example/", "https://api.example/2").is_err());
    }

    #[test]
    fn without_a_home_only_named_hosts_are_asked_and_none_gets_the_credentials() {
        let reach = Reach { home: None, ..reach("https://api.example") };
        assert_eq!(reach.admit(&mut Url::parse("https://files.example/").unwrap()), Ok(Standing::Guest));
        assert!(reach.admit(&mut Url::parse("https://api.example/").unwrap()).is_err());
    }
}
