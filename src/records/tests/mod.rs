//! Tests of what becomes of a page.

mod aside;
mod deletion;
mod fuzz;
mod keys;
mod page;
mod rules;
mod steps;
