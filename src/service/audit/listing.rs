//! The API, read whole: from the very beginning, whatever a cursor says. Each record is compared with the topic's row as it comes.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;

use super::{Look, Members};
use crate::model::{DeadKey, DeadRecord, Fingerprint};
use crate::plan::Listing;
use crate::poll::{Coverage, PartialScan};
use crate::records::{Latest, RecordError, Rules};
use crate::sync::{FamilyWalk, PageRead, Start, Step};

#[derive(Debug, Default)]
pub(super) struct Listed {
    pub rows: HashMap<Bytes, ApiRow>,
    /// Keys of records that cannot be published.
    pub unusable: HashSet<Bytes>,
    /// Why what it does not show may be there.
    pub partial: Option<String>,
    pub error: Option<String>,
    named: HashSet<Bytes>,
    /// Of the keys that were named.
    pub values: HashMap<Bytes, Bytes>,
    latest: Latest,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ApiRow {
    /// By today's rule.
    pub content: Fingerprint,
    /// It is what the topic has, by the rule of that time.
    pub same: bool,
    pub deleted: bool,
}

/// One walk over the family. What cannot be read is an error of its resource, and of those that depend on it.
pub(super) async fn read(members: &Members<'_>, looks: &mut BTreeMap<usize, Look>) {
    let listings = &members.audit.plan.listings;
    let root = members.family.root;
    let mut walk = match FamilyWalk::new(listings, members.audit.poller, root, Start::default()) {
        Ok(walk) => walk,
        Err(error) => return fail(members, looks, (root, &error.to_string())),
    };
    for listing in 0..listings.len() {
        let is_needed = |look: &usize| place_of(members, *look).is_some();
        if !below(listings, listing).iter().any(is_needed) {
            walk.enough(listing);
        }
    }
    while let Some(step) = walk.next(|_, _| Start::default()).await {
        match step {
            Step::Page(read) => {
                if !read.dead.is_empty() {
                    hide_children(members, looks, read.listing);
                }
                let Some(place) = place_of(members, read.listing) else { continue };
                let (Some(look), Some(member)) = (looks.get_mut(&place), members.members.get(&place)) else {
                    continue;
                };
                let Some(listing) = listings.get(read.listing) else { continue };
                if let Err(error) = look.take(&read, listing, &member.rules) {
                    walk.give_up(read.listing);
                    fail(members, looks, (read.listing, &error.to_string()));
                }
            }
            Step::Lacking(lacking) => hide(members, looks, (lacking.listing, &[lacking.dead])),
            Step::End(end) => {
                if let Coverage::Partial(reason) = end.coverage {
                    limit(members, looks, (end.listing, reason));
                }
            }
            Step::Failed(failed) => fail(members, looks, (failed.listing, &failed.error.to_string())),
        }
    }
}

impl Look {
    fn take(&mut self, read: &PageRead, listing: &Listing, rules: &Rules) -> Result<(), RecordError> {
        let (page, listed) = (&read.page, &mut self.listed);
        let mut aside = listing.aside();
        let mut records = listing.reader.read(page, &read.deleted, &mut aside)?;
        if let Some(incremental) = &listing.incremental {
            records = listed.latest.without_stale(incremental, records).0;
        }
        for record in records {
            let key = Bytes::copy_from_slice(record.key.as_bytes());
            let known = self.table.rows.get(&key).and_then(|row| row.stamp);
            let judged = rules.judge(&listing.reader, (page, &record), known)?;
            if listed.named.contains(&key) && !record.deleted {
                listed.values.insert(key.clone(), Bytes::copy_from_slice(record.raw.as_bytes()));
            }
            let (content, same) = (judged.stamp.fingerprint, judged.same);
            listed.rows.insert(key, ApiRow { content, same, deleted: record.deleted });
        }
        listed.set_aside(&read.dead);
        listed.set_aside(&aside.into_records());
        Ok(())
    }
}

impl Listed {
    pub(super) fn new(named: HashSet<Bytes>) -> Self {
        Self { named, ..Self::default() }
    }

    fn set_aside(&mut self, dead: &[DeadRecord]) {
        for record in dead {
            match &record.key {
                DeadKey::Row(key) => drop(self.unusable.insert(Bytes::copy_from_slice(key.as_bytes()))),
                DeadKey::Likely(_) | DeadKey::Unknown => {
                    let why = PartialScan::DeadLetterWithoutKey.to_string();
                    self.partial.get_or_insert(why);
                }
            }
        }
    }
}

/// A listing that failed: so have those that depend on it.
fn fail(members: &Members<'_>, looks: &mut BTreeMap<usize, Look>, (listing, error): (usize, &str)) {
    for below in below(&members.audit.plan.listings, listing) {
        let look = place_of(members, below).and_then(|place| looks.get_mut(&place));
        if let Some(look) = look {
            look.listed.error.get_or_insert(error.to_owned());
        }
    }
}

/// A listing that may not have shown everything: nor have those that depend on it.
fn limit(members: &Members<'_>, looks: &mut BTreeMap<usize, Look>, (listing, reason): (usize, PartialScan)) {
    for below in below(&members.audit.plan.listings, listing) {
        let look = place_of(members, below).and_then(|place| looks.get_mut(&place));
        if let Some(look) = look {
            look.listed.partial.get_or_insert(reason.to_string());
        }
    }
}

fn hide(members: &Members<'_>, looks: &mut BTreeMap<usize, Look>, (listing, dead): (usize, &[DeadRecord])) {
    let look = place_of(members, listing).and_then(|place| looks.get_mut(&place));
    look.into_iter().for_each(|look| look.listed.set_aside(dead));
}

/// Those that depend on a record which cannot be used were not asked for.
fn hide_children(members: &Members<'_>, looks: &mut BTreeMap<usize, Look>, listing: usize) {
    let children = members.audit.plan.listings.get(listing).map(|listing| listing.children.as_slice());
    for child in children.unwrap_or_default() {
        limit(members, looks, (*child, PartialScan::DeadLetterWithoutKey));
    }
}

/// The compared resource of a listing, by its place in the plan.
fn place_of(members: &Members<'_>, listing: usize) -> Option<usize> {
    let tables = members.members.iter().filter(|(_, member)| member.plan.upkeep.is_table());
    tables.into_iter().find(|(_, member)| member.plan.listing == listing).map(|(place, _)| *place)
}

/// The listing and all that depend on it.
fn below(listings: &[Listing], listing: usize) -> Vec<usize> {
    let mut below = vec![listing];
    let mut at = 0;
    while let Some(next) = below.get(at) {
        below.extend(listings.get(*next).map(|listing| listing.children.clone()).unwrap_or_default());
        at += 1;
    }
    below
}
