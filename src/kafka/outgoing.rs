//! What the producer's thread sends: messages with their headers, dead letters, and records of the offsets topic.

use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{Header, OwnedHeaders};

use super::delivery::{FINGERPRINT_NAME, Failure, PARENT, SOURCE, Slot};
use super::error::Ended;
use super::offsets::{home, schema_record};
use super::thread::{OffsetsTopic, Target};
use super::transaction::{Outgoing, Transactor};
use crate::model::{Letter, Message, SchemaMemory, SchemaOf, Stamp};

/// The first message that the topic does not take: the broker would refuse a whole batch for it, and name none.
pub(super) fn too_large(target: &Target, resource: usize, messages: &[Message]) -> Option<Failure> {
    let message = messages.iter().find(|message| message.size() > target.largest)?;
    let key_length = message.key.as_ref().map_or(0, bytes::Bytes::len);
    let (slot, code) = (Slot::Resource(resource), RDKafkaErrorCode::MessageSizeTooLarge);
    Some(Failure { slot, code, partition: message.partition, key_length, size: message.size() })
}

impl OffsetsTopic {
    /// That it does not take what is to be remembered of a resource's schema; the broker would refuse others' positions with it.
    pub(super) fn too_small_for(
        &self,
        resource: usize,
        target: &Target,
        schemas: &[(SchemaOf, SchemaMemory)],
    ) -> Option<Ended> {
        let record = |(of, schema): &(SchemaOf, SchemaMemory)| {
            schema_record(&self.connector, (&target.name, *of), schema)
        };
        let sizes = schemas.iter().filter_map(record).map(|record| record.key.len() + record.value.len());
        let size = sizes.max()?;
        (size > self.largest).then(|| Ended::Rejected {
            resource: Some(resource),
            name: target.name.to_string(),
            problem: format!(
                "what is remembered of its schema has become {size} bytes, and topic {topic} takes {}; raise max.message.bytes of the \
                 topic (kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config max.message.bytes=…), or have \
                 less in it: columns that hold whatever can have data_type: json",
                self.largest,
                topic = self.name
            ),
        })
    }
}

pub(super) fn outgoing<'m>(target: &'m Target, resource: usize, message: &'m Message) -> Outgoing<'m> {
    let told = message.headers.as_ref().map_or(&[][..], |headers| &headers.0);
    let mut headers = OwnedHeaders::new_with_capacity(3 + told.len());
    if let Some(fingerprint) = message.fingerprint.map(Stamp::to_header) {
        headers = headers.insert(Header { key: FINGERPRINT_NAME, value: Some(fingerprint.as_bytes()) });
    }
    if let Some(parent) = message.parent.as_deref() {
        headers = headers.insert(Header { key: PARENT, value: Some(parent) });
    }
    for (key, value) in told {
        headers = headers.insert(Header { key, value: Some(value.as_str()) });
    }
    let headers = headers.insert(Header { key: SOURCE, value: Some(target.source.as_str()) });
    Outgoing {
        topic: &target.topic,
        slot: Slot::Resource(resource),
        partition: message.partition,
        key: message.key.as_deref(),
        value: message.value.as_deref(),
        headers: Some(headers),
    }
}

pub(super) fn outgoing_letter<'m>(target: &'m Target, resource: usize, letter: &'m Letter) -> Outgoing<'m> {
    let mut headers = OwnedHeaders::new_with_capacity(letter.headers.len() + 1);
    for (key, value) in &letter.headers {
        headers = headers.insert(Header { key, value: Some(value.as_str()) });
    }
    let headers = headers.insert(Header { key: SOURCE, value: Some(target.source.as_str()) });
    Outgoing {
        topic: &letter.topic,
        slot: Slot::Letter(resource),
        partition: letter.partition,
        key: letter.key.as_deref(),
        value: Some(&letter.value),
        headers: Some(headers),
    }
}

pub(super) fn send_record(
    transactor: &mut Transactor,
    topic: &OffsetsTopic,
    (resource, key, value): (Option<usize>, &str, Option<&str>),
) -> Result<(), Ended> {
    transactor.send(Outgoing {
        topic: &topic.name,
        slot: Slot::Offsets(resource),
        partition: home(key.as_bytes(), topic.partitions),
        key: Some(key.as_bytes()),
        value: value.map(str::as_bytes),
        headers: None,
    })
}
