//! Values of `params`, `headers` and form fields that are no plain text.

use schemars::JsonSchema;

use super::incremental::{Edge, LastValue, OnMissing, RowOrder};
use super::keys::Names;
use crate::config::free::Free;
use crate::config::secret::SecretText;
use crate::config::units::Scalar;

/// One parameter: a text, number or boolean, a list that repeats it, null to leave it out, or one of the forms.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "param")]
#[expect(
    dead_code,
    reason = "the shape of the value; read from the tree, where its place and its secrets are known"
)]
pub(crate) enum ParamValue {
    One(Option<Scalar>),
    Several(Vec<Option<Scalar>>),
    Form(Box<ParamForm>),
}

#[derive(JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "param_form")]
#[expect(dead_code, reason = "the shape of the value; read from the tree")]
pub(crate) enum ParamForm {
    /// The older way to fill a placeholder of the path from a parent's record.
    Resolve(Resolve),
    /// The older way to write a cursor: this parameter carries its start value.
    Incremental(IncrementalParam),
    /// krest's own: a value that is sent as it is, braces and all.
    Literal(Literal),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape of the value; read from the tree")]
pub(crate) struct Resolve {
    /// The parent.
    resource: String,
    /// JSONPath of the value in the parent's record.
    field: String,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("x-krest" = true))]
#[expect(dead_code, reason = "the shape of the value; read from the tree")]
pub(crate) struct Literal {
    /// A text, or a mapping or a list that is sent as compact JSON.
    value: Free,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the shape of the value; becomes the endpoint's `incremental` before it is read"
)]
pub(crate) struct IncrementalParam {
    /// JSONPath of the cursor value in a record.
    #[schemars(extend("format" = "jsonpath"))]
    cursor_path: String,
    /// Where the first scan begins; without it the parameter is left out in the first scan.
    initial_value: Option<Free>,
    /// Whether the largest or the smallest value is remembered.
    last_value_func: Option<LastValue>,
    /// Accepted: rows at the edge are told apart by their content.
    primary_key: Option<Names>,
    /// The order in which the API lists records; lets a scan stop early.
    row_order: Option<RowOrder>,
    /// How far the start value is moved back.
    lag: Option<f64>,
    /// What becomes of a record without a cursor value.
    on_cursor_value_missing: Option<OnMissing>,
    /// Whether records at the start value belong to the scan.
    range_start: Option<Edge>,
    /// Whether records at the end value belong to the scan.
    range_end: Option<Edge>,
    /// Accepted: krest has a schedule of its own.
    allow_external_schedulers: Option<bool>,
    /// A jq expression that turns start and end values into what the API takes.
    #[schemars(extend("format" = "jq"))]
    convert: Option<String>,
}

/// A header: a text, null to take back one of the client's, or krest's literal form.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "endpoint_header")]
#[expect(dead_code, reason = "the shape of the value; read from the tree")]
pub(crate) enum HeaderValue {
    Text(Option<SecretText>),
    Form(HeaderForm),
}

#[derive(JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "header_form")]
#[expect(dead_code, reason = "the shape of the value; read from the tree")]
pub(crate) enum HeaderForm {
    /// krest's own: a value that is sent as it is, braces and all.
    Literal(LiteralHeader),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("x-krest" = true))]
#[expect(dead_code, reason = "the shape of the value; read from the tree")]
pub(crate) struct LiteralHeader {
    value: SecretText,
}
