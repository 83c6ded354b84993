//! Whose fault a failure is: what librdkafka reported, as the end of a session that names a resource wherever one can be named.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer as _;

use super::code::{Meaning, code_of, meaning};
use super::delivery::{Failure, Slot};
use super::error::{Ended, Error};
use super::settings::Delivery;
use super::transaction::{SLICE, Sent, Transactor};
use super::verdict::{is_retriable, rejection, speaks_of_data};

/// How long a look at a topic may take while messages wait.
const LOOK: Duration = Duration::from_secs(1);

impl Transactor {
    /// Whether anything has gone wrong so far.
    pub(super) fn check(&self) -> Result<(), Ended> {
        if let Some((code, reason)) = self.client.client().fatal_error() {
            return Err(self.fatal(code, &reason));
        }
        match self.deliveries().failure() {
            Some(failure) => Err(self.undelivered(&failure)),
            None => Ok(()),
        }
    }

    /// Messages have been waiting for a while: a topic that is gone would keep them until they time out.
    pub(super) fn look_at_what_is_late(&self) -> Result<(), Ended> {
        self.gone(&self.late()).map_or(Ok(()), Err)
    }

    pub(super) fn not_started(&self, error: &KafkaError) -> Error {
        let settings = self.cluster.settings();
        let code = code_of(error);
        match meaning(code) {
            Meaning::Fenced => Error::Ended(self.fenced()),
            Meaning::Forbidden => {
                let what = format!("transactional id {}", settings.transactional_id(self.writer));
                Error::Forbidden { action: "writing", what, reason: code.to_string() }
            }
            Meaning::TransactionTimeout => Error::Settings(format!(
                "transaction.timeout.ms={} is more than the broker's transaction.max.timeout.ms allows",
                settings.transaction_timeout().as_millis()
            )),
            Meaning::Credentials
            | Meaning::TopicMissing
            | Meaning::TopicExists
            | Meaning::TopicInvalid
            | Meaning::OffsetGone
            | Meaning::TooLarge
            | Meaning::Clock
            | Meaning::BadData
            | Meaning::Fatal
            | Meaning::Trouble => self.cluster.failure(code, &self.explain("start of the producer", error)),
        }
    }

    /// A call that failed for good. Only an error that asks for an abort says that nothing was committed.
    pub(super) fn failed(&self, call: &str, error: &KafkaError) -> Ended {
        let code = code_of(error);
        if meaning(code) == Meaning::Fenced {
            return self.fenced();
        }
        if let Some((code, reason)) = self.client.client().fatal_error() {
            return self.fatal(code, &reason);
        }
        let reason = self.explain(call, error);
        let undecided =
            if let KafkaError::Transaction(error) = error { !error.txn_requires_abort() } else { true };
        if undecided {
            Ended::UnknownOutcome { reason }
        } else if speaks_of_data(code) {
            self.suspects(code, reason)
        } else {
            Ended::Aborted { reason }
        }
    }

    /// What a message that was not delivered means.
    pub(super) fn undelivered(&self, failure: &Failure) -> Ended {
        // A fatal error purges what is queued: the messages' own error then says nothing.
        if let Some((code, reason)) = self.client.client().fatal_error() {
            return self.fatal(code, &reason);
        }
        if meaning(failure.code) == Meaning::Fenced {
            return self.fenced();
        }
        if failure.is_consequence()
            && let Some(cause) = self.cause()
        {
            return cause;
        }
        let failure = &self.in_its_own_words(*failure);
        let (name, topic) = self.whose(failure.slot);
        let (resource, name) = (culprit(failure), name.to_owned());
        if let (Some(resource), Meaning::TopicMissing) = (resource, meaning(failure.code)) {
            return Ended::TopicGone { resource, name, topic: topic.to_owned() };
        }
        let timed_out =
            || if let Slot::Resource(of) = failure.slot { self.timed_out(of, failure) } else { None };
        match rejection(failure, topic).or_else(timed_out) {
            Some(problem) => Ended::Rejected { resource, name, problem },
            None => {
                let error = KafkaError::MessageProduction(failure.code);
                let call = format!("write to {topic}[{}]", failure.partition);
                Ended::Aborted { reason: self.explain(&call, &error) }
            }
        }
    }

    pub(super) fn whose(&self, slot: Slot) -> (&str, &str) {
        let offsets = self.cluster.settings().offsets_topic.as_str();
        let known = slot.resource().and_then(|resource| self.names.get(resource));
        match (slot, known) {
            (Slot::Resource(_), Some((name, topic))) => (name, topic),
            (Slot::Letter(_), Some((name, topic))) => (name, self.letter_topics.get(name).unwrap_or(topic)),
            (Slot::Offsets(_), Some((name, _))) => (name, offsets),
            (Slot::Resource(_) | Slot::Letter(_) | Slot::Offsets(_), None) => ("source offsets", offsets),
        }
    }

    /// Why messages were thrown away: the transaction says it.
    fn cause(&self) -> Option<Ended> {
        self.transaction_error().map(|error| self.failed("write", &error))
    }

    /// Of a batch with several bad records librdkafka reports no more than that there are some; the transaction's error has the
    /// broker's own code. (The broker's text is freed before anybody can read it.)
    fn in_its_own_words(&self, failure: Failure) -> Failure {
        if meaning(failure.code) != Meaning::BadData {
            return failure;
        }
        let code = self.transaction_error().as_ref().map(code_of).filter(|code| speaks_of_data(*code));
        Failure { code: code.unwrap_or(failure.code), ..failure }
    }

    /// A transaction with messages that were not delivered cannot be committed: trying tells its error. (A message that was never
    /// accepted does not count: then the rest could be committed.)
    fn transaction_error(&self) -> Option<KafkaError> {
        self.deliveries().failure()?;
        match self.cluster.settings().delivery {
            Delivery::ExactlyOnce => {}
            Delivery::AtLeastOnce => return None,
        }
        let error = self.client.commit_transaction(SLICE).err()?;
        (!is_retriable(&error)).then_some(error)
    }

    /// The first of these whose topic does not exist any more. A Kafka that does not say so of one says so of none.
    fn gone(&self, resources: &[usize]) -> Option<Ended> {
        for resource in resources {
            let (name, topic) = self.whose(Slot::Resource(*resource));
            match self.cluster.describe(topic, LOOK) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    let (name, topic) = (name.to_owned(), topic.to_owned());
                    return Some(Ended::TopicGone { resource: *resource, name, topic });
                }
                Err(_) => return None,
            }
        }
        None
    }

    /// A refusal that names nobody: all that have data in the transaction may have caused it.
    fn suspects(&self, code: RDKafkaErrorCode, reason: String) -> Ended {
        let resources: Vec<usize> = self.sent.keys().copied().collect();
        if meaning(code) == Meaning::TopicMissing
            && let Some(gone) = self.gone(&resources)
        {
            return gone;
        }
        match resources.as_slice() {
            [] => Ended::Aborted { reason },
            [one] => {
                let (name, topic) = self.whose(Slot::Resource(*one));
                let problem = format!("topic {topic}: {reason}");
                Ended::Rejected { resource: Some(*one), name: name.to_owned(), problem }
            }
            [_, _, ..] => Ended::Suspected { resources, reason },
        }
    }

    /// What is wrong with the one topic that took no messages in time while Kafka is there; `None`: it is not alone.
    fn timed_out(&self, resource: usize, failure: &Failure) -> Option<String> {
        if failure.code != RDKafkaErrorCode::MessageTimedOut {
            return None;
        }
        let (_, topic) = self.whose(failure.slot);
        let description = self.cluster.describe(topic, LOOK).ok()??;
        if description.leaderless > 0 {
            return Some(format!(
                "{} partitions of topic {topic} have no leader; bring their brokers back",
                description.leaderless
            ));
        }
        let alone = self.late().iter().all(|late| *late == resource);
        (alone && self.sent.len() > 1).then(|| {
            format!(
                "topic {topic} did not take messages in time, while others did; see whether it has enough replicas in sync \
                 (min.insync.replicas)"
            )
        })
    }

    /// The resources whose messages have not all had their report.
    fn late(&self) -> Vec<usize> {
        let reported = |resource: usize| self.deliveries().reported(resource);
        let late = |resource: usize, sent: &Sent| reported(resource) - sent.reported_before < sent.count;
        self.sent
            .iter()
            .filter(|(resource, sent)| late(**resource, sent))
            .map(|(resource, _)| *resource)
            .collect()
    }

    pub(super) fn complaint(&self) -> Option<(Option<RDKafkaErrorCode>, String)> {
        let complaint = self.deliveries().voice().complaint()?;
        Some((complaint.code, complaint.reason))
    }

    pub(super) fn explain(&self, call: &str, error: &KafkaError) -> String {
        let error = self.deliveries().voice().scrub(&error.to_string());
        match self.complaint() {
            Some((_, heard)) => format!("{call}: {error} ({heard})"),
            None => format!("{call}: {error}"),
        }
    }

    fn fenced(&self) -> Ended {
        Ended::Fenced { transactional_id: self.cluster.settings().transactional_id(self.writer) }
    }

    fn fatal(&self, code: RDKafkaErrorCode, reason: &str) -> Ended {
        if meaning(code) == Meaning::Fenced {
            return self.fenced();
        }
        Ended::UnknownOutcome { reason: format!("{code}: {}", self.deliveries().voice().scrub(reason)) }
    }
}

/// Whose data is to blame. The offsets topic is everybody's: only a position that it cannot hold is its resource's fault.
fn culprit(failure: &Failure) -> Option<usize> {
    match (failure.slot, meaning(failure.code)) {
        (Slot::Resource(resource) | Slot::Letter(resource), _) => Some(resource),
        (Slot::Offsets(resource), Meaning::TooLarge | Meaning::BadData) => resource,
        (Slot::Offsets(_), _) => None,
    }
}
