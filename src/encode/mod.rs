//! Change to bytes.

mod encoder;

pub use encoder::Encoder;
