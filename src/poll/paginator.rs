//! How the pages of a resource follow each other, compiled: one variant for each of dlt's paginators, the two that count as one.

use crate::template::JsonPath;

#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one per resource: size does not matter, and a Box would be in everyone's way"
)]
pub enum Paginator {
    /// Found in the first answer, in dlt's order.
    Auto,
    SinglePage,
    /// dlt's `offset` and `page_number`.
    Range(RangePaginator),
    Cursor(CursorPaginator),
    HeaderCursor(HeaderCursorPaginator),
    /// The path of the next page's URL in an answer.
    JsonLink(JsonPath),
    /// The relation type of the next page in the `Link` header (RFC 8288).
    HeaderLink(String),
}

/// A number in every request that grows until a rule ends it.
#[derive(Clone, Debug)]
pub struct RangePaginator {
    pub counts: Counts,
    /// The number of the first request.
    pub first: u64,
    pub place: Place,
    pub total_path: Option<JsonPath>,
    /// The operator named it. dlt's implicit `total` that is absent ends at the first empty page instead of failing.
    pub total_explicit: bool,
    /// krest's own: a total of records where the numbers are pages. The records read are counted against it.
    pub total_items_path: Option<JsonPath>,
    /// Exclusive upper bound of the number to request.
    pub maximum: Option<u64>,
    pub stop_after_empty_page: bool,
    pub has_more_path: Option<JsonPath>,
    /// krest's own: with one of these statuses the API says that there is no such page. Never on the first one.
    pub stop_on_status: Vec<u16>,
}

/// What the number of a range paginator is, and with it the step and the meaning of a total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counts {
    /// The records before the page; a total is one of records.
    Records { limit: u64, limit_in: Place },
    /// The pages before the page, plus `base`; a total is one of pages.
    Pages { base: u64 },
}

/// A token of an answer goes into the next request.
#[derive(Clone, Debug)]
pub struct CursorPaginator {
    pub cursor_path: JsonPath,
    pub place: Place,
    pub stop_after_empty_page: bool,
    pub has_more_path: Option<JsonPath>,
}

/// The same with a token that stands in a header of the answer.
#[derive(Clone, Debug)]
pub struct HeaderCursorPaginator {
    /// Case does not matter.
    pub cursor_key: String,
    pub place: Place,
}

/// Where a paginator's value goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Param(String),
    /// Keys into the request's JSON body.
    Body(Vec<String>),
}
