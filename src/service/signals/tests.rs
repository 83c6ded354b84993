//! Signals as people and Debezium users write them.
