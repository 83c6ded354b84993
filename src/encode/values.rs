//! A record to the bytes of a message's value: the one place where that happens, whatever the format. Where values have a schema, it
//! is learned here, before anything is written by it.

use std::sync::Arc;

use bytes::Bytes;

use super::{KeyCodec, connect};
use crate::model::{Json, Record};
use crate::schema::{Learned, Misfit, Plan, Slot, Unreadable};

/// What values look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValueForm {
    /// The record's own bytes.
    #[default]
    Own,
    /// Kafka Connect's JSON with a schema.
    Connect,
}

impl ValueForm {
    pub fn has_schema(self) -> bool {
        match self {
            Self::Own => false,
            Self::Connect => true,
        }
    }

    /// The part of a value that the record is, for people; the value itself if it is not in this form.
    pub fn shown(self, value: &[u8]) -> &[u8] {
        let payload = match self {
            Self::Own => None,
            Self::Connect => Json::parse(value).ok().and_then(|json| json.get("payload")),
        };
        payload.map_or(value, |payload| payload.text().as_bytes())
    }
}

/// Makes the values of one resource.
#[derive(Clone, Debug, Default)]
pub enum Values {
    #[default]
    Own,
    Connect(Box<Schooled>),
}

/// A schema, and what stands in front of every payload.
#[derive(Clone, Debug)]
pub struct Schooled {
    learned: Learned,
    head: String,
}

impl Values {
    /// `remembered`: what [`Values::news`] said before.
    pub fn new(form: ValueForm, plan: &Arc<Plan>, remembered: Option<&str>) -> Result<Self, Unreadable> {
        Ok(match form {
            ValueForm::Own => Self::Own,
            ValueForm::Connect => Self::of(Learned::new(Arc::clone(plan), remembered)?),
        })
    }

    /// Values that have a schema, whatever they will look like: for whoever wants to know it.
    pub fn learning(plan: &Arc<Plan>) -> Self {
        Self::of(Learned::fresh(Arc::clone(plan)))
    }

    fn of(learned: Learned) -> Self {
        Self::Connect(Box::new(Schooled::new(learned)))
    }

    /// What is known of the schema; `None`: there is none, or nothing is known yet.
    pub fn schema(&self) -> Option<&Slot> {
        match self {
            Self::Own => None,
            Self::Connect(schooled) => schooled.learned.schema(),
        }
    }

    pub fn form(&self) -> ValueForm {
        match self {
            Self::Own => ValueForm::Own,
            Self::Connect(_) => ValueForm::Connect,
        }
    }

    /// How many bytes key and value of a record are. It teaches something only if it can be written, in so many bytes at most.
    pub fn measure(&mut self, record: &Record<'_>, keys: KeyCodec, largest: usize) -> Result<usize, Misfit> {
        let key = keys.write(record.key.as_bytes()).len();
        if record.deleted {
            return Ok(key);
        }
        self.admit(record.raw, largest.saturating_sub(key)).map(|value| key + value)
    }

    /// Learns from a record, and says how many bytes its value has; one that does not fit, or is larger than `largest`, leaves
    /// nothing behind: else a schema that no topic takes would stand in front of every other record.
    pub fn admit(&mut self, record: &str, largest: usize) -> Result<usize, Misfit> {
        match self {
            Self::Own => Ok(record.len()),
            Self::Connect(schooled) => {
                let Some(learned) = schooled.learned.grown(Json::trusted(record))? else {
                    return schooled.write(record).map(|value| value.len());
                };
                let grown = Schooled::new(learned);
                let bytes = grown.write(record)?.len(); // else nothing was learned
                if bytes <= largest {
                    **schooled = grown;
                }
                Ok(bytes)
            }
        }
    }

    /// The value of a record that was admitted; `None`: its own bytes.
    pub fn write(&self, record: &str) -> Result<Option<Bytes>, Misfit> {
        match self {
            Self::Own => Ok(None),
            Self::Connect(schooled) => schooled.write(record).map(|text| Some(text.into())),
        }
    }

    /// What was learned since this was asked last: it is to be remembered with the values that are written by it.
    pub fn news(&mut self) -> Option<String> {
        match self {
            Self::Own => None,
            Self::Connect(schooled) => schooled.learned.news(),
        }
    }

    /// What was told went with values that are not written.
    pub fn tell_again(&mut self) {
        match self {
            Self::Own => {}
            Self::Connect(schooled) => schooled.learned.tell_again(),
        }
    }
}

impl Schooled {
    fn new(learned: Learned) -> Self {
        let head = match learned.schema() {
            Some(slot) => format!(r#"{{"schema":{},"payload":"#, connect::schema(slot)),
            None => String::new(),
        };
        Self { learned, head }
    }

    fn write(&self, record: &str) -> Result<String, Misfit> {
        let slot =
            self.learned.schema().ok_or_else(|| Misfit::new("is null, and nothing is known of its type"))?;
        let mut text = String::with_capacity(self.head.len() + record.len() + 1);
        text.push_str(&self.head);
        connect::write_payload(slot, Json::trusted(record), &mut text)?;
        text.push('}');
        Ok(text)
    }
}
