//! Of rows that a scan did not show, those that are not there when they are asked for; and whether such answers can be believed.

use super::judge::Ending;
use super::member::Scanning;
use super::report::SyncError;
use crate::model::{Parent, Record};
use crate::plan::{Guards, Probe};
use crate::poll::{Absent, PollError, Poller};
use crate::state::Missing;

/// So many rows that were shown are asked for before "not there" is taken for a word that this API says of everything. One that
/// went between the listing and the question is not all of them.
const MOST_CHECKED: usize = 3;

/// A few rows that the scan has shown: the first one and the last ones, so that they are of several pages and parents where there are
/// several.
#[derive(Debug, Default)]
pub(super) struct Witnesses(Vec<Row>);

#[derive(Debug)]
struct Row {
    key: String,
    parent: Option<String>,
}

/// What the answers for rows that were shown say of the others.
enum Check {
    /// One of them is there.
    Sound,
    /// None of them is, of so many; the answer for the last one.
    Refuted(usize, Absent),
    /// There are none.
    Nothing,
}

impl Witnesses {
    /// The records of a page.
    pub(super) fn note(&mut self, records: &[Record<'_>], parent: Option<&str>) {
        for deleted in records.iter().filter(|record| record.deleted) {
            self.0.retain(|row| deleted.key != row.key.as_str());
        }
        let living = || records.iter().filter(|record| !record.deleted);
        let first = living().take(usize::from(self.0.is_empty()));
        let mut last: Vec<_> = living().rev().take(MOST_CHECKED - 1).collect();
        last.reverse();
        for record in first.chain(last) {
            self.0.retain(|row| record.key != row.key.as_str());
            if self.0.len() == MOST_CHECKED {
                self.0.remove(1);
            }
            let (key, parent) = (record.key.clone().into_owned(), parent.map(str::to_owned));
            self.0.push(Row { key, parent });
        }
    }
}

impl Scanning<'_> {
    /// Of rows that are missing, those that are not there when they are asked for; none if that cannot be told.
    pub(super) async fn probed(
        &mut self,
        mut missing: Vec<Missing>,
        guards: &Guards,
        ending: &Ending<'_>,
    ) -> Vec<Missing> {
        let Some(probe) = self.listing.probe.as_ref().filter(|_| !missing.is_empty()) else {
            return Vec::new();
        };
        let record = |one: &Missing| probe.record(&self.listing.name, &one.key, one.parent.as_deref());
        let records: Option<Vec<Parent>> = missing.iter().map(record).collect();
        let Some(records) = records else {
            let keys = missing.len();
            tracing::warn!(resource = %self.listing.name, keys, "keys are not of the form of deletes.path: nothing is deleted");
            return Vec::new();
        };
        let all = missing.len();
        let checked = match ending.poller.probe(&probe.source, &records).await {
            Ok(gone) => {
                let mut gone = gone.into_iter();
                missing.retain(|_| gone.next().unwrap_or_default());
                if missing.is_empty() {
                    return missing; // nothing is gone, so there is nothing to check
                }
                self.check(probe, ending.poller).await
            }
            Err(error) => Err(error),
        };
        let (gone, resource) = (missing.len(), self.listing.name.to_string());
        let error = match checked {
            Ok(Check::Sound) => return missing,
            Ok(Check::Nothing) if self.member.allow_deletes || guards.max_share >= 1.0 => return missing,
            Ok(Check::Nothing) => SyncError::ProbeUnchecked { gone, resource },
            Ok(Check::Refuted(asked, Absent { status, request })) => {
                SyncError::ProbeRefuted { gone, asked, resource, status, request }
            }
            Err(error) => SyncError::Probe { missing: all, error },
        };
        self.fail_deletes(error);
        Vec::new()
    }

    /// Asks for rows that this very scan has shown, the last ones first, until one is there.
    async fn check(&self, probe: &Probe, poller: &Poller) -> Result<Check, PollError> {
        let mut check = Check::Nothing;
        let rows = self.witnesses.0.iter().rev();
        let record = |row: &Row| {
            let parent = row.parent.as_deref().map(str::as_bytes);
            probe.record(&self.listing.name, row.key.as_bytes(), parent)
        };
        for (before, record) in rows.filter_map(record).enumerate() {
            match poller.absent(&probe.source, &record).await? {
                None => return Ok(Check::Sound),
                Some(absent) => check = Check::Refuted(before + 1, absent),
            }
        }
        Ok(check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(witnesses: &Witnesses) -> Vec<(&str, Option<&str>)> {
        witnesses.0.iter().map(|row| (row.key.as_str(), row.parent.as_deref())).collect()
    }

    fn note(witnesses: &mut Witnesses, page: &[(&'static str, bool)], parent: Option<&str>) {
        let record = |(key, deleted): &(&'static str, bool)| Record {
            key: (*key).into(),
            raw: "{}",
            deleted: *deleted,
        };
        witnesses.note(&page.iter().map(record).collect::<Vec<_>>(), parent);
    }

    #[test]
    fn the_first_row_that_was_shown_and_the_last_ones_are_remembered_as_long_as_none_says_that_it_is_deleted()
    {
        let mut witnesses = Witnesses::default();
        note(&mut witnesses, &[("1", true)], None);
        assert_eq!(keys(&witnesses), []);
        note(&mut witnesses, &[("2", false)], Some("a"));
        assert_eq!(keys(&witnesses), [("2", Some("a"))]);
        note(&mut witnesses, &[("3", false), ("4", false), ("5", false), ("6", true)], Some("b"));
        assert_eq!(keys(&witnesses), [("2", Some("a")), ("4", Some("b")), ("5", Some("b"))]);
        note(&mut witnesses, &[("7", false), ("4", true)], Some("c"));
        assert_eq!(keys(&witnesses), [("2", Some("a")), ("5", Some("b")), ("7", Some("c"))]);
        note(&mut witnesses, &[("2", true), ("7", false)], Some("d"));
        assert_eq!(keys(&witnesses), [("5", Some("b")), ("7", Some("d"))]);
    }
}
