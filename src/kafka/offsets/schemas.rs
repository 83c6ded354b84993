//! What a resource's keys and values are known to look like, on the offsets topic: written with the first message that needs it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{OffsetRecord, StoredOffsets, VERSION, json, read};
use crate::model::{ConnectorName, KnownId, ResourceName, SchemaMemory, SchemaOf};

#[derive(Serialize, Deserialize)]
struct StoredSchema {
    version: u32,
    /// As `encode` wrote it.
    shape: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registered: Option<KnownId>,
}

/// `None`: the shape is no JSON, which never happens.
pub(in crate::kafka) fn schema_record(
    connector: &ConnectorName,
    (resource, of): (&ResourceName, SchemaOf),
    memory: &SchemaMemory,
) -> Option<OffsetRecord> {
    let source = BTreeMap::from([("resource", resource.as_str()), ("schema", of.name())]);
    let shape = RawValue::from_string(memory.shape.clone()).ok()?;
    let value = json(&StoredSchema { version: VERSION, shape, registered: memory.registered.clone() });
    Some(OffsetRecord { key: json(&(connector.as_str(), source)), value })
}

/// The resource, and of what the schema is, if it is the key of a schema.
pub(super) fn schema_of(source: &BTreeMap<String, Value>) -> Option<(ResourceName, SchemaOf)> {
    let text = |name: &str| source.get(name).filter(|_| source.len() == 2).and_then(Value::as_str);
    let named = text("schema")?;
    let of = SchemaOf::ALL.into_iter().find(|of| of.name() == named)?;
    text("resource").map(|resource| (ResourceName::new(resource), of))
}

impl StoredOffsets {
    pub(super) fn take_schema(
        &mut self,
        schema: (ResourceName, SchemaOf),
        value: Option<&[u8]>,
    ) -> Result<(), String> {
        match value {
            None => drop(self.schemas.remove(&schema)),
            Some(value) => {
                let StoredSchema { shape, registered, version: _ } = read(value)?;
                self.schemas.insert(schema, SchemaMemory { shape: shape.get().to_owned(), registered });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read_all, take};
    use super::*;
    use crate::model::SchemaId;

    #[test]
    fn a_schema_is_read_back_as_it_was_written_and_a_null_forgets_it() {
        let users = ResourceName::new("users");
        let shape = || r#"{"kinds":["long"]}"#.to_owned();
        let plain = SchemaMemory { shape: shape(), registered: None };
        let known = KnownId {
            registry: "http://r:8081".to_owned(),
            subject: "shop.users-key".to_owned(),
            schema: "af".to_owned(),
            id: SchemaId(7),
        };
        let registered = SchemaMemory { shape: shape(), registered: Some(known) };
        for (of, memory, key, value) in [
            (
                SchemaOf::Value,
                plain,
                r#"["shop",{"resource":"users","schema":"value"}]"#,
                r#"{"version":1,"shape":{"kinds":["long"]}}"#,
            ),
            (
                SchemaOf::Key,
                registered,
                r#"["shop",{"resource":"users","schema":"key"}]"#,
                r#"{"version":1,"shape":{"kinds":["long"]},"registered":{"registry":"http://r:8081","subject":"shop.users-key","schema":"af","id":7}}"#,
            ),
        ] {
            let record = schema_record(&ConnectorName::new("shop"), (&users, of), &memory).unwrap();
            assert_eq!((record.key.as_str(), record.value.as_str()), (key, value));
            let known = BTreeMap::from([((users.clone(), of), memory)]);
            assert_eq!(take(&[(key, Some(value))]).unwrap().schemas, known);
            assert!(take(&[(key, Some(value)), (key, None)]).unwrap().schemas.is_empty());
        }
    }

    #[test]
    fn what_is_no_schema_is_refused_and_one_of_something_else_is_ignored() {
        let key = r#"["shop",{"resource":"users","schema":"value"}]"#;
        for value in ["not json", "{}", r#"{"version":2,"shape":{}}"#, r#"{"version":1}"#] {
            assert_eq!(read_all(&[(key, Some(value))]).unreadable.len(), 1, "{value}");
        }
        let other = r#"["shop",{"resource":"users","schema":"header"}]"#;
        assert!(take(&[(other, Some("not json"))]).unwrap().schemas.is_empty());
    }
}
