//! A page of one resource on its way to Kafka: what of it changes the topic, and what of it cannot be published.

use std::time::SystemTime;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::deleted::Told;
use super::log::LastPage;
use super::member::{Member, Scanning};
use super::read_error::ReadError;
use super::report::Interrupted;
use super::walk::PageRead;
use crate::encode::Metadata;
use crate::kafka::{Ended, Producer};
use crate::model::{Batch, DeadKey, DeadRecord, Letter, Message, Origin, Page, Record, SourceOffset, millis};
use crate::records::{Aside, Fit, RecordError};
use crate::state::{Diff, Missing};

/// A page that has been compared.
struct Compared<'p> {
    diff: Diff<'p>,
    rows: Told,
}

impl Scanning<'_> {
    /// What the page changes joins the open transaction, and the letters of what cannot be published.
    pub(super) async fn publish(
        &mut self,
        read: &PageRead,
        (producer, stop): (&Producer, &CancellationToken),
    ) -> Result<Result<(), ReadError>, Interrupted> {
        self.publish_last(producer).await?; // of a parent whose walk failed after it
        let page = &read.page;
        self.member.cache.enter(read.parent.as_deref());
        self.member.cache.pass(&read.keys);
        // A registry may take minutes to answer, or to be given up.
        let taken = stop.run_until_cancelled(self.take_latest()).await;
        if let Err(error) = taken.ok_or(Interrupted::Stopped)? {
            return Ok(Err(error));
        }
        let metadata = self.metadata(Some(page));
        let (records, dead) = match self.publishable(read, &metadata) {
            Ok(sorted) => sorted,
            Err(error) => return Ok(Err(error)),
        };
        let registered = stop.run_until_cancelled(self.register(page, &records)).await;
        if let Err(error) = registered.ok_or(Interrupted::Stopped)? {
            return Ok(Err(error));
        }
        let Compared { diff, rows } = match self.diff(read, records)? {
            Ok(compared) => compared,
            Err(error) => return Ok(Err(error)),
        };
        self.deleted.note(rows);
        let mut messages = self.encode(&diff, (page, &metadata))?;
        if let Some(parent) = &read.parent {
            let parent = Bytes::copy_from_slice(parent.as_bytes());
            messages.iter_mut().for_each(|message| message.parent = Some(parent.clone()));
        }
        let letters = self.letters(diff.sequence, &dead);
        failpoint!("sync::after_diff");
        self.report.count(page, read.dead.len(), diff.unchanged + diff.superseded);
        if self.waits_for_its_end(read) {
            let (sequence, reached) = (diff.sequence, read.reached.clone());
            self.last = Some(LastPage { sequence, messages, letters, reached });
            return Ok(Ok(()));
        }
        let (offset, moved) = self.offset_after(read, !messages.is_empty() || !letters.is_empty());
        let batch = self.batch(offset, moved);
        let batch = Batch { sequence: diff.sequence, messages, letters, ..batch };
        self.send(producer, batch).await?;
        self.apply_ready()?; // only a receipt moves the state
        Ok(Ok(()))
    }

    /// A parent whose children cannot be asked for.
    pub(super) async fn set_parent_aside(
        &mut self,
        dead: DeadRecord,
        producer: &Producer,
    ) -> Result<Result<(), ReadError>, Interrupted> {
        self.publish_last(producer).await?;
        let dead = [dead];
        if let Err(error) = self.set_aside(&dead, 1) {
            return Ok(Err(error));
        }
        self.report.records += 1;
        let sequence = self.member.cache.unchanging();
        let letters = self.letters(sequence, &dead);
        if !letters.is_empty() {
            let offset = self.member.standing.within(None, None, true);
            self.send(producer, Batch { sequence, letters, ..self.batch(offset, false) }).await?;
        }
        Ok(Ok(()))
    }

    /// What the page changes. Everything that can refuse the page comes before the comparison, which takes note of changes.
    fn diff<'p>(
        &mut self,
        read: &'p PageRead,
        records: Vec<Record<'p>>,
    ) -> Result<Result<Compared<'p>, ReadError>, Interrupted> {
        let (page, reader) = (&read.page, &self.listing.reader);
        let rows = if self.listing.children.is_empty() { Vec::new() } else { self.deleted.told(&records) };
        if self.listing.probe.is_some() {
            self.witnesses.note(&records, read.parent.as_deref());
        }
        let rules = self.member.rules;
        let diff = if self.member.plan.upkeep.compares() {
            let judge = |record: &Record<'p>, known| rules.judge(reader, (page, record), known);
            self.member.cache.diff(records, rules.current(), judge)? // unchanged ones end here
        } else {
            self.member.cache.append(records, |record| reader.fingerprint(page, record))
        };
        Ok(diff.map(|diff| Compared { diff, rows }).map_err(ReadError::from))
    }

    /// The page's records that can be published, and those that cannot.
    fn publishable<'p>(
        &mut self,
        read: &'p PageRead,
        metadata: &Metadata,
    ) -> Result<(Vec<Record<'p>>, Vec<DeadRecord>), ReadError> {
        let (page, reader) = (&read.page, &self.listing.reader);
        let mut aside = self.listing.aside();
        let records = self.without_published(read, reader.read(page, &read.deleted, &mut aside)?)?;
        let records = self.without_stale(records);
        let records = self.wished(records);
        let records = self.within((page, metadata), records, &mut aside)?;
        let mut dead = read.dead.clone();
        dead.extend(aside.into_records());
        dead.retain(|_| self.member.wish.key.is_none()); // they are told of by scans that mean all records
        self.set_aside(&dead, page.records.len() + read.dead.len())?;
        Ok((records, dead))
    }

    /// Leaves the records whose messages Kafka takes, and whose values fit their schema; that learns from them.
    fn within<'p>(
        &mut self,
        (page, metadata): (&'p Page, &Metadata),
        records: Vec<Record<'p>>,
        aside: &mut Aside<'_>,
    ) -> Result<Vec<Record<'p>>, RecordError> {
        let Member { plan, rules, largest, cache, values, encoder, wish, .. } = &mut self.member;
        let compares = plan.upkeep.compares() && !wish.again; // else what is there is sent all the same
        let known = |key: &str| cache.holds(key).filter(|_| compares);
        let fit = Fit { reader: &self.listing.reader, rules, largest: *largest };
        let mut scale = values.scale((&encoder.keys, metadata), &records, fit.room(aside));
        let measure = |record: &Record<'p>, room| scale.measure(record, room);
        fit.leave(page, records, (known, measure), aside)
    }

    /// The messages of a page that was compared.
    fn encode(
        &self,
        diff: &Diff<'_>,
        (page, metadata): (&Page, &Metadata),
    ) -> Result<Vec<Message>, Interrupted> {
        let Member { encoder, values, .. } = &self.member;
        encoder.encode(&diff.changes, (&page.body, metadata), values).map_err(|misfit| self.unfit(&misfit))
    }

    /// The messages that delete these rows, which no page has shown.
    pub(super) fn deletes(&mut self, gone: &[Missing]) -> Result<Vec<Message>, Interrupted> {
        let keys: Vec<Box<[u8]>> = gone.iter().map(|one| one.key.clone()).collect();
        let before = self.member.cache.before(&keys)?;
        let Member { encoder, values, .. } = &self.member;
        let metadata = self.metadata(None);
        let mut messages = Vec::with_capacity(gone.len());
        for (one, before) in gone.iter().zip(&before) {
            let deletes = encoder
                .delete((&one.key, before), &metadata, values)
                .map_err(|misfit| self.unfit(&misfit))?;
            let parent = one.parent.as_deref().map(Bytes::copy_from_slice);
            messages.extend(deletes.into_iter().map(|message| Message { parent: parent.clone(), ..message }));
        }
        Ok(messages)
    }

    fn unfit(&self, misfit: &dyn std::fmt::Display) -> Interrupted {
        let resource = &self.member.plan.name;
        let reason = format!("a record of {resource} that fitted its schema does not: {misfit}");
        Interrupted::Ended(Ended::Abandoned { reason })
    }

    /// What the messages of a page say beside their records; `None`: those of the scan's end.
    fn metadata(&self, page: Option<&Page>) -> Metadata {
        let Some(metadata_plan) = &self.member.metadata_plan else { return Metadata::default() };
        let last = page.is_some_and(|page| page.next.is_none()) && self.listing.parent.is_none();
        let (scan, now) = (self.report.scan, millis(SystemTime::now()));
        metadata_plan.metadata(&Origin { scan, page, last, reading: self.reading, now })
    }

    /// A batch with nothing in it but the offset.
    pub(super) fn batch(&self, offset: SourceOffset, offset_moved: bool) -> Batch {
        Batch {
            resource: self.member.resource,
            sequence: 0,
            messages: Vec::new(),
            letters: Vec::new(),
            offset,
            offset_moved,
            parents: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// Takes note of records that cannot be published. `read`: how many records were read with them.
    fn set_aside(&mut self, dead: &[DeadRecord], read: usize) -> Result<(), ReadError> {
        let Some(plan) = self.member.plan.letters.as_ref().filter(|_| !dead.is_empty()) else {
            return Ok(());
        };
        self.aside.add(dead);
        self.aside.judge(self.report.records + read as u64, plan.most)?;
        for record in dead {
            match &record.key {
                DeadKey::Row(key) => self.member.cache.see(key.as_bytes()),
                DeadKey::Likely(_) | DeadKey::Unknown => {}
            }
        }
        Ok(())
    }

    /// The letters that were not sent before.
    fn letters(&mut self, sequence: u64, dead: &[DeadRecord]) -> Vec<Letter> {
        let Some(encoder) = self.member.letters.as_ref().filter(|_| !dead.is_empty()) else {
            return Vec::new();
        };
        let identities: Vec<_> = dead.iter().map(|record| record.identity).collect();
        let unsent = self.member.cache.unsent(sequence, &identities);
        let new = dead.iter().zip(unsent).filter(|(_, unsent)| *unsent);
        new.map(|(record, _)| encoder.letter(record, self.report.scan)).collect()
    }

    /// An older version of a record that this scan has shown is not published after it.
    fn without_stale<'p>(&mut self, records: Vec<Record<'p>>) -> Vec<Record<'p>> {
        let Some(incremental) =
            self.listing.incremental.as_ref().filter(|_| self.member.plan.upkeep.compares())
        else {
            return records;
        };
        let (records, stale) = self.latest.without_stale(incremental, records);
        self.report.unchanged += stale;
        records
    }
}
