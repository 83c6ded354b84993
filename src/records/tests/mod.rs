//! Tests of what becomes of a page.

mod aside;
mod keys;
mod page;
mod steps;
