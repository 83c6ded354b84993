//! The registry as the others know it.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::client::{Ask, Client, Reply};
use super::error::RegistryError;
use super::ids::Ids;
use super::rules;
use super::settings::Settings;
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
        let identity = settings.identity.clone();
        Ok(Self(Arc::new(Inner { identity, client: Client::new(settings)?, ids: Ids::default() })))
    }

    /// Which registry this is, without credentials: remembered with ids, since an id means nothing elsewhere.
    pub fn identity(&self) -> &str {
        &self.0.identity
    }

    /// The id by which messages name the schema under this subject: registered, or looked up, as the settings say. Asked for
    /// once, however many ask; a failure is not kept.
    pub async fn id_of(&self, subject: &str, schema: &SchemaText) -> Result<SchemaId, RegistryError> {
        self.0.ids.entry(subject, schema).get(self.0.ask_id(subject, schema)).await
    }

    /// What [`Self::id_of`] would come to, where nothing may be registered; `None`: it would be registered, and have an id of its own.
    pub async fn foresee(
        &self,
        subject: &str,
        schema: &SchemaText,
    ) -> Result<Option<SchemaId>, RegistryError> {
        if let Some((id, _)) = self.find(subject, schema).await? {
            return Ok(Some(id));
        }
        if !self.0.client.settings().registers {
            return Err(RegistryError::NotRegistered { subject: subject.into() });
        }
        match self.judge(subject, schema).await {
            // Who may not ask, or asks a registry that cannot say, would hear it from the registering.
            Ok(Verdict::New | Verdict::Compatible) | Err(RegistryError::Refused { .. }) => Ok(None),
            Ok(Verdict::Incompatible { level, broken }) => {
                Err(RegistryError::Rejected { subject: subject.into(), level: level.map(Into::into), broken })
            }
            Err(error) => Err(error),
        }
    }

    /// The newest version of a subject; `None`: there is none.
    pub async fn latest(&self, subject: &str) -> Result<Option<Registered>, RegistryError> {
        let path = ["subjects", subject, "versions", "latest"];
        let reply = self.0.client.call(Ask { path: &path, query: &[], body: None }).await?;
        let text = reply.body.get("schema").and_then(Json::as_str);
        match (reply.status, number(&reply.body, "id"), number(&reply.body, "version"), text) {
            (200, Some(id), Some(version), Some(text)) => {
                let schema = SchemaText { kind: kind(&reply.body), text: text.to_owned() };
                Ok(Some(Registered { id: SchemaId(id), version, schema }))
            }
            _ if is_missing(&reply) => Ok(None),
            _ => Err(self.0.refused(subject, &reply)),
        }
    }

    /// The schema that an id means; `None`: there is no such id.
    pub async fn schema(&self, id: SchemaId) -> Result<Option<SchemaText>, RegistryError> {
        let path = ["schemas", "ids", &id.to_string()];
        let reply = self.0.client.call(Ask { path: &path, query: &[], body: None }).await?;
        match (reply.status, reply.body.get("schema").and_then(Json::as_str)) {
            (200, Some(text)) => Ok(Some(SchemaText { kind: kind(&reply.body), text: text.to_owned() })),
            _ if is_missing(&reply) => Ok(None),
            _ => Err(self.0.refused(&format!("schema {id}"), &reply)),
        }
    }

    /// The id and the version of a schema under this subject; `None`: it is not there.
    pub async fn find(
        &self,
        subject: &str,
        schema: &SchemaText,
    ) -> Result<Option<(SchemaId, u32)>, RegistryError> {
        self.0.find(subject, schema).await
    }

    /// The compatibility level that holds for a subject, if the registry says.
    pub async fn level(&self, subject: &str) -> Option<String> {
        self.0.level(subject).await
    }

    /// Whether it would take this schema; nothing is registered.
    pub async fn judge(&self, subject: &str, schema: &SchemaText) -> Result<Verdict, RegistryError> {
        match self.0.check(subject, schema, &["latest"]).await? {
            Verdict::New => Ok(Verdict::New),
            Verdict::Compatible => self.0.with_all(subject, schema).await,
            Verdict::Incompatible { broken, .. } => self.0.rejected(subject, schema, broken).await,
        }
    }
}

impl Inner {
    async fn ask_id(&self, subject: &str, schema: &SchemaText) -> Result<SchemaId, RegistryError> {
        if !self.client.settings().registers {
            let known = self.look_up(subject, schema).await?;
            return known.ok_or_else(|| RegistryError::NotRegistered { subject: subject.into() });
        }
        match self.check(subject, schema, &["latest"]).await {
            Ok(Verdict::Incompatible { broken, .. }) => match self.look_up(subject, schema).await? {
                // An older version of the subject; it has its id already.
                Some(id) => Ok(id),
                None => Err(self.rejection(subject, broken).await),
            },
            // Who may not ask, or asks a registry that cannot say, hears it when it registers.
            Ok(Verdict::New | Verdict::Compatible) | Err(RegistryError::Refused { .. }) => {
                self.register(subject, schema).await
            }
            Err(error) => Err(error),
        }
    }

    async fn register(&self, subject: &str, schema: &SchemaText) -> Result<SchemaId, RegistryError> {
        let reply = self.post(&["subjects", subject, "versions"], schema).await?;
        match (reply.status, number(&reply.body, "id")) {
            (200, Some(id)) => Ok(SchemaId(id)),
            (409, _) => {
                let broken = rules::of_message(&message(&reply), &self.client.settings().redactor);
                Err(self.rejection(subject, broken).await)
            }
            _ => Err(self.refused(subject, &reply)),
        }
    }

    /// Whatever its version is.
    async fn find(
        &self,
        subject: &str,
        schema: &SchemaText,
    ) -> Result<Option<(SchemaId, u32)>, RegistryError> {
        let reply = self.post(&["subjects", subject], schema).await?;
        match (reply.status, number(&reply.body, "id"), number(&reply.body, "version")) {
            (200, Some(id), Some(version)) => Ok(Some((SchemaId(id), version))),
            _ if is_missing(&reply) => Ok(None),
            _ => Err(self.refused(subject, &reply)),
        }
    }

    /// The id of a schema that is under the subject, whatever its version.
    async fn look_up(&self, subject: &str, schema: &SchemaText) -> Result<Option<SchemaId>, RegistryError> {
        Ok(self.find(subject, schema).await?.map(|(id, _)| id))
    }

    /// Asks whether the schema fits the newest version (`["latest"]`), or all that its level compares it with (none).
    async fn check(
        &self,
        subject: &str,
        schema: &SchemaText,
        versions: &[&str],
    ) -> Result<Verdict, RegistryError> {
        let path = [&["compatibility", "subjects", subject, "versions"], versions].concat();
        let ask = Ask { path: &path, query: &[("verbose", "true")], body: Some(&request_body(schema)) };
        let reply = self.client.call(ask).await?;
        match (reply.status, reply.body.get("is_compatible").and_then(Json::as_bool)) {
            (200, Some(true)) => Ok(Verdict::Compatible),
            (200, Some(false)) => {
                let broken = rules::of_check(&reply.body, &self.client.settings().redactor);
                Ok(Verdict::Incompatible { level: None, broken })
            }
            _ if is_missing(&reply) => Ok(Verdict::New),
            _ => Err(self.refused(subject, &reply)),
        }
    }

    /// What fits the newest version need not fit the older ones, which transitive levels compare it with as well.
    async fn with_all(&self, subject: &str, schema: &SchemaText) -> Result<Verdict, RegistryError> {
        if !self.level(subject).await.is_some_and(|level| level.ends_with("_TRANSITIVE")) {
            return Ok(Verdict::Compatible);
        }
        match self.check(subject, schema, &[]).await {
            Ok(Verdict::Incompatible { broken, .. }) => self.rejected(subject, schema, broken).await,
            // Not every registry has this question.
            Ok(Verdict::Compatible | Verdict::New) | Err(RegistryError::Refused { .. }) => {
                Ok(Verdict::Compatible)
            }
            Err(error) => Err(error),
        }
    }

    async fn rejected(
        &self,
        subject: &str,
        schema: &SchemaText,
        broken: Vec<String>,
    ) -> Result<Verdict, RegistryError> {
        if self.look_up(subject, schema).await?.is_some() {
            return Ok(Verdict::Compatible);
        }
        Ok(Verdict::Incompatible { level: self.level(subject).await, broken })
    }

    async fn rejection(&self, subject: &str, broken: Vec<String>) -> RegistryError {
        let level = self.level(subject).await.map(String::into_boxed_str);
        RegistryError::Rejected { subject: subject.into(), level, broken }
    }

    /// The compatibility level that holds for a subject: its own, or else that of all. For messages; `None` if nobody says.
    async fn level(&self, subject: &str) -> Option<String> {
        for path in [&["config", subject] as &[&str], &["config"]] {
            let reply = self.client.call(Ask { path, query: &[], body: None }).await.ok()?;
            let level = reply.body.get("compatibilityLevel").or_else(|| reply.body.get("compatibility"));
            if let (200, Some(level)) = (reply.status, level.and_then(Json::as_str)) {
                return Some(level.to_owned());
            }
        }
        None
    }

    async fn post(&self, path: &[&str], schema: &SchemaText) -> Result<Reply, RegistryError> {
        let normalize: &[(&str, &str)] =
            if self.client.settings().normalizes { &[("normalize", "true")] } else { &[] };
        self.client.call(Ask { path, query: normalize, body: Some(&request_body(schema)) }).await
    }

    fn refused(&self, subject: &str, reply: &Reply) -> RegistryError {
        RegistryError::Refused {
            registry: self.identity.as_str().into(),
            subject: subject.into(),
            status: reply.status,
            code: number(&reply.body, "error_code"),
            message: self.client.settings().redactor.scrub(&message(reply)).into(),
        }
    }
}

/// Whether the registry itself says that subject, version or schema is not there; a wrong path has other codes, or none.
fn is_missing(reply: &Reply) -> bool {
    let code = number(&reply.body, "error_code");
    reply.status == 404 && code.is_some_and(|code| (40_400..40_500).contains(&code))
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
    let words = reply.body.get("message").and_then(Json::as_str).map(str::trim);
    words.filter(|words| !words.is_empty()).unwrap_or("without a word").to_owned()
}
