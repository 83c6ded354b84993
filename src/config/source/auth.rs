//! `auth` of the client and of endpoints: how requests are authenticated.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::json;

use crate::config::ordered::Ordered;
use crate::config::secret::{SecretText, secret};
use crate::config::units::Scalar;
use crate::model::Secret;

/// The words for the kinds of authentication.
pub(crate) const AUTH_TYPES: &[&str] = &["api_key", "bearer", "http_basic", "oauth2_client_credentials"];

/// How requests are authenticated; without `type` it is a bearer token. What is not written, also under the type as a bare
/// word, comes from the environment variables in which dlt looks for it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "auth", transform = as_dlt_takes_it)]
pub enum Auth {
    /// A key in a header, in the query or in a cookie.
    ApiKey(ApiKey),
    /// `Authorization: Bearer <token>`.
    Bearer(Bearer),
    /// User name and password, as HTTP Basic sends them.
    HttpBasic(Basic),
    /// A bearer token that krest asks for, and renews (OAuth 2.0, client credentials).
    #[serde(rename = "oauth2_client_credentials")]
    OAuth2(Box<OAuth2>),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The key itself.
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "SecretText")]
    pub api_key: Secret,
    /// The header, the query parameter or the cookie that carries it.
    #[serde(default = "authorization")]
    #[schemars(extend("default" = "Authorization"))]
    pub name: String,
    /// Where the key goes; `param` is another word for `query`.
    #[serde(default)]
    #[schemars(extend("default" = "header"))]
    pub location: ApiKeyLocation,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "location", extend("enum" = ["header", "query", "param", "cookie"]))]
pub enum ApiKeyLocation {
    #[default]
    Header,
    #[serde(alias = "param")]
    Query,
    Cookie,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bearer {
    /// The token itself, without the word `Bearer`.
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "SecretText")]
    pub token: Secret,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "SecretText")]
    pub username: Secret,
    /// May be empty.
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "SecretText")]
    pub password: Secret,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuth2 {
    /// Where tokens are asked for.
    #[serde(deserialize_with = "url")]
    #[schemars(with = "String", extend("format" = "base-url"))]
    pub access_token_url: url::Url,
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "SecretText")]
    pub client_id: Secret,
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "SecretText")]
    pub client_secret: Secret,
    /// Sent with the token request: scope, audience, another grant type. A list repeats the parameter, null leaves it out.
    #[serde(default, deserialize_with = "form")]
    #[schemars(with = "Option<Ordered<Option<FormValue>>>")]
    pub access_token_request_data: Vec<(String, Secret)>,
    /// Life of a token in seconds where the answer does not say it.
    #[serde(default = "an_hour")]
    #[schemars(extend("default" = 3600))]
    pub default_token_expiration: u64,
    /// Accepted and not used, as in dlt: krest asks for a token of its own.
    #[serde(default, deserialize_with = "unused")]
    #[schemars(with = "Option<SecretText>")]
    pub access_token: (),
    /// How id and secret are sent: in the form, or as HTTP Basic.
    #[serde(default)]
    #[schemars(extend("default" = "post", "x-krest" = true))]
    pub client_auth: ClientAuth,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "client_auth", inline)]
pub enum ClientAuth {
    #[default]
    Post,
    Basic,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "form_value", inline)]
enum FormValue {
    One(Scalar),
    Several(Vec<Scalar>),
}

fn authorization() -> String {
    "Authorization".to_owned()
}

fn an_hour() -> u64 {
    3600
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<url::Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    url::Url::parse(&text).map_err(|_| de::Error::custom("no URL"))
}

fn unused<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    de::IgnoredAny::deserialize(deserializer).map(|_| ())
}

fn form<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, Secret)>, D::Error> {
    let written = Option::<Ordered<Option<FormValue>>>::deserialize(deserializer)?;
    let values = |(name, value): (String, Option<FormValue>)| {
        let values = match value {
            None => Vec::new(),
            Some(FormValue::One(value)) => vec![value],
            Some(FormValue::Several(values)) => values,
        };
        values.into_iter().map(move |Scalar(text)| (name.clone(), Secret::new(&text)))
    };
    Ok(written.map(|written| written.0.into_iter().flat_map(values).collect()).unwrap_or_default())
}

/// Only `type` has to be written, for a bearer token not even that; and there is the short form.
fn as_dlt_takes_it(schema: &mut Schema) {
    let Some(forms) = schema.get_mut("oneOf").and_then(|forms| forms.as_array_mut()) else { return };
    for form in forms.iter_mut() {
        let is_bearer = form.pointer("/properties/type/const").is_some_and(|word| word == "bearer");
        if let Some(form) = form.as_object_mut() {
            form.insert("required".to_owned(), if is_bearer { json!([]) } else { json!(["type"]) });
        }
    }
    forms.push(json!({
        "description": "The type alone: everything else comes from the environment variables in which dlt looks for it.",
        "type": "string",
        "enum": AUTH_TYPES,
    }));
}
