//! What the messages of a resource say beside their records.

use crate::encode::MetadataPlan;
use crate::model::Redactor;
use crate::plan::{ConnectorPlan, ResourcePlan};

/// `None`: nothing. `largest`: the most bytes that key, value and headers of a message may come to.
pub(super) fn metadata_plan(
    connector: &ConnectorPlan,
    plan: &ResourcePlan,
    (largest, redactor): (usize, &Redactor),
) -> Option<MetadataPlan> {
    let (headers, envelope) = (plan.format.headers.clone(), plan.format.envelope);
    (envelope || !headers.is_empty()).then(|| MetadataPlan {
        connector: connector.name.clone(),
        resource: plan.name.clone(),
        headers,
        envelope,
        key: plan.format.key_row.clone(),
        largest,
        redactor: redactor.clone(),
    })
}
