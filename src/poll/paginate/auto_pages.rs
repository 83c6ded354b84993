//! Whether the pages of an API begin at 0 or at 1. A first request without a page number does not tell. dlt takes 0, and on an
//! API that begins at 1 it reads the first page twice and the last one never.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

use super::paging::PageView;
use crate::model::{Json, Kind, Span};

/// Names under which an answer says which page it is: lower case, letters and digits alone.
const OWN_NUMBER: [&str; 6] = ["page", "currentpage", "pagenumber", "pageindex", "pageno", "number"];

/// What is known of the first page, to be compared with the one that was asked for as number 1.
#[derive(Clone, Debug)]
pub(in crate::poll) struct FirstPage {
    records: HashSet<u64>,
    number: Option<String>,
}

impl FirstPage {
    /// `total`: the keys of the total of pages, beside which the page's own number stands.
    pub(super) fn of(page: &PageView<'_>, total: &[String]) -> Self {
        Self { records: page.texts().map(xxh3_64).collect(), number: own_number(page.document, total) }
    }

    /// The records of another page that this one does not hold.
    pub(super) fn others(&self, page: &PageView<'_>) -> Vec<Span> {
        let others = page.spans.iter().zip(page.texts());
        others.filter(|(_, text)| !self.records.contains(&xxh3_64(text))).map(|(span, _)| *span).collect()
    }

    /// By the number that both answers give, or else by their records: half of them are the same. Records may have changed
    /// or moved between the two requests.
    pub(super) fn is(&self, page: &PageView<'_>, total: &[String]) -> bool {
        if let (Some(first), Some(this)) = (&self.number, own_number(page.document, total)) {
            return *first == this;
        }
        let again = page.texts().filter(|text| self.records.contains(&xxh3_64(text))).count();
        again > 0 && again * 2 >= self.records.len().min(page.records())
    }
}

fn own_number(document: Json<'_>, total: &[String]) -> Option<String> {
    let (_, parents) = total.split_last()?;
    let beside = parents.iter().try_fold(document, |here, key| here.get(key))?;
    let found = beside.fields().find(|(name, value)| {
        let name: String = name.text().chars().filter(char::is_ascii_alphanumeric).collect();
        value.kind() == Kind::Number && OWN_NUMBER.contains(&name.to_lowercase().as_str())
    });
    found.map(|(_, number)| number.text().to_owned())
}
