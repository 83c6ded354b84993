//! Change to bytes.
