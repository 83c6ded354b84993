//! The formats that texts of a configuration have.

use crate::config::registry::registry_urls;
use crate::config::rules::is_proxy;
use crate::config::units::{DURATION, RATE, SIZE, parse_duration, parse_rate, parse_size};
use crate::template::{Jq, JsonPath};

pub(crate) const BASE_URL: &str = "base-url";
pub(crate) const CONNECTOR_NAME: &str = "connector-name";
pub(crate) const JSON_PATH: &str = "jsonpath";
pub(crate) const JQ: &str = "jq";
pub(crate) const PROXY: &str = "proxy";
pub(crate) const REGISTRY_URLS: &str = "registry-urls";

/// What a text of this format looks like, as a message says it; `None` for a format without a rule.
pub(super) fn describe(format: &str) -> Option<&'static str> {
    match format {
        DURATION => Some("a duration like 10ms, 1s, 5m or 24h"),
        SIZE => Some("a size like 512KiB, 64MiB or 1GiB"),
        RATE => Some("a rate like 10/s, 600/m or 1000/h"),
        JSON_PATH => Some("a JSONPath"),
        JQ => Some("a jq expression"),
        BASE_URL => Some("a URL that begins with http:// or https://"),
        PROXY => Some("the URL of a proxy (http, https, socks5 or socks5h) without a path, or \"direct\""),
        REGISTRY_URLS => Some(
            "the URL of a registry that begins with http:// or https://, without ? and #; or several with commas",
        ),
        CONNECTOR_NAME => Some("made of letters, digits, \".\", \"_\" and \"-\" alone"),
        _ => None,
    }
}

/// What is wrong with the text; empty if `describe` says it all.
pub(super) fn fault(format: &str, text: &str) -> Option<String> {
    let unless = |fits: bool| (!fits).then(String::new);
    match format {
        DURATION => unless(parse_duration(text).is_some()),
        SIZE => unless(parse_size(text).is_some()),
        RATE => unless(parse_rate(text).is_some()),
        JSON_PATH => JsonPath::parse(text).err().map(|error| error.to_string()),
        JQ => Jq::compile(text).err().map(|error| error.to_string()),
        BASE_URL => unless(is_base_url(text)),
        PROXY => unless(is_proxy(text)),
        REGISTRY_URLS => unless(registry_urls(text).is_some()),
        CONNECTOR_NAME => unless(is_connector_name(text)),
        _ => None,
    }
}

/// Whether a message may repeat the text: a URL may hold a password.
pub(super) fn may_be_shown(format: &str) -> bool {
    !matches!(format, BASE_URL | PROXY | REGISTRY_URLS)
}

fn is_connector_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// Empty is dlt's way to say that every path is a URL of its own.
fn is_base_url(text: &str) -> bool {
    let is_http = |url: &url::Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let begins = |start: &str| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    text.is_empty()
        || ((begins("http://") || begins("https://")) && url::Url::parse(text).is_ok_and(|url| is_http(&url)))
}
