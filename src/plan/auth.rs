//! Who krest is to the API, and how it is reached: configuration → what the poller needs.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{self, ApiKeyLocation, Config};
use crate::poll::{Access, Auth, ClientAuth, OAuth2};

pub(super) fn auth(auth: Option<&config::Auth>) -> Auth {
    match auth {
        None => Auth::None,
        Some(config::Auth::Bearer(bearer)) => Auth::Bearer { token: bearer.token.clone() },
        Some(config::Auth::HttpBasic(basic)) => {
            Auth::Basic { username: basic.username.clone(), password: basic.password.clone() }
        }
        Some(config::Auth::ApiKey(api_key)) => {
            let (name, key) = (api_key.name.clone(), api_key.api_key.clone());
            match api_key.location {
                ApiKeyLocation::Query => Auth::ApiKeyQuery { name, key },
                ApiKeyLocation::Header => Auth::ApiKeyHeader { name, key },
                ApiKeyLocation::Cookie => Auth::ApiKeyCookie { name, key },
            }
        }
        Some(config::Auth::OAuth2(oauth2)) => Auth::OAuth2(Arc::new(OAuth2 {
            token_url: oauth2.access_token_url.clone(),
            client_id: oauth2.client_id.clone(),
            client_secret: oauth2.client_secret.clone(),
            request_data: oauth2.access_token_request_data.clone(),
            default_expiration: Duration::from_secs(oauth2.default_token_expiration),
            client_auth: match oauth2.client_auth {
                config::ClientAuth::Post => ClientAuth::Post,
                config::ClientAuth::Basic => ClientAuth::Basic,
            },
        })),
    }
}

pub(super) fn access(config: &Config) -> Access {
    Access { allowed_hosts: config.allowed_hosts.clone(), transport: Arc::clone(&config.transport) }
}
