//! What the values of resources are known to look like: remembered on the offsets topic, taken up at each start of a session.

use super::start::StartError;
use crate::encode::Values;
use crate::kafka::{Ended, StoredOffsets};
use crate::model::SchemaOf;
use crate::plan::{ConnectorPlan, ResourcePlan};

/// Makes the values of a resource, with what the offsets topic remembers.
pub(super) fn values(plan: &ResourcePlan, stored: &StoredOffsets) -> Result<Values, Ended> {
    let remembered = stored.schemas.get(&(plan.name.clone(), SchemaOf::Value));
    plan.format
        .values(remembered)
        .map_err(|error| Ended::Abandoned { reason: format!("resource {}: {error}", plan.name) })
}

/// What is remembered can be read, or the start is refused: with another schema, readers would meet values that they do not expect.
pub(super) fn refuse_unreadable(plan: &ConnectorPlan, stored: &StoredOffsets) -> Result<(), StartError> {
    for (place, resource) in plan.resources.iter().enumerate() {
        if let Err(error) = values(resource, stored) {
            let problem = format!(
                "connector {}, {error}; a newer krest may have written it; a null value under [\"{}\",{{\"resource\":\"{}\",\"schema\":\"value\"}}] \
                 on the offsets topic {} has it learned anew",
                plan.name, plan.name, resource.name, plan.kafka.offsets_topic
            );
            return Err(StartError::Unfit { place, problem });
        }
    }
    Ok(())
}
