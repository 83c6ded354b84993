//! When a family is scanned: when it is due, and when a signal asks for it; not while it is paused.

use std::sync::Arc;

use tokio::time::Instant;

use super::apart::try_apart;
use super::connector::Mode;
use super::errands::run_errands;
use super::family::{Placed, Surroundings, confirm, look_for_another_topic, scan_together};
use super::resource::Resource;
use crate::kafka::Ended;
use crate::plan::Family;
use crate::sync::Interrupted;

/// Why a family is no longer polled in this session.
#[derive(Debug)]
pub(super) enum FamilyEnd {
    /// Scanned once, or stopped.
    Done,
    Lost(Ended),
}

/// Polls one family until it is done or the session is over. Gives the resources back for the next session.
pub(super) async fn keep_polling(
    family: Family,
    mut members: Vec<Placed>,
    around: Arc<Surroundings>,
) -> (Vec<Resource>, FamilyEnd) {
    for member in &mut members {
        if around.leaves_out(member) {
            member.resource.scanned = Some(true);
        }
    }
    let mut signals = around.office.desk.watch();
    let end = loop {
        signals.mark_unchanged();
        let (together, apart) = due(&members, &around);
        let errand =
            members.iter().filter_map(|member| around.office.desk.due(member.resource.place())).min();
        let next = together.into_iter().chain(apart).chain(errand).min();
        if next.is_none() && around.mode != Mode::Forever {
            break FamilyEnd::Done;
        }
        let wait = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await, // all are paused
            }
        };
        tokio::select! {
            () = around.over.cancelled() => break FamilyEnd::Done,
            _ = signals.changed() => continue, // what is due is another question now
            () = wait => {}
        }
        match scan_what_is_due(&family, &mut members, &around).await {
            Ok(()) => {}
            Err(Interrupted::Stopped) => break FamilyEnd::Done,
            Err(Interrupted::Ended(ended)) => break FamilyEnd::Lost(ended),
            Err(error @ Interrupted::State(_)) => {
                break FamilyEnd::Lost(Ended::Abandoned { reason: error.to_string() });
            }
        }
    };
    (members.into_iter().map(|member| member.resource).collect(), end)
}

/// When those that are scanned together are due, and the first of those that were set aside; `None`: there are none.
fn due(members: &[Placed], around: &Surroundings) -> (Option<Instant>, Option<Instant>) {
    let open = || members.iter().filter(|member| !around.is_done(member)).map(|member| &member.resource);
    let together = open().filter(|resource| resource.aside.is_none()).map(|resource| resource.due).max();
    let apart = open().filter(|resource| resource.aside.is_some()).map(|resource| resource.due).min();
    (together, apart)
}

async fn scan_what_is_due(
    family: &Family,
    members: &mut [Placed],
    around: &Surroundings,
) -> Result<(), Interrupted> {
    run_errands(family, members, around).await?;
    let now = Instant::now();
    members.iter_mut().for_each(|member| member.errand = None);
    if due(members, around).0.is_some_and(|due| due <= now) {
        let takes_part = |member: &Placed| {
            member.resource.aside.is_none() && !around.is_paused(member) && !around.leaves_out(member)
        };
        scan_those(family, members, (&takes_part, around)).await?;
    }
    let now = Instant::now();
    for member in members {
        if member.resource.aside.is_some() && !around.is_done(member) && member.resource.due <= now {
            try_apart(family, member, around).await?;
        }
    }
    Ok(())
}

pub(super) async fn scan_those(
    family: &Family,
    members: &mut [Placed],
    (takes_part, around): (&impl Fn(&Placed) -> bool, &Surroundings),
) -> Result<(), Interrupted> {
    for member in members.iter_mut().filter(|member| takes_part(member)) {
        look_for_another_topic(member, around).await?;
        confirm(member, around).await?;
    }
    let mut those: Vec<&mut Placed> = members.iter_mut().filter(|member| takes_part(member)).collect();
    if those.is_empty() {
        return Ok(());
    }
    scan_together(family, &mut those, around).await
}
