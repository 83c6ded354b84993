//! What librdkafka's error codes mean to krest: the one place that sorts its 150 codes, so that everyone else names every case.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Another producer has the transactional id. One meaning, three codes: which one comes depends on request and broker.
    Fenced,
    /// Who or how we are is refused: waiting cures nothing.
    Credentials,
    Forbidden,
    TopicMissing,
    TopicExists,
    /// The topic's name or settings are refused.
    TopicInvalid,
    /// An offset below the log's start or beyond its end.
    OffsetGone,
    TooLarge,
    /// The clocks of the broker and of this machine differ too much.
    Clock,
    /// The broker refuses the data itself.
    BadData,
    /// The transaction time-out is more than the broker allows.
    TransactionTimeout,
    /// The handle is finished; its fatal error says why.
    Fatal,
    /// Everything else: mostly what may pass.
    Trouble,
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a foreign, growing list; what is not named has no meaning of its own"
)]
pub(super) fn meaning(code: Code) -> Meaning {
    match code {
        Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch => Meaning::Fenced,
        Code::Authentication
        | Code::SaslAuthenticationFailed
        | Code::UnsupportedSASLMechanism
        | Code::SSL => Meaning::Credentials,
        Code::TopicAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::TransactionalIdAuthorizationFailed => Meaning::Forbidden,
        Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition => Meaning::TopicMissing,
        Code::TopicAlreadyExists => Meaning::TopicExists,
        Code::InvalidPartitions
        | Code::InvalidReplicationFactor
        | Code::InvalidConfig
        | Code::InvalidTopic
        | Code::InvalidRequest
        | Code::InvalidArgument => Meaning::TopicInvalid,
        Code::AutoOffsetReset | Code::OffsetOutOfRange => Meaning::OffsetGone,
        Code::MessageSizeTooLarge => Meaning::TooLarge,
        Code::InvalidTimestamp => Meaning::Clock,
        Code::InvalidRecord | Code::PolicyViolation | Code::InvalidMessage => Meaning::BadData,
        Code::InvalidTransactionTimeout => Meaning::TransactionTimeout,
        Code::Fatal => Meaning::Fatal,
        _ => Meaning::Trouble,
    }
}

/// The code of an error; `Fail` where rdkafka made the error itself.
pub(super) fn code_of(error: &KafkaError) -> Code {
    if let KafkaError::AdminOp(code) = error {
        return *code;
    }
    error.rdkafka_error_code().unwrap_or(Code::Fail)
}
