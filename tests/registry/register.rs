//! Registering and looking up: ids, asked for once.

use krest::model::{SchemaKind, SchemaText};
use krest::registry::{Registry as Client, RegistryError, Settings};

use super::support::{LONG, WIDER, client, looking, settings};
use crate::support::registry::{Answer, Front, Registry};
use crate::support::unique;

#[tokio::test]
async fn a_schema_is_registered_once_however_many_ask_and_has_one_id() {
    let registry = Registry::shared();
    let (subject, schema) = (unique("once"), SchemaText::avro(LONG));
    let front = Front::start(registry, |_| Answer::Relay);
    let first = client(&front.url());
    let ask = || first.id_of(&subject, &schema);
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    let id = a.unwrap();
    assert_eq!([b.unwrap(), c.unwrap(), d.unwrap(), ask().await.unwrap()], [id; 4]);
    assert_eq!(front.asked().len(), 2, "a check and a registration: {:?}", front.asked());
    assert!(!front.asked().concat().contains("schematype"), "which not every registry knows");
    assert_eq!(client(registry.url()).id_of(&subject, &schema).await.unwrap(), id);
    assert_eq!((registry.schema(id.0), registry.versions(&subject)), (LONG.to_owned(), vec![1]));
    let latest = first.latest(&subject).await.unwrap().unwrap();
    assert_eq!((latest.id, latest.version, latest.schema), (id, 1, schema));
    let wider = first.id_of(&subject, &SchemaText::avro(WIDER)).await.unwrap();
    assert!(wider != id && registry.versions(&subject) == [1, 2]);
}

#[tokio::test]
async fn a_json_schema_is_registered_as_one_and_a_subject_may_have_any_characters() {
    let registry = Registry::shared();
    let schema = SchemaText::json(r#"{"type":"object","properties":{"a":{"type":"integer"}}}"#);
    let subject = format!("{} ä/%?#", unique("json"));
    let front = Front::start(registry, |_| Answer::Relay);
    let of = client(&front.url());
    let id = of.id_of(&subject, &schema).await.unwrap();
    assert!(
        front.asked().iter().all(|asked| asked.contains(r#""schematype":"json""#)),
        "{:?}",
        front.asked()
    );
    let latest = of.latest(&subject).await.unwrap().unwrap();
    assert_eq!((latest.id, latest.schema.kind, latest.schema), (id, SchemaKind::Json, schema));
    assert!(registry.subjects().contains(&subject));
    assert_eq!(of.latest(&unique("nothing")).await.unwrap(), None);
}

#[tokio::test]
async fn without_registering_a_schema_has_to_be_there() {
    let registry = Registry::shared();
    let (subject, schema) = (unique("lookup"), SchemaText::avro(LONG));
    let of = looking(registry.url());
    for _ in 0..2 {
        let error = of.id_of(&subject, &schema).await.unwrap_err();
        assert_eq!(error, RegistryError::NotRegistered { subject: subject.as_str().into() });
        assert!(error.to_string().contains("auto.register.schemas"), "{error}");
        let _ = registry.register(&subject, "AVRO", WIDER);
    }
    let id = registry.register(&subject, "AVRO", LONG);
    assert_eq!(of.id_of(&subject, &schema).await.unwrap().0, id, "a failure is not kept");
}

#[tokio::test]
async fn a_schema_that_means_the_same_is_the_same_only_when_normalized() {
    let registry = Registry::shared();
    let subject = unique("normalize");
    let id = registry.register(&subject, "AVRO", LONG);
    let other = r#"{ "type":"record","name":"A","fields":[{"name":"x","type":{"type":"long"}}] }"#;
    let schema = SchemaText::avro(other);
    let of = |normalizes| {
        let settings = Settings { registers: false, normalizes, ..settings(registry.url()) };
        Client::new(settings).unwrap()
    };
    assert!(of(false).id_of(&subject, &schema).await.is_err());
    assert_eq!(of(true).id_of(&subject, &schema).await.unwrap().0, id);
    let registers = Client::new(Settings { normalizes: true, ..settings(registry.url()) }).unwrap();
    assert_eq!(registers.id_of(&subject, &schema).await.unwrap().0, id);
    assert_eq!(registry.versions(&subject), [1]);
}
