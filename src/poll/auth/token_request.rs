//! The request for an access token: a form, sent under the limits of the token endpoint's own host.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;
use tracing::debug;

use super::grant::{Grant, TokenError};
use super::kinds::{ClientAuth, OAuth2};
use super::sign::basic;
use crate::model::{RedactedUrl, Secret};
use crate::poll::client::{Call, Headers};
use crate::poll::event::{PollEvent, WaitReason};
use crate::poll::poller::Shared;
use crate::poll::source::{Method, Source};

/// What an HTML form leaves as it is; the space becomes a plus.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b' ');

/// One request for a token, on behalf of a page of a resource.
pub(in crate::poll) struct TokenRequest<'r> {
    pub client: &'r OAuth2,
    pub shared: &'r Shared,
    pub source: &'r Source,
    pub page: u64,
}

impl TokenRequest<'_> {
    /// A redirect is no answer: the secret goes where the operator said, and nowhere else.
    pub(in crate::poll) async fn send(self) -> Result<Grant, TokenError> {
        let (url, resource, page) = (&self.client.token_url, &self.source.resource, self.page);
        let (form, headers) = (form(self.client), headers(self.client));
        let call = Call {
            method: Method::Post,
            url,
            headers: &headers,
            body: Some(&form),
            whole: false,
            limits: &self.source.limits,
            transport: &self.source.access.transport,
            with_identity: true,
        };
        let host = self.shared.hosts.host(url, &self.source.limits);
        let _permit = host.permit(&|wait| self.tell_wait(wait)).await;
        let shown = RedactedUrl::new(url, &[]);
        self.shared.tell(|| PollEvent::Requested { resource: resource.clone(), page, url: shown.clone() });
        let begun = Instant::now();
        let result = Box::pin(self.shared.http.send(&call)).await;
        let ms = begun.elapsed().as_millis();
        let url = self.shared.redactor.scrub(&shown.to_string()).into_owned();
        let status = result.as_ref().ok().map(|answer| answer.status);
        debug!(%resource, page, url, status, ms, "asked for an access token");
        let answer = result.map_err(TokenError::Transport)?;
        Grant::read(&answer, begun, self.client.default_expiration, &self.shared.redactor)
    }

    fn tell_wait(&self, duration: Duration) {
        self.shared.tell(|| PollEvent::Waiting {
            resource: self.source.resource.clone(),
            page: self.page,
            reason: WaitReason::RateLimit,
            duration,
        });
    }
}

fn headers(client: &OAuth2) -> Headers {
    let mut headers = Headers::default();
    let credentials = match client.client_auth {
        ClientAuth::Post => None,
        // RFC 6749 §2.3.1: encoded as a form's values are, before they become one text.
        ClientAuth::Basic => Some(basic(&encoded(&client.client_id), &encoded(&client.client_secret))),
    };
    let fixed = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    let fixed = fixed.map(|(name, value)| (name, Secret::new(value)));
    for (name, value) in fixed.into_iter().chain(credentials.map(|value| ("authorization", value))) {
        // Names and values are legal: constants, and base64.
        let _ = headers.set(name, &value);
    }
    headers
}

/// dlt's order and rule: the operator's own data come last and replace what has the same name.
fn form(client: &OAuth2) -> String {
    let credentials =
        [("client_id", client.client_id.expose()), ("client_secret", client.client_secret.expose())];
    let credentials = match client.client_auth {
        ClientAuth::Post => credentials.as_slice(),
        ClientAuth::Basic => &[],
    };
    let own = |name: &str| client.request_data.iter().any(|(given, _)| given == name);
    let standard = credentials.iter().copied().chain([("grant_type", "client_credentials")]);
    let given = client.request_data.iter().map(|(name, value)| (name.as_str(), value.expose()));
    let pairs = standard.filter(|(name, _)| !own(name)).chain(given);
    let written: Vec<String> =
        pairs.map(|(name, value)| format!("{}={}", form_encoded(name), form_encoded(value))).collect();
    written.join("&")
}

fn encoded(secret: &Secret) -> Secret {
    Secret::new(&form_encoded(secret.expose()))
}

fn form_encoded(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string().replace(' ', "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(client_auth: ClientAuth, data: &[(&str, &str)]) -> OAuth2 {
        OAuth2 {
            token_url: url::Url::parse("http://idp/token").unwrap(),
            client_id: Secret::new("id"),
            client_secret: Secret::new("s e:c&"),
            request_data: data.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(value))).collect(),
            default_expiration: Duration::from_secs(3600),
            client_auth,
        }
    }

    #[test]
    fn the_form_is_dlts_and_the_operators_data_win() {
        let data = [("scope", "a b"), ("grant_type", "password"), ("aud", "x"), ("aud", "y")];
        assert_eq!(
            form(&client(ClientAuth::Post, &[])),
            "client_id=id&client_secret=s+e%3Ac%26&grant_type=client_credentials"
        );
        assert_eq!(
            form(&client(ClientAuth::Post, &data)),
            "client_id=id&client_secret=s+e%3Ac%26&scope=a+b&grant_type=password&aud=x&aud=y"
        );
    }

    #[test]
    fn basic_sends_id_and_secret_in_the_header_alone() {
        let client = client(ClientAuth::Basic, &[("scope", "a")]);
        assert_eq!(form(&client), "grant_type=client_credentials&scope=a");
        // base64 of `id:s+e%3Ac%26`
        assert_eq!(headers(&client).text("authorization").unwrap(), "Basic aWQ6cytlJTNBYyUyNg==");
    }
}
