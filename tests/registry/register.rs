//! Registering: ids, asked for once.

use krest::model::SchemaText;

use super::support::client;
use crate::support::registry::Registry;
use crate::support::unique;

const LONG: &str = r#"{"type":"record","name":"A","fields":[{"name":"x","type":"long"}]}"#;

#[tokio::test]
async fn a_schema_is_registered_once_and_has_one_id() {
    let registry = Registry::shared();
    let (subject, schema) = (unique("once"), SchemaText::avro(LONG));
    let first = client(registry.url());
    let id = first.id_of(&subject, &schema).await.unwrap();
    assert_eq!(first.id_of(&subject, &schema).await.unwrap(), id);
    assert_eq!(client(registry.url()).id_of(&subject, &schema).await.unwrap(), id);
    assert_eq!((registry.schema(id.0), registry.versions(&subject)), (LONG.to_owned(), vec![1]));
    let latest = first.latest(&subject).await.unwrap().unwrap();
    assert_eq!((latest.id, latest.version, latest.schema), (id, 1, schema));
}
