//! An API that ignores the paginator's parameters, or runs in a circle, sends records that were already there, or the link or
//! token of a page that was already asked for.

use std::collections::HashSet;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::model::Span;

/// So many pages in a row that were all seen before are a loop. One or two are not: rows that were inserted meanwhile push
/// others onto the next page.
const REPEATS: u32 = 3;

/// Remembers the pages of one scan, and the links or tokens that led to them, by a hash each: 16 bytes a page.
#[derive(Debug, Default)]
pub(super) struct LoopGuard {
    pages: HashSet<u64>,
    references: HashSet<u64>,
    in_a_row: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    New,
    /// An earlier page once more.
    Repeated,
    /// Too often in a row.
    Loop,
}

impl LoopGuard {
    /// `next` is the link or token of the page that follows, where there is one. A page without records says nothing by itself.
    pub(super) fn look(&mut self, body: &[u8], records: &[Span], next: Option<&str>) -> Sight {
        let new_records = !records.is_empty() && self.pages.insert(hash(body, records));
        let new_reference = next.map(|next| self.references.insert(xxh3_64(next.as_bytes())));
        let seen = (!records.is_empty() && !new_records) || new_reference == Some(false);
        if seen {
            self.in_a_row += 1;
            return if self.in_a_row < REPEATS { Sight::Repeated } else { Sight::Loop };
        }
        if new_records {
            self.in_a_row = 0;
        }
        Sight::New
    }
}

fn hash(body: &[u8], records: &[Span]) -> u64 {
    let text = |span: &Span| body.get(span.start as usize..span.end as usize).unwrap_or_default();
    if let [one] = records {
        return xxh3_64(text(one));
    }
    let mut hasher = Xxh3::new();
    for record in records {
        hasher.update(text(record));
        hasher.update(b",");
    }
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(guard: &mut LoopGuard, records: &[&str]) -> Sight {
        let body = records.concat();
        let mut end = 0;
        let spans: Vec<Span> = records
            .iter()
            .map(|record| {
                let start = end;
                end += u32::try_from(record.len()).unwrap();
                Span { start, end }
            })
            .collect();
        guard.look(body.as_bytes(), &spans, None)
    }

    #[test]
    fn the_same_page_over_and_over_is_a_loop() {
        let mut guard = LoopGuard::default();
        let seen: Vec<Sight> = (0..4).map(|_| look(&mut guard, &["a", "b"])).collect();
        assert_eq!(seen, [Sight::New, Sight::Repeated, Sight::Repeated, Sight::Loop]);
    }

    #[test]
    fn a_circle_of_pages_is_a_loop() {
        let mut guard = LoopGuard::default();
        let seen: Vec<Sight> =
            (0..5).map(|i| look(&mut guard, &[if i % 2 == 0 { "a" } else { "b" }])).collect();
        assert_eq!(seen, [Sight::New, Sight::New, Sight::Repeated, Sight::Repeated, Sight::Loop]);
    }

    #[test]
    fn a_page_that_was_pushed_along_is_none() {
        let mut guard = LoopGuard::default();
        for page in [["a"], ["a"], ["b"], ["b"], ["c"], ["c"], ["d"]] {
            assert_ne!(look(&mut guard, &page), Sight::Loop);
        }
    }

    #[test]
    fn empty_pages_do_not_count() {
        let mut guard = LoopGuard::default();
        assert!((0..20).all(|_| look(&mut guard, &[]) == Sight::New));
    }

    #[test]
    fn tokens_that_run_in_a_circle_are_a_loop_whatever_the_pages_hold() {
        let mut guard = LoopGuard::default();
        let mut turn = |n: usize| guard.look(b"", &[], Some(["a", "b"][n % 2]));
        let seen: Vec<Sight> = (0..5).map(&mut turn).collect();
        assert_eq!(seen, [Sight::New, Sight::New, Sight::Repeated, Sight::Repeated, Sight::Loop]);
    }

    #[test]
    fn empty_pages_with_new_tokens_go_on() {
        let mut guard = LoopGuard::default();
        assert!((0..20).all(|n| guard.look(b"", &[], Some(&n.to_string())) == Sight::New));
    }

    #[test]
    fn where_one_record_ends_matters() {
        let mut guard = LoopGuard::default();
        look(&mut guard, &["ab", "c"]);
        assert_eq!(look(&mut guard, &["a", "bc"]), Sight::New);
    }
}
