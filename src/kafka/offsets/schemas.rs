//! What a resource's values are known to look like, on the offsets topic: written with the first value that needs it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{OffsetRecord, StoredOffsets, VERSION, json, read};
use crate::model::{ConnectorName, ResourceName};

/// Of what a schema is: krest has one of values alone.
const OF_VALUES: &str = "value";

#[derive(Serialize, Deserialize)]
struct StoredSchema {
    version: u32,
    /// As `encode` wrote it.
    shape: Box<RawValue>,
}

/// `None`: the text is no JSON, which never happens.
pub(in crate::kafka) fn schema_record(
    connector: &ConnectorName,
    (resource, shape): (&ResourceName, &str),
) -> Option<OffsetRecord> {
    let source = BTreeMap::from([("resource", resource.as_str()), ("schema", OF_VALUES)]);
    let shape = RawValue::from_string(shape.to_owned()).ok()?;
    let value = json(&StoredSchema { version: VERSION, shape });
    Some(OffsetRecord { key: json(&(connector.as_str(), source)), value })
}

/// The resource, if it is the key of a schema.
pub(super) fn schema_of(source: &BTreeMap<String, Value>) -> Option<ResourceName> {
    let text = |name: &str| source.get(name).filter(|_| source.len() == 2).and_then(Value::as_str);
    text("schema").filter(|of| *of == OF_VALUES)?;
    text("resource").map(ResourceName::new)
}

impl StoredOffsets {
    pub(super) fn take_schema(&mut self, resource: ResourceName, value: Option<&[u8]>) -> Result<(), String> {
        match value {
            None => drop(self.schemas.remove(&resource)),
            Some(value) => {
                let StoredSchema { shape, version: _ } = read(value)?;
                self.schemas.insert(resource, shape.get().to_owned());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read_all, take};
    use super::*;

    #[test]
    fn a_schema_is_read_back_as_it_was_written_and_a_null_forgets_it() {
        let users = ResourceName::new("users");
        let record = schema_record(&ConnectorName::new("shop"), (&users, r#"{"kinds":["long"]}"#)).unwrap();
        assert_eq!(record.key, r#"["shop",{"resource":"users","schema":"value"}]"#);
        assert_eq!(record.value, r#"{"version":1,"shape":{"kinds":["long"]}}"#);
        let written = [(record.key.as_str(), Some(record.value.as_str()))];
        let known = BTreeMap::from([(users, r#"{"kinds":["long"]}"#.to_owned())]);
        assert_eq!(take(&written).unwrap().schemas, known);
        assert!(take(&[written[0], (&record.key, None)]).unwrap().schemas.is_empty());
    }

    #[test]
    fn what_is_no_schema_is_refused_and_one_of_something_else_is_ignored() {
        let key = r#"["shop",{"resource":"users","schema":"value"}]"#;
        for value in ["not json", "{}", r#"{"version":2,"shape":{}}"#, r#"{"version":1}"#] {
            assert_eq!(read_all(&[(key, Some(value))]).unreadable.len(), 1, "{value}");
        }
        let other = r#"["shop",{"resource":"users","schema":"key"}]"#;
        assert!(take(&[(other, Some("not json"))]).unwrap().schemas.is_empty());
    }
}
