//! The records of the offsets topic, written and read.

use super::*;

fn offset() -> SourceOffset {
    SourceOffset {
        version: SourceOffset::VERSION,
        topic: "shop.users".to_owned(),
        topic_id: "abc".to_owned(),
        partitions: 6,
        key_fields: vec!["id".to_owned()],
        key_format: "string".to_owned(),
        source: "https://api.example.com/users".to_owned(),
        request: "0f".to_owned(),
        scan: 3,
        ..SourceOffset::default()
    }
}

pub(super) fn read_all(records: &[(&str, Option<&str>)]) -> Reader {
    let mut reader = Reader::default();
    for (key, value) in records {
        let (key, value) = (Some(key.as_bytes()), value.map(str::as_bytes));
        let record = RawRecord {
            partition: 0,
            offset: 0,
            key,
            value,
            fingerprint: None,
            foreign: false,
            parent: None,
        };
        reader.take(&ConnectorName::new("shop"), &record);
    }
    reader
}

pub(super) fn take(records: &[(&str, Option<&str>)]) -> Result<StoredOffsets, String> {
    let reader = read_all(records);
    reader.unreadable.into_values().next().map_or(Ok(reader.stored), Err)
}

#[test]
fn keys_have_connects_own_form() {
    let connector = ConnectorName::new("shop");
    let odd = ResourceName::new("a \"b\"/ü");
    assert_eq!(resource_key(&connector, &odd), r#"["shop",{"resource":"a \"b\"/ü"}]"#);
    assert_eq!(topic_owner_record(&connector, "t").key, r#"["krest:topics",{"topic":"t"}]"#);
    let owner = owner_record(&connector, &Owner::new("i-1", 7, 3, "h"));
    assert_eq!(owner.key, r#"["shop",{"krest":"owner"}]"#);
    assert_eq!(owner.value, r#"{"version":1,"instance":"i-1","generation":7,"tasks":3,"host":"h"}"#);
}

#[test]
fn what_was_written_is_read_back_and_the_newest_wins() {
    let connector = ConnectorName::new("shop");
    let key = resource_key(&connector, &ResourceName::new("users"));
    let newer = SourceOffset { scan: 4, ..offset() };
    let owner = owner_record(&connector, &Owner::new("i-1", 7, 3, "h"));
    let topic = topic_owner_record(&connector, "shop.users");
    let stored = take(&[
        (&key, Some(&offset_value(&offset()))),
        (&owner.key, Some(&owner.value)),
        (&topic.key, Some(&topic.value)),
        (&key, Some(&offset_value(&newer))),
    ])
    .unwrap();
    assert_eq!(stored.resources, BTreeMap::from([(ResourceName::new("users"), newer)]));
    assert_eq!(stored.owner, Some(Owner::new("i-1", 7, 3, "h")));
    assert_eq!(stored.topics, HashMap::from([("shop.users".to_owned(), connector)]));
}

#[test]
fn what_stands_elsewhere_than_it_would_is_not_read() {
    let connector = ConnectorName::new("shop");
    let said = partitions_record(2);
    let key = resource_key(&connector, &ResourceName::new("users"));
    let place = home(key.as_bytes(), 2);
    let value = |scan| offset_value(&SourceOffset { scan, ..offset() });
    let (right, stray) = (value(3), value(9));
    let mut reader = Reader { used: Some(2), ..Reader::default() };
    for (partition, key, value) in
        [(0, &said.key, &said.value), (place, &key, &right), (1 - place, &key, &stray), (7, &key, &stray)]
    {
        let (key, value) = (Some(key.as_bytes()), Some(value.as_bytes()));
        reader.take(
            &connector,
            &RawRecord { partition, offset: 0, key, value, fingerprint: None, foreign: false, parent: None },
        );
    }
    assert_eq!(reader.stored.partitions, Some(2));
    assert_eq!(reader.stored.resources.into_values().map(|offset| offset.scan).collect::<Vec<_>>(), [3]);
    let twice = take(&[(&said.key, Some(&said.value)), (&said.key, Some(&partitions_record(5).value))]);
    assert_eq!(twice.unwrap().partitions, Some(2), "the first has said it");
}

#[test]
fn a_null_value_resets_its_key() {
    let key = resource_key(&ConnectorName::new("shop"), &ResourceName::new("users"));
    let stored = take(&[(&key, Some(&offset_value(&offset()))), (&key, None)]).unwrap();
    assert_eq!(stored, StoredOffsets::default());
}

#[test]
fn what_is_not_ours_is_ignored_however_odd() {
    let stored = take(&[
        (r#"["other",{"resource":"users"}]"#, Some("not json")),
        (r#"["shop",{"resource":"users","more":1}]"#, Some("not json")),
        (r#"["shop",{"krest":"else"}]"#, Some("{}")),
        (r#"["shop",{"topic":"t"}]"#, Some("{}")),
        ("plain", Some("x")),
        ("", None),
    ]);
    assert_eq!(stored, Ok(StoredOffsets::default()));
}

#[test]
fn what_is_ours_and_unreadable_is_refused() {
    let key = resource_key(&ConnectorName::new("shop"), &ResourceName::new("users"));
    for (value, problem) in [
        ("not json", "expected"),
        ("{}", "version"),
        (r#"{"version":1}"#, "missing field"),
        (r#"{"version":2,"all":"new"}"#, "newer krest"),
    ] {
        let error = take(&[(&key, Some(value))]).unwrap_err();
        assert!(error.contains(problem), "{value}: {error}");
        assert!(take(&[(&key, Some(value)), (&key, None)]).is_ok(), "a newer record mends it");
    }
}
