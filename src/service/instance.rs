//! Who this process is to the offsets topic.

use crate::kafka::Owner;

/// One run of a connector in this process.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub id: String,
    pub host: String,
    /// Set by the first claim; what runs afterwards keeps it.
    pub generation: Option<u64>,
}

impl Instance {
    pub(super) fn of_this_process() -> Self {
        let host = std::env::var("HOSTNAME").unwrap_or_default();
        Self { id: uuid::Uuid::new_v4().to_string(), host, generation: None }
    }

    /// Its record. `newest`: the generation that the offsets topic knows.
    pub(super) fn owner(&self, newest: u64, tasks: u32) -> Owner {
        Owner::new(&self.id, self.generation.unwrap_or(newest + 1), tasks, &self.host)
    }
}
