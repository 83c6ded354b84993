//! Incremental values: what a cursor field held, how two of them are ordered, and the range that one walk runs with.

mod decimal;
mod exact;
mod lag;
mod mark;
mod moment;
#[cfg(test)]
mod tests;
mod value;
mod window;

pub use exact::{Instant, same_number, scaled};
pub use lag::{Lag, LagError};
pub use mark::Cursor;
pub use value::{CursorKind, CursorRef, CursorValue, NoCursor};
pub use window::{Direction, Edge, Edges, Incomparable, Range, Side, Window};
