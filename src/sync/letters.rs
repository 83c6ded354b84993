//! The records of one scan that cannot be published: counted, and judged against what the operator allows.

use std::collections::BTreeMap;

use crate::model::{DeadKey, DeadRecord};
use crate::plan::MostLetters;

/// What a scan has set aside so far.
#[derive(Clone, Debug, Default)]
pub struct SetAside {
    count: u64,
    /// By what is wrong.
    faults: BTreeMap<&'static str, u64>,
    first: Option<String>,
    /// One of them may be any row.
    pub hides_rows: bool,
}

/// Too many of a scan's records cannot be published: the API has changed, or the configuration does not fit it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{dead} of {records} records cannot be published, more than errors.max.per.scan allows ({most}), so the API may have changed: \
     {fault} {of_fault} times; the first: {first}; nothing of this page was published, not even its dead letters; if it is right, \
     raise errors.max.per.scan"
)]
pub struct TooManyDead {
    pub dead: u64,
    pub records: u64,
    most: String,
    /// The fault that most of them have.
    pub fault: &'static str,
    pub of_fault: u64,
    first: String,
}

impl SetAside {
    pub fn add(&mut self, dead: &[DeadRecord]) {
        for record in dead {
            self.count += 1;
            *self.faults.entry(record.fault.name).or_default() += 1;
            self.hides_rows |= !matches!(record.key, DeadKey::Row(_));
        }
        if self.first.is_none() {
            self.first = dead.first().map(|record| record.message.clone());
        }
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn first(&self) -> Option<&str> {
        self.first.as_deref()
    }

    /// `records`: all that the scan has read, with these.
    pub fn judge(&self, records: u64, most: MostLetters) -> Result<(), TooManyDead> {
        if !most.is_exceeded(self.count, records) {
            return Ok(());
        }
        let worst = self.faults.iter().max_by_key(|(_, count)| **count);
        let (fault, of_fault) = worst.map(|(fault, count)| (*fault, *count)).unwrap_or_default();
        Err(TooManyDead {
            dead: self.count,
            records,
            most: most.to_string(),
            fault,
            of_fault,
            first: self.first.clone().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::{Fault, Fingerprint, Stage};

    fn dead(name: &'static str, key: DeadKey) -> DeadRecord {
        DeadRecord {
            fault: Fault { stage: Stage::KeyConverter, part: "primary_key", name },
            message: format!("it has {name}"),
            spot: None,
            key,
            value: Bytes::new(),
            identity: Fingerprint::from_u128(1),
        }
    }

    #[test]
    fn a_share_is_judged_once_there_is_something_to_judge_and_a_count_at_once() {
        let half = MostLetters::Share(0.5);
        for (dead, records, stops) in [(9, 9, false), (10, 19, true), (10, 20, false), (500, 1000, false)] {
            assert_eq!(half.is_exceeded(dead, records), stops, "{dead} of {records}");
        }
        assert!(!MostLetters::Count(3).is_exceeded(3, 3) && MostLetters::Count(3).is_exceeded(4, 1_000_000));
    }

    #[test]
    fn the_fault_that_most_of_them_have_is_named_and_the_first_one_is_told() {
        let mut aside = SetAside::default();
        aside.add(&[dead("KeyNull", DeadKey::Unknown)]);
        aside.add(&[dead("KeyMissing", DeadKey::Unknown), dead("KeyMissing", DeadKey::Unknown)]);
        let error = aside.judge(3, MostLetters::Count(2)).unwrap_err();
        assert_eq!((error.fault, error.of_fault), ("KeyMissing", 2));
        let text = error.to_string();
        assert!(text.contains("3 of 3 records") && text.contains("the first: it has KeyNull"), "{text}");
    }

    #[test]
    fn only_a_key_that_is_the_rows_tells_which_row_it_is() {
        let hides = |key| {
            let mut aside = SetAside::default();
            aside.add(&[dead("StepFailed", key)]);
            aside.hides_rows
        };
        assert!(!hides(DeadKey::Row("1".to_owned())));
        assert!(hides(DeadKey::Likely("1".to_owned())) && hides(DeadKey::Unknown));
    }
}
