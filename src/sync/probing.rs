//! Of rows that a scan did not show, those that are not there when they are asked for.

use super::judge::Ending;
use super::member::Scanning;
use super::report::{Interrupted, SyncError};
use crate::model::Parent;
use crate::state::Missing;

impl Scanning<'_> {
    /// Of rows that are missing, those that are not there when they are asked for.
    pub(super) async fn probed(
        &mut self,
        mut missing: Vec<Missing>,
        ending: &Ending<'_>,
    ) -> Result<Vec<Missing>, Interrupted> {
        let Some(probe) = self.listing.probe.as_ref().filter(|_| !missing.is_empty()) else {
            return Ok(Vec::new());
        };
        let record = |one: &Missing| probe.record(&self.listing.name, &one.key, one.parent.as_deref());
        let records: Option<Vec<Parent>> = missing.iter().map(record).collect();
        let Some(records) = records else {
            let keys = missing.len();
            tracing::warn!(resource = %self.listing.name, keys, "keys are not of the form of deletes.path: nothing is deleted");
            return Ok(Vec::new());
        };
        match ending.poller.probe(&probe.source, &records).await {
            Ok(gone) => {
                let mut gone = gone.into_iter();
                missing.retain(|_| gone.next().unwrap_or_default());
                Ok(missing)
            }
            Err(error) => {
                self.fail_deletes(SyncError::Probe { missing: missing.len(), error });
                Ok(Vec::new())
            }
        }
    }
}
