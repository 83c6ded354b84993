//! `auto`, or no paginator at all: dlt's detection on the first answer, in dlt's order, then kept.

use serde_json::{Value, json};

use super::asks::Asks;
use super::auto_pages::FirstPage;
use super::cursor::{self, Cursor};
use super::find_next;
use super::link::{self, Link};
use super::link_target;
use super::paging::{PageView, PaginateError, Paging, Start, Turn};
use super::range::Range;
use crate::model::{Position, Span};
use crate::poll::detect::detect;
use crate::poll::paginator::{Counts, CursorPaginator, Place, RangePaginator};
use crate::poll::source::Source;
use crate::template::JsonPath;

#[derive(Clone, Debug)]
pub(in crate::poll) enum Auto {
    Searching,
    Became { what: Found, paging: Box<Paging> },
}

/// What was found in the first answer.
#[derive(Clone, Debug)]
pub(in crate::poll) enum Found {
    HeaderLink,
    JsonLink(Vec<String>),
    Pages { total: Vec<String>, base: Base },
    Cursor(Vec<String>),
    SinglePage,
}

/// The number of the API's first page.
#[derive(Clone, Debug)]
pub(in crate::poll) enum Base {
    /// 0 or 1: the next page will tell.
    Open(FirstPage),
    Known(u64),
}

impl Auto {
    /// A position is `{"auto":{"paginator":"json_link","path":["next"]},"at":{…}}`: what was found, and its own position.
    pub(super) fn start(source: &Source, resume: Option<&Position>) -> (Self, Start) {
        let Some(position) = resume else { return (Self::Searching, Start::Fresh) };
        let stored = position.0.get("auto").and_then(Found::read).zip(position.0.get("at"));
        let Some((what, at)) = stored else { return (Self::Searching, Start::Unreadable) };
        let (paging, start) = what.start(source, Some(&Position(at.clone())));
        match start {
            Start::Resumed => (Self::Became { what, paging: Box::new(paging) }, Start::Resumed),
            Start::Fresh | Start::Unreadable => (Self::Searching, start),
        }
    }

    pub(super) fn asks(&self) -> Asks<'_> {
        match self {
            Self::Searching => Asks::Values(Vec::new()),
            Self::Became { paging, .. } => paging.asks(),
        }
    }

    /// `None` at the first page, and where the next page is needed to know what the numbers mean.
    pub(super) fn position(&self) -> Option<Position> {
        let Self::Became { what, paging } = self else { return None };
        let at = paging.position();
        let is_somewhere = at.0.as_object().is_some_and(|fields| !fields.is_empty());
        is_somewhere.then_some(())?;
        Some(Position(json!({ "auto": what.stored()?, "at": at.0 })))
    }

    /// `None` also where the numbers of the API are not understood yet.
    pub(super) fn behind(&self) -> Option<Position> {
        let Self::Became { what, paging } = self else { return None };
        Some(Position(json!({ "auto": what.stored()?, "at": paging.behind()?.0 })))
    }

    pub(super) fn reference(&self) -> Option<&str> {
        match self {
            Self::Searching => None,
            Self::Became { paging, .. } => paging.reference(),
        }
    }

    pub(super) fn turn(&mut self, page: &PageView<'_>) -> Result<Turn, PaginateError> {
        if let Self::Searching = self {
            let what = Found::search(page);
            let (paging, _) = what.start(page.source, None);
            let mut paging = Box::new(paging);
            let turn = paging.turn(page)?;
            *self = Self::Became { what, paging };
            return Ok(turn);
        }
        let Self::Became { what, paging } = self else { return Err(PaginateError::Overflow) };
        let reread = what.learn_base(paging, page);
        Ok(Turn { reread, ..paging.turn(page)? })
    }
}

impl Found {
    fn search(page: &PageView<'_>) -> Self {
        let header = page.headers.joined("link");
        if header.is_some_and(|header| link_target(&header, "next").is_some_and(|url| !url.is_empty())) {
            return Self::HeaderLink;
        }
        let next = find_next::next(page.document);
        if let Some((path, _)) = next.as_ref().filter(|(_, value)| find_next::is_link(*value)) {
            return Self::JsonLink(path.clone());
        }
        if let Some((total, _)) = find_next::total_pages(page.document) {
            let base = Base::Open(FirstPage::of(page, &total));
            return Self::Pages { total, base };
        }
        // An answer without any list is one record: what begins with `next` there is its own (`next_invoice`), not a token.
        match next.filter(|_| !detect(page.document).is_empty()) {
            Some((path, _)) => Self::Cursor(path),
            None => Self::SinglePage,
        }
    }

    fn start(&self, source: &Source, resume: Option<&Position>) -> (Paging, Start) {
        match self {
            Self::HeaderLink => {
                let (link, start) = Link::start(link::Origin::Header("next".to_owned()), source, resume);
                (Paging::Link(link), start)
            }
            Self::JsonLink(path) => {
                let (link, start) = Link::start(link::Origin::Body(JsonPath::of_names(path)), source, resume);
                (Paging::Link(link), start)
            }
            Self::Pages { total, base } => {
                let (range, start) = Range::start(pages(total, base), resume);
                (Paging::Range(range), start)
            }
            Self::Cursor(path) => {
                let (cursor, start) = Cursor::start(cursor::Origin::Body(cursor_at(path)), resume);
                (Paging::Cursor(cursor), start)
            }
            Self::SinglePage => {
                (Paging::SinglePage, if resume.is_some() { Start::Unreadable } else { Start::Fresh })
            }
        }
    }

    /// Compares the page that was asked for as number 1 with the first one; if it is the same, gives the records that are new.
    fn learn_base(&mut self, paging: &mut Paging, page: &PageView<'_>) -> Option<Vec<Span>> {
        let (Self::Pages { total, base }, Paging::Range(range)) = (self, paging) else { return None };
        let Base::Open(first) = base else { return None };
        let reread = first.is(page, total).then(|| first.others(page));
        let number = u64::from(reread.is_some());
        range.set_base(number);
        *base = Base::Known(number);
        reread
    }

    fn stored(&self) -> Option<Value> {
        Some(match self {
            Self::HeaderLink => json!({ "paginator": "header_link" }),
            Self::JsonLink(path) => json!({ "paginator": "json_link", "path": path }),
            Self::Cursor(path) => json!({ "paginator": "cursor", "path": path }),
            Self::Pages { total, base: Base::Known(base) } => {
                json!({ "paginator": "page_number", "path": total, "base": base })
            }
            Self::Pages { base: Base::Open(_), .. } | Self::SinglePage => return None,
        })
    }

    fn read(stored: &Value) -> Option<Self> {
        let path = || {
            let keys = stored.get("path")?.as_array()?.iter();
            keys.map(|key| key.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
        };
        match stored.get("paginator")?.as_str()? {
            "header_link" => Some(Self::HeaderLink),
            "json_link" => Some(Self::JsonLink(path()?)),
            "cursor" => Some(Self::Cursor(path()?)),
            "page_number" => {
                let base = Base::Known(stored.get("base")?.as_u64()?);
                Some(Self::Pages { total: path()?, base })
            }
            _ => None,
        }
    }
}

/// dlt's defaults. A later answer without the total ends at the first empty page instead of failing: nobody wrote that path.
fn pages(total: &[String], base: &Base) -> RangePaginator {
    let base = match base {
        Base::Open(_) => 0,
        Base::Known(base) => *base,
    };
    RangePaginator {
        counts: Counts::Pages { base },
        first: 0,
        place: Place::Param("page".to_owned()),
        total_path: Some(JsonPath::of_names(total)),
        total_explicit: false,
        total_items_path: None,
        maximum: None,
        stop_after_empty_page: true,
        has_more_path: None,
        stop_on_status: Vec::new(),
    }
}

fn cursor_at(path: &[String]) -> CursorPaginator {
    CursorPaginator {
        cursor_path: JsonPath::of_names(path),
        place: Place::Param("cursor".to_owned()),
        stop_after_empty_page: false,
        has_more_path: None,
    }
}
