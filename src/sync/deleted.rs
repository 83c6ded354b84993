//! The rows of a listing that its scan leaves deleted, by their own word: what depends on them is not asked for, and goes.

use std::collections::HashSet;

use super::FamilyScan;
use super::walk::PageRead;
use crate::model::Record;
use crate::records::Aside;

#[derive(Debug, Default)]
pub(super) struct DeletedRows(HashSet<String>);

/// What a page says of its rows; of one key the last counts. `true`: deleted.
pub(super) type Told = Vec<(String, bool)>;

impl DeletedRows {
    /// What these records say, as far as it changes what is known.
    pub(super) fn told(&self, records: &[Record<'_>]) -> Told {
        if self.0.is_empty() && !records.iter().any(|record| record.deleted) {
            return Vec::new();
        }
        records.iter().map(|record| (record.key.clone().into_owned(), record.deleted)).collect()
    }

    /// A row that is shown again, on this page or a later one, is not deleted any more.
    pub(super) fn note(&mut self, told: Told) {
        for (key, deleted) in told {
            if deleted {
                self.0.insert(key);
            } else {
                self.0.remove(&key);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys of the rows.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FamilyScan<'_> {
    /// A page of a listing that is not published.
    pub(super) fn note_deleted(&mut self, read: &PageRead) {
        let Some(listing) = self.plan.listings.get(read.listing) else { return };
        let rows = &mut self.seen.entry(read.listing).or_default().deleted;
        if read.deleted.is_empty() && rows.is_empty() {
            return;
        }
        // One whose key cannot be read is nobody's parent under it.
        let records = listing.reader.read(&read.page, &read.deleted, &mut Aside::keeping(&listing.reader));
        rows.note(rows.told(&records.unwrap_or_default()));
    }

    /// The rows of a listing that this scan has left deleted so far. A page with one stays the place where a restart goes on.
    pub(super) fn deleted(&self, listing: usize) -> impl Iterator<Item = &str> {
        let members = self.members.iter().filter(move |member| member.member.plan.listing == listing);
        let others = self.seen.get(&listing).map(|seen| &seen.deleted);
        members.map(|member| &member.deleted).chain(others).flat_map(DeletedRows::keys)
    }
}
