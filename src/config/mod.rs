//! What the operator wrote: serde types, a file per section, and every mistake with its place.
