//! What counts as a difference between API and topic. Decides on what was read; no I/O.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::parents::{Above, Fate, fate};
use super::{Audited, Deviation, How, Look, MOST};
use crate::model::Fingerprint;
use crate::plan::{Deletes, ResourcePlan, Upkeep};

/// What does not agree in one look, with what the API had; it counts once a second look shows the same.
type Suspects = HashMap<Bytes, (How, Option<Fingerprint>)>;

/// What one look at a resource found.
#[derive(Debug, Default)]
pub(super) struct Finding {
    differing: Suspects,
    /// Rows that the API does not show and that are to stay.
    kept: u64,
    /// Of them, those that stay with their parent's row.
    with_parents: u64,
}

impl Finding {
    pub(super) fn is_empty(&self) -> bool {
        self.differing.is_empty()
    }

    /// Whether rows are to be deleted because the API does not show them.
    pub(super) fn misses_rows(&self) -> bool {
        self.differing.values().any(|(how, _)| *how == How::OnlyInTopic)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Bytes> {
        self.differing.keys()
    }

    /// The rows that are to be deleted, and those that the API says are deleted.
    pub(super) fn gone(&self, look: &Look) -> HashSet<Bytes> {
        let goes = |how: &How| matches!(how, How::Deleted | How::OnlyInTopic);
        let differing = self.differing.iter().filter(|(_, (how, _))| goes(how)).map(|(key, _)| key);
        let told = look.listed.rows.iter().filter(|(_, row)| row.deleted).map(|(key, _)| key);
        differing.chain(told).cloned().collect()
    }
}

pub(super) fn find(plan: &ResourcePlan, look: &Look, above: &Above<'_>) -> Finding {
    let (rows, listed) = (&look.table.rows, &look.listed);
    let mut found = Finding::default();
    if listed.error.is_some() {
        return found;
    }
    for (key, api) in &listed.rows {
        let how = match (rows.get(key), api.deleted) {
            (None, true) => continue,
            (Some(_), true) => How::Deleted,
            (None, false) => How::Missing,
            (Some(row), false) if !row.agrees => How::Header,
            (Some(_), false) if api.same => continue,
            (Some(_), false) => How::Differs,
        };
        found.differing.insert(key.clone(), (how, Some(api.content)));
    }
    for (key, row) in rows.iter().filter(|(key, _)| is_unseen(key, look)) {
        let fate = fate((plan, &look.listed), row, above);
        if fate == Fate::Goes {
            found.differing.insert(key.clone(), (How::OnlyInTopic, None));
            continue;
        }
        found.kept += 1;
        found.with_parents += u64::from(fate == Fate::StaysWithItsParent);
        if !row.agrees {
            found.differing.insert(key.clone(), (How::Header, None));
        }
    }
    found
}

fn is_unseen(key: &Bytes, look: &Look) -> bool {
    !look.listed.rows.contains_key(key) && !look.listed.unusable.contains(key)
}

/// What one look found, or what two of them agree on. `again`: `None` where the first found nothing.
pub(super) fn judge(plan: &ResourcePlan, look: &Look, (first, again): (Finding, Option<Finding>)) -> Audited {
    let listed = &look.listed;
    let live = listed.rows.values().filter(|row| !row.deleted).count();
    let mut audited = Audited {
        api: live as u64,
        topic: look.table.rows.len() as u64,
        dead_letters: listed.aside.count(),
        error: listed.error.clone(),
        ..Audited::of(plan)
    };
    audited.notes.extend(listed.aside.first().map(|dead| about_letters(audited.dead_letters, dead)));
    if audited.error.is_some() {
        return audited;
    }
    let (kept, with_parents) =
        again.as_ref().map_or((first.kept, first.with_parents), |again| (again.kept, again.with_parents));
    let (found, again) = (first.differing, again.unwrap_or_default().differing);
    let mut sure: Vec<(&Bytes, How)> = again
        .iter()
        .filter(|(key, now)| found.get(*key) == Some(*now))
        .map(|(key, (how, _))| (key, *how))
        .collect();
    sure.sort_unstable();
    let unsure = again.keys().chain(found.keys().filter(|key| !again.contains_key(*key)));
    audited.changing = (unsure.count() - sure.len()) as u64;
    audited.different = sure.len() as u64;
    let deviation = |(key, how): (&Bytes, How)| Deviation {
        key: key.clone(),
        how,
        topic: look.table.values.get(key).cloned(),
        api: listed.values.get(key).cloned(),
    };
    audited.differences = sure.into_iter().take(MOST).map(deviation).collect();
    audited.kept = kept;
    let own = kept - with_parents;
    let notes =
        [(own, why_kept(plan, look)), (with_parents, "so does the row that they depend on".to_owned())];
    audited
        .notes
        .extend(notes.into_iter().filter(|(rows, _)| *rows > 0).map(|(rows, why)| about_kept(rows, &why)));
    audited
}

fn about_letters(count: u64, first: &str) -> String {
    let records = if count == 1 { "record" } else { "records" };
    format!(
        "{count} {records} of the API that cannot be published, and that a run sets aside as dead letters: {first}"
    )
}

fn about_kept(kept: u64, why: &str) -> String {
    let rows = if kept == 1 { "row" } else { "rows" };
    format!("{kept} {rows} of the topic not shown by the API, and to stay: {why}")
}

fn why_kept(plan: &ResourcePlan, look: &Look) -> String {
    match (&plan.upkeep, &look.listed.partial) {
        (Upkeep::Table(Deletes::Snapshot(_)), Some(reason)) => {
            format!("whether they are gone cannot be said: {reason}")
        }
        (Upkeep::Table(Deletes::Snapshot(_)), None) => "another writer put them there".to_owned(),
        (Upkeep::Table(Deletes::Probe(_)), _) => "deletes.mode: probe asks for each of them".to_owned(),
        (Upkeep::Table(_) | Upkeep::Append { .. }, _) => {
            "deletes.mode deletes no row for not being shown".to_owned()
        }
    }
}
