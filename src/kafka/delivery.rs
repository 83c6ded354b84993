//! Delivery reports: the offsets that a transaction reached, and the first thing that went wrong, without an allocation a message.

use std::ffi::CStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::producer::{DeliveryResult, ProducerContext};

use super::code::code_of;
use super::log::Voice;
use super::reach::{Reach, Reached, entry};

/// The header that carries a record's fingerprint.
pub(super) const FINGERPRINT: &CStr = c"krest.fingerprint";
/// The same, for writing.
pub(super) const FINGERPRINT_NAME: &str = "krest.fingerprint";
/// The header that names the connector and the resource that wrote a record.
pub(super) const SOURCE: &str = "krest.source";

/// The same, for reading.
pub(super) const SOURCE_NAME: &CStr = c"krest.source";
/// The header that carries the key of the record that a record depends on.
pub(super) const PARENT: &str = "krest.parent";
/// The same, for reading.
pub(super) const PARENT_NAME: &CStr = c"krest.parent";

/// Where a message belongs: the output topic of a resource, its dead letters, or the offsets topic. Resources by their places in
/// the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Resource(usize),
    /// A dead letter of the resource.
    Letter(usize),
    /// The position of a resource; `None`: an owner record.
    Offsets(Option<usize>),
}

impl Slot {
    /// The form that travels through librdkafka with each message.
    pub(super) fn tag(self) -> usize {
        match self {
            Self::Offsets(None) => 0,
            Self::Offsets(Some(place)) => 3 * place + 1,
            Self::Resource(place) => 3 * place + 2,
            Self::Letter(place) => 3 * place + 3,
        }
    }

    fn from_tag(tag: usize) -> Self {
        match tag.checked_sub(1) {
            None => Self::Offsets(None),
            Some(rest) => match rest % 3 {
                0 => Self::Offsets(Some(rest / 3)),
                1 => Self::Resource(rest / 3),
                _ => Self::Letter(rest / 3),
            },
        }
    }

    /// Whose data it is, wherever it goes.
    pub(super) fn resource(self) -> Option<usize> {
        match self {
            Self::Resource(place) | Self::Letter(place) => Some(place),
            Self::Offsets(resource) => resource,
        }
    }
}

/// A message that was not delivered: the first, or the largest of those that were too large (the broker refuses whole batches
/// and names none).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) slot: Slot,
    pub(super) code: RDKafkaErrorCode,
    pub(super) partition: i32,
    pub(super) key_length: usize,
    pub(super) size: usize,
}

impl Failure {
    /// Thrown away because something else had gone wrong, whose own report may come later.
    pub(super) fn is_consequence(&self) -> bool {
        matches!(self.code, RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight)
    }
}

/// The context of the transactional producer. Everything arrives on the thread that polls it.
pub(super) struct Deliveries {
    voice: Voice,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Tally {
    reached: Reach,
    /// By resource: how many messages of its topic have had their report.
    reported: Vec<u64>,
    failure: Option<Failure>,
}

impl Deliveries {
    pub(super) fn new(voice: Voice) -> Self {
        Self { voice, tally: Mutex::default() }
    }

    pub(super) fn voice(&self) -> &Voice {
        &self.voice
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        self.tally().failure
    }

    /// What a resource's messages reached since this was last asked.
    pub(super) fn take_reached(&self, resource: usize) -> Vec<Reached> {
        self.tally().reached.take(resource)
    }

    /// How many messages of a resource's topic have had their report.
    pub(super) fn reported(&self, resource: usize) -> u64 {
        self.tally().reported.get(resource).copied().unwrap_or_default()
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    fn delivered(&mut self, slot: Slot, partition: i32, offset: i64) {
        let Slot::Resource(resource) = slot else {
            return;
        };
        self.reached.delivered(resource, partition, offset);
    }

    fn reported(&mut self, slot: Slot) {
        if let Slot::Resource(resource) = slot {
            entry(&mut self.reported, resource).into_iter().for_each(|count| *count += 1);
        }
    }

    fn failed(&mut self, failure: Failure) {
        let too_large = |failure: &Failure| failure.code == RDKafkaErrorCode::MessageSizeTooLarge;
        let better = match &self.failure {
            None => true,
            Some(known) if known.is_consequence() => !failure.is_consequence(),
            Some(known) => too_large(known) && too_large(&failure) && failure.size > known.size,
        };
        if better {
            self.failure = Some(failure);
        }
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, kind: &str, text: &str) {
        self.voice.log(level, kind, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.voice.error(error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, tag: usize) {
        self.voice.count();
        let slot = Slot::from_tag(tag);
        self.tally().reported(slot);
        match result {
            Ok(message) => self.tally().delivered(slot, message.partition(), message.offset()),
            Err((error, message)) => {
                let code = code_of(error);
                let size = message.key_len() + message.payload_len();
                let (partition, key_length) = (message.partition(), message.key_len());
                self.tally().failed(Failure { slot, code, partition, key_length, size });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_output_topics_alone() {
        let deliveries = Deliveries::new(Voice::new("producer", crate::model::Redactor::default()));
        deliveries.tally().delivered(Slot::Resource(1), 2, 7);
        deliveries.tally().delivered(Slot::Offsets(Some(1)), 0, 99);
        deliveries.tally().delivered(Slot::Letter(1), 0, 99);
        let reached = Reached { partition: 2, first: 7, next: 8, messages: 1 };
        assert_eq!((deliveries.take_reached(0), deliveries.take_reached(1)), (vec![], vec![reached]));
    }

    #[test]
    fn the_cause_is_named_and_of_messages_that_are_too_large_the_largest() {
        let deliveries = Deliveries::new(Voice::new("producer", crate::model::Redactor::default()));
        let code = RDKafkaErrorCode::MessageSizeTooLarge;
        let failure =
            |size, code| Failure { slot: Slot::Resource(0), code, partition: 0, key_length: 1, size };
        deliveries.tally().failed(failure(1, RDKafkaErrorCode::PurgeQueue));
        for size in [10, 2_000_000, 30] {
            deliveries.tally().failed(failure(size, code));
        }
        deliveries.tally().failed(failure(9_000_000, RDKafkaErrorCode::MessageTimedOut));
        deliveries.tally().failed(failure(9_000_000, RDKafkaErrorCode::PurgeInflight));
        assert_eq!(deliveries.failure(), Some(failure(2_000_000, code)));
    }

    #[test]
    fn a_slot_survives_its_way_through_librdkafka() {
        for slot in [
            Slot::Offsets(None),
            Slot::Offsets(Some(0)),
            Slot::Resource(0),
            Slot::Letter(0),
            Slot::Offsets(Some(7)),
            Slot::Resource(41),
            Slot::Letter(41),
        ] {
            assert_eq!(Slot::from_tag(slot.tag()), slot);
        }
    }
}
