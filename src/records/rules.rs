//! What counts as a change: the rules by which records are compared, the one of today and those that the topic was filled with.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::xxh3_128;

use super::fingerprint::{Paths, fingerprint, salted, under};
use super::{Problem, Reader, RecordError};
use crate::model::{Fingerprint, Json, Judged, Page, Record, RuleId, RuleText, Stamp};
use crate::template::{JsonPath, JsonPathError};

/// What of a record counts when it is compared.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    text: RuleText,
    /// `None`: the whole record.
    part: Option<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    /// A hash of the rule's text. Fingerprints of two rules are never equal, whatever their ids.
    salt: u128,
    /// `None`: everything.
    only: Option<Paths>,
    ignore: Paths,
}

impl Rule {
    pub fn compile(text: RuleText) -> Result<Self, JsonPathError> {
        if text.is_whole() {
            return Ok(Self::default());
        }
        let paths = |paths: &[String]| -> Result<Paths, JsonPathError> {
            paths.iter().map(|path| JsonPath::parse(path)).collect()
        };
        let only = if text.only_fields.is_empty() { None } else { Some(paths(&text.only_fields)?) };
        let ignore = paths(&text.ignore_fields)?;
        let salt = salt(&text);
        Ok(Self { text, part: Some(Part { salt, only, ignore }) })
    }

    /// By which it is known on the offsets topic.
    pub fn text(&self) -> &RuleText {
        &self.text
    }

    /// What a record comes to under it.
    pub(super) fn fingerprint(&self, record: Json<'_>) -> Result<Fingerprint, Problem> {
        match &self.part {
            None => fingerprint(record),
            Some(Part { salt, only, ignore }) => {
                under(record, only.as_ref(), ignore).map(|hash| salted(hash, *salt))
            }
        }
    }
}

/// Frozen: another value for the same text publishes every record that is known under it again.
fn salt(text: &RuleText) -> u128 {
    let mut bytes = Vec::new();
    for paths in [&text.only_fields, &text.ignore_fields] {
        bytes.extend((paths.len() as u64).to_le_bytes());
        for path in paths {
            bytes.extend((path.len() as u64).to_le_bytes());
            bytes.extend(path.bytes());
        }
    }
    xxh3_128(&bytes)
}

/// The rules of one resource, by their ids.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    current: RuleId,
    rule: Rule,
    /// All others that can be read.
    earlier: BTreeMap<RuleId, Rule>,
}

impl Rules {
    /// `known`: what the offsets topic has. A rule that cannot be read (any more) is left out: what was made with it is not known.
    pub fn new<'t>(
        (current, rule): (RuleId, &Rule),
        known: impl IntoIterator<Item = (RuleId, &'t RuleText)>,
    ) -> Self {
        let read = |(id, text): (RuleId, &RuleText)| Some((id, Rule::compile(text.clone()).ok()?));
        let mut earlier: BTreeMap<RuleId, Rule> = known.into_iter().filter_map(read).collect();
        earlier.insert(RuleId::WHOLE, Rule::default());
        earlier.remove(&current);
        Self { current, rule: rule.clone(), earlier }
    }

    /// Whether a value comes to this fingerprint by the rule that it was made with; `None`: nobody knows that rule.
    pub fn made(&self, value: Json<'_>, stamp: Stamp) -> Option<bool> {
        let rule = if stamp.rule == self.current { &self.rule } else { self.earlier.get(&stamp.rule)? };
        Some(rule.fingerprint(value).is_ok_and(|fingerprint| fingerprint == stamp.fingerprint))
    }

    /// That of today.
    pub fn current(&self) -> RuleId {
        self.current
    }

    /// What a record of the page comes to today, and whether it is what is known of its key, by the rule of that time.
    pub fn judge(
        &self,
        reader: &Reader,
        (page, record): (&Page, &Record<'_>),
        known: Option<Stamp>,
    ) -> Result<Judged, RecordError> {
        let fingerprint = reader.fingerprint_under(&self.rule, page, record)?;
        let same = match known {
            None => false,
            Some(known) if known.rule == self.current => known.fingerprint == fingerprint,
            Some(known) => match self.earlier.get(&known.rule) {
                Some(rule) => reader.fingerprint_under(rule, page, record)? == known.fingerprint,
                None => false, // nobody knows what was compared
            },
        };
        Ok(Judged { stamp: Stamp { fingerprint, rule: self.current }, same })
    }
}
