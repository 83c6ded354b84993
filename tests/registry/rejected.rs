//! Schemas that break the rules of their subject.

use krest::model::SchemaText;
use krest::registry::{RegistryError, Verdict};

use super::support::{LONG, TEXT, WIDER, client};
use crate::support::registry::{Answer, Front, Registry};
use crate::support::unique;

#[tokio::test]
async fn a_rejected_schema_is_told_with_its_subject_the_level_and_the_rules_that_it_breaks() {
    let registry = Registry::shared();
    let (subject, text) = (unique("rejected"), SchemaText::avro(TEXT));
    let front = Front::start(registry, |_| Answer::Relay);
    let of = client(&front.url());
    assert_eq!(of.judge(&subject, &text).await.unwrap(), Verdict::New);
    let first = registry.register(&subject, "AVRO", LONG);
    registry.set_compatibility(&subject, "FULL");
    let error = of.id_of(&subject, &text).await.unwrap_err();
    let RegistryError::Rejected { subject: told, level, broken } = &error else { panic!("{error}") };
    assert_eq!((&**told, level.as_deref()), (subject.as_str(), Some("FULL")));
    let rules = broken.join("; ");
    assert!(rules.contains("STRING not compatible with writer type: LONG at /fields/0/type"), "{rules}");
    let said = error.to_string();
    assert!(said.contains(&subject) && said.contains("level FULL: ") && said.contains(&rules), "{said}");
    assert_eq!(
        front.count(&format!("post /apis/ccompat/v7/subjects/{subject}/versions")),
        0,
        "nothing was tried"
    );
    assert_eq!(registry.versions(&subject), [1]);

    let verdict = of.judge(&subject, &text).await.unwrap();
    let Verdict::Incompatible { level, broken } = verdict else { panic!("{verdict:?}") };
    // The registry tells rules in any order.
    assert_eq!((level.as_deref(), broken.join("; ").len()), (Some("FULL"), rules.len()));
    assert_eq!(of.judge(&subject, &SchemaText::avro(WIDER)).await.unwrap(), Verdict::Compatible);

    // An older version keeps its id, whatever came after it.
    registry.set_compatibility(&subject, "NONE");
    registry.register(&subject, "AVRO", TEXT);
    registry.set_compatibility(&subject, "FULL");
    let long = SchemaText::avro(LONG);
    assert_eq!(of.judge(&subject, &long).await.unwrap(), Verdict::Compatible);
    assert_eq!(of.id_of(&subject, &long).await.unwrap().0, first);
}

#[tokio::test]
async fn under_a_transitive_level_older_versions_count_as_well() {
    let registry = Registry::shared();
    let subject = unique("transitive");
    registry.register(&subject, "AVRO", LONG);
    registry.register(&subject, "AVRO", TEXT);
    // Reads what was written by the second version, not what was written by the first.
    let wider = TEXT.replace("]}", r#",{"name":"z","type":["null","int"],"default":null}]}"#);
    let (of, schema) = (client(registry.url()), SchemaText::avro(&wider));
    registry.set_compatibility(&subject, "BACKWARD");
    assert_eq!(of.judge(&subject, &schema).await.unwrap(), Verdict::Compatible);
    registry.set_compatibility(&subject, "BACKWARD_TRANSITIVE");
    let verdict = of.judge(&subject, &schema).await.unwrap();
    let Verdict::Incompatible { level, broken } = verdict else { panic!("{verdict:?}") };
    assert_eq!(level.as_deref(), Some("BACKWARD_TRANSITIVE"));
    let error = of.id_of(&subject, &schema).await.unwrap_err();
    let RegistryError::Rejected { level, broken: told, .. } = &error else { panic!("{error}") };
    assert_eq!(level.as_deref(), Some("BACKWARD_TRANSITIVE"));
    assert!(!broken.is_empty() && told.join(" ").contains("/fields/0/type"), "{error}");
}

#[tokio::test]
async fn what_may_not_be_asked_is_no_reason_to_stop() {
    let registry = Registry::shared();
    let subject = unique("unasked");
    let front =
        Front::start(registry, |asked| match asked.starts_with("post /apis/ccompat/v7/compatibility") {
            true => Answer::Text(403, "", r#"{"error_code":40301,"message":"no"}"#.to_owned()),
            false => Answer::Relay,
        });
    let of = client(&front.url());
    let id = of.id_of(&subject, &SchemaText::avro(LONG)).await.unwrap();
    registry.set_compatibility(&subject, "BACKWARD");
    let error = of.id_of(&subject, &SchemaText::avro(TEXT)).await.unwrap_err();
    assert!(
        error.to_string().contains("level BACKWARD: ") && error.to_string().contains("/fields/"),
        "{error}"
    );
    assert_eq!(registry.latest(&subject)["id"], id.0);
}
