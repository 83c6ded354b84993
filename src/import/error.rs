//! Why there is no configuration to print.

/// Each text follows the file's name.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(":{line}:{column}: {message}")]
    Syntax { line: usize, column: usize, message: String },
    #[error(
        ": no source found; krest import looks for rest_api_source(…), rest_api_resources(…), rest_api(…), a RESTAPIConfig, and a dict with \"client\" and \"resources\""
    )]
    Nothing,
    #[error(": {} sources: {}; choose one with --source NAME", .0.len(), .0.join(", "))]
    Several(Vec<String>),
    #[error(": no source {asked:?}; there is {}", .known.join(", "))]
    Unknown { asked: String, known: Vec<String> },
    #[error(
        ":{line}: the source {name} cannot be told without running the file: its configuration is {why} (line {why_line}); krest import follows dicts that are written out, names, and functions of the same file"
    )]
    Untold { line: usize, name: String, why: String, why_line: usize },
    #[error(": larger than {} MiB, which no source is", .0 >> 20)]
    TooLarge(usize),
}
