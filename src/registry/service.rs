//! The registry as the others know it.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::client::{Client, Reply};
use super::error::RegistryError;
use super::ids::Ids;
use super::settings::{Settings, identity};
use super::types::{Registered, Verdict};
use crate::model::{SchemaId, SchemaKind, SchemaText};

/// A schema registry. Clones share connections and what is known.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    identity: String,
    client: Client,
    ids: Ids,
}

impl Registry {
    pub fn new(settings: Settings) -> Result<Self, RegistryError> {
        let identity = identity(&settings.urls);
        Ok(Self(Arc::new(Inner { identity, client: Client::new(settings)?, ids: Ids::default() })))
    }

    /// Which registry this is, without credentials: remembered with ids, since an id means nothing elsewhere.
    pub fn identity(&self) -> &str {
        &self.0.identity
    }

    /// The id by which messages name the schema under this subject: registered, or looked up, as the settings say.
    pub async fn id_of(&self, subject: &str, schema: &SchemaText) -> Result<SchemaId, RegistryError> {
        self.0.ids.entry(subject, schema).get(self.ask_id(subject, schema)).await
    }

    async fn ask_id(&self, subject: &str, schema: &SchemaText) -> Result<SchemaId, RegistryError> {
        let body = request_body(schema);
        let registers = self.0.client.settings().registers;
        let path: &[&str] =
            if registers { &["subjects", subject, "versions"] } else { &["subjects", subject] };
        let reply = self.0.client.call(path, Some(&body)).await?;
        match (reply.status, number(&reply.body, "id")) {
            (200, Some(id)) => Ok(SchemaId(id)),
            (404, _) if !registers => Err(RegistryError::NotRegistered { subject: subject.to_owned() }),
            (409, _) => Err(RegistryError::Rejected {
                subject: subject.to_owned(),
                level: None,
                broken: vec![message(&reply)],
            }),
            _ => Err(self.refused(&reply)),
        }
    }

    /// The newest version of a subject; `None`: there is none.
    pub async fn latest(&self, subject: &str) -> Result<Option<Registered>, RegistryError> {
        let reply = self.0.client.call(&["subjects", subject, "versions", "latest"], None).await?;
        let text = reply.body.get("schema").and_then(Json::as_str);
        match (reply.status, number(&reply.body, "id"), number(&reply.body, "version"), text) {
            (200, Some(id), Some(version), Some(text)) => {
                let schema = SchemaText { kind: kind(&reply.body), text: text.to_owned() };
                Ok(Some(Registered { id: SchemaId(id), version, schema }))
            }
            (404, ..) => Ok(None),
            _ => Err(self.refused(&reply)),
        }
    }

    /// Whether it would take this schema; nothing is registered.
    pub async fn judge(&self, subject: &str, schema: &SchemaText) -> Result<Verdict, RegistryError> {
        let path = ["compatibility", "subjects", subject, "versions", "latest"];
        let reply = self.0.client.call(&path, Some(&request_body(schema))).await?;
        match (reply.status, reply.body.get("is_compatible").and_then(Json::as_bool)) {
            (200, Some(true)) => Ok(Verdict::Compatible),
            (200, Some(false)) => Ok(Verdict::Incompatible { level: None, broken: messages(&reply.body) }),
            (404, _) => Ok(Verdict::New),
            _ => Err(self.refused(&reply)),
        }
    }

    fn refused(&self, reply: &Reply) -> RegistryError {
        RegistryError::Refused {
            registry: self.0.identity.clone(),
            status: reply.status,
            code: number(&reply.body, "error_code"),
            message: message(reply),
        }
    }
}

/// Avro is what it means without a type, also for registries that know of no other.
fn request_body(schema: &SchemaText) -> Json {
    match schema.kind {
        SchemaKind::Avro => json!({"schema": schema.text}),
        SchemaKind::Json => json!({"schema": schema.text, "schemaType": "JSON"}),
    }
}

fn kind(body: &Json) -> SchemaKind {
    match body.get("schemaType").and_then(Json::as_str) {
        Some("JSON") => SchemaKind::Json,
        Some(_) | None => SchemaKind::Avro,
    }
}

fn number(body: &Json, key: &str) -> Option<u32> {
    body.get(key)?.as_u64().and_then(|number| u32::try_from(number).ok())
}

fn message(reply: &Reply) -> String {
    let words = reply.body.get("message").and_then(Json::as_str);
    words.map_or_else(|| format!("status {}", reply.status), str::to_owned)
}

fn messages(body: &Json) -> Vec<String> {
    let list = body.get("messages").and_then(Json::as_array);
    list.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}
