//! The range of cursor values that one walk runs with.

use std::cmp::Ordering;

use super::value::{CursorKind, CursorRef, CursorValue};

/// The incremental values of one walk; they do not change while it runs, so that every page is asked for with the same ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// As configured and, like the others, after `convert`: what `{incremental.initial_value}` stands for.
    pub initial: Option<CursorValue>,
    /// Where this walk begins: the stored value moved by `lag`, or else the initial one.
    pub start: Option<CursorValue>,
    /// The same: dlt's `last_value` has the lag taken off as well, and does not move here.
    pub last: Option<CursorValue>,
    /// As configured; with it nothing is remembered.
    pub end: Option<CursorValue>,
    /// The rows that belong to the walk.
    pub range: Range,
}

/// From which value to which records belong to a walk. These are compared, not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub start: Option<CursorValue>,
    pub end: Option<CursorValue>,
    pub edges: Edges,
}

impl Range {
    /// Whether every value belongs to it.
    pub fn is_open(&self) -> bool {
        self.start.is_none() && self.end.is_none()
    }
}

/// Which values are newer, and whether values at the edges belong to the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edges {
    pub direction: Direction,
    pub start: Edge,
    pub end: Edge,
}

/// dlt's `last_value_func`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    #[default]
    Max,
    Min,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    Closed,
    Open,
}

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    BeforeStart,
    Inside,
    BeyondEnd,
}

/// A value that cannot be compared with an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incomparable {
    pub value: CursorKind,
    /// `start_value` or `end_value`.
    pub edge: &'static str,
    pub kind: CursorKind,
}

impl Range {
    /// The end comes first, as in dlt.
    pub fn side(&self, value: &CursorRef<'_>) -> Result<Side, Incomparable> {
        let order = |edge: &'static str, bound: &CursorValue| {
            let (kind, bound_kind) = (value.kind(), bound.kind());
            value
                .compare(bound.borrowed())
                .filter(|_| kind.may_be_bounded_by(bound_kind))
                .map(|order| self.edges.direction.oriented(order))
                .ok_or(Incomparable { value: kind, edge, kind: bound_kind })
        };
        if let Some(end) = &self.end {
            match (order("end_value", end)?, self.edges.end) {
                (Ordering::Greater, _) | (Ordering::Equal, Edge::Open) => return Ok(Side::BeyondEnd),
                (Ordering::Equal, Edge::Closed) | (Ordering::Less, _) => {}
            }
        }
        let Some(start) = &self.start else { return Ok(Side::Inside) };
        Ok(match (order("start_value", start)?, self.edges.start) {
            (Ordering::Less, _) | (Ordering::Equal, Edge::Open) => Side::BeforeStart,
            (Ordering::Equal, Edge::Closed) | (Ordering::Greater, _) => Side::Inside,
        })
    }
}

/// dlt's defaults.
impl Default for Edges {
    fn default() -> Self {
        Self { direction: Direction::Max, start: Edge::Closed, end: Edge::Open }
    }
}

impl Direction {
    /// An order of values as an order of age: `Greater` is newer.
    pub fn oriented(self, order: Ordering) -> Ordering {
        match self {
            Self::Max => order,
            Self::Min => order.reverse(),
        }
    }

    /// The sign of a lag.
    pub(super) fn back(self) -> i128 {
        match self {
            Self::Max => -1,
            Self::Min => 1,
        }
    }

    /// To a multiple of `step`, so that the range does not become smaller.
    pub(super) fn outward(self, ticks: i128, step: i128) -> i128 {
        match self {
            Self::Max => ticks.div_euclid(step) * step,
            Self::Min => -(-ticks).div_euclid(step) * step,
        }
    }
}
