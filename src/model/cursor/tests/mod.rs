//! The order of cursor values, their stored form, lag, and the edges of a range.

mod lag;
mod order;
mod support;
