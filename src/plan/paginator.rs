//! Paginators, from the configuration to what the poller needs.

use crate::config::{self, TotalPath};
use crate::poll::{Counts, CursorPaginator, HeaderCursorPaginator, Paginator, Place, RangePaginator};
use crate::template::{JsonPath, JsonPathError};

pub(super) fn paginator(paginator: &config::Paginator) -> Result<Paginator, JsonPathError> {
    Ok(match paginator {
        config::Paginator::Auto => Paginator::Auto,
        config::Paginator::SinglePage => Paginator::SinglePage,
        config::Paginator::Offset(written) => Paginator::Range(offset(written)?),
        config::Paginator::PageNumber(written) => Paginator::Range(page_number(written)?),
        config::Paginator::Cursor(written) => Paginator::Cursor(cursor(written)?),
        config::Paginator::JsonLink(written) => Paginator::JsonLink(JsonPath::parse(&written.next_url_path)?),
        config::Paginator::HeaderLink(written) => Paginator::HeaderLink(written.links_next_key.clone()),
        config::Paginator::HeaderCursor(written) => Paginator::HeaderCursor(HeaderCursorPaginator {
            cursor_key: written.cursor_key.clone(),
            place: Place::Param(written.cursor_param.clone()),
        }),
    })
}

fn offset(written: &config::OffsetPaginator) -> Result<RangePaginator, JsonPathError> {
    let limit_in = place(written.limit_param.as_deref(), written.limit_body_path.as_deref(), "limit");
    Ok(RangePaginator {
        counts: Counts::Records { limit: written.limit, limit_in },
        first: written.offset,
        place: place(written.offset_param.as_deref(), written.offset_body_path.as_deref(), "offset"),
        total_path: total(&written.total_path)?,
        total_explicit: matches!(written.total_path, TotalPath::Given(_)),
        total_items_path: None,
        maximum: written.maximum_offset,
        stop_after_empty_page: written.stop_after_empty_page,
        has_more_path: path(written.has_more_path.as_deref())?,
        stop_on_status: written.stop_on_status.clone(),
    })
}

fn page_number(written: &config::PageNumberPaginator) -> Result<RangePaginator, JsonPathError> {
    let total_items_path = path(written.total_items_path.as_deref())?;
    let total_path = if total_items_path.is_some() { None } else { total(&written.total_path)? };
    Ok(RangePaginator {
        counts: Counts::Pages { base: written.base_page },
        first: written.page.unwrap_or(written.base_page),
        place: place(written.page_param.as_deref(), written.page_body_path.as_deref(), "page"),
        total_path,
        total_explicit: matches!(written.total_path, TotalPath::Given(_)),
        total_items_path,
        maximum: written.maximum_page,
        stop_after_empty_page: written.stop_after_empty_page,
        has_more_path: path(written.has_more_path.as_deref())?,
        stop_on_status: written.stop_on_status.clone(),
    })
}

fn cursor(written: &config::CursorPaginator) -> Result<CursorPaginator, JsonPathError> {
    Ok(CursorPaginator {
        cursor_path: JsonPath::parse(&written.cursor_path)?,
        place: place(written.cursor_param.as_deref(), written.cursor_body_path.as_deref(), "cursor"),
        stop_after_empty_page: written.stop_after_empty_page,
        has_more_path: path(written.has_more_path.as_deref())?,
    })
}

fn total(written: &TotalPath) -> Result<Option<JsonPath>, JsonPathError> {
    match written {
        TotalPath::Off => Ok(None),
        TotalPath::Default => path(Some("total")),
        TotalPath::Given(text) => path(Some(text)),
    }
}

fn path(written: Option<&str>) -> Result<Option<JsonPath>, JsonPathError> {
    written.map(JsonPath::parse).transpose()
}

fn place(param: Option<&str>, body_path: Option<&str>, default: &str) -> Place {
    match body_path {
        Some(path) => Place::Body(path.split('.').map(str::to_owned).collect()),
        None => Place::Param(param.unwrap_or(default).to_owned()),
    }
}
