//! The API, read whole: from the very beginning, whatever a cursor says. Each record is compared with the topic's row as it comes.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;

use super::judge::Finding;
use super::{Look, Member, Members};
use crate::model::{DeadKey, DeadRecord, Fingerprint, Origin, Reading, Record};
use crate::plan::{Listing, ResourcePlan};
use crate::poll::{Coverage, PartialScan, UpToTotal};
use crate::records::{Fit, Latest};
use crate::sync::{FamilyWalk, Lacking, PageRead, ReadError, SetAside, Start, Step, TooManyDead};

#[derive(Debug, Default)]
pub(super) struct Listed {
    pub rows: HashMap<Bytes, ApiRow>,
    /// Keys of records that cannot be published.
    pub unusable: HashSet<Bytes>,
    /// What a scan would set aside.
    pub aside: SetAside,
    /// How many records were read.
    read: u64,
    /// Keys of the parents whose pages were read.
    pub parents: HashSet<Bytes>,
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

/// A walk that a total ended, of this listing.
pub(super) type Open = (usize, UpToTotal);

/// One walk over the family. What cannot be read is an error of its resource, and of those that depend on it. Gives the walks that
/// nothing but a total has ended.
pub(super) async fn read(members: &Members<'_>, looks: &mut BTreeMap<usize, Look>) -> Vec<Open> {
    let listings = &members.audit.plan.listings;
    let root = members.family.root;
    let mut walk = match FamilyWalk::new(listings, members.audit.poller, root, Start::default()) {
        Ok(walk) => walk,
        Err(error) => {
            fail(members, looks, (root, &error.to_string()));
            return Vec::new();
        }
    };
    for listing in 0..listings.len() {
        let is_needed = |look: &usize| place_of(members, *look).is_some();
        if !below(listings, listing).iter().any(is_needed) {
            walk.enough(listing);
        }
    }
    let mut open = Vec::new();
    while let Some(step) = walk.next(|_, _| Start::default()).await {
        match step {
            Step::Page(read) => {
                if let Err(error) = take(members, looks, &read) {
                    walk.give_up(read.listing);
                    fail(members, looks, (read.listing, &error.to_string()));
                }
            }
            Step::Lacking(Lacking { listing, dead }) => {
                let taken = compared(members, looks, listing);
                let aside =
                    taken.map_or(Ok(()), |(look, member)| look.listed.set_aside((&[dead], 1), member.plan));
                if let Err(error) = aside {
                    walk.give_up(listing);
                    fail(members, looks, (listing, &error.to_string()));
                }
            }
            Step::End(end) => {
                if let (Some(parent), Some((look, _))) = (end.parent, compared(members, looks, end.listing)) {
                    look.listed.parents.insert(parent.into());
                }
                match end.coverage {
                    Coverage::Complete(_) => {}
                    Coverage::UpToTotal(total) => open.push((end.listing, *total)),
                    Coverage::Partial(reason) => limit(members, looks, (end.listing, reason)),
                }
            }
            Step::Failed(failed) => fail(members, looks, (failed.listing, &failed.error.to_string())),
        }
    }
    open
}

/// Looks behind the totals that ended walks, as a scan does: where rows are missing.
pub(super) async fn look_behind(
    members: &Members<'_>,
    looks: &mut BTreeMap<usize, Look>,
    (mut open, found): (Vec<Open>, BTreeMap<usize, Finding>),
) {
    for (place, _) in found.iter().filter(|(_, found)| found.misses_rows()) {
        let Some(member) = members.members.get(place) else { continue };
        let parent =
            |listing: &usize| members.audit.plan.listings.get(*listing).and_then(|listing| listing.parent);
        let above: Vec<usize> = std::iter::successors(Some(member.plan.listing), parent).collect();
        let (wanted, others): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|(listing, _)| above.contains(listing));
        open = others;
        let (listings, ends): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
        for (listing, looked) in listings.into_iter().zip(UpToTotal::look_behind(ends).await) {
            if let Err(not) = looked {
                limit(members, looks, (listing, not.reason));
            }
        }
    }
}

fn take(members: &Members<'_>, looks: &mut BTreeMap<usize, Look>, read: &PageRead) -> Result<(), ReadError> {
    if !read.dead.is_empty() {
        hide_children(members, looks, read.listing);
    }
    let listing = members.audit.plan.listings.get(read.listing);
    match listing.zip(compared(members, looks, read.listing)) {
        Some((listing, (look, member))) => look.take(read, listing, member),
        None => Ok(()),
    }
}

impl Look {
    fn take(&mut self, read: &PageRead, listing: &Listing, member: &Member<'_>) -> Result<(), ReadError> {
        let (page, listed, rules) = (&read.page, &mut self.listed, &*member.rules);
        let (values, keys) = (&mut self.values, &member.plan.format.keys);
        let mut aside = listing.aside();
        let mut records = listing.reader.read(page, &read.deleted, &mut aside)?;
        if let Some(incremental) = &listing.incremental {
            records = listed.latest.without_stale(incremental, records).0;
        }
        let known = |key: &str| self.table.rows.get(key.as_bytes()).and_then(|row| row.stamp);
        let fit = Fit { reader: &listing.reader, rules, largest: member.largest };
        let origin =
            Origin { scan: 0, page: Some(page), last: false, reading: Reading::Usual, now: page.arrival.at };
        let metadata = member
            .metadata_plan
            .as_ref()
            .map(|metadata_plan| metadata_plan.metadata(&origin))
            .unwrap_or_default();
        let mut scale = values.scale((keys, &metadata), &records, fit.room(&aside));
        let measure = |record: &Record<'_>, room| scale.measure(record, room);
        let records = fit.leave(page, records, (known, measure), &mut aside)?;
        let mut dead = read.dead.clone();
        dead.extend(aside.into_records());
        listed.set_aside((&dead, page.records.len() + read.dead.len()), member.plan)?;
        for record in records {
            let judged = rules.judge(&listing.reader, (page, &record), known(&record.key))?;
            let key = Bytes::copy_from_slice(record.key.as_bytes());
            if listed.named.contains(&key) && !record.deleted {
                listed.values.insert(key.clone(), Bytes::copy_from_slice(record.raw.as_bytes()));
            }
            let (content, same) = (judged.stamp.fingerprint, judged.same);
            listed.rows.insert(key, ApiRow { content, same, deleted: record.deleted });
        }
        Ok(())
    }
}

impl Listed {
    pub(super) fn new(named: HashSet<Bytes>) -> Self {
        Self { named, ..Self::default() }
    }

    /// `Err`: a scan would stop here. `read`: how many records were read with them.
    fn set_aside(
        &mut self,
        (dead, read): (&[DeadRecord], usize),
        plan: &ResourcePlan,
    ) -> Result<(), TooManyDead> {
        self.read += read as u64;
        let Some(letters) = plan.letters.as_ref().filter(|_| !dead.is_empty()) else { return Ok(()) };
        for record in dead {
            match &record.key {
                DeadKey::Row(key) => drop(self.unusable.insert(Bytes::copy_from_slice(key.as_bytes()))),
                DeadKey::Likely(_) | DeadKey::Unknown => {
                    let why = PartialScan::DeadLetterWithoutKey.to_string();
                    self.partial.get_or_insert(why);
                }
            }
        }
        self.aside.add(dead);
        self.aside.judge(self.read, letters.most)
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

/// Those that depend on a record which cannot be used were not asked for.
fn hide_children(members: &Members<'_>, looks: &mut BTreeMap<usize, Look>, listing: usize) {
    let children = members.audit.plan.listings.get(listing).map(|listing| listing.children.as_slice());
    for child in children.unwrap_or_default() {
        limit(members, looks, (*child, PartialScan::DeadLetterWithoutKey));
    }
}

/// The look at a listing's resource, where that is compared.
fn compared<'m, 'l>(
    members: &'m Members<'_>,
    looks: &'l mut BTreeMap<usize, Look>,
    listing: usize,
) -> Option<(&'l mut Look, &'m Member<'m>)> {
    let place = place_of(members, listing)?;
    looks.get_mut(&place).zip(members.members.get(&place))
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
