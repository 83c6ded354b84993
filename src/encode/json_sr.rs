//! A value as plain JSON that its JSON Schema ([`crate::schema::to_json_schema`]) describes.

use super::payload::{Decimals, Payload};
use crate::model::Json;
use crate::schema::{Misfit, Slot};

/// Writes behind what is there already. Texts and numbers are as they were written; a field that its type does not know is left out.
/// Of a value that does not fit, nothing that makes sense is left in `out`.
pub fn write_json(slot: &Slot, value: Json<'_>, out: &mut String) -> Result<(), Misfit> {
    Payload { decimals: Decimals::Number, out }.write(slot, value)
}
