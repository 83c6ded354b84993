//! `paginator`: how the pages of a resource follow each other. Every field of dlt's, and a few that dlt lacks.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

/// How pages follow each other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(from = "PaginatorForm")]
#[schemars(rename = "paginator")]
pub enum Paginator {
    /// Found in the first answer.
    Auto,
    /// One request, one page.
    SinglePage,
    PageNumber(PageNumberPaginator),
    Offset(OffsetPaginator),
    Cursor(CursorPaginator),
    JsonLink(JsonLinkPaginator),
    HeaderLink(HeaderLinkPaginator),
    HeaderCursor(HeaderCursorPaginator),
}

/// How pages follow each other: a paginator by its name alone, or as a mapping.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum PaginatorForm {
    Name(PaginatorName),
    Full(Box<PaginatorMap>),
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum PaginatorName {
    Auto,
    SinglePage,
    PageNumber,
    Cursor,
    JsonLink,
    JsonResponse,
    HeaderLink,
    HeaderCursor,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(inline)]
enum PaginatorMap {
    /// Found in the first answer, in dlt's order.
    Auto(Nothing),
    /// One request, one page.
    SinglePage(Nothing),
    /// The number of the page in every request.
    PageNumber(PageNumberPaginator),
    /// An offset and a limit in every request; the offset grows by the limit.
    Offset(OffsetPaginator),
    /// A token of an answer goes into the next request.
    Cursor(CursorPaginator),
    /// An answer holds the URL of the next page.
    JsonLink(JsonLinkPaginator),
    /// dlt's older name of `json_link`.
    JsonResponse(JsonLinkPaginator),
    /// The `Link` header of an answer holds the URL of the next page.
    HeaderLink(HeaderLinkPaginator),
    /// A token in a header of an answer goes into the next request.
    HeaderCursor(HeaderCursorPaginator),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// dlt's `offset` paginator, every field of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OffsetPaginator {
    /// Records to ask for in one page, and the step of the offset.
    #[schemars(range(min = 1))]
    pub limit: u64,
    /// The first offset.
    #[serde(default)]
    pub offset: u64,
    /// The query parameter that carries the offset; `offset` unless `offset_body_path` is given.
    pub offset_param: Option<String>,
    /// Where the offset goes in a JSON body, keys separated by dots.
    pub offset_body_path: Option<String>,
    /// The query parameter that carries the limit; `limit` unless `limit_body_path` is given.
    pub limit_param: Option<String>,
    /// Where the limit goes in a JSON body, keys separated by dots.
    pub limit_body_path: Option<String>,
    /// JSONPath of the total number of records in an answer; `total` if not given, and null for an API that does not tell.
    #[serde(default, deserialize_with = "as_written")]
    #[schemars(extend("format" = "jsonpath"), with = "Option<String>")]
    pub total_path: TotalPath,
    /// The scan ends before this offset is asked for.
    pub maximum_offset: Option<u64>,
    /// Whether a page without records ends the scan.
    #[serde(default = "yes", deserialize_with = "null_is_no")]
    #[schemars(extend("default" = true), with = "Option<bool>")]
    pub stop_after_empty_page: bool,
    /// JSONPath of a boolean in an answer that says whether another page follows.
    #[schemars(extend("format" = "jsonpath"))]
    pub has_more_path: Option<String>,
    /// Statuses with which the API says that there is no such page: the scan ends there, and does not fail. Never on the first page.
    #[serde(default)]
    #[schemars(extend("x-krest" = true), inner(range(min = 400, max = 499)))]
    pub stop_on_status: Vec<u16>,
}

/// dlt's `page_number` paginator, every field of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageNumberPaginator {
    /// The number of the API's first page.
    #[serde(default)]
    pub base_page: u64,
    /// The page to begin with; `base_page` if not given.
    pub page: Option<u64>,
    /// The query parameter that carries the number; `page` unless `page_body_path` is given.
    pub page_param: Option<String>,
    /// Where the number goes in a JSON body, keys separated by dots.
    pub page_body_path: Option<String>,
    /// JSONPath of the total number of pages in an answer; `total` if not given, and null for an API that does not tell.
    #[serde(default, deserialize_with = "as_written")]
    #[schemars(extend("format" = "jsonpath"), with = "Option<String>")]
    pub total_path: TotalPath,
    /// JSONPath of the total number of records in an answer, for an API that tells no number of pages; it takes the place of
    /// `total_path`.
    #[schemars(extend("format" = "jsonpath", "x-krest" = true))]
    pub total_items_path: Option<String>,
    /// The scan ends before this page is asked for.
    pub maximum_page: Option<u64>,
    /// Whether a page without records ends the scan.
    #[serde(default = "yes", deserialize_with = "null_is_no")]
    #[schemars(extend("default" = true), with = "Option<bool>")]
    pub stop_after_empty_page: bool,
    /// JSONPath of a boolean in an answer that says whether another page follows.
    #[schemars(extend("format" = "jsonpath"))]
    pub has_more_path: Option<String>,
    /// Statuses with which the API says that there is no such page: the scan ends there, and does not fail. Never on the first page.
    #[serde(default)]
    #[schemars(extend("x-krest" = true), inner(range(min = 400, max = 499)))]
    pub stop_on_status: Vec<u16>,
}

/// dlt's `cursor` paginator, every field of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CursorPaginator {
    /// JSONPath of the token of the next page in an answer. Null, nothing, an empty text, 0 and false end the scan.
    #[serde(default = "cursors_next")]
    #[schemars(extend("format" = "jsonpath", "default" = "cursors.next"))]
    pub cursor_path: String,
    /// The query parameter that carries the token; `cursor` unless `cursor_body_path` is given.
    pub cursor_param: Option<String>,
    /// Where the token goes in a JSON body, keys separated by dots.
    pub cursor_body_path: Option<String>,
    /// Whether a page without records ends the scan.
    #[serde(default, deserialize_with = "null_is_no")]
    #[schemars(extend("default" = false), with = "Option<bool>")]
    pub stop_after_empty_page: bool,
    /// JSONPath of a boolean in an answer that says whether another page follows.
    #[schemars(extend("format" = "jsonpath"))]
    pub has_more_path: Option<String>,
}

/// dlt's `json_link` paginator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonLinkPaginator {
    /// JSONPath of the URL of the next page in an answer; it may be relative. Null, nothing and an empty text end the scan.
    #[serde(default = "next")]
    #[schemars(extend("format" = "jsonpath", "default" = "next"))]
    pub next_url_path: String,
}

/// dlt's `header_link` paginator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderLinkPaginator {
    /// The relation type (`rel`) of the next page in the `Link` header.
    #[serde(default = "next")]
    #[schemars(extend("default" = "next"))]
    pub links_next_key: String,
}

/// dlt's `header_cursor` paginator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderCursorPaginator {
    /// The header of an answer that holds the token of the next page. The scan ends where it is missing or empty.
    #[serde(default = "next")]
    #[schemars(extend("default" = "next"))]
    pub cursor_key: String,
    /// The query parameter that carries the token.
    #[serde(default = "cursor")]
    #[schemars(extend("default" = "cursor"))]
    pub cursor_param: String,
}

/// `total_path`, where "not given" and `null` differ: dlt's default is the path `total`, and null switches it off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TotalPath {
    #[default]
    Default,
    Off,
    Given(String),
}

impl From<PaginatorForm> for Paginator {
    fn from(form: PaginatorForm) -> Self {
        match form {
            PaginatorForm::Name(name) => name.into(),
            PaginatorForm::Full(map) => (*map).into(),
        }
    }
}

impl From<PaginatorName> for Paginator {
    fn from(name: PaginatorName) -> Self {
        match name {
            PaginatorName::Auto => Self::Auto,
            PaginatorName::SinglePage => Self::SinglePage,
            PaginatorName::PageNumber => Self::PageNumber(PageNumberPaginator::default()),
            PaginatorName::Cursor => Self::Cursor(CursorPaginator::default()),
            PaginatorName::JsonLink | PaginatorName::JsonResponse => {
                Self::JsonLink(JsonLinkPaginator { next_url_path: next() })
            }
            PaginatorName::HeaderLink => Self::HeaderLink(HeaderLinkPaginator { links_next_key: next() }),
            PaginatorName::HeaderCursor => {
                Self::HeaderCursor(HeaderCursorPaginator { cursor_key: next(), cursor_param: cursor() })
            }
        }
    }
}

impl From<PaginatorMap> for Paginator {
    fn from(map: PaginatorMap) -> Self {
        match map {
            PaginatorMap::Auto(Nothing {}) => Self::Auto,
            PaginatorMap::SinglePage(Nothing {}) => Self::SinglePage,
            PaginatorMap::PageNumber(page) => Self::PageNumber(page),
            PaginatorMap::Offset(offset) => Self::Offset(offset),
            PaginatorMap::Cursor(cursor) => Self::Cursor(cursor),
            PaginatorMap::JsonLink(link) | PaginatorMap::JsonResponse(link) => Self::JsonLink(link),
            PaginatorMap::HeaderLink(link) => Self::HeaderLink(link),
            PaginatorMap::HeaderCursor(cursor) => Self::HeaderCursor(cursor),
        }
    }
}

impl Default for PageNumberPaginator {
    fn default() -> Self {
        Self {
            base_page: 0,
            page: None,
            page_param: None,
            page_body_path: None,
            total_path: TotalPath::Default,
            total_items_path: None,
            maximum_page: None,
            stop_after_empty_page: true,
            has_more_path: None,
            stop_on_status: Vec::new(),
        }
    }
}

impl Default for CursorPaginator {
    fn default() -> Self {
        Self {
            cursor_path: cursors_next(),
            cursor_param: None,
            cursor_body_path: None,
            stop_after_empty_page: false,
            has_more_path: None,
        }
    }
}

fn as_written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TotalPath, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map_or(TotalPath::Off, TotalPath::Given))
}

/// As dlt takes a null that is written out.
fn null_is_no<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(false))
}

fn yes() -> bool {
    true
}

fn next() -> String {
    "next".to_owned()
}

fn cursor() -> String {
    "cursor".to_owned()
}

fn cursors_next() -> String {
    "cursors.next".to_owned()
}
