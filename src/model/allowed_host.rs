//! A host besides the API's own that may be asked: one entry of `client.allowed_hosts`.

use url::{Host, Url};

/// `cdn.example.com`, `cdn.example.com:8443`, or with a scheme, `http://cdn.example.com`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    /// `None`: https, and http only where the API itself is asked over http.
    scheme: Option<String>,
    host: Host<String>,
    /// `None`: the default port of the scheme.
    port: Option<u16>,
}

impl AllowedHost {
    /// `None` for anything but a host with an optional port and an optional scheme in front.
    pub fn parse(entry: &str) -> Option<Self> {
        let (scheme, rest) = match entry.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, entry),
        };
        if rest.contains(['/', '\\', '@', '?', '#', '*', ' '])
            || !matches!(scheme.as_deref(), None | Some("http" | "https"))
        {
            return None;
        }
        let url = Url::parse(&format!("{}://{rest}", scheme.as_deref().unwrap_or("https"))).ok()?;
        Some(Self { scheme, host: url.host()?.to_owned(), port: url.port() })
    }

    /// Whether this entry names the host of `url`; `home` is the API's own, where it is known.
    pub fn names(&self, url: &Url, home: Option<&Url>) -> bool {
        let scheme = match &self.scheme {
            Some(scheme) => url.scheme() == scheme,
            None => {
                url.scheme() == "https"
                    || (url.scheme() == "http" && home.is_none_or(|home| home.scheme() == "http"))
            }
        };
        let port = match self.port {
            Some(port) => url.port_or_known_default() == Some(port),
            None => url.port().is_none(),
        };
        scheme && port && url.host().is_some_and(|host| host.to_owned() == self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(entry: &str, url: &str, home: &str) -> bool {
        let home = Url::parse(home).unwrap();
        AllowedHost::parse(entry).unwrap().names(&Url::parse(url).unwrap(), Some(&home))
    }

    #[test]
    fn an_entry_names_a_host_its_port_and_a_scheme_that_is_no_weaker_than_the_apis() {
        const HOME: &str = "https://api.example";
        for (entry, url, named) in [
            ("cdn.example", "https://cdn.example/a?b", true),
            ("CDN.example", "https://cdn.EXAMPLE:443/", true),
            ("cdn.example", "http://cdn.example/", false),
            ("cdn.example", "https://cdn.example:8443/", false),
            ("cdn.example:8443", "https://cdn.example:8443/", true),
            ("cdn.example:443", "https://cdn.example/", true),
            ("http://cdn.example", "http://cdn.example/", true),
            ("http://cdn.example", "https://cdn.example/", false),
            ("cdn.example", "https://a.cdn.example/", false),
            ("cdn.example", "https://cdn.example.evil/", false),
            ("[::1]:80", "http://[::1]/", false),
            ("cdn.example", "ftp://cdn.example/", false),
        ] {
            assert_eq!(names(entry, url, HOME), named, "{entry} {url}");
        }
        assert!(names("127.0.0.1:81", "http://127.0.0.1:81/", "http://localhost"));
        assert!(names("cdn.example:80", "http://cdn.example/", "http://api.example"));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for entry in [
            "",
            "*.example",
            "a b",
            "h/path",
            "https://h/path",
            "https://h?q",
            "https://u:p@h",
            "u@h",
            "ftp://h",
            "https://",
            "h:99999",
            "a\\b",
            "https://h#f",
        ] {
            assert_eq!(AllowedHost::parse(entry), None, "{entry}");
        }
    }
}
