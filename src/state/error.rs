//! What ends the use of a cache in a session. The next session reads forward from where the cache is known to be.

/// After each of these nothing may be compared until the cache was brought up from the topic again.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("topic {topic}: the cache on disk failed ({problem}); what it held is read from the topic again")]
    Disk { topic: String, problem: String },
    /// Read before anything is applied or compared.
    #[error(
        "topic {topic}, partition {partition}: from offset {from} on there may be messages that this krest did not write; it is read on \
         from there before anything else is compared. Only one connector may write to a topic"
    )]
    Foreign { topic: String, partition: i32, from: i64 },
}
