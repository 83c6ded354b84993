//! `json_link` and `header_link`: an answer names the URL of the next page.

use url::Url;

use super::answer;
use super::asks::Asks;
use super::link_header;
use super::paging::{End, PageView, PaginateError, Start, Step, Turn};
use crate::model::{Json, Kind, Position};
use crate::poll::next_link::StoredLink;
use crate::poll::source::Source;
use crate::template::JsonPath;

/// Where a paginator looks for the link to the next page.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Body(JsonPath),
    /// The relation type.
    Header(String),
}

#[derive(Clone, Debug)]
pub(in crate::poll) struct Link {
    origin: Origin,
    /// Parameters whose values are secrets: they are not stored.
    secret_params: Vec<String>,
    /// `None` before the first page.
    at: Option<StoredLink>,
}

impl Link {
    pub(super) fn fresh(origin: Origin, source: &Source) -> Self {
        Self { origin, secret_params: source.secret_params.clone(), at: None }
    }

    /// A position is `{"link":"https://…","without":["api_key"]}`: a URL, and the secrets that were taken out of it.
    pub(super) fn start(origin: Origin, source: &Source, resume: Option<&Position>) -> (Self, Start) {
        let mut link = Self::fresh(origin, source);
        let Some(position) = resume else { return (link, Start::Fresh) };
        link.at = StoredLink::read(position);
        let start = if link.at.is_some() { Start::Resumed } else { Start::Unreadable };
        (link, start)
    }

    pub(super) fn asks(&self) -> Asks<'_> {
        match &self.at {
            None => Asks::Values(Vec::new()),
            Some(link) => Asks::Link { url: &link.url, put_back: &link.without },
        }
    }

    /// `None` at the first page, and where a link cannot be stored.
    pub(super) fn position(&self) -> Option<Position> {
        let at = self.at.as_ref()?;
        let mut stored = StoredLink::strip(&at.url, &self.secret_params);
        stored.without.extend(at.without.iter().cloned());
        stored.position()
    }

    /// What tells the request for the next page from others.
    pub(super) fn reference(&self) -> Option<&str> {
        self.at.as_ref().map(|link| link.url.as_str())
    }

    pub(super) fn turn(&mut self, page: &PageView<'_>) -> Result<Turn, PaginateError> {
        let found = match &self.origin {
            Origin::Body(path) => in_body(path, page)?,
            Origin::Header(relation) => {
                page.headers.joined("link").and_then(|header| link_header::target(&header, relation))
            }
        };
        let Some(link) = found.filter(|link| !link.trim().is_empty()) else {
            return Ok(Turn::end(End::NoReference));
        };
        let url: Url = page.links.follow(link.trim())?;
        self.at = Some(StoredLink { url, without: Vec::new() });
        Ok(Turn { step: Step::Next, total: None, reread: None })
    }
}

/// Null, nothing and false are the end.
fn in_body(path: &JsonPath, page: &PageView<'_>) -> Result<Option<String>, PaginateError> {
    let without_records = answer::without_records(page.document, page.list, std::iter::once(path));
    let rest = without_records.as_deref().map_or(page.document, Json::trusted);
    let Some(found) = path.first(rest) else { return Ok(None) };
    match found.kind() {
        Kind::Null => Ok(None),
        Kind::Bool if found.as_bool() == Some(false) => Ok(None),
        Kind::String => Ok(found.as_str().map(std::borrow::Cow::into_owned)),
        kind @ (Kind::Bool | Kind::Number | Kind::Array | Kind::Object) => {
            Err(PaginateError::LinkNotText { path: path.text().to_owned(), kind })
        }
    }
}
