//! Rules of `registry:`: who asks, and settings that exclude each other.

use std::time::Duration;

use url::Url;

use super::auth::breaks_a_header;
use super::pem;
use crate::config::check::learn_path;
use crate::config::read::read;
use crate::config::registry::{BasicSource, Registry, RegistryBlock, RegistryCredentials, registry_urls};
use crate::config::report::Report;
use crate::config::tree::Node;
use crate::model::{Redactor, Secret, Tls};

const USER_INFO: &str = "basic.auth.user.info";

/// `None` if the file has none, or after a mistake in it has been reported.
pub(crate) fn registry(root: &Node, redactor: &Redactor, report: &mut Report) -> Option<Registry> {
    let node = root.given("registry")?;
    let block: RegistryBlock = read(node)?;
    let mut urls = registry_urls(&block.url)?;
    let before = report.count();
    let mut said = Said { node, report };
    let credentials = credentials(&block, &urls, &mut said);
    if let RegistryCredentials::Basic(user, password) = &credentials {
        redactor.add(password);
        redactor.add(&Secret::new(&format!("{}:{}", user.expose(), password.expose())));
    }
    let tls = tls(&block, &mut said);
    if block.use_latest && block.auto_register {
        said.mistake(
            "use.latest.version",
            "needs auto.register.schemas: false, since values have either the newest schema that is there or one that is registered for them",
        );
    }
    if said.report.count() > before {
        return None;
    }
    for url in &mut urls {
        // Both fail only for URLs that cannot have user info.
        let _ = url.set_username("");
        let _ = url.set_password(None);
    }
    if let Some(url) = node.given("url") {
        learn_path(url, redactor);
    }
    let identity: Vec<&str> = urls.iter().map(|url| url.as_str().trim_end_matches('/')).collect();
    let identity = redactor.scrub(&identity.join(",")).into_owned();
    Some(Registry {
        urls,
        identity,
        credentials,
        tls,
        auto_register: block.auto_register,
        use_latest: block.use_latest,
        normalize: block.normalize,
        key_strategy: block.key_strategy,
        value_strategy: block.value_strategy,
        timeout: Duration::from_millis(block.timeout_ms),
        max_retries: block.max_retries,
        wait: Duration::from_millis(block.wait_ms),
        max_wait: Duration::from_millis(block.max_wait_ms),
    })
}

/// Where mistakes are reported.
struct Said<'s> {
    node: &'s Node,
    report: &'s mut Report,
}

impl Said<'_> {
    fn mistake(&mut self, key: &str, text: &str) {
        let at = self.node.entry(key).map_or(self.node.at, |entry| entry.node.at);
        self.report.mistake(at, format!("registry.{key}: {text}"));
    }
}

/// Nothing of them is ever repeated in a message.
fn credentials(block: &RegistryBlock, urls: &[Url], said: &mut Said<'_>) -> RegistryCredentials {
    let in_urls = in_urls(urls, said);
    if block.bearer_source.is_some() && block.token.is_none() {
        said.mistake("bearer.auth.credentials.source", "needs the token: \"bearer.auth.token\" is missing");
    }
    if let Some(token) = &block.token {
        if block.user_info.is_some() || in_urls.is_some() {
            said.mistake(
                "bearer.auth.token",
                "user name and password are given as well; only one of them can be sent",
            );
        }
        if token.0.expose().is_empty() || breaks_a_header(token.0.expose()) {
            said.mistake("bearer.auth.token", "is empty, or holds a line break or another control character");
        }
        return RegistryCredentials::Bearer(token.0.clone());
    }
    let in_key = block.user_info.as_ref().and_then(|info| split(info.0.expose()));
    if block.user_info.is_some() && in_key.is_none() {
        said.mistake(USER_INFO, "must be user name and password with a colon between them");
    }
    let chosen = match block.basic_source {
        Some(BasicSource::UserInfo) if block.user_info.is_none() => {
            said.mistake(
                "basic.auth.credentials.source",
                "is USER_INFO, and \"basic.auth.user.info\" is missing",
            );
            None
        }
        Some(BasicSource::UserInfo) => in_key,
        Some(BasicSource::Url) if in_urls.is_none() => {
            said.mistake(
                "basic.auth.credentials.source",
                "is URL, and there is no user name in url (https://user:password@host)",
            );
            None
        }
        Some(BasicSource::Url) => in_urls,
        None if in_urls.is_some() && block.user_info.is_some() => {
            said.mistake(
                USER_INFO,
                "url has a user name, too; say which counts: basic.auth.credentials.source: USER_INFO or URL",
            );
            None
        }
        None => in_key.or(in_urls),
    };
    chosen.map_or(RegistryCredentials::None, |(user, password)| RegistryCredentials::Basic(user, password))
}

/// What one host may know, another may not: user info counts for all URLs, so it has to stand in all of them.
fn in_urls(urls: &[Url], said: &mut Said<'_>) -> Option<(Secret, Secret)> {
    let of = |url: &Url| {
        let decoded =
            |text: &str| Secret::new(&percent_encoding::percent_decode_str(text).decode_utf8_lossy());
        let is_there = !url.username().is_empty() || url.password().is_some();
        is_there.then(|| (decoded(url.username()), decoded(url.password().unwrap_or_default())))
    };
    let first = urls.first().and_then(of);
    if urls.iter().any(|url| of(url) != first) {
        said.mistake("url", "its parts have different user names or passwords; write the same into all of them, or none and \"basic.auth.user.info\"");
    }
    urls.iter().find_map(of)
}

fn split(info: &str) -> Option<(Secret, Secret)> {
    let (user, password) = info.split_once(':')?;
    (!user.is_empty()).then(|| (Secret::new(user), Secret::new(password)))
}

fn tls(block: &RegistryBlock, said: &mut Said<'_>) -> Tls {
    if block.key.is_some() && block.certificate.is_none() {
        said.mistake("ssl.key.location", "needs its certificate: \"ssl.certificate.location\" is missing");
    }
    let mut tls = Tls { system_roots: block.ca.is_none(), ..Tls::default() };
    match block.ca.as_deref().map(pem::authorities).transpose() {
        Ok(authorities) => tls.authorities = authorities,
        Err(why) => said.mistake("ssl.ca.location", &why),
    }
    if let Some(certificate) = &block.certificate {
        match pem::identity(certificate, block.key.as_deref()) {
            Ok(identity) => tls.identity = Some(identity),
            Err(("key_file", why)) => said.mistake("ssl.key.location", &why),
            Err((_, why)) => said.mistake("ssl.certificate.location", &why),
        }
    }
    tls
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;
    use crate::model::Redactor;

    #[test]
    fn which_registry_it_is_can_be_told_to_anybody() {
        let text = "source: {client: {base_url: 'https://h'}, resources: [{name: a, primary_key: id}]}
format: {value: avro}
registry: {url: 'https://me:pass@one/${env:KEY}/v7/,http://me:pass@two:8081'}";
        let environment = |name: &str| (name == "KEY").then(|| "c4nary".to_owned());
        let config =
            Config::parse(text.as_bytes(), Path::new("f.yaml"), &environment, &Redactor::default()).unwrap();
        let registry = config.registry.unwrap();
        assert_eq!(registry.identity, "https://one/***/v7,http://two:8081");
        assert_eq!(registry.urls[0].as_str(), "https://one/c4nary/v7/");
    }
}
