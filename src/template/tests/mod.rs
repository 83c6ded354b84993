//! Paths, and texts, URLs and JSON with placeholders.

mod paths;
mod requests;
mod texts;
