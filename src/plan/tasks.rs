//! Which task does what: families, dealt out to the producers of a connector.

use super::types::{Family, Listing};
use crate::kafka::Boundary;

/// The families that share a producer, and with it a transactional id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskPlan {
    /// The end of its transactional id.
    pub number: u32,
    pub families: Vec<Family>,
    pub boundary: Boundary,
    /// The published resources of its families, by their places in the plan, ascending. What is sent to the producer names a
    /// resource by its place here.
    pub resources: Vec<usize>,
}

impl TaskPlan {
    /// The place here of a resource, by its place in the plan.
    pub fn place_of(&self, resource: usize) -> Option<usize> {
        self.resources.binary_search(&resource).ok()
    }
}

/// Deals families out in the order of their roots' names, one to each task in turn: the order of the file does not matter, no
/// task has two more than another, and none is without. A family may move to another task whenever the file changes: every
/// start fences all tasks before any of them reads, and what a resource knows is not its task's.
///
/// A family whose transactions hold something else than those of the others has a task of its own, beyond `max`.
pub(super) fn tasks(
    listings: &[Listing],
    families: &[Family],
    (max, boundary): (u32, Boundary),
) -> Vec<TaskPlan> {
    let name = |family: &Family| listings.get(family.root).map(|listing| listing.name.clone());
    let mut families: Vec<Family> = families.to_vec();
    families.sort_by_key(name);
    let (families, alone): (Vec<_>, Vec<_>) =
        families.into_iter().partition(|family| family.boundary == boundary);
    let wanted = usize::try_from(max).unwrap_or(usize::MAX);
    let count = wanted.min(families.len()).max(1);
    let mut dealt: Vec<Vec<Family>> = vec![Vec::new(); count];
    for (family, task) in families.into_iter().zip((0..count).cycle()) {
        if let Some(task) = dealt.get_mut(task) {
            task.push(family);
        }
    }
    if !alone.is_empty() {
        dealt.retain(|families| !families.is_empty());
    }
    dealt.extend(alone.into_iter().map(|family| vec![family]));
    (0..).zip(dealt).map(|(number, families)| TaskPlan::of(number, families, boundary)).collect()
}

impl TaskPlan {
    fn of(number: u32, families: Vec<Family>, boundary: Boundary) -> Self {
        let mut resources: Vec<usize> =
            families.iter().flat_map(|family| family.resources.iter().copied()).collect();
        resources.sort_unstable();
        let boundary = families.first().map_or(boundary, |family| family.boundary);
        Self { number, families, boundary, resources }
    }
}
