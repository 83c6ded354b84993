//! The kinds of authentication, compiled.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::model::Secret;

/// How the requests of a resource are authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    None,
    Bearer {
        token: Secret,
    },
    Basic {
        username: Secret,
        password: Secret,
    },
    /// Not added to a URL that carries it already.
    ApiKeyQuery {
        name: String,
        key: Secret,
    },
    ApiKeyHeader {
        name: String,
        key: Secret,
    },
    /// Joins the cookies of a configured `Cookie` header.
    ApiKeyCookie {
        name: String,
        key: Secret,
    },
    /// Equal settings share one token.
    OAuth2(Arc<OAuth2>),
}

/// OAuth 2.0, client credentials (RFC 6749 §4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth2 {
    pub token_url: Url,
    pub client_id: Secret,
    pub client_secret: Secret,
    /// Sent with the token request, in this order; a parameter of the same name is replaced.
    pub request_data: Vec<(String, Secret)>,
    /// Of a token whose answer does not say how long it is good for.
    pub default_expiration: Duration,
    pub client_auth: ClientAuth,
}

/// How the client proves to the token endpoint who it is (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// Id and secret in the form.
    Post,
    /// Id and secret as HTTP Basic.
    Basic,
}
