//! Change to bytes.

mod connect;
mod encoder;
mod key;
mod letter;
#[cfg(test)]
mod tests;
mod values;

pub use encoder::Encoder;
pub use key::KeyCodec;
pub use letter::LetterEncoder;
pub use values::{ValueForm, Values};
