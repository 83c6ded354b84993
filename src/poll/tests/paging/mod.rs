//! Paginators against APIs that live in the test's memory.

mod auto;
mod cursors;
mod links;
mod ranges;
mod splits;
mod support;
