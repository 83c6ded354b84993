//! `source.client.auth`: how requests are authenticated.

use schemars::{JsonSchema, Schema};
use serde::Deserialize;

use crate::config::secret::{SecretText, secret};
use crate::model::Secret;

/// How requests are authenticated; without `type` it is a bearer token.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "auth", transform = bearer_needs_no_type)]
pub enum Auth {
    /// A key in a header or in the query.
    ApiKey(ApiKey),
    /// `Authorization: Bearer <token>`.
    Bearer(Bearer),
    /// User name and password, as HTTP Basic sends them.
    HttpBasic(Basic),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The key itself.
    #[serde(deserialize_with = "secret")]
    #[schemars(with = "SecretText")]
    pub api_key: Secret,
    /// The header or the query parameter that carries it.
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
#[schemars(rename = "location", extend("enum" = ["header", "query", "param"]))]
pub enum ApiKeyLocation {
    #[default]
    Header,
    #[serde(alias = "param")]
    Query,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bearer {
    /// The token itself.
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

fn authorization() -> String {
    "Authorization".to_owned()
}

fn bearer_needs_no_type(schema: &mut Schema) {
    let forms = schema.get_mut("oneOf").and_then(|forms| forms.as_array_mut()).into_iter().flatten();
    for form in
        forms.filter(|form| form.pointer("/properties/type/const").is_some_and(|word| word == "bearer"))
    {
        if let Some(required) = form.get_mut("required").and_then(|required| required.as_array_mut()) {
            required.retain(|key| key != "type");
        }
    }
}
