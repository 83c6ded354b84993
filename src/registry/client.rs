//! Requests to a registry: the only file of this stage that names reqwest.

use serde_json::Value as Json;
use url::Url;

use super::error::RegistryError;
use super::settings::{Credentials, Settings};

const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";

pub(super) struct Client {
    http: reqwest::Client,
    settings: Settings,
}

/// What came back.
pub(super) struct Reply {
    pub status: u16,
    pub body: Json,
}

impl Client {
    pub(super) fn new(settings: Settings) -> Result<Self, RegistryError> {
        // An error means that one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let built = reqwest::Client::builder()
            .user_agent(concat!("krest/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .timeout(settings.timeout)
            .build();
        let http = built.map_err(|error| away(&settings, &error.without_url()))?;
        Ok(Self { http, settings })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// `path`: the parts behind the registry's URL, not encoded. A body makes it a POST.
    pub(super) async fn call(&self, path: &[&str], body: Option<&Json>) -> Result<Reply, RegistryError> {
        let url = self.url(path)?;
        let mut request = match body {
            Some(body) => self.http.post(url).header("content-type", MEDIA_TYPE).body(body.to_string()),
            None => self.http.get(url),
        };
        request = request.header("accept", MEDIA_TYPE);
        request = match &self.settings.credentials {
            Credentials::None => request,
            Credentials::Basic(user, password) => request.basic_auth(user.expose(), Some(password.expose())),
            Credentials::Bearer(token) => request.bearer_auth(token.expose()),
        };
        let failed = |error: reqwest::Error| away(&self.settings, &error.without_url());
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(failed)?;
        Ok(Reply { status, body: serde_json::from_str(&text).unwrap_or(Json::Null) })
    }

    fn url(&self, path: &[&str]) -> Result<Url, RegistryError> {
        let mut url =
            self.settings.urls.first().cloned().ok_or_else(|| away(&self.settings, &"no URL is given"))?;
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(path);
        }
        Ok(url)
    }
}

fn away(settings: &Settings, detail: &dyn std::fmt::Display) -> RegistryError {
    let registry = settings.urls.first().map(ToString::to_string).unwrap_or_default();
    RegistryError::Away { registry, detail: detail.to_string() }
}
