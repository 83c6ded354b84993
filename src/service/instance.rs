//! Who this process is to the offsets topic.

use crate::kafka::{Owner, StoredOffsets};
use crate::model::ResourceName;
use crate::plan::ConnectorPlan;

/// One run of a connector in this process.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub id: String,
    pub host: String,
    /// Set by the first claim; what runs afterwards keeps it.
    pub generation: Option<u64>,
    /// Resources whose offsets it is about to reset: that they were read from another source is no objection then.
    pub forgets: Vec<ResourceName>,
}

impl Instance {
    pub(super) fn of_this_process() -> Self {
        let host = std::env::var("HOSTNAME").unwrap_or_default();
        Self { id: uuid::Uuid::new_v4().to_string(), host, generation: None, forgets: Vec::new() }
    }

    /// What the offsets topic says, as far as it matters to this instance.
    pub(super) fn overlook(&self, plan: &ConnectorPlan, mut stored: StoredOffsets) -> StoredOffsets {
        for resource in plan.resources.iter().filter(|resource| self.forgets.contains(&resource.name)) {
            let offset = stored.resources.get_mut(&resource.name);
            offset.into_iter().for_each(|offset| offset.source.clone_from(&resource.source_identity));
        }
        stored
    }

    /// Its record. `newest`: the generation that the offsets topic knows.
    pub(super) fn owner(&self, newest: u64, tasks: u32) -> Owner {
        Owner::new(&self.id, self.generation.unwrap_or(newest + 1), tasks, &self.host)
    }
}
