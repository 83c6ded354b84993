//! Change to bytes.

mod encoder;
mod letter;

pub use encoder::Encoder;
pub use letter::LetterEncoder;
