//! Why a text is no template.

use super::jsonpath::JsonPathError;

/// What is wrong with a template, found when the configuration is read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// A brace that neither begins nor ends a placeholder.
    #[error("a single {:?}; a brace is written twice", .0.to_string())]
    SingleBrace(char),
    /// A name that nothing is known of.
    #[error("{:?} is no known placeholder", shown(.0))]
    Unknown(String),
    #[error("{:?}: names no field; write {{resources.<parent>.<field>}}", shown(.0))]
    NoField(String),
    #[error("{:?}: {error}", shown(.name))]
    Path { name: String, error: JsonPathError },
    #[error("{:?} is no known placeholder; of a cursor there are {}", shown(.0), super::placeholder::OF_A_CURSOR.join(", "))]
    OfACursor(String),
    #[error("{:?}: the endpoint has no \"incremental\"", shown(.0))]
    NoCursor(String),
    #[error("{:?}: the conversion \"!{conversion}\" is not supported; there are !s and, krest's own, !u", shown(.name))]
    Conversion { name: String, conversion: String },
    #[error(
        "{:?}: the format {spec:?} is not supported; there are fill, <, > or ^, 0 and a width", shown(.name)
    )]
    Format { name: String, spec: String },
}

fn shown(name: &str) -> String {
    format!("{{{name}}}")
}
