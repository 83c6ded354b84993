//! Tests of what becomes of a page.

mod keys;
mod page;
mod steps;
