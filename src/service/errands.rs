//! What signals ask of a family: what can share a walk does, the rest is done one after the other, and what cannot be done is
//! passed over.

use tokio::time::Instant;

use super::apart::try_apart;
use super::family::{Placed, Surroundings};
use super::polling::scan_those;
use super::signals::Errand;
use crate::plan::{ConnectorPlan, Family};
use crate::records::NoRewind;
use crate::sync::{Beginning, Interrupted};

/// The scans that come first now: of the resources that signals name alone, and, where a cursor is rewound, of what depends on
/// them. What waits longer is asked for again at once.
pub(super) async fn run_errands(
    family: &Family,
    members: &mut [Placed],
    around: &Surroundings,
) -> Result<(), Interrupted> {
    take_errands(members, around);
    let together = |member: &&Placed| member.errand.is_some() && member.resource.aside.is_none();
    let first = members.iter().find(together).and_then(|member| member.errand.as_ref());
    if let Some(rewinds) = first.map(|errand| errand.with_dependents) {
        let named: Vec<usize> =
            members.iter().filter(together).filter_map(|member| around.listing(member)).collect();
        let takes_part = |member: &Placed| {
            let depends = || rewinds && depends_on(&around.plan, around.listing(member), &named);
            let asked = member.errand.is_some() || depends();
            asked && member.resource.aside.is_none() && !around.is_paused(member)
        };
        let begun = members.iter().filter(together).filter_map(|member| member.errand.as_ref());
        begun.for_each(|errand| around.office.desk.begun(errand));
        scan_those(family, members, (&takes_part, around)).await?;
    }
    for member in members.iter_mut().filter(|member| member.resource.aside.is_some()) {
        if member.errand.is_some() {
            try_apart(family, member, around).await?;
        }
    }
    Ok(())
}

/// Those that are run now. One that is aside is scanned by itself; of the others, what one walk can do.
fn take_errands(members: &mut [Placed], around: &Surroundings) {
    let (desk, now) = (&around.office.desk, Instant::now());
    for member in members.iter() {
        let place = member.resource.place();
        while let Some(errand) = desk.errand(place, now)
            && let Err(why) = rewinds(member, &errand, around)
        {
            let name = around.resource(member.slot).map(|plan| plan.name.to_string()).unwrap_or_default();
            let reason = format!("resource {name}: {why}");
            desk.refuse(place, &errand, around.redactor.scrub(&reason).into_owned());
        }
    }
    let shared: Vec<usize> = members
        .iter()
        .filter(|member| member.resource.aside.is_none())
        .map(|member| member.resource.place())
        .collect();
    let mut together = desk.together(&shared, now);
    for member in members {
        let place = member.resource.place();
        member.errand = match member.resource.aside {
            Some(_) => desk.errand(place, now),
            None => together.remove(&place),
        };
    }
}

/// Whether the value of a rewind is one to go back to, for all that is known.
fn rewinds(member: &Placed, errand: &Errand, around: &Surroundings) -> Result<(), NoRewind> {
    let Beginning::At(to) = &errand.wish.from else { return Ok(()) };
    let listing = around.listing(member).and_then(|listing| around.plan.listings.get(listing));
    let Some((listing, incremental)) = listing.and_then(|plan| Some((plan, plan.incremental.as_ref()?)))
    else {
        return Ok(());
    };
    let (standing, parent) = (&member.standing, errand.wish.parent.as_deref());
    if parent.is_none() && listing.parent.is_some() {
        return incremental.goes_back(to, standing.cursors_of_parents());
    }
    incremental.goes_back(to, standing.cursor(parent))
}

fn depends_on(plan: &ConnectorPlan, listing: Option<usize>, named: &[usize]) -> bool {
    let parent = |listing: &usize| plan.listings.get(*listing).and_then(|listing| listing.parent);
    std::iter::successors(listing, parent).any(|above| named.contains(&above))
}
