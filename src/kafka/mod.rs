//! The only folder that names rdkafka: transactions, offsets, topics, reading back.
