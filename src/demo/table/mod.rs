//! A topic as a table on the terminal. Pure: nothing here prints.

mod cell;
mod draw;
mod layout;

pub use draw::{Place, Row, RowChange, Table};

#[cfg(test)]
mod tests;
