//! The cursor of a resource: for its rows, and for the order of its pages.

use super::compile::CompileError;
use crate::config::{self, Disposition};
use crate::poll::{Order, RowOrder};
use crate::records::{Incremental, OnMissing};
use crate::template::{Jq, JsonPath, JsonPathError};

pub(super) fn incremental(resource: &config::Resource) -> Result<Option<Incremental>, CompileError> {
    let Some(cursor) = &resource.incremental else { return Ok(None) };
    let is_log = resource.disposition == Disposition::Append && resource.primary_key.is_empty();
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
        convert: cursor.convert.as_deref().map(Jq::compile).transpose()?,
        // What has a key is compared with the topic, which knows more than the edge.
        remembers_edge: cursor.remembers_edge && is_log,
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
