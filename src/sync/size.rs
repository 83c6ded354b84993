//! Whether a scan that was to show everything is believed: one that shows far fewer records than the last one may say that the
//! API is broken, and not that they are gone.

use super::FamilyScan;
use super::report::SyncError;
use crate::plan::ShrinkRule;

impl FamilyScan<'_> {
    /// A scan with far fewer records than the last one is no complete one, and moves no cursor.
    pub(super) fn doubt_sizes(&mut self) {
        for index in 0..self.members.len() {
            let Some(listing) = self.members.get(index).map(|member| member.member.plan.listing) else {
                break;
            };
            if self.resumes.is_some()
                || self.above(listing).any(|above| self.is_narrow(above) || self.saw_a_part(above))
            {
                continue;
            }
            let selected = !self.seen.get(&listing).is_some_and(|seen| seen.unselected);
            let member = self.members.get_mut(index).filter(|member| !member.has_failed());
            if member.is_some_and(|member| !member.is_believed(selected)) {
                let seen = self.seen.entry(listing).or_default();
                (seen.shrunk, seen.partial) = (true, true);
            }
        }
    }
}

/// Below this many records a table may shrink as it likes, only not to nothing.
const SMALL: u64 = 10;

/// How many records scans had that were to show all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub now: u64,
    /// The last one that was believed; 0 if there was none.
    pub before: u64,
    /// The last one, if it was not believed.
    pub doubted: Option<u64>,
}

/// What a scan's size says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Plausible,
    /// What it does not show is not gone. `again`: the scan before it said the same.
    Doubtful {
        again: bool,
    },
}

impl Sizes {
    pub(super) fn judge(self, rule: ShrinkRule) -> Verdict {
        let shrunk = |before, now| has_shrunk(before, now, rule.max_share);
        if !shrunk(self.before, self.now) {
            return Verdict::Plausible;
        }
        let agrees = |doubted| !shrunk(doubted, self.now) && !shrunk(self.now, doubted);
        Verdict::Doubtful { again: self.doubted.is_some_and(agrees) }
    }

    pub(super) fn refused(self, rule: ShrinkRule) -> SyncError {
        SyncError::Shrunk { records: self.now, before: self.before, max_shrink: rule.max_share }
    }

    /// For the log.
    pub(super) fn doubt(self, rule: ShrinkRule, again: bool) -> String {
        let then = if again {
            "the scan before it said the same: from now on this is believed"
        } else {
            "if the next scan says the same, it is believed from then on"
        };
        format!(
            "the scan showed {} instead of {} records, fewer than errors.max_shrink allows ({}): nothing is deleted and no cursor \
             moves; {then}",
            self.now, self.before, rule.max_share
        )
    }
}

fn has_shrunk(before: u64, now: u64, max_share: f64) -> bool {
    let missing = before.saturating_sub(now);
    let matters = now == 0 || before >= SMALL;
    matters && missing as f64 > max_share * before as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(before: u64, doubted: Option<u64>, now: u64) -> Verdict {
        Sizes { now, before, doubted }.judge(ShrinkRule { max_share: 0.5, fails: false })
    }

    #[test]
    fn nothing_where_there_was_something_and_less_than_the_share_are_doubtful() {
        for (before, now, doubtful) in [
            (100, 50, false),
            (100, 49, true),
            (100, 0, true),
            (10, 4, true),
            (9, 1, false),
            (9, 0, true),
            (1, 0, true),
            (0, 0, false),
            (0, 50, false),
            (10, 1000, false),
        ] {
            let expected = if doubtful { Verdict::Doubtful { again: false } } else { Verdict::Plausible };
            assert_eq!(judged(before, None, now), expected, "{before} to {now}");
        }
    }

    #[test]
    fn the_second_scan_that_says_the_same_is_told_from_one_that_says_something_else() {
        for (doubted, now, again) in
            [(0, 0, true), (40, 38, true), (40, 0, false), (0, 40, false), (40, 12, false), (12, 40, false)]
        {
            assert_eq!(judged(100, Some(doubted), now), Verdict::Doubtful { again }, "{doubted}, then {now}");
        }
    }

    #[test]
    fn a_share_of_one_doubts_nothing() {
        let sizes = Sizes { now: 0, before: 100, doubted: None };
        assert_eq!(sizes.judge(ShrinkRule { max_share: 1.0, fails: true }), Verdict::Plausible);
    }
}
