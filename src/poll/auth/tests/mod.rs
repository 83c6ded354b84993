//! The token store by itself.

mod tokens;
