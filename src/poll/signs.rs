//! Signs in an answer that the API has more than what was read. Names are compared by their letters and digits alone, in lower
//! case: `next_page`, `nextPage` and `@odata.nextLink` are one way or another the same.

use std::fmt;

use super::detect;
use super::paginate::{PageView, link_target, whole_number};
use crate::model::{Json, Kind};
use crate::template::JsonPath;

/// Objects are looked into so far; lists are not, for they hold records.
const DEEPEST: usize = 4;

const TOTALS: &[&str] = &[
    "total",
    "totalcount",
    "totalitems",
    "totalrecords",
    "totalresults",
    "totalelements",
    "totalhits",
    "totalsize",
    "totalentries",
    "totalrows",
    "count",
    "recordcount",
    "itemcount",
    "resultcount",
    "numfound",
    "numresults",
    "odatacount",
    "recordstotal",
];
const PAGES: &[&str] = &[
    "totalpages",
    "pages",
    "pagecount",
    "numpages",
    "lastpage",
    "numberofpages",
    "pagestotal",
    "totalpagecount",
];
const MORE: &[&str] = &[
    "hasmore",
    "hasnext",
    "hasnextpage",
    "more",
    "moreresults",
    "moreavailable",
    "moreresultsavailable",
    "morerecords",
    "moreitems",
    "hasmoreitems",
    "istruncated",
    "truncated",
];
const NO_MORE: &[&str] = &["islast", "islastpage", "last"];
const TOKENS: &[&str] = &[
    "cursor",
    "endcursor",
    "pagetoken",
    "continuation",
    "continuationtoken",
    "scrollid",
    "paginationtoken",
    "pagingtoken",
    "lastevaluatedkey",
];
const NEXT: &[&str] =
    &["next", "nextoffset", "nextstart", "nextset", "nextkey", "nextmarker", "nexthref", "nextid"];
const NEXT_PARTS: &[&str] = &[
    "nextpage",
    "nextlink",
    "nexturl",
    "nexturi",
    "nextcursor",
    "nexttoken",
    "nextcontinuation",
    "nextrecords",
];
const NEXT_HEADERS: &[&str] = &[
    "x-next-page",
    "x-next-cursor",
    "next-cursor",
    "x-next-token",
    "x-continuation-token",
    "x-ms-continuation",
];
const TOTAL_HEADERS: &[&str] = &["x-total-count", "x-total", "total-count", "x-count"];
/// Parameters that ask for so many records.
const SIZES: &[&str] = &[
    "limit",
    "perpage",
    "pagesize",
    "size",
    "count",
    "max",
    "maxresults",
    "top",
    "first",
    "rows",
    "take",
    "resultsperpage",
    "itemsperpage",
    "pagelimit",
    "num",
    "n",
];

/// One reason to believe that there is more. Paths are dlt's JSONPath, ready for a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// The `Link` header has a `next`.
    LinkHeader,
    /// A URL of a next page.
    Link {
        path: String,
    },
    /// A token or number of a next page. `name` is its own key.
    Token {
        path: String,
        name: String,
    },
    HeaderToken {
        name: String,
    },
    Pages {
        path: String,
        pages: u64,
    },
    HasMore {
        path: String,
    },
    /// A flag for the last page is false.
    NotLast {
        path: String,
    },
    Total {
        path: String,
        total: u64,
    },
    TotalHeader {
        name: String,
        total: u64,
    },
    /// The page is exactly as long as the request asked for.
    FullPage {
        param: String,
        records: u64,
    },
    /// The records were looked for, and another list may be the one.
    OtherList {
        path: String,
        elements: u64,
    },
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LinkHeader => f.write_str("its Link header names a next page"),
            Self::Link { path } => write!(f, "`{path}` is a link to another page"),
            Self::Token { path, .. } => write!(f, "`{path}` may be the token of another page"),
            Self::HeaderToken { name } => write!(f, "its header {name} may be the token of another page"),
            Self::Pages { path, pages } => write!(f, "`{path}` says that there are {pages} pages"),
            Self::NotLast { path } => write!(f, "`{path}` says that this is not the last page"),
            Self::HasMore { path } => write!(f, "`{path}` says that there is more"),
            Self::Total { path, total } => write!(f, "`{path}` says {total}"),
            Self::TotalHeader { name, total } => write!(f, "its header {name} says {total}"),
            Self::FullPage { param, records } => {
                write!(f, "the page is full: {records} records, as many as `{param}` asks for")
            }
            Self::OtherList { path, elements } => {
                write!(f, "`{path}` is a list too, of {elements}, and may be the one with the records")
            }
        }
    }
}

/// All signs of an answer after which a scan of one page ended, the clearest first.
pub(super) fn signs(page: &PageView<'_>, read: u64, sent: &[(String, String)]) -> Vec<Sign> {
    let mut found = Vec::new();
    in_headers(page, read, &mut found);
    let mut seen = Seen { read, more: None, found: Vec::new() };
    seen.look(page.document, &mut Vec::new());
    // A list without a next page may still say where it stands (GraphQL's `endCursor`).
    let over = seen.more == Some(false);
    found.extend(
        seen.found
            .into_iter()
            .filter(|sign| !over || !matches!(sign, Sign::Token { name, .. } if !is_next(&plain(name)))),
    );
    if is_one_record(page) {
        found.retain(|sign| matches!(sign, Sign::LinkHeader | Sign::Link { .. }));
    } else {
        found.extend(full_page(page.records() as u64, sent));
    }
    found.sort_by_key(rank);
    found
}

/// Totals alone: all that can still be a sign where pages were followed to their end.
pub(super) fn totals(page: &PageView<'_>, read: u64) -> Vec<Sign> {
    let mut found = signs(page, read, &[]);
    found.retain(|sign| matches!(sign, Sign::Total { .. } | Sign::TotalHeader { .. }));
    found
}

/// Of records that were looked for, under `chosen`: a longer list beside one whose name says nothing.
pub(super) fn other_list(document: Json<'_>, chosen: &[String]) -> Option<Sign> {
    if chosen.last().is_some_and(|name| detect::is_record_name(name)) {
        return None;
    }
    let length = |path: &[String]| {
        let list = path.iter().try_fold(document, |here, key| here.get(key));
        list.map_or(0, |list| list.elements().count())
    };
    let here = length(chosen);
    let longest = detect::lists(document)
        .into_iter()
        .map(|path| (length(&path), path))
        .max_by_key(|(length, _)| *length);
    let (elements, path) = longest.filter(|(length, path)| *length > here && path != chosen)?;
    Some(Sign::OtherList { path: JsonPath::of_names(&path).text().to_owned(), elements: elements as u64 })
}

/// The whole answer was taken for one record, although it holds a list under one of the names that lists of records have.
pub(super) fn list_inside(page: &PageView<'_>) -> Option<Sign> {
    if !is_one_record(page) {
        return None;
    }
    let (name, list) = page
        .document
        .fields()
        .find(|(name, value)| value.kind() == Kind::Array && detect::is_record_name(&name.text()))?;
    let path = JsonPath::of_names(&[name.text().into_owned()]).text().to_owned();
    Some(Sign::OtherList { path, elements: list.elements().count() as u64 })
}

fn is_one_record(page: &PageView<'_>) -> bool {
    let text = page.document.text();
    page.document.kind() == Kind::Object
        && page.records() == 1
        && page.texts().next().is_some_and(|record| record == text.as_bytes())
}

fn rank(sign: &Sign) -> u8 {
    match sign {
        Sign::LinkHeader => 0,
        Sign::Link { .. } => 1,
        Sign::Token { .. } => 2,
        Sign::HeaderToken { .. } => 3,
        Sign::Pages { .. } => 4,
        Sign::HasMore { .. } | Sign::NotLast { .. } => 5,
        Sign::Total { .. } => 6,
        Sign::TotalHeader { .. } => 7,
        Sign::FullPage { .. } => 8,
        Sign::OtherList { .. } => 9,
    }
}

fn in_headers(page: &PageView<'_>, read: u64, found: &mut Vec<Sign>) {
    let header = |name: &str| page.headers.joined(name).filter(|value| !value.trim().is_empty());
    if header("link").is_some_and(|link| link_target(&link, "next").is_some_and(|url| !url.is_empty())) {
        found.push(Sign::LinkHeader);
    }
    for name in NEXT_HEADERS.iter().filter(|name| header(name).is_some()) {
        found.push(Sign::HeaderToken { name: (*name).to_owned() });
    }
    let number = |text: String| text.trim().parse::<u64>().ok().filter(|total| *total > read);
    for name in TOTAL_HEADERS {
        if let Some(total) = header(name).and_then(number) {
            found.push(Sign::TotalHeader { name: (*name).to_owned(), total });
        }
    }
    // RFC 9110 §14.4: `items 0-24/319`.
    let range = header("content-range").and_then(|range| number(range.rsplit_once('/')?.1.to_owned()));
    found.extend(range.map(|total| Sign::TotalHeader { name: "content-range".to_owned(), total }));
}

fn full_page(records: u64, sent: &[(String, String)]) -> Option<Sign> {
    let asks = |(name, value): &&(String, String)| {
        records > 0 && SIZES.contains(&plain(name).as_str()) && value.parse() == Ok(records)
    };
    let (param, _) = sent.iter().find(asks)?;
    Some(Sign::FullPage { param: param.clone(), records })
}

struct Seen {
    read: u64,
    /// What the answer says itself, if it does.
    more: Option<bool>,
    found: Vec<Sign>,
}

impl Seen {
    fn look(&mut self, object: Json<'_>, path: &mut Vec<String>) {
        for (name, value) in object.fields() {
            let name = name.text().into_owned();
            let word = plain(&name);
            path.push(name);
            self.field(&word, value, path);
            if value.kind() == Kind::Object && path.len() < DEEPEST {
                self.look(value, path);
            }
            path.pop();
        }
    }

    fn field(&mut self, word: &str, value: Json<'_>, path: &[String]) {
        let shown = || JsonPath::of_names(path).text().to_owned();
        let is = |names: &[&str]| names.contains(&word);
        match value.kind() {
            Kind::Bool => {
                let yes = value.as_bool() == Some(true);
                let more = if is(MORE) || is(NEXT) { Some(yes) } else { is(NO_MORE).then_some(!yes) };
                self.more = self.more.or(more);
                if more == Some(true) {
                    let path = shown();
                    self.found.push(if is(NO_MORE) {
                        Sign::NotLast { path }
                    } else {
                        Sign::HasMore { path }
                    });
                }
            }
            Kind::Number | Kind::String => self.word(word, value, path),
            Kind::Object if is(TOTALS) => {
                if let Some(inner) = value.get("value") {
                    self.word(word, inner, &[path, &["value".to_owned()]].concat());
                }
            }
            Kind::Array if word == "links" || word == "link" => {
                if let Some(keys) = linked_next(value) {
                    self.found.push(Sign::Link { path: format!("{}{keys}", shown()) });
                }
            }
            Kind::Null | Kind::Object | Kind::Array => {}
        }
    }

    fn word(&mut self, word: &str, value: Json<'_>, path: &[String]) {
        let shown = || JsonPath::of_names(path).text().to_owned();
        let number = whole_number(value).and_then(|number| u64::try_from(number).ok());
        let text = value.as_str();
        let is_empty = text.as_ref().is_some_and(|text| text.trim().is_empty()) || number == Some(0);
        // `next: {href: …}` and `next: {url: …}`.
        let of_next = matches!(word, "href" | "url")
            && path.iter().rev().nth(1).is_some_and(|parent| is_next(&plain(parent)));
        if (is_next(word) || of_next) && !is_empty {
            let is_link = text.is_some_and(|text| text.starts_with("http") || text.starts_with(['/', '?']));
            self.found.push(match path.last() {
                Some(name) if !is_link => Sign::Token { path: shown(), name: name.clone() },
                Some(_) | None => Sign::Link { path: shown() },
            });
        } else if TOKENS.contains(&word) && !is_empty {
            let name = path.last().cloned().unwrap_or_default();
            self.found.push(Sign::Token { path: shown(), name });
        } else if let Some(pages) = number.filter(|pages| PAGES.contains(&word) && *pages > 1) {
            self.found.push(Sign::Pages { path: shown(), pages });
        } else if let Some(total) = number.filter(|total| TOTALS.contains(&word) && *total > self.read) {
            self.found.push(Sign::Total { path: shown(), total });
        }
    }
}

fn is_next(word: &str) -> bool {
    NEXT.contains(&word) || NEXT_PARTS.iter().any(|part| word.contains(part))
}

/// `links: [{rel: next, href: …}]`, as HAL's relatives and FHIR write it; the rest of its path.
fn linked_next(list: Json<'_>) -> Option<String> {
    list.elements().find_map(|link| {
        let relation = ["rel", "relation"].into_iter().find(|key| {
            link.get(key).and_then(Json::as_str).is_some_and(|relation| relation.eq_ignore_ascii_case("next"))
        })?;
        let target = ["href", "url", "uri"]
            .into_iter()
            .find(|key| link.get(key).and_then(Json::as_str).is_some_and(|url| !url.is_empty()))?;
        let written = link.get(relation).and_then(Json::as_str)?;
        Some(format!("[?(@.{relation}=='{written}')].{target}"))
    })
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
