//! Tests of what becomes of a page.

mod fuzz;
mod keys;
mod page;
mod steps;
