//! Values, read by libraries of other hands.

mod libraries;
