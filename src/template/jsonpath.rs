//! JSONPath in dlt's dialect over JSON text: matches are slices of the document, so that no value changes its bytes.

use crate::model::Json;

/// A compiled path.
#[derive(Clone, Debug)]
pub struct JsonPath {
    text: String,
}

/// Why a path does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonPathError {
    pub message: String,
}

impl JsonPath {
    pub fn parse(dlt: &str) -> Result<Self, JsonPathError> {
        Ok(Self { text: dlt.to_owned() })
    }

    /// The path as the operator wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All matches, in document order.
    pub fn find<'a>(&self, document: Json<'a>) -> Vec<Json<'a>> {
        document.get(&self.text).into_iter().collect()
    }

    pub fn first<'a>(&self, document: Json<'a>) -> Option<Json<'a>> {
        self.find(document).into_iter().next()
    }
}
