//! Every error that a broker may answer a transactional request with, and what krest makes of it: librdkafka's three classes
//! (to be asked again, to be aborted, fatal), and what belongs to none of them.

use krest::kafka::{Ended, Error};
use rdkafka::types::RDKafkaApiKey::{
    self as Api, AddPartitionsToTxn, EndTxn, FindCoordinator, InitProducerId,
};
use rdkafka::types::RDKafkaRespErr::{self as Code, *};
use tokio::task::LocalSet;

use super::faults::Faulty;

/// What becomes of the transaction, or of the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Becomes {
    /// librdkafka asks again until it is committed.
    Committed,
    Aborted,
    /// The topics have to say.
    Unknown,
    Fenced,
    /// The data or its topic is refused: its resource is named.
    Rejected,
    /// Nothing was begun: krest tries again later.
    Later,
    /// Nothing was begun, and only the operator can help.
    Refused,
}
use Becomes::{Aborted, Committed, Fenced, Later, Refused, Rejected, Unknown};

const TABLE: &[(Api, Code, Becomes)] = &[
    (FindCoordinator, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, Committed),
    (FindCoordinator, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, Committed),
    (FindCoordinator, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Refused),
    (InitProducerId, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, Committed),
    (InitProducerId, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Committed),
    (InitProducerId, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, Committed),
    (InitProducerId, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Committed),
    (InitProducerId, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, Committed),
    (InitProducerId, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Refused),
    (InitProducerId, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, Refused),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, Committed),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Committed),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, Committed),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Committed),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Committed),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Rejected),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_OPERATION_NOT_ATTEMPTED, Aborted),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, Aborted),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, Aborted),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Unknown),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Unknown),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Fenced),
    (AddPartitionsToTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Fenced),
    (Api::Produce, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, Committed),
    (Api::Produce, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, Committed),
    (Api::Produce, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Committed),
    (Api::Produce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Committed),
    (Api::Produce, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, Committed),
    (Api::Produce, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, Committed),
    (Api::Produce, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, Committed),
    (Api::Produce, RD_KAFKA_RESP_ERR__TRANSPORT, Committed),
    (Api::Produce, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Rejected),
    (Api::Produce, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, Rejected),
    (Api::Produce, RD_KAFKA_RESP_ERR_INVALID_RECORD, Rejected),
    (Api::Produce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Rejected),
    (Api::Produce, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, Aborted),
    (Api::Produce, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, Aborted),
    (Api::Produce, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, Unknown),
    (Api::Produce, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Fenced),
    (Api::Produce, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Fenced),
    (EndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, Committed),
    (EndTxn, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Committed),
    (EndTxn, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, Committed),
    (EndTxn, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Committed),
    (EndTxn, RD_KAFKA_RESP_ERR__TRANSPORT, Committed),
    (EndTxn, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, Aborted),
    (EndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, Aborted),
    (EndTxn, RD_KAFKA_RESP_ERR_UNKNOWN, Aborted),
    (EndTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Unknown),
    (EndTxn, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Unknown),
    (EndTxn, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Unknown),
    (EndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Fenced),
    (EndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Fenced),
];

/// What a start and a commit become when the broker answers this request with this error, once.
async fn becomes(request: Api, code: Code) -> Becomes {
    let faulty = Faulty::new().await;
    let at_the_start = matches!(request, FindCoordinator | InitProducerId);
    if at_the_start {
        faulty.fail(request, &[code]);
    }
    let producer = match faulty.try_producer().await {
        Ok(producer) => producer,
        Err(Error::Away { .. }) => return Later,
        Err(Error::Settings(_) | Error::Forbidden { .. }) => return Refused,
        Err(error) => panic!("{request:?} {code:?}: {error}"),
    };
    if !at_the_start {
        faulty.fail(request, &[code]);
    }
    let ended = match faulty.commit(&producer).await {
        Ok(()) => return Committed,
        Err(ended) => ended,
    };
    // Nothing is sent by a producer that has ended, and the next one goes on.
    assert_eq!(faulty.commit(&producer).await, Err(ended.clone()), "{request:?} {code:?}");
    faulty.commit(&faulty.producer().await).await.unwrap();
    match &ended {
        Ended::Aborted { .. } => Aborted,
        Ended::UnknownOutcome { .. } => Unknown,
        Ended::Fenced { .. } => Fenced,
        Ended::Rejected { .. } => Rejected,
        Ended::Suspected { .. }
        | Ended::TopicGone { .. }
        | Ended::Overdue { .. }
        | Ended::Abandoned { .. }
        | Ended::Discarded
        | Ended::Doubtful { .. }
        | Ended::Closed => panic!("{request:?} {code:?}: {ended}"),
    }
}

#[tokio::test]
async fn each_error_of_a_transactional_request_has_its_consequence() {
    let all = LocalSet::new();
    let asked: Vec<_> = TABLE
        .iter()
        .map(|&(request, code, expected)| {
            all.spawn_local(async move {
                let found = becomes(request, code).await;
                (found != expected).then(|| format!("{request:?} {code:?}: {found:?}, not {expected:?}"))
            })
        })
        .collect();
    all.await;
    let mut wrong = Vec::new();
    for one in asked {
        wrong.extend(one.await.unwrap());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
