//! What a check says of one schema: for people, and as a line of JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::table;
use crate::admin::Opinion;
use crate::model::{SchemaId, SchemaKind, SchemaOf, SchemaText};
use crate::schema::Slot;
use crate::table::shown;

/// What a resource's values would be written by, and whether they can be.
pub(super) struct Answer {
    pub(super) resource: String,
    /// Of which part of its messages.
    pub(super) of: SchemaOf,
    /// `None`: there is none yet.
    pub(super) subject: Option<String>,
    pub(super) slot: Option<Slot>,
    pub(super) schema: Option<SchemaText>,
    pub(super) said: Said,
}

pub(super) enum Said {
    /// Messages name no schema by an id.
    NotAsked,
    /// No record has shown anything.
    Nothing,
    Opinion(Opinion),
    /// It is the newest of its subject, as `registry.use.latest.version` says.
    Newest {
        id: SchemaId,
        version: u32,
    },
    /// The subject has none, though `registry.use.latest.version` takes one.
    NoNewest,
    /// Values cannot be written by that.
    Unusable {
        version: u32,
        why: String,
    },
    /// The registry could not be asked.
    Unknown,
}

impl Said {
    /// Whether values can be written, as far as the registry goes.
    pub(super) fn is_good(&self) -> bool {
        match self {
            Self::NotAsked | Self::Nothing | Self::Newest { .. } => true,
            Self::Opinion(opinion) => opinion.is_good(),
            Self::NoNewest | Self::Unusable { .. } | Self::Unknown => false,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Nothing => "nothing_known",
            Self::Opinion(Opinion::Registered { .. }) => "registered",
            Self::Opinion(Opinion::First) => "first_version",
            Self::Opinion(Opinion::Further { .. }) => "new_version",
            Self::Opinion(Opinion::Rejected { .. }) => "rejected",
            Self::Opinion(Opinion::Missing) => "not_registered",
            Self::Newest { .. } => "newest_version",
            Self::NoNewest => "no_version",
            Self::Unusable { .. } => "unusable",
            Self::Unknown => "unknown",
        }
    }

    /// What the registry says, behind the subject's name.
    fn sentence(&self) -> String {
        let by = |level: &Option<String>| match level {
            Some(level) => format!(" (compatibility {level})"),
            None => String::new(),
        };
        match self {
            Self::NotAsked => "no registry is asked: values in this format name no schema by an id".to_owned(),
            Self::Nothing => "no record has shown what is in it: there is nothing to ask".to_owned(),
            Self::Opinion(Opinion::Registered { id, version }) => {
                format!("is registered: version {version}, id {id}")
            }
            Self::Opinion(Opinion::First) => "would be taken, as the first version".to_owned(),
            Self::Opinion(Opinion::Further { level }) => format!("would be taken, as a new version{}", by(level)),
            Self::Opinion(Opinion::Rejected { level, .. }) => format!("would be rejected{}", by(level)),
            Self::Opinion(Opinion::Missing) => {
                "is not registered, and registry.auto.register.schemas is false: nothing can be published by it"
                    .to_owned()
            }
            Self::Newest { id, version } => {
                format!("is the newest there, as registry.use.latest.version says: version {version}, id {id}")
            }
            Self::NoNewest => "there is none, and registry.use.latest.version takes what is there".to_owned(),
            Self::Unusable { version, why } => format!("version {version} cannot be used: {why}"),
            Self::Unknown => "the registry could not be asked".to_owned(),
        }
    }

    fn broken(&self) -> &[String] {
        match self {
            Self::Opinion(Opinion::Rejected { broken, .. }) => broken,
            Self::Opinion(_)
            | Self::NotAsked
            | Self::Nothing
            | Self::Newest { .. }
            | Self::NoNewest
            | Self::Unusable { .. }
            | Self::Unknown => &[],
        }
    }

    /// What a program wants to have apart.
    fn facts(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Opinion(Opinion::Registered { id, version }) | Self::Newest { id, version } => {
                vec![("id", json!(id)), ("version", json!(version))]
            }
            Self::Opinion(Opinion::Further { level }) => vec![("compatibility", json!(level))],
            Self::Opinion(Opinion::Rejected { level, broken }) => {
                vec![("compatibility", json!(level)), ("broken", json!(broken))]
            }
            Self::Unusable { version, why } => vec![("version", json!(version)), ("why", json!(why))],
            Self::Opinion(Opinion::First | Opinion::Missing)
            | Self::NotAsked
            | Self::Nothing
            | Self::NoNewest
            | Self::Unknown => Vec::new(),
        }
    }
}

impl Answer {
    pub(super) fn tell(&self, text: &mut String) {
        match (self.of, &self.said) {
            (SchemaOf::Key, _) => {}
            (SchemaOf::Value, Said::NotAsked) => table::head(&self.resource, text),
            (SchemaOf::Value, _) => table::tell(&self.resource, self.slot.as_ref(), text),
        }
        let before = self.subject.as_ref().map(|subject| format!("subject {}: ", shown(subject)));
        let _ = writeln!(text, "  {}{}", before.unwrap_or_default(), self.said.sentence());
        self.said.broken().iter().for_each(|rule| {
            let _ = writeln!(text, "    {}", shown(rule));
        });
    }

    /// As one line of JSON; what does not apply is left out.
    pub(super) fn line(&self) -> Value {
        let mut line = Map::new();
        line.insert("resource".to_owned(), json!(self.resource));
        line.insert("of".to_owned(), json!(self.of.name()));
        line.insert("verdict".to_owned(), json!(self.said.word()));
        line.extend(self.subject.as_ref().map(|subject| ("subject".to_owned(), json!(subject))));
        line.extend(self.said.facts().into_iter().map(|(name, value)| (name.to_owned(), value)));
        if let Some(schema) = &self.schema {
            let kind = match schema.kind {
                SchemaKind::Avro => "AVRO",
                SchemaKind::Json => "JSON",
            };
            line.insert("type".to_owned(), json!(kind));
            line.insert("schema".to_owned(), serde_json::from_str(&schema.text).unwrap_or_default());
        }
        Value::Object(line)
    }
}
