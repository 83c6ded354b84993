//! Which page a request asks for, and how an answer leads to the next one.

use axum::body::Bytes;
use axum::response::Response;
use serde_json::Value;

use super::{Asked, Collection, Follow};

impl Asked {
    /// The row that the page begins with: by `offset`, by `page` (from 1, of `limit` rows), or by the token `cursor` (`at-300`), each in
    /// the query or in a JSON body. `None` if the request has none of them.
    pub fn offset(&self) -> Option<usize> {
        let number = |name| self.value(name)?.parse::<usize>().ok();
        let token = || self.value("cursor")?.strip_prefix("at-")?.parse().ok();
        let page = || Some((number("page")?.max(1) - 1) * self.limit()?);
        number("offset").or_else(token).or_else(page)
    }

    pub fn limit(&self) -> Option<usize> {
        self.value("limit")?.parse().ok()
    }

    fn value(&self, name: &str) -> Option<String> {
        let in_body = || {
            let body: Value = serde_json::from_str(&self.body).ok()?;
            let value = body.get(name)?;
            Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        self.param(name).map(str::to_owned).or_else(in_body)
    }
}

/// The body of the page that is asked for, and the header that names the next one.
pub(super) fn page(collection: &mut Collection, asked: &Asked) -> (String, Option<(&'static str, String)>) {
    let least = asked.param("since").and_then(|since| since.parse().ok());
    if let Some((field, least)) = collection.since.zip(least) {
        return (collection.page_since(field, least), None);
    }
    let (offset, limit) = (asked.offset().unwrap_or(0), asked.limit().unwrap_or(usize::MAX));
    let token = collection.behind(offset, limit).map(|next| format!("at-{next}"));
    // Some APIs repeat the whole request in their links, the key included.
    let key = asked.param("api_key").map(|key| format!("api_key={key}&")).unwrap_or_default();
    let link = token.as_ref().map(|token| format!("{}?{key}limit={limit}&cursor={token}", asked.path));
    let quoted = |value: Option<String>| value.map_or("null".to_owned(), |value| format!("\"{value}\""));
    let (more, header) = match collection.follow {
        Follow::Count => (String::new(), None),
        Follow::Token => (format!(",\"next_token\":{}", quoted(token)), None),
        Follow::TokenHeader => (String::new(), token.map(|token| ("x-next", token))),
        Follow::Link => (format!(",\"next\":{}", quoted(link)), None),
        Follow::LinkHeader => (String::new(), link.map(|link| ("link", format!("<{link}>; rel=\"next\"")))),
        Follow::Pages => (format!(",\"total_pages\":{}", collection.len().div_ceil(limit)), None),
    };
    (collection.page_with(offset, limit, &more), header)
}

pub(super) fn with_header(mut response: Response<Bytes>, header: Option<(&str, String)>) -> Response<Bytes> {
    if let Some((name, value)) = header {
        let name: axum::http::HeaderName = name.parse().expect("a header's name");
        response.headers_mut().insert(name, value.parse().expect("a header's value"));
    }
    response
}
