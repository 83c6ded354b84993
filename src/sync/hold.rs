//! Whether a cursor stays where it was although all pages were read.

use super::member::Scanning;
use super::walk::WalkEnd;
use super::wish::Beginning;
use crate::poll::Coverage;

impl Scanning<'_> {
    /// Whether records may have been passed over. Where records are not compared, asking for them again would publish all of the
    /// others once more, at every poll: there the cursor moves.
    pub(super) fn holds_its_cursor(&self, end: &WalkEnd) -> bool {
        if self.listing.incremental.is_none() || !self.member.plan.upkeep.compares() {
            return false;
        }
        let coverage = &end.coverage;
        let skipped = match coverage {
            Coverage::Complete(_) | Coverage::UpToTotal(_) => false,
            Coverage::Partial(reason) => reason.may_have_skipped(),
        };
        if skipped {
            let resource = &self.member.plan.name;
            tracing::warn!(%resource, "the cursor stays where it was: {coverage}; what was read is published");
        }
        skipped || self.left_out_the_cursor(end) && !matches!(coverage, Coverage::Complete(_))
    }

    /// Whether it began before a cursor that is there. If such a scan did not see everything, one with the cursor may have had more of
    /// what is new; that is the next one.
    fn left_out_the_cursor(&self, end: &WalkEnd) -> bool {
        let is_stored = self.member.standing.cursor(end.parent.as_deref()).is_some();
        is_stored && (self.is_whole || self.member.wish.from == Beginning::Start)
    }
}
