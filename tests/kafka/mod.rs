//! The Kafka stage against a real broker: what its types promise, looked at with a client that shares no code with it.
//! Faults that a real broker does not produce on demand come from librdkafka's in-process one (`faults`).

mod clients;
mod errors;
mod faults;
mod late;
mod membership;
mod poll_boundary;
mod producing;
mod reading;
mod refusals;
mod topics;
mod world;
