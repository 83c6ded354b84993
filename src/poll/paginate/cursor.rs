//! `cursor` and `header_cursor`: a token of an answer goes into the next request.

use serde_json::{Value, json};

use super::answer;
use super::asks::Placed;
use super::paging::{End, PageView, PaginateError, Start, Step, Turn};
use crate::model::{Json, Kind, Position};
use crate::poll::paginator::{CursorPaginator, HeaderCursorPaginator, Place};

/// Where a paginator looks for the token of the next page.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Body(CursorPaginator),
    Header(HeaderCursorPaginator),
}

#[derive(Clone, Debug)]
pub(in crate::poll) struct Cursor {
    origin: Origin,
    /// JSON text; `None` before the first page, which is asked for without.
    at: Option<String>,
}

impl Cursor {
    /// A position is `{"cursor":…}`, the token with its type, or `{"json":"…"}` for one that a JSON value would not keep as it
    /// is written (`1.50`, or a number beyond 64 bits).
    pub(super) fn start(origin: Origin, resume: Option<&Position>) -> (Self, Start) {
        let (at, start) = match resume.map(stored_token) {
            None => (None, Start::Fresh),
            Some(Some(token)) => (Some(token), Start::Resumed),
            Some(None) => (None, Start::Unreadable),
        };
        (Self { origin, at }, start)
    }

    pub(super) fn placed(&self) -> Vec<Placed<'_>> {
        self.at.iter().map(|token| Placed::json(self.place(), token)).collect()
    }

    /// `None` at the first page.
    pub(super) fn position(&self) -> Option<Position> {
        let token = self.at.as_deref()?;
        let value: Value = serde_json::from_str(token).ok()?;
        let written = value.to_string();
        Some(Position(if written == token { json!({ "cursor": value }) } else { json!({ "json": token }) }))
    }

    /// What tells the request for the next page from others.
    pub(super) fn reference(&self) -> Option<&str> {
        self.at.as_deref()
    }

    fn place(&self) -> &Place {
        match &self.origin {
            Origin::Body(settings) => &settings.place,
            Origin::Header(settings) => &settings.place,
        }
    }

    pub(super) fn turn(&mut self, page: &PageView<'_>) -> Result<Turn, PaginateError> {
        let (token, step) = match &self.origin {
            Origin::Body(settings) => in_body(settings, page)?,
            Origin::Header(settings) => in_header(settings, page),
        };
        if step == Step::Next {
            self.at = token;
        }
        Ok(Turn { step, total: None, reread: None })
    }
}

fn stored_token(position: &Position) -> Option<String> {
    if let Some(token) = position.0.get("json").and_then(Value::as_str) {
        return Json::parse(token.as_bytes()).ok().map(|token| token.text().to_owned());
    }
    position.0.get("cursor").filter(|cursor| !cursor.is_null()).map(Value::to_string)
}

/// dlt's order: an empty page, where it ends a scan, ends it before `has_more_path` is looked at; the token is looked at last,
/// because a missing `has_more_path` is a mistake on every page.
fn in_body(settings: &CursorPaginator, page: &PageView<'_>) -> Result<(Option<String>, Step), PaginateError> {
    if settings.stop_after_empty_page && page.records() == 0 {
        return Ok((None, Step::End(End::EmptyPage)));
    }
    let paths = [&settings.cursor_path].into_iter().chain(&settings.has_more_path);
    let without_records = answer::without_records(page.document, page.list, paths);
    let rest = without_records.as_deref().map_or(page.document, Json::trusted);
    let more = match &settings.has_more_path {
        Some(path) => answer::has_more(path, rest)?,
        None => true,
    };
    let Some(token) = settings.cursor_path.first(rest).filter(|token| !is_falsy(*token)) else {
        return Ok((None, Step::End(End::NoReference)));
    };
    if !more {
        return Ok((None, Step::End(End::NoMore)));
    }
    let is_list = matches!(token.kind(), Kind::Array | Kind::Object);
    if is_list && matches!(settings.place, Place::Param(_)) {
        let (path, kind) = (settings.cursor_path.text().to_owned(), token.kind());
        return Err(PaginateError::CursorNotAWord { path, kind });
    }
    Ok((Some(token.text().to_owned()), Step::Next))
}

/// An empty header ends the scan like one that is not there.
fn in_header(settings: &HeaderCursorPaginator, page: &PageView<'_>) -> (Option<String>, Step) {
    match page.headers.joined(&settings.cursor_key).filter(|token| !token.trim().is_empty()) {
        Some(token) => (Some(Value::from(token).to_string()), Step::Next),
        None => (None, Step::End(End::NoReference)),
    }
}

/// What Python takes for false, and dlt for the end: null, `""`, 0, false, and empty lists and objects.
fn is_falsy(token: Json<'_>) -> bool {
    match token.kind() {
        Kind::Null => true,
        Kind::Bool => token.as_bool() == Some(false),
        Kind::Number => token.text().parse::<f64>().is_ok_and(|number| number == 0.0),
        Kind::String => token.as_str().is_some_and(|text| text.is_empty()),
        Kind::Array => token.elements().next().is_none(),
        Kind::Object => token.fields().next().is_none(),
    }
}
