//! `offset`: offset and limit on every request; the offset steps by `limit`, also when a page is short.

use serde_json::{Value, json};

use super::paging::{End, PageView, PaginateError, Start, Step, Turn};
use super::range;
use crate::model::{Json, Position};
use crate::poll::request::Placed;
use crate::poll::source::OffsetPaginator;

#[derive(Debug)]
pub(in crate::poll) struct Offset {
    settings: OffsetPaginator,
    /// Of the page that is requested next.
    at: u64,
}

impl Offset {
    /// A position is `{"offset":300}`. One at the very start leaves nothing out: that scan is a fresh one.
    pub(super) fn start(settings: &OffsetPaginator, resume: Option<&Position>) -> (Self, Start) {
        let fresh = settings.offset;
        let (at, start) = match resume {
            None => (fresh, Start::Fresh),
            Some(position) => match position.0.get("offset").and_then(Value::as_u64) {
                Some(at) if at == fresh => (fresh, Start::Fresh),
                Some(at) if at > fresh && settings.maximum_offset.is_none_or(|maximum| at < maximum) => {
                    (at, Start::Resumed)
                }
                Some(_) | None => (fresh, Start::Unreadable),
            },
        };
        (Self { settings: settings.clone(), at }, start)
    }

    pub(super) fn placed(&self) -> Vec<Placed<'_>> {
        vec![(&self.settings.offset_in, self.at), (&self.settings.limit_in, self.settings.limit)]
    }

    pub(super) fn position(&self) -> Position {
        Position(json!({ "offset": self.at }))
    }

    /// dlt's range rules in dlt's order, except that an implicit total that is absent is no failure (CONTRACT, Requests).
    pub(super) fn turn(&mut self, page: &PageView<'_>) -> Result<Turn, PaginateError> {
        let rules = &self.settings;
        let records = page.records;
        if rules.stop_after_empty_page && records == 0 {
            return Ok(Turn { step: Step::End(End::EmptyPage), total: None });
        }
        let paths = [&rules.total_path, &rules.has_more_path];
        let without_records = range::without_records(page, paths.into_iter().flatten());
        let answer = without_records.as_deref().map_or(page.document, Json::trusted);
        let total = match &rules.total_path {
            Some(path) => range::total(path, rules.total_explicit, answer)?,
            None => None,
        };
        let next = self.at.checked_add(rules.limit).ok_or(PaginateError::Overflow)?;
        let step = self.step(next, total, records, answer)?;
        if step == Step::Next {
            self.at = next;
        }
        Ok(Turn { step, total: total.and_then(|total| u64::try_from(total).ok()) })
    }

    fn step(
        &self,
        next: u64,
        total: Option<i64>,
        records: usize,
        answer: Json<'_>,
    ) -> Result<Step, PaginateError> {
        let rules = &self.settings;
        if total.is_some_and(|total| i128::from(next) >= i128::from(total)) {
            return Ok(Step::End(End::Total));
        }
        if rules.maximum_offset.is_some_and(|maximum| next >= maximum) {
            return Ok(Step::End(End::Maximum));
        }
        if let Some(path) = &rules.has_more_path {
            return Ok(if range::has_more(path, answer)? { Step::Next } else { Step::End(End::NoMore) });
        }
        // Nothing else can end this scan: neither a total nor a maximum nor `has_more_path` is there.
        let bounded = total.is_some() || rules.maximum_offset.is_some();
        Ok(if records == 0 && !bounded { Step::End(End::EmptyPage) } else { Step::Next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::source::Place;
    use crate::template::JsonPath;

    fn settings() -> OffsetPaginator {
        OffsetPaginator {
            limit: 2,
            offset: 0,
            offset_in: Place::Param("offset".into()),
            limit_in: Place::Param("limit".into()),
            total_path: Some(JsonPath::parse("total").unwrap()),
            total_explicit: false,
            maximum_offset: None,
            stop_after_empty_page: true,
            has_more_path: None,
        }
    }

    fn turn(
        settings: &OffsetPaginator,
        at: u64,
        records: usize,
        answer: &str,
    ) -> Result<Turn, PaginateError> {
        let mut offset = Offset { settings: settings.clone(), at };
        let document = Json::parse(answer.as_bytes()).unwrap();
        let result = offset.turn(&PageView { document, records, list: None });
        let moved = matches!(result, Ok(Turn { step: Step::Next, .. }));
        assert_eq!(offset.at, if moved { at + settings.limit } else { at }, "it stands where it should");
        result
    }

    fn step(settings: &OffsetPaginator, at: u64, records: usize, answer: &str) -> Step {
        turn(settings, at, records, answer).unwrap().step
    }

    #[test]
    fn an_empty_page_ends_before_anything_else_is_looked_at() {
        let settings = OffsetPaginator { total_explicit: true, ..settings() };
        assert_eq!(step(&settings, 0, 0, "{}"), Step::End(End::EmptyPage));
    }

    #[test]
    fn a_short_page_never_ends_and_the_offset_steps_by_the_limit() {
        assert_eq!(step(&settings(), 4, 1, "{}"), Step::Next);
    }

    #[test]
    fn an_implicit_total_ends_at_the_last_page_and_may_be_absent() {
        for (at, answer, expected) in [
            (0, r#"{"total":5}"#, Step::Next),
            (2, r#"{"total":"5"}"#, Step::Next),
            (4, r#"{"total":5}"#, Step::End(End::Total)),
            (2, r#"{"total":4}"#, Step::End(End::Total)),
            (2, r#"{"total":4.9}"#, Step::End(End::Total)),
            (2, r#"{"total":null}"#, Step::Next),
            (2, "[1,2]", Step::Next),
        ] {
            assert_eq!(step(&settings(), at, 2, answer), expected, "{at} {answer}");
        }
        assert_eq!(turn(&settings(), 0, 2, r#"{"total":5}"#).unwrap().total, Some(5));
    }

    #[test]
    fn an_explicit_total_that_is_missing_or_null_is_an_error() {
        let settings = OffsetPaginator { total_explicit: true, ..settings() };
        for answer in ["{}", r#"{"total":null}"#] {
            let error = turn(&settings, 0, 2, answer).unwrap_err();
            assert_eq!(error, PaginateError::TotalMissing { path: "total".into() });
        }
    }

    #[test]
    fn the_maximum_is_an_exclusive_bound_of_the_offset_to_request() {
        let settings = OffsetPaginator { maximum_offset: Some(4), ..settings() };
        assert_eq!(step(&settings, 0, 2, "{}"), Step::Next);
        assert_eq!(step(&settings, 2, 2, "{}"), Step::End(End::Maximum));
    }

    #[test]
    fn has_more_is_combined_with_the_other_rules() {
        let settings =
            OffsetPaginator { has_more_path: Some(JsonPath::parse("more").unwrap()), ..settings() };
        for (answer, expected) in [
            (r#"{"more":true}"#, Step::Next),
            (r#"{"more":"No"}"#, Step::End(End::NoMore)),
            (r#"{"more":true,"total":2}"#, Step::End(End::Total)),
            (r#"{"more":false,"total":9}"#, Step::End(End::NoMore)),
        ] {
            assert_eq!(step(&settings, 0, 2, answer), expected, "{answer}");
        }
    }

    #[test]
    fn without_a_bound_an_empty_page_ends_even_where_it_should_not() {
        let open = OffsetPaginator { stop_after_empty_page: false, ..settings() };
        assert_eq!(step(&open, 0, 0, "{}"), Step::End(End::EmptyPage));
        assert_eq!(step(&open, 0, 0, r#"{"total":9}"#), Step::Next);
        let bounded = OffsetPaginator { maximum_offset: Some(8), ..open };
        assert_eq!(step(&bounded, 0, 0, "{}"), Step::Next);
    }

    #[test]
    fn a_position_is_taken_up_or_the_scan_starts_over() {
        let settings = OffsetPaginator { offset: 2, maximum_offset: Some(10), ..settings() };
        for (position, at, start) in [
            (json!({"offset": 6}), 6, Start::Resumed),
            (json!({"offset": 2}), 2, Start::Fresh),
            (json!({"offset": 10}), 2, Start::Unreadable),
            (json!({"offset": 0}), 2, Start::Unreadable),
            (json!({"offset": "6"}), 2, Start::Unreadable),
            (json!({"cursor": "a"}), 2, Start::Unreadable),
            (json!(null), 2, Start::Unreadable),
        ] {
            let (offset, found) = Offset::start(&settings, Some(&Position(position.clone())));
            assert_eq!((offset.at, found), (at, start), "{position}");
        }
        assert_eq!(Offset { settings, at: 6 }.position(), Position(json!({"offset": 6})));
    }

    #[test]
    fn the_last_offset_of_all_is_an_error_and_no_wrap() {
        assert_eq!(turn(&settings(), u64::MAX - 1, 2, "{}").unwrap_err(), PaginateError::Overflow);
    }
}
