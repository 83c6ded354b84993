//! `offset` and `page_number`: one number that grows by its step, also when a page is short, until a rule ends it.

use serde_json::{Value, json};

use super::answer;
use super::asks::Placed;
use super::paging::{End, PageView, PaginateError, Start, Step, Turn};
use crate::model::{Json, Position};
use crate::poll::paginator::{Counts, RangePaginator};

#[derive(Clone, Debug)]
pub(in crate::poll) struct Range {
    settings: RangePaginator,
    /// Of the page that is requested next.
    at: u64,
    /// Records of the pages before it, as far as somebody needs to know.
    read: u64,
    /// The last page held as many records as were asked for, and the total that it named.
    full_page_of: Option<i128>,
}

impl Range {
    /// At the first page.
    pub(super) fn fresh(settings: RangePaginator) -> Self {
        Self { at: settings.first, read: 0, full_page_of: None, settings }
    }

    /// A position is `{"offset":300}` or `{"page":4}`. One at the very start leaves nothing out: that scan is a fresh one.
    pub(super) fn start(settings: RangePaginator, resume: Option<&Position>) -> (Self, Start) {
        let mut range = Self::fresh(settings);
        let Some(position) = resume else { return (range, Start::Fresh) };
        let (first, maximum) = (range.settings.first, range.settings.maximum);
        let field = |name| position.0.get(name).and_then(Value::as_u64);
        let start = match (field(range.name()), field("read")) {
            (Some(at), _) if at == first => Start::Fresh,
            // Without the count, a total of records would be reached too late, and never too early.
            (Some(at), read) if at > first && maximum.is_none_or(|maximum| at < maximum) => {
                (range.at, range.read) = (at, read.unwrap_or(0));
                Start::Resumed
            }
            (Some(_) | None, _) => Start::Unreadable,
        };
        (range, start)
    }

    pub(super) fn placed(&self) -> Vec<Placed<'_>> {
        let mut placed = vec![Placed::number(&self.settings.place, self.at)];
        if let Counts::Records { limit, limit_in } = &self.settings.counts {
            placed.push(Placed::number(limit_in, *limit));
        }
        placed
    }

    pub(super) fn position(&self) -> Position {
        let mut position = json!({ self.name(): self.at });
        if let (Some(_), Value::Object(map)) = (&self.settings.total_items_path, &mut position) {
            map.insert("read".to_owned(), self.read.into());
        }
        Position(position)
    }

    /// The page behind the one that the scan ended at; `None` where the configuration's own maximum forbids it.
    pub(super) fn behind(&self) -> Option<Position> {
        let next = self.at.checked_add(self.step_size())?;
        let allowed = self.settings.maximum.is_none_or(|maximum| next < maximum);
        allowed.then(|| Position(json!({ self.name(): next })))
    }

    /// With which statuses the API says that the page which is requested next does not exist.
    pub(super) fn ends_on(&self) -> &[u16] {
        if self.at == self.settings.first { &[] } else { &self.settings.stop_on_status }
    }

    /// The number that the pages of the API begin with, once it is known.
    pub(super) fn set_base(&mut self, base: u64) {
        self.settings.counts = Counts::Pages { base };
    }

    fn step_size(&self) -> u64 {
        match self.settings.counts {
            Counts::Records { limit, .. } => limit,
            Counts::Pages { .. } => 1,
        }
    }

    fn name(&self) -> &'static str {
        match self.settings.counts {
            Counts::Records { .. } => "offset",
            Counts::Pages { .. } => "page",
        }
    }

    /// dlt's range rules in dlt's order, except that an implicit total that is absent is no failure.
    pub(super) fn turn(&mut self, page: &PageView<'_>) -> Result<Turn, PaginateError> {
        let rules = &self.settings;
        if rules.stop_after_empty_page && page.records() == 0 {
            return Ok(Turn::end(self.end_at_empty_page(page)));
        }
        let paths = [&rules.total_path, &rules.total_items_path, &rules.has_more_path];
        let without_records = answer::without_records(page.document, page.list, paths.into_iter().flatten());
        let rest = without_records.as_deref().map_or(page.document, Json::trusted);
        let total = match &rules.total_path {
            Some(path) => answer::total("total_path", path, rules.total_explicit, rest)?,
            None => None,
        };
        let items = match &rules.total_items_path {
            Some(path) => answer::total("total_items_path", path, true, rest)?,
            None => None,
        };
        let base = match rules.counts {
            Counts::Records { .. } => 0,
            Counts::Pages { base } => base,
        };
        let next = self.at.checked_add(self.step_size()).ok_or(PaginateError::Overflow)?;
        let read = self.read + page.records() as u64;
        let reached = total.is_some_and(|total| i128::from(next) >= i128::from(total) + i128::from(base))
            || items.is_some_and(|items| i128::from(read) >= i128::from(items));
        // Where nothing else can end this scan: neither a total nor a maximum is there, and no `has_more_path`.
        let dry = page.records() == 0 && total.is_none() && rules.maximum.is_none();
        let step = self.step(next, reached, dry, rest)?;
        if step == Step::Next {
            (self.at, self.read) = (next, read);
        }
        let full = matches!(rules.counts, Counts::Records { limit, .. } if page.records() as u64 >= limit);
        self.full_page_of = total.filter(|_| full).map(i128::from);
        let records = items.or(total.filter(|_| self.name() == "offset"));
        Ok(Turn { step, total: records.and_then(|total| u64::try_from(total).ok()), reread: None })
    }

    /// A short page and then an empty one is how a listing ends, whatever its total counts. Rows that were deleted meanwhile lower
    /// the total of the empty page, too.
    fn end_at_empty_page(&self, page: &PageView<'_>) -> End {
        let own = self.settings.total_path.as_ref();
        let own = own.and_then(|path| answer::total("total_path", path, false, page.document).ok().flatten());
        let promised = self.full_page_of.map(|total| own.map_or(total, i128::from));
        if promised.is_some_and(|total| total > i128::from(self.at)) {
            End::BelowTotal
        } else {
            End::EmptyPage
        }
    }

    fn step(&self, next: u64, reached: bool, dry: bool, rest: Json<'_>) -> Result<Step, PaginateError> {
        let rules = &self.settings;
        if reached {
            // The API's own word that there is no more is worth more than its count.
            let no_more =
                rules.has_more_path.as_ref().map(|path| answer::has_more(path, rest)) == Some(Ok(false));
            return Ok(Step::End(if no_more { End::NoMore } else { End::Total }));
        }
        if rules.maximum.is_some_and(|maximum| next >= maximum) {
            return Ok(Step::End(End::Maximum));
        }
        if let Some(path) = &rules.has_more_path {
            return Ok(if answer::has_more(path, rest)? { Step::Next } else { Step::End(End::NoMore) });
        }
        Ok(if dry { Step::End(End::EmptyPage) } else { Step::Next })
    }
}
