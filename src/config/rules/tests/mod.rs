//! What the request parts of a resource mean, and every mistake that can be made in them.

mod meanings;
mod mistakes;
mod support;
