//! What the registry could not or would not do.

use thiserror::Error;

/// Confluent's code for a registry, or a subject, that takes nothing.
const READ_ONLY: u32 = 42205;

/// Cheap to clone: everyone who waits for one request gets its failure. Small: it is a part of others' errors.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RegistryError {
    /// It cannot be reached, or fails by itself; it has been tried as often as the settings say.
    #[error("the schema registry {registry} is away: {detail}")]
    Away { registry: Box<str>, detail: Box<str> },
    /// It answers, and refuses.
    #[error("the schema registry {registry} refuses, asked for subject {subject:?}: status {status}, {message}; {}", hint(*status, *code))]
    Refused { registry: Box<str>, subject: Box<str>, status: u16, code: Option<u32>, message: Box<str> },
    /// The schema breaks the rules that the subject's compatibility level makes.
    #[error(
        "the schema registry rejects the new schema of subject {subject:?}{}: {}; what is on the topic stays readable only by rules like these: \
         have the API's change taken back or left out of the values, publish to another topic, or set another compatibility level for the subject",
        under(level.as_deref()), broken.join("; ")
    )]
    Rejected { subject: Box<str>, level: Option<Box<str>>, broken: Vec<String> },
    /// It lacks the schema, and `auto.register.schemas` is false.
    #[error(
        "the schema registry has no such schema under subject {subject:?}, and registry.auto.register.schemas is false: register the schema that \
         `krest schema show` prints, or set auto.register.schemas: true"
    )]
    NotRegistered { subject: Box<str> },
}

impl RegistryError {
    /// Whether it did not answer, or not as itself.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away { .. })
    }

    /// Whether another schema may be taken.
    pub fn is_about_the_schema(&self) -> bool {
        match self {
            Self::Away { .. } => false,
            Self::Refused { status, code, .. } => *status == 422 && *code != Some(READ_ONLY),
            Self::Rejected { .. } | Self::NotRegistered { .. } => true,
        }
    }
}

fn under(level: Option<&str>) -> String {
    level.map_or_else(String::new, |level| format!(" under compatibility level {level}"))
}

/// What to do about it.
fn hint(status: u16, code: Option<u32>) -> &'static str {
    match (status, code) {
        (_, Some(READ_ONLY)) => {
            "it is in mode READONLY, as during a migration: nothing can be registered until its mode is READWRITE; a schema that is \
             there already is found with registry.auto.register.schemas: false"
        }
        (401, _) => "check registry.basic.auth.user.info or registry.bearer.auth.token",
        (403, _) => {
            "whoever registry.basic.auth.user.info or registry.bearer.auth.token names must be allowed to read and write this subject"
        }
        (404 | 405 | 501, _) => "check the path of registry.url (Apicurio's API is at /apis/ccompat/v7)",
        (422, _) => "it does not take this for a schema: does it know the schema's type (Avro, JSON Schema)?",
        _ => "look at the registry's own log",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: u32) -> RegistryError {
        RegistryError::Refused {
            registry: "http://r".into(),
            subject: "s".into(),
            status,
            code: Some(code),
            message: "no".into(),
        }
    }

    #[test]
    fn each_refusal_has_its_remedy() {
        for (error, word) in [
            (refused(401, 40101), "basic.auth.user.info"),
            (refused(403, 40301), "allowed to read and write"),
            (refused(404, 404), "path of registry.url"),
            (refused(422, 42201), "take this for a schema"),
            (refused(422, 42205), "READONLY"),
            (refused(418, 0), "own log"),
        ] {
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn only_what_is_said_of_the_schema_makes_another_one_worth_a_try() {
        assert!(refused(422, 42201).is_about_the_schema());
        assert!(!refused(422, 42205).is_about_the_schema() && !refused(403, 40301).is_about_the_schema());
    }
}
