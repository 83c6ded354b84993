//! The cache: what counts as a change, and what disk and memory make of crashes, damage and age.

mod before;
mod cache;
mod damage;
mod disk;
mod fuzz;
mod model;
mod rules;
mod standing;
mod support;
