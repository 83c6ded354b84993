//! Which rows are old news: of two versions of one record in a walk the older one, and what a log holds already.

use std::cmp::Ordering;
use std::collections::{HashMap, VecDeque};

use xxhash_rust::xxh3::xxh3_128;

use super::cursor::Incremental;
use crate::model::{Cursor, CursorValue, Direction, Json, Range, Record, Side};
use crate::records::fingerprint::fingerprint;

/// So many records of a walk are remembered, the latest ones: a record comes twice where pages shift, which is not far apart.
const MOST: usize = 50_000;

/// The cursor values of the records that a walk has shown.
#[derive(Clone, Debug, Default)]
pub struct Latest {
    values: HashMap<u128, CursorValue>,
    order: VecDeque<u128>,
}

impl Latest {
    /// Takes out the records whose cursor value is lower than one that the walk has shown under the same key: an answer from a
    /// replica that lags behind. How many there were is told; otherwise the later one wins, as everywhere.
    pub fn without_stale<'p>(
        &mut self,
        incremental: &Incremental,
        records: Vec<Record<'p>>,
    ) -> (Vec<Record<'p>>, u64) {
        if incremental.edges.direction == Direction::Min {
            return (records, 0); // a lower value is no older version there
        }
        let all = records.len();
        let kept: Vec<Record<'p>> =
            records.into_iter().filter(|record| !self.is_stale(incremental, record)).collect();
        let stale = (all - kept.len()) as u64;
        (kept, stale)
    }

    fn is_stale(&mut self, incremental: &Incremental, record: &Record<'_>) -> bool {
        // A record without a value, which passed the filter, says nothing of its age.
        let Ok(Some(value)) = incremental.value(Json::trusted(record.raw)) else { return false };
        let key = xxh3_128(record.key.as_bytes());
        let Some(known) = self.values.get_mut(&key) else {
            self.add(key, value.to_value());
            return false;
        };
        if value.compare(known.borrowed()).is_some_and(Ordering::is_lt) {
            return true;
        }
        *known = value.to_value();
        false
    }

    fn add(&mut self, key: u128, value: CursorValue) {
        if self.order.len() == MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
        self.order.push_back(key);
        self.values.insert(key, value);
    }
}

impl Incremental {
    /// Takes out the rows that a log holds which is published up to `mark`: those that a scan with this cursor would not have published.
    /// With a lag, some come again on purpose.
    pub fn without_published<'p>(&self, mark: &Cursor, mut records: Vec<Record<'p>>) -> Vec<Record<'p>> {
        let Some(mark) = self.own(Some(mark)) else { return records };
        let Ok(range) = self.range(Some(mark)) else { return records };
        records.retain(|record| !self.is_published((mark, &range), Json::trusted(record.raw)));
        records
    }

    fn is_published(&self, (mark, range): (&Cursor, &Range), row: Json<'_>) -> bool {
        let Ok(Some(value)) = self.value(row) else { return false };
        match range.side(&value) {
            Err(_) => false,
            Ok(Side::BeforeStart | Side::BeyondEnd) => true,
            Ok(Side::Inside) => {
                let at_mark = value.compare(mark.value.borrowed()) == Some(Ordering::Equal);
                at_mark && fingerprint(row).is_ok_and(|content| mark.edge.contains(&content))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{on, walk};
    use super::*;
    use crate::model::{Edge, Edges, Key, Lag};

    #[test]
    fn what_a_log_holds_is_what_a_scan_with_its_cursor_would_not_publish() {
        let open = Edges { start: Edge::Open, ..Edges::default() };
        let smallest = Edges { direction: Direction::Min, ..Edges::default() };
        let kinds = [
            on("at"),
            Incremental { lag: Lag::new("2"), ..on("at") },
            Incremental { edges: open, ..on("at") },
            Incremental { edges: smallest, ..on("at") },
            Incremental { missing: super::super::OnMissing::Include, ..on("at") },
        ];
        let rows = [r#"{"at":3}"#, r#"{"at":5,"n":1}"#, r#"{"at":5,"n":2}"#, r#"{"at":9}"#, r#"{"at":4}"#];
        for log in kinds {
            let (_, mark) = walk(&log, None, &[r#"[{"at":5,"n":1},{"at":5}]"#]);
            let (published, _) = walk(&log, mark.as_ref(), &[&format!("[{}]", rows.join(","))]);
            let record =
                |raw: &&'static str| Record { key: Key::Owned((*raw).to_owned()), raw, deleted: false };
            let left = log.without_published(&mark.unwrap(), rows.iter().map(record).collect());
            assert_eq!(left.iter().map(|record| record.raw).collect::<Vec<_>>(), published, "{log:?}");
        }
    }
}
