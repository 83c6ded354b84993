//! `paginator`: how the pages of a resource follow each other.

use schemars::JsonSchema;
use serde::Deserialize;

/// How pages follow each other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(from = "PaginatorForm")]
#[schemars(rename = "paginator")]
pub enum Paginator {
    /// One request, one page.
    SinglePage,
    Offset(OffsetPaginator),
}

/// How pages follow each other: a paginator by its name alone, or as a mapping.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum PaginatorForm {
    Name(PaginatorName),
    Full(PaginatorMap),
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum PaginatorName {
    SinglePage,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(inline)]
enum PaginatorMap {
    /// One request, one page.
    SinglePage(SinglePage),
    /// An offset and a limit in every request; the offset grows by the limit.
    Offset(OffsetPaginator),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SinglePage {}

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
    #[serde(default = "yes")]
    #[schemars(extend("default" = true))]
    pub stop_after_empty_page: bool,
    /// JSONPath of a boolean in an answer that says whether another page follows.
    #[schemars(extend("format" = "jsonpath"))]
    pub has_more_path: Option<String>,
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
            PaginatorForm::Name(PaginatorName::SinglePage)
            | PaginatorForm::Full(PaginatorMap::SinglePage(_)) => Self::SinglePage,
            PaginatorForm::Full(PaginatorMap::Offset(offset)) => Self::Offset(offset),
        }
    }
}

fn as_written<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<TotalPath, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map_or(TotalPath::Off, TotalPath::Given))
}

fn yes() -> bool {
    true
}
