//! Paths, and texts, URLs and JSON with placeholders.

mod fuzz;
mod paths;
mod requests;
mod texts;
