//! The cursor of a resource: for its rows, and for the order of its pages.

use crate::config::{self, Disposition};
use crate::poll::{Order, RowOrder};
use crate::records::{Incremental, OnMissing};
use crate::template::{JsonPath, JsonPathError};

pub(super) fn incremental(resource: &config::Resource) -> Result<Option<Incremental>, JsonPathError> {
    let Some(cursor) = &resource.incremental else { return Ok(None) };
    Ok(Some(Incremental {
        resource: resource.name.clone(),
        path: JsonPath::parse(&cursor.cursor_path)?,
        initial: cursor.initial.clone(),
        end: cursor.end.clone(),
        lag: cursor.lag.clone(),
        edges: cursor.edges,
        missing: match cursor.on_missing {
            config::OnMissing::Raise => OnMissing::Raise,
            config::OnMissing::Include => OnMissing::Include,
            config::OnMissing::Exclude => OnMissing::Exclude,
        },
        // What has a key is compared with the topic, which knows more than the edge.
        remembers_edge: cursor.remembers_edge && resource.disposition == Disposition::Append,
    }))
}

pub(super) fn row_order(resource: &config::Resource) -> Result<Option<RowOrder>, JsonPathError> {
    let Some(cursor) = &resource.incremental else { return Ok(None) };
    let path = JsonPath::parse(&cursor.cursor_path)?;
    let order = cursor.row_order.map(|order| match order {
        config::RowOrder::Asc => Order::Ascending,
        config::RowOrder::Desc => Order::Descending,
    });
    Ok(order.map(|order| RowOrder { path, order }))
}
