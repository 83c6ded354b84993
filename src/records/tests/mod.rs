//! Tests of what becomes of a page.

mod aside;
mod fuzz;
mod keys;
mod page;
mod rules;
mod steps;
