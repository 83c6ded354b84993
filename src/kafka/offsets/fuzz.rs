//! Fuzz target: what may stand on the offsets topic. See fuzz/README.md.

use std::collections::HashMap;

use super::{
    NewRule, Reader, StoredOffsets, VERSION, offset_value, owner_record, parent_record, partitions_record,
    resource_key, rule_record, schema_record, topic_owner_record,
};
use crate::fuzz::Target;
use crate::kafka::reader::RawRecord;
use crate::model::ConnectorName;

/// Lines of a key, a tab and a value; without a tab, the value is null.
fn read<'i>(input: &'i [u8], connector: &ConnectorName) -> (Reader, Vec<&'i [u8]>) {
    let (mut reader, mut keys) = (Reader::default(), Vec::new());
    for line in input.split(|byte| *byte == b'\n') {
        let tab = line.iter().position(|byte| *byte == b'\t');
        let (key, value) = tab.map_or((line, None), |tab| (&line[..tab], Some(&line[tab + 1..])));
        reader.take(
            connector,
            &RawRecord {
                partition: 0,
                offset: 0,
                key: Some(key),
                value,
                fingerprint: None,
                foreign: false,
                parent: None,
            },
        );
        keys.push(key);
    }
    (reader, keys)
}

/// What was read, written as krest writes it.
fn written(stored: &StoredOffsets, connector: &ConnectorName) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    lines.extend(
        stored
            .owner
            .iter()
            .map(|owner| owner_record(connector, owner))
            .map(|record| (record.key, record.value)),
    );
    for (resource, offset) in &stored.resources {
        lines.push((resource_key(connector, resource), offset_value(offset)));
    }
    for (resource, parents) in &stored.parents {
        for (parent, offset) in parents {
            let stands = (offset.topic_id.as_str(), Some(&offset.cursor));
            let (key, value) = parent_record(connector, (resource, parent), stands);
            lines.push((key, value.unwrap_or_default()));
        }
    }
    for (resource, rules) in &stored.rules {
        for (id, text) in rules {
            let rule = NewRule { resource: resource.clone(), id: *id, text: text.clone() };
            let record = rule_record(connector, &rule);
            lines.push((record.key, record.value));
        }
    }
    for ((resource, of), memory) in &stored.schemas {
        let record = schema_record(connector, (resource, *of), memory);
        lines.extend(record.map(|record| (record.key, record.value)));
    }
    for (topic, owner) in &stored.topics {
        let record = topic_owner_record(owner, topic);
        lines.push((record.key, record.value));
    }
    let said = stored.partitions.map(partitions_record);
    lines.extend(said.map(|record| (record.key, record.value)));
    lines.iter().map(|(key, value)| format!("{key}\t{value}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn any_record_of_the_offsets_topic_is_read_or_refused() {
    let connector = ConnectorName::new("shop");
    Target { name: "offsets", runs: 4_000 }.holds(|input| {
        let (reader, keys) = read(input, &connector);
        let again = read(input, &connector).0;
        assert_eq!((&again.stored, &again.unreadable), (&reader.stored, &reader.unreadable));
        for (key, problem) in &reader.unreadable {
            let text = String::from_utf8_lossy(key);
            let ours = text.contains("shop") || text.contains("krest:topics") || text.contains("\\u");
            assert!(ours && !problem.is_empty(), "{text} is none of ours: {problem}");
        }
        // A null value mends whatever was unreadable.
        let nulls = [&[input], keys.as_slice()].concat().join(&b'\n');
        assert!(read(&nulls, &connector).0.unreadable.is_empty());
        // What was understood says the same when krest writes it.
        let mut expected = reader.stored.clone();
        expected.parents.retain(|_, parents| !parents.is_empty());
        expected.rules.retain(|_, rules| !rules.is_empty());
        expected
            .parents
            .values_mut()
            .flat_map(HashMap::values_mut)
            .for_each(|offset| offset.version = VERSION);
        let back = read(written(&expected, &connector).as_bytes(), &connector).0;
        assert!(back.unreadable.is_empty(), "{:?}", back.unreadable);
        assert_eq!(back.stored, expected);
    });
}
