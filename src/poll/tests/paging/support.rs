//! A walk over pages without HTTP: the paginator, the selector and the loop guard, as a scan joins them.

use std::collections::BTreeMap;

use url::Url;

use crate::model::{Json, Position, Span};
use crate::poll::answer_headers::AnswerHeaders;
use crate::poll::auth::Reach;
use crate::poll::loop_guard::{LoopGuard, Sight};
use crate::poll::next_link::LinkPolicy;
use crate::poll::paginate::{Asks, End, PageView, PaginateError, Paging, Start, Step};
use crate::poll::paginator::{Paginator, Place};
use crate::poll::select::Selector;
use crate::poll::source::Source;
use crate::poll::tests::support::source;

pub(super) const HOME: &str = "https://h.example/items";

/// What a paginator asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ask {
    pub params: BTreeMap<String, String>,
    pub body: BTreeMap<String, String>,
    pub link: Option<String>,
}

impl Ask {
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.params.get(name)?.parse().ok()
    }
}

/// An answer: headers and body.
pub(super) type Answer = (Vec<(&'static str, String)>, String);

pub(super) fn body(text: impl Into<String>) -> Answer {
    (Vec::new(), text.into())
}

#[derive(Debug, PartialEq)]
pub(super) enum Ending {
    End(End),
    Failed(PaginateError),
    Loop,
}

#[derive(Debug)]
pub(super) struct Walked {
    pub asks: Vec<Ask>,
    pub records: Vec<String>,
    pub ending: Ending,
    /// Of each page that another one followed.
    pub positions: Vec<Position>,
    pub start: Start,
}

pub(super) fn of(paginator: Paginator) -> Source {
    Source { paginator, selector: None, ..source(HOME) }
}

pub(super) fn walk(source: &Source, api: impl FnMut(&Ask) -> Answer) -> Walked {
    resumed(source, None, api)
}

pub(super) fn resumed(
    source: &Source,
    resume: Option<&Position>,
    mut api: impl FnMut(&Ask) -> Answer,
) -> Walked {
    let (mut paging, start) = Paging::start(source, resume);
    let (mut selector, mut guard) = (Selector::new(source.selector.as_ref()), LoopGuard::default());
    let mut walked =
        Walked { asks: Vec::new(), records: Vec::new(), ending: Ending::Loop, positions: Vec::new(), start };
    while walked.asks.len() < 300 {
        let ask = ask(&paging.asks());
        walked.asks.push(ask.clone());
        let (headers, body) = api(&ask);
        let headers = AnswerHeaders::new(headers.iter().map(|(name, value)| (*name, value.as_bytes())));
        let document = Json::parse(body.as_bytes()).unwrap();
        let selected = selector.select(document, body.as_bytes(), 0);
        let here = Url::parse(ask.link.as_deref().unwrap_or(HOME)).unwrap();
        let reach = Reach { home: Some(Url::parse(HOME).unwrap()), allowed_hosts: Vec::new() };
        let page = PageView {
            document,
            spans: &selected.records,
            body: body.as_bytes(),
            list: selected.list,
            headers: &headers,
            links: LinkPolicy { reach: &reach, here: &here },
            source,
        };
        let text = |span: &Span| body[span.start as usize..span.end as usize].to_owned();
        let turn = match paging.turn(&page) {
            Ok(turn) => turn,
            Err(error) => {
                walked.records.extend(selected.records.iter().map(text));
                return Walked { ending: Ending::Failed(error), ..walked };
            }
        };
        walked.records.extend(turn.reread.as_ref().unwrap_or(&selected.records).iter().map(text));
        if let Step::End(end) = turn.step {
            return Walked { ending: Ending::End(end), ..walked };
        }
        if turn.reread.is_none() && guard.look(page.body, page.spans, paging.reference()) == Sight::Loop {
            return walked;
        }
        walked.positions.push(paging.position());
    }
    panic!("the walk does not end: {:?}", walked.asks.last());
}

fn ask(asks: &Asks<'_>) -> Ask {
    let mut ask = Ask::default();
    match asks {
        Asks::Link { url, .. } => ask.link = Some(url.to_string()),
        Asks::Values(placed) => {
            for placed in placed {
                match placed.place {
                    Place::Param(name) => {
                        ask.params.insert(name.clone(), placed.as_param().into_owned());
                    }
                    Place::Body(path) => {
                        ask.body.insert(path.join("."), placed.as_json().to_owned());
                    }
                }
            }
        }
    }
    ask
}

/// The values of one parameter over all requests.
pub(super) fn asked(walked: &Walked, name: &str) -> String {
    let text = |ask: &Ask| ask.params.get(name).cloned().unwrap_or("-".to_owned());
    walked.asks.iter().map(text).collect::<Vec<_>>().join(",")
}

/// The links that were followed.
pub(super) fn links(walked: &Walked) -> Vec<&str> {
    walked.asks.iter().filter_map(|ask| ask.link.as_deref()).collect()
}
