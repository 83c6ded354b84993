//! One listing: rows in order, each a key and its exact JSON text, and the history of what was shown of each key.

use std::collections::BTreeMap;

/// For each key (as the topic should spell it) the texts that were shown, in order; equal ones in a row count once.
pub type Served = BTreeMap<String, Vec<String>>;

/// How an answer says where the next page is. What is asked for is read in all of these ways: see `Asked::offset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Follow {
    /// It does not: whoever asks counts.
    #[default]
    Count,
    /// `next_token` in the body: `at-300`.
    Token,
    /// The same in the header `x-next`.
    TokenHeader,
    /// `next` in the body: a URL, with the token as `cursor`.
    Link,
    LinkHeader,
    /// `total_pages` in the body.
    Pages,
}

#[derive(Clone, Debug, Default)]
pub struct Collection {
    pub follow: Follow,
    /// The name of the list in the body; `None`: the body is the list.
    pub data: Option<String>,
    /// The name of the number of all rows.
    pub total: Option<String>,
    pub gzip: bool,
    /// A field that holds a whole number: a request with `since` gets the rows that have no lower one.
    pub since: Option<&'static str>,
    /// A key may stand here twice: then a page or a scan shows it twice.
    rows: Vec<(String, String)>,
    served: Served,
}

impl Collection {
    pub fn new(rows: Vec<(String, String)>) -> Self {
        Self { data: Some("data".to_owned()), total: Some("total".to_owned()), rows, ..Self::default() }
    }

    /// Other rows instead of all, in this order.
    pub fn replace(&mut self, rows: Vec<(String, String)>) {
        self.rows = rows;
    }

    /// Changes the rows of this key, or appends one.
    pub fn put(&mut self, key: &str, text: &str) {
        let mut known = false;
        for row in self.rows.iter_mut().filter(|row| row.0 == key) {
            text.clone_into(&mut row.1);
            known = true;
        }
        if !known {
            self.rows.push((key.to_owned(), text.to_owned()));
        }
    }

    /// In front of all others: what stood on a page's last place moves to the next page.
    pub fn put_first(&mut self, key: &str, text: &str) {
        self.rows.insert(0, (key.to_owned(), text.to_owned()));
    }

    /// Behind all others, though the key may be there already.
    pub fn put_last(&mut self, key: &str, text: &str) {
        self.rows.push((key.to_owned(), text.to_owned()));
    }

    pub fn remove(&mut self, key: &str) {
        self.rows.retain(|row| row.0 != key);
    }

    /// Takes a row out, to be put back.
    pub fn take(&mut self, key: &str) -> Option<String> {
        let text = self.rows.iter().find(|row| row.0 == key).map(|row| row.1.clone());
        self.remove(key);
        text
    }

    /// The row of this key.
    pub fn row(&self, key: &str) -> Option<&str> {
        self.rows.iter().find(|row| row.0 == key).map(|row| row.1.as_str())
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.0.as_str())
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn served(&self) -> &Served {
        &self.served
    }

    pub fn forget_served(&mut self) {
        self.served.clear();
    }

    /// Where the page behind this one begins, if there is one.
    pub fn behind(&self, offset: usize, limit: usize) -> Option<usize> {
        let next = offset.checked_add(limit)?;
        (next < self.rows.len()).then_some(next)
    }

    /// The body of one page, which from now on counts as shown. `more` is what its `follow` adds.
    pub fn page(&mut self, offset: usize, limit: usize) -> String {
        self.page_with(offset, limit, "")
    }

    pub fn page_with(&mut self, offset: usize, limit: usize, more: &str) -> String {
        let rows = self.rows.iter().skip(offset).take(limit).cloned().collect();
        self.body(rows, more)
    }

    /// All rows in which the field is no lower than this.
    pub fn page_since(&mut self, field: &str, least: u64) -> String {
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok()?[field].as_u64();
        let rows = self.rows.iter().filter(|row| value(&row.1).is_none_or(|value| value >= least));
        let rows = rows.cloned().collect();
        self.body(rows, "")
    }

    fn body(&mut self, rows: Vec<(String, String)>, more: &str) -> String {
        let list = rows.iter().map(|row| row.1.as_str()).collect::<Vec<_>>().join(",");
        for (key, text) in rows {
            let shown = self.served.entry(key).or_default();
            if shown.last() != Some(&text) {
                shown.push(text);
            }
        }
        let Some(data) = &self.data else { return format!("[{list}]") };
        let total = self.total.as_ref().map(|total| format!(",\"{total}\":{}", self.rows.len()));
        format!("{{\"{data}\":[{list}]{}{more}}}", total.unwrap_or_default())
    }
}

/// A record of `count` alike ones, about `size` bytes long.
pub fn generated(id: usize, version: usize, size: usize) -> (String, String) {
    let head = format!("{{\"id\":{id},\"name\":\"monitor {id}\",\"version\":{version},\"note\":\"");
    let filler = "x".repeat(size.saturating_sub(head.len() + 2));
    (id.to_string(), format!("{head}{filler}\"}}"))
}
