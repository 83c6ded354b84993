//! What is known of the form of a resource's values: types, names and nullability. Seen in records, given in a file, or said by
//! hints of columns; one model, from which every format that has a schema is made. No I/O, no record is kept.

mod avro;
mod envelope;
mod given;
mod json_schema;
mod kinds;
mod learned;
mod misfit;
mod names;
mod resolve;
mod shape;
#[cfg(test)]
mod tests;
mod types;

pub use avro::{NoAvro, to_avro};
pub use envelope::source;
pub use given::{Given, Unusable};
pub use json_schema::to_json_schema;
pub use learned::{Learned, Plan, Unreadable};
pub use misfit::Misfit;
pub use resolve::{Conflicts, Decimals, Hint, Hints, Rules, Timestamps};
pub use types::{Field, Record, Slot, Type, Unit};
