//! What tables on a terminal share: widths, colours, texts that cannot steer it. Pure: nothing here prints.

mod grid;
mod text;

pub use grid::{Grid, Place};
pub use text::{Look, age, bytes, paint, printable, shortened, shown, thousands, to_width};
