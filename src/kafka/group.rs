//! The group of batches that the next commit carries, and when that commit is due. No clock of its own, no I/O.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::settings::CommitPolicy;
use crate::model::{Cursor, SchemaMemory, SchemaOf, SourceOffset};

/// A transaction with offset records alone is made at most once in this time.
const OFFSETS_ALONE: Duration = Duration::from_secs(1);

/// Batches on their way into one commit. `W`: who waits for it.
#[derive(Debug)]
pub(super) struct Group<W> {
    since: Instant,
    newest_batch: Instant,
    records: usize,
    bytes: usize,
    /// By resource: the newest offset.
    offsets: Vec<Option<SourceOffset>>,
    /// By resource and parent: the newest cursor.
    parents: BTreeMap<(usize, String), Option<Cursor>>,
    /// By resource: what is known of its schemas from here on.
    schemas: BTreeMap<(usize, SchemaOf), SchemaMemory>,
    waiting: Vec<W>,
}

impl<W> Group<W> {
    pub(super) fn new(resources: usize, now: Instant) -> Self {
        Self {
            since: now,
            newest_batch: now,
            records: 0,
            bytes: 0,
            offsets: vec![None; resources],
            parents: BTreeMap::new(),
            schemas: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    /// Whether a batch of this resource is in the group.
    pub(super) fn has(&self, resource: usize) -> bool {
        self.offsets.get(resource).is_some_and(Option::is_some)
    }

    /// Takes note of a batch whose messages have been sent.
    pub(super) fn add(&mut self, batch: Added<W>, now: Instant) {
        self.newest_batch = now;
        self.records += batch.records;
        self.bytes += batch.bytes;
        self.waiting.push(batch.waiting);
        self.parents
            .extend(batch.parents.into_iter().map(|(parent, cursor)| ((batch.resource, parent), cursor)));
        self.schemas.extend(batch.schemas.into_iter().map(|(of, schema)| ((batch.resource, of), schema)));
        if let Some(newest) = self.offsets.get_mut(batch.resource) {
            *newest = Some(batch.offset);
        }
    }

    /// When it is to be committed. `offsets_alone`: when a transaction with offset records alone was last made.
    pub(super) fn due(&self, policy: &CommitPolicy, offsets_alone: Option<Instant>) -> Instant {
        if self.records >= policy.records || self.bytes >= policy.bytes {
            return self.since;
        }
        let due = (self.newest_batch + policy.linger).min(self.since + policy.interval);
        match offsets_alone {
            Some(last) if self.records == 0 => due.max(last + OFFSETS_ALONE),
            Some(_) | None => due,
        }
    }

    /// The resources that have a batch in it.
    pub(super) fn resources(&self) -> Vec<usize> {
        self.offsets().map(|(resource, _)| resource).collect()
    }

    /// Since when its transaction may be open.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    pub(super) fn has_messages(&self) -> bool {
        self.records > 0
    }

    /// The newest offset of each resource in it.
    pub(super) fn offsets(&self) -> impl Iterator<Item = (usize, &SourceOffset)> {
        self.offsets.iter().enumerate().filter_map(|(resource, offset)| Some((resource, offset.as_ref()?)))
    }

    /// The newest cursor of each parent in it, with the topic that its resource's offset names.
    pub(super) fn parents(&self) -> impl Iterator<Item = (usize, &str, Option<&Cursor>, &str)> {
        self.parents.iter().filter_map(|((resource, parent), cursor)| {
            let offset = self.offsets.get(*resource)?.as_ref()?;
            Some((*resource, parent.as_str(), cursor.as_ref(), offset.topic_id.as_str()))
        })
    }

    /// What is newly known of schemas.
    pub(super) fn schemas(&self) -> impl Iterator<Item = (usize, SchemaOf, &SchemaMemory)> {
        self.schemas.iter().map(|((resource, of), schema)| (*resource, *of, schema))
    }

    pub(super) fn into_waiting(self) -> Vec<W> {
        self.waiting
    }
}

/// A batch that has been sent.
pub(super) struct Added<W> {
    pub(super) resource: usize,
    pub(super) records: usize,
    pub(super) bytes: usize,
    pub(super) offset: SourceOffset,
    pub(super) parents: Vec<(String, Option<Cursor>)>,
    pub(super) schemas: Vec<(SchemaOf, SchemaMemory)>,
    pub(super) waiting: W,
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: CommitPolicy = CommitPolicy {
        records: 100,
        bytes: 1000,
        interval: Duration::from_millis(500),
        linger: Duration::from_millis(20),
        heartbeat: Duration::from_secs(3600),
    };

    fn batch(resource: usize, records: usize, scan: u64) -> Added<u64> {
        let offset = SourceOffset { partitions: 1, scan, ..SourceOffset::default() };
        Added {
            resource,
            records,
            bytes: records,
            offset,
            parents: Vec::new(),
            schemas: Vec::new(),
            waiting: scan,
        }
    }

    fn after(ms: u64, start: Instant) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn a_small_change_is_committed_when_nothing_follows_it() {
        let start = Instant::now();
        let mut group = Group::new(1, start);
        group.add(batch(0, 1, 1), start);
        assert_eq!(group.due(&POLICY, None), after(20, start));
        group.add(batch(0, 1, 2), after(15, start));
        assert_eq!(group.due(&POLICY, None), after(35, start));
    }

    #[test]
    fn a_steady_stream_is_committed_by_time_and_a_full_group_at_once() {
        let start = Instant::now();
        let mut group = Group::new(1, start);
        group.add(batch(0, 1, 1), after(490, start));
        assert_eq!(group.due(&POLICY, None), after(500, start));
        group.add(batch(0, 99, 2), after(491, start));
        assert_eq!(group.due(&POLICY, None), start);
    }

    #[test]
    fn offsets_alone_are_committed_once_a_second_unless_messages_join_them() {
        let start = Instant::now();
        let mut group = Group::new(2, start);
        group.add(batch(0, 0, 1), start);
        assert_eq!(group.due(&POLICY, None), after(20, start));
        assert_eq!(group.due(&POLICY, Some(start)), after(1000, start));
        group.add(batch(1, 1, 1), start);
        assert_eq!(group.due(&POLICY, Some(start)), after(20, start));
    }

    #[test]
    fn of_several_offsets_of_a_resource_the_newest_is_kept() {
        let start = Instant::now();
        let mut group = Group::new(3, start);
        for (resource, scan) in [(2, 1), (0, 5), (2, 2)] {
            group.add(batch(resource, 1, scan), start);
        }
        let kept: Vec<_> = group.offsets().map(|(resource, offset)| (resource, offset.scan)).collect();
        assert_eq!(kept, [(0, 5), (2, 2)]);
        assert!(group.has(2) && !group.has(1));
        assert_eq!(group.into_waiting(), [1, 5, 2]);
    }
}
