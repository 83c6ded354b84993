//! The cursor of a resource: the range that a walk asks for, and the rows of a page that belong to it.

use std::cmp::Ordering;

use tracing::warn;

use super::progress::{MOST_AT_EDGE, Progress};
use crate::model::{
    Cursor, CursorKind, CursorRef, CursorValue, Direction, Edge, Edges, Json, Kind, Lag, Page, Range,
    ResourceName, Side, Span, Window,
};
use crate::records::aside::{Aside, KeyIs};
use crate::records::error::{Problem, RecordError, WindowError, WindowProblem};
use crate::records::fingerprint::fingerprint;
use crate::template::{Jq, JsonPath};

/// The cursor of one resource.
#[derive(Clone, Debug)]
pub struct Incremental {
    pub resource: ResourceName,
    /// Where the cursor value stands in a record; of several matches the first counts.
    pub path: JsonPath,
    pub initial: Option<CursorValue>,
    /// With it nothing is remembered: every walk begins at `initial`.
    pub end: Option<CursorValue>,
    pub lag: Option<Lag>,
    pub edges: Edges,
    pub missing: OnMissing,
    /// Applied to the values that are sent, not to those that are compared and stored.
    pub convert: Option<Jq>,
    /// Whether rows at the stored value that were published before are told by their content: where records have no key by
    /// which the topic could tell.
    pub remembers_edge: bool,
}

/// dlt's `on_cursor_value_missing`: what becomes of a record whose cursor value is missing or null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissing {
    #[default]
    Raise,
    Include,
    Exclude,
}

impl Incremental {
    /// The values for one walk. `stored`: what the last walk that ended had reached.
    pub fn window(&self, stored: Option<&Cursor>) -> Result<Window, WindowError> {
        let range = self.range(stored)?;
        let start_sent = self.sent("start_value", range.start.as_ref())?;
        Ok(Window {
            initial: self.sent("initial_value", self.initial.as_ref())?,
            last: start_sent.clone(),
            start: start_sent,
            end: self.sent("end_value", self.end.as_ref())?,
            range,
        })
    }

    /// The rows that a walk means, by their own values.
    pub(super) fn range(&self, stored: Option<&Cursor>) -> Result<Range, WindowError> {
        let last = self.own(stored).map(|cursor| &cursor.value);
        let start = match (last, &self.lag) {
            (Some(last), Some(lag)) => {
                let moved = lag.moved(last, self.initial.as_ref(), self.edges.direction);
                Some(moved.map_err(|error| self.refused(error.into()))?)
            }
            (Some(last), None) => Some(last.clone()),
            (None, _) => self.initial.clone(),
        };
        Ok(Range { start, end: self.end.clone(), edges: self.edges })
    }

    /// How far a walk has come that begins, or goes on. `stored`: what the last walk that ended had reached; `running`: what the
    /// pages of this one had reached.
    pub fn progress(&self, stored: Option<&Cursor>, running: Option<&Cursor>) -> Progress {
        Progress::new(self.name(), self.own(stored), self.own(running))
    }

    /// A stored value is of use if it is this cursor's, as in dlt, and if anything is remembered at all.
    pub(super) fn own<'c>(&self, stored: Option<&'c Cursor>) -> Option<&'c Cursor> {
        stored.filter(|cursor| self.end.is_none() && cursor.of == self.name())
    }

    /// `max(updated_at)`: what tells this cursor from another one of the same resource.
    pub fn name(&self) -> String {
        let func = match self.edges.direction {
            Direction::Max => "max",
            Direction::Min => "min",
        };
        format!("{func}({})", self.path.text())
    }

    /// Leaves the rows that belong to the window, as dlt does, and notes how far they reach.
    /// Rows without a usable cursor value go aside. After an error neither page nor progress is of use.
    pub fn filter(
        &self,
        page: Page,
        window: &Window,
        progress: &mut Progress,
        aside: &mut Aside<'_>,
    ) -> Result<Page, RecordError> {
        let mut kept = Vec::with_capacity(page.records.len());
        let mut newest = Newest::default();
        for (index, span) in page.records.iter().enumerate() {
            let row = Row { record: Json::trusted(page.text(*span)), span: *span };
            match self.keeps(&row, (&window.range, progress), &mut newest) {
                Ok(true) => kept.push(*span),
                Ok(false) => {}
                Err(problem) => aside.put(&page, self.error(&page, index, problem), KeyIs::Final)?,
            }
        }
        let Newest { value, rows } = newest;
        if let Some(value) = value {
            progress.advance(value.to_value());
        }
        if self.remembers_edge() {
            self.remember(&page, &rows, progress, aside.keeps())?;
        }
        Ok(Page { records: kept, ..page })
    }

    fn keeps<'p>(
        &self,
        row: &Row<'p>,
        (range, progress): (&Range, &Progress),
        newest: &mut Newest<'p>,
    ) -> Result<bool, Problem> {
        let Some(value) = self.value(row.record)? else {
            return Ok(self.missing == OnMissing::Include);
        };
        let side = range.side(&value).map_err(|kinds| self.kinds(kinds.value, kinds.edge, kinds.kind))?;
        if side != Side::Inside {
            return Ok(false);
        }
        if self.is_known(row, &value, progress)? {
            return Ok(false);
        }
        let reached = newest.value.as_ref().or(progress.value().map(CursorValue::borrowed));
        match self.age(&value, reached)? {
            Ordering::Greater => *newest = Newest { value: Some(value), rows: vec![row.span] },
            Ordering::Equal => newest.rows.push(row.span),
            Ordering::Less => {}
        }
        Ok(true)
    }

    /// The cursor value of a record; `None` if it is missing and may be.
    pub(super) fn value<'p>(&self, record: Json<'p>) -> Result<Option<CursorRef<'p>>, Problem> {
        let field = || self.path.text().to_owned();
        let found = self.path.first(record);
        match found.filter(|value| value.kind() != Kind::Null) {
            Some(value) => CursorRef::read(value)
                .map(Some)
                .map_err(|reason| Problem::NoCursorValue { field: field(), reason }),
            None if self.missing == OnMissing::Raise => {
                let what = if found.is_some() { "null" } else { "missing" };
                Err(Problem::CursorMissing { field: field(), what })
            }
            None => Ok(None),
        }
    }

    /// How a value stands to what was reached: `Greater` is newer.
    pub(super) fn age(
        &self,
        value: &CursorRef<'_>,
        reached: Option<&CursorRef<'_>>,
    ) -> Result<Ordering, Problem> {
        let Some(reached) = reached else { return Ok(Ordering::Greater) };
        let order = value.compare(reached).filter(|_| value.kind().goes_with(reached.kind()));
        let order =
            order.ok_or_else(|| self.kinds(value.kind(), "the newest value so far", reached.kind()))?;
        Ok(self.edges.direction.oriented(order))
    }

    /// Whether a row that stands at the start value was published before, unchanged.
    fn is_known(&self, row: &Row<'_>, value: &CursorRef<'_>, progress: &Progress) -> Result<bool, Problem> {
        if !self.remembers_edge() || !progress.has_known() {
            return Ok(false);
        }
        let start = progress.from().map(CursorValue::borrowed);
        let at_start = start.is_some_and(|start| value.compare(start) == Some(Ordering::Equal));
        Ok(at_start && progress.knows(fingerprint(row.record)?))
    }

    /// As in dlt not with a lag, which asks for known rows on purpose, nor where no row at the edge comes twice.
    fn remembers_edge(&self) -> bool {
        self.remembers_edge && self.lag.is_none() && self.end.is_none() && self.edges.start == Edge::Closed
    }

    fn remember(
        &self,
        page: &Page,
        rows: &[Span],
        progress: &mut Progress,
        tolerates: bool,
    ) -> Result<(), RecordError> {
        for span in rows {
            let hash = match fingerprint(Json::trusted(page.text(*span))) {
                Ok(hash) => hash,
                Err(_) if tolerates => continue, // it goes aside when it is keyed
                Err(problem) => {
                    let index = page.records.iter().position(|other| other == span).unwrap_or_default();
                    return Err(self.error(page, index, problem));
                }
            };
            if progress.remember(hash) {
                warn!(
                    resource = %self.resource,
                    "more than {MOST_AT_EDGE} records stand at the newest cursor value: those beyond are published again by the \
                     next scan; give the resource a primary_key, a finer cursor, or range_start: open"
                );
            }
        }
        Ok(())
    }

    /// A value as requests carry it: after `convert`.
    fn sent(
        &self,
        name: &'static str,
        value: Option<&CursorValue>,
    ) -> Result<Option<CursorValue>, WindowError> {
        let (Some(value), Some(convert)) = (value, &self.convert) else { return Ok(value.cloned()) };
        let results = convert.run(Json::trusted(&value.json()));
        let results = results.map_err(|error| self.refused(WindowProblem::Convert { name, error }))?;
        let [result] = results.as_slice() else {
            return Err(self.refused(WindowProblem::Results { name, count: results.len() }));
        };
        let sent = CursorValue::read(Json::trusted(result));
        sent.map(Some).map_err(|reason| self.refused(WindowProblem::Result { name, reason }))
    }

    fn kinds(&self, value: CursorKind, other: &'static str, kind: CursorKind) -> Problem {
        Problem::CursorKinds { field: self.path.text().to_owned(), value, other, kind }
    }

    fn refused(&self, problem: WindowProblem) -> WindowError {
        WindowError { resource: self.resource.clone(), problem }
    }

    fn error(&self, page: &Page, index: usize, problem: Problem) -> RecordError {
        RecordError::of_record(&self.resource, page, index, problem)
    }
}

struct Row<'p> {
    record: Json<'p>,
    span: Span,
}

/// The newest value of one page, if it is newer than what was reached before, and the rows that stand at the newest one.
#[derive(Default)]
struct Newest<'p> {
    value: Option<CursorRef<'p>>,
    rows: Vec<Span>,
}
