//! A value as plain JSON that its JSON Schema ([`crate::schema::to_json_schema`]) describes.

use super::payload::{Decimals, Payload};
use crate::model::Json;
use crate::schema::{Misfit, Slot};

/// Writes behind what is there already. Texts and numbers are as they were written; a field that its type does not know is left out.
/// Of a value that does not fit, nothing that makes sense is left in `out`.
pub fn write_json(slot: &Slot, value: Json<'_>, out: &mut String) -> Result<(), Misfit> {
    Payload { decimals: Decimals::Number, out }.write(slot, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Given;

    #[test]
    fn texts_and_numbers_are_the_records_own_and_decimals_and_dates_are_numbers() {
        let fields = concat!(
            r#"{"name":"n","type":"double"},{"name":"s","type":"string"},{"name":"level","type":"string","default":"LOW"},"#,
            r#"{"name":"sum","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},"#,
            r#"{"name":"d","type":{"type":"int","logicalType":"date"}}"#
        );
        let text = format!(r#"{{"type":"record","name":"shop.Users","fields":[{fields}]}}"#);
        let slot = Given::read(&text).unwrap().slot;
        let record = r#"{"sum":"-0.5","more":1,"s":"A\u0062","level":null,"d":"1970-01-02","n":1.50}"#;
        let mut out = "front".to_owned();
        assert_eq!(write_json(&slot, Json::trusted(record), &mut out), Ok(()));
        assert_eq!(out, r#"front{"sum":-0.50,"s":"A\u0062","d":1,"n":1.50}"#);
    }
}
