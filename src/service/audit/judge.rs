//! What counts as a difference between API and topic. Decides on what was read; no I/O.

use std::collections::HashMap;

use bytes::Bytes;

use super::table::Row;
use super::{Audited, Deviation, How, Look, MOST};
use crate::model::Fingerprint;
use crate::plan::{Deletes, ResourcePlan, Upkeep};

/// What does not agree in one look, with what the API had; it counts once a second look shows the same.
pub(super) type Suspects = HashMap<Bytes, (How, Option<Fingerprint>)>;

pub(super) fn suspects(plan: &ResourcePlan, look: &Look) -> Suspects {
    let (rows, listed) = (&look.table.rows, &look.listed);
    let mut found = Suspects::new();
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
        found.insert(key.clone(), (how, Some(api.content)));
    }
    let missing = missing_counts(plan, look);
    for (key, row) in rows.iter().filter(|(key, _)| is_unseen(key, look)) {
        if missing && !row.foreign {
            found.insert(key.clone(), (How::OnlyInTopic, None));
        } else if !row.agrees {
            found.insert(key.clone(), (How::Header, None));
        }
    }
    found
}

/// Whether what the API does not show is to be deleted, and the API has shown everything.
fn missing_counts(plan: &ResourcePlan, look: &Look) -> bool {
    let deletes = match &plan.upkeep {
        Upkeep::Table(Deletes::Snapshot(_)) => true,
        Upkeep::Table(Deletes::None | Deletes::Soft | Deletes::Probe(_)) | Upkeep::Append { .. } => false,
    };
    deletes && look.listed.partial.is_none()
}

fn is_unseen(key: &Bytes, look: &Look) -> bool {
    !look.listed.rows.contains_key(key) && !look.listed.unusable.contains(key)
}

/// What one look found, or what two of them agree on. `again`: `None` where the first found nothing.
pub(super) fn judge(
    plan: &ResourcePlan,
    look: &Look,
    (found, again): (Suspects, Option<Suspects>),
) -> Audited {
    let listed = &look.listed;
    let live = listed.rows.values().filter(|row| !row.deleted).count();
    let mut audited = Audited {
        api: live as u64,
        topic: look.table.rows.len() as u64,
        error: listed.error.clone(),
        ..Audited::of(plan)
    };
    if audited.error.is_some() {
        return audited;
    }
    let again = again.unwrap_or_default();
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
    let stays = |row: &Row| row.foreign || !missing_counts(plan, look);
    let kept = look.table.rows.iter().filter(|(key, row)| is_unseen(key, look) && stays(row));
    audited.kept = kept.count() as u64;
    if audited.kept > 0 {
        audited.notes.push(why_kept(plan, look, audited.kept));
    }
    audited
}

fn why_kept(plan: &ResourcePlan, look: &Look, kept: u64) -> String {
    let rows = if kept == 1 { "row" } else { "rows" };
    let why = match (&plan.upkeep, &look.listed.partial) {
        (Upkeep::Table(Deletes::Snapshot(_)), Some(reason)) => {
            format!("whether they are gone cannot be said: {reason}")
        }
        (Upkeep::Table(Deletes::Snapshot(_)), None) => "another writer put them there".to_owned(),
        (Upkeep::Table(Deletes::Probe(_)), _) => "deletes.mode: probe asks for each of them".to_owned(),
        (Upkeep::Table(_) | Upkeep::Append { .. }, _) => {
            "deletes.mode deletes no row for not being shown".to_owned()
        }
    };
    format!("{kept} {rows} of the topic not shown by the API, and to stay: {why}")
}
