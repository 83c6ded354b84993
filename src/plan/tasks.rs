//! Which task does what: families, dealt out to the producers of a connector.

use super::types::{ConnectorPlan, Family, Listing};
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

impl ConnectorPlan {
    /// Leaves those families to the tasks that one of these resources is in. What is published by the connector stays known.
    pub fn keep_families_of(&mut self, wanted: &[String]) {
        let is_wanted = |place: &usize| {
            let name = self.resources.get(*place).map(|resource| resource.name.as_str());
            name.is_some_and(|name| wanted.iter().any(|wanted| wanted == name))
        };
        for task in &mut self.tasks {
            task.families.retain(|family| family.resources.iter().any(is_wanted));
            let families = &task.families;
            task.resources.retain(|place| families.iter().any(|family| family.resources.contains(place)));
        }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;
    use crate::model::Redactor;
    use crate::plan::{ConnectorPlan, FilePlan};

    fn plan(tasks: u32, resources: &str) -> ConnectorPlan {
        let text = format!(
            "name: shop\ntasks.max: {tasks}\nkafka: {{bootstrap.servers: \"localhost:1\"}}\nsource: {{client: {{base_url: \"http://localhost\"}}, resources: {resources}}}"
        );
        let redactor = Redactor::default();
        let config = Config::parse(text.as_bytes(), Path::new("f.yaml"), &|_| None, &redactor).unwrap();
        FilePlan::compile("f.yaml", &config, &redactor).unwrap().into_connector().unwrap()
    }

    fn dealt(tasks: u32, resources: &str) -> Vec<Vec<String>> {
        let plan = plan(tasks, resources);
        let name = |place: &usize| plan.resources[*place].name.to_string();
        plan.tasks.iter().map(|task| task.resources.iter().map(name).collect()).collect()
    }

    #[test]
    fn families_are_dealt_out_in_the_order_of_their_names_wherever_they_stand() {
        for resources in ["[ants, bees, cats, dogs, elks]", "[elks, cats, ants, dogs, bees]"] {
            let mut tasks = dealt(3, resources);
            tasks.iter_mut().for_each(|task| task.sort());
            assert_eq!(tasks, [vec!["ants", "dogs"], vec!["bees", "elks"], vec!["cats"]], "{resources}");
        }
        assert_eq!(plan(3, "[ants, bees]").tasks.iter().map(|task| task.number).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn there_is_always_one_task_and_never_more_than_families() {
        assert_eq!(dealt(1, "[ants, bees]"), [["ants", "bees"]]);
        assert_eq!(dealt(4_000_000_000, "[ants, bees]"), [["ants"], ["bees"]]);
        assert_eq!(dealt(7, "[]"), [Vec::<String>::new()]);
        let family = "[posts, {name: comments, endpoint: 'posts/{resources.posts.id}/comments'}, likes]";
        assert_eq!(dealt(9, family), [vec!["likes"], vec!["posts", "comments"]]);
    }

    #[test]
    fn a_task_finds_its_resources_by_their_places_in_the_plan() {
        let plan = plan(2, "[dogs, ants, cats, bees]");
        let task = &plan.tasks[1];
        assert_eq!(task.resources, [0, 3], "dogs and bees");
        assert_eq!([0, 1, 3].map(|place| task.place_of(place)), [Some(0), None, Some(1)]);
    }
}
