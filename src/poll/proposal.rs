//! The lines of configuration that an answer with more behind it asks for: a guess by its signs, to be checked against the
//! API's description.

use std::fmt;

use super::paginate::{PageView, whole_number};
use super::signs::Sign;
use crate::model::{Json, Redactor};

/// Lines for a resource's `endpoint`. Its `Display` is YAML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Keys of `paginator`, and their values as YAML has them. Empty: no paginator is proposed.
    pub paginator: Vec<(&'static str, String)>,
    /// A JSONPath.
    pub data_selector: Option<String>,
}

impl Proposal {
    /// Names in an answer may be anything, secrets too.
    pub(super) fn scrubbed(self, redactor: &Redactor) -> Self {
        let scrub = |text: String| redactor.scrub(&text).into_owned();
        let paginator = self.paginator.into_iter().map(|(key, value)| (key, scrub(value))).collect();
        Self { paginator, data_selector: self.data_selector.map(scrub) }
    }
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        if let Some(path) = &self.data_selector {
            lines.push(format!("data_selector: {}", scalar(path)));
        }
        if !self.paginator.is_empty() {
            lines.push("paginator:".to_owned());
            lines.extend(self.paginator.iter().map(|(key, value)| format!("  {key}: {value}")));
        }
        f.write_str(&lines.join("\n"))
    }
}

/// By the clearest sign; `None` where no sign says how to go on.
pub(super) fn propose(signs: &[Sign], page: &PageView<'_>) -> Option<Proposal> {
    let data_selector = signs
        .iter()
        .find_map(|sign| if let Sign::OtherList { path, .. } = sign { Some(path.clone()) } else { None });
    let paginator = signs.first().map(|sign| paginator(sign, signs, page)).unwrap_or_default();
    let proposal = Proposal { paginator, data_selector };
    (proposal != Proposal::default()).then_some(proposal)
}

type Lines = Vec<(&'static str, String)>;

fn paginator(sign: &Sign, signs: &[Sign], page: &PageView<'_>) -> Lines {
    match sign {
        Sign::LinkHeader => typed("header_link"),
        Sign::Link { path } => and(typed("json_link"), "next_url_path", scalar(path)),
        Sign::Token { path, name } => {
            let lines = and(typed("cursor"), "cursor_path", scalar(path));
            and(lines, "cursor_param", scalar(&param_of(name)))
        }
        Sign::HeaderToken { name } => {
            let param = if name.ends_with("page") { "page" } else { "cursor" };
            and(and(typed("header_cursor"), "cursor_key", scalar(name)), "cursor_param", param.to_owned())
        }
        Sign::Pages { path, .. } => and(pages(page), "total_path", scalar(path)),
        Sign::HasMore { path } => and(counting(signs, page), "has_more_path", scalar(path)),
        Sign::Total { path, .. } => {
            let lines = counting(signs, page);
            match lines.first() {
                Some((_, kind)) if kind == "offset" => and(without_total(lines), "total_path", scalar(path)),
                Some(_) | None => and(lines, "total_items_path", scalar(path)),
            }
        }
        Sign::TotalHeader { .. } | Sign::FullPage { .. } | Sign::NotLast { .. } => counting(signs, page),
        Sign::OtherList { .. } => Vec::new(),
    }
}

fn typed(name: &str) -> Lines {
    vec![("type", name.to_owned())]
}

fn and(mut lines: Lines, key: &'static str, value: String) -> Lines {
    lines.push((key, value));
    lines
}

fn without_total(lines: Lines) -> Lines {
    lines.into_iter().filter(|(key, _)| *key != "total_path").collect()
}

fn pages(page: &PageView<'_>) -> Lines {
    let own =
        number_of(page.document, &["page", "currentpage", "pagenumber", "pageindex", "pageno", "number"]);
    and(typed("page_number"), "base_page", own.filter(|own| *own < 2).unwrap_or(1).to_string())
}

/// Offsets where the request or the answer speaks of records, else numbers of pages.
fn counting(signs: &[Sign], page: &PageView<'_>) -> Lines {
    let asked = signs.iter().find_map(|sign| {
        if let Sign::FullPage { param, records } = sign { Some((param.clone(), *records)) } else { None }
    });
    let offset = ["offset", "skip", "startAt", "start", "from"]
        .into_iter()
        .find(|name| number_of(page.document, &[&name.to_lowercase()]).is_some());
    let speaks_of_pages = asked.as_ref().is_some_and(|(param, _)| param.to_lowercase().contains("page"))
        || number_of(page.document, &["page", "currentpage", "pagenumber", "perpage", "pagesize"]).is_some();
    if offset.is_none() && (speaks_of_pages || asked.is_none()) {
        return and(pages(page), "total_path", "null".to_owned());
    }
    let (param, limit) = asked.unwrap_or(("limit".to_owned(), (page.records() as u64).max(1)));
    let mut lines = and(typed("offset"), "limit", limit.to_string());
    if param != "limit" {
        lines = and(lines, "limit_param", scalar(&param));
    }
    if let Some(name) = offset.filter(|name| *name != "offset") {
        lines = and(lines, "offset_param", name.to_owned());
    }
    and(lines, "total_path", "null".to_owned())
}

/// A number of the answer itself, outside its lists.
fn number_of(object: Json<'_>, names: &[&str]) -> Option<u64> {
    object.fields().find_map(|(name, value)| {
        let word: String = name.text().chars().filter(char::is_ascii_alphanumeric).collect();
        if names.contains(&word.to_lowercase().as_str()) {
            return whole_number(value).and_then(|number| u64::try_from(number).ok());
        }
        number_of(value, names)
    })
}

/// What APIs mostly call the parameter of a token with this name: `nextPageToken` → `pageToken`, `next_cursor` → `cursor`,
/// `endCursor` → `after`, and `NextToken` the same again.
fn param_of(name: &str) -> String {
    if name.eq_ignore_ascii_case("endcursor") || name.eq_ignore_ascii_case("end_cursor") {
        return "after".to_owned();
    }
    let Some(rest) = name.strip_prefix("next") else { return name.to_owned() };
    let mut letters = rest.trim_start_matches(['_', '-', '.']).chars();
    match letters.next() {
        None => "cursor".to_owned(),
        Some(first) => first.to_lowercase().chain(letters).collect(),
    }
}

/// A text as a YAML scalar.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(plain);
    let taken = ["null", "true", "false", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str());
    if word && !taken { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}
