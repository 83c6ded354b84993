//! librdkafka's properties as krest sees them: which an operator may set, with which values, and which are krest's own.
//! From librdkafka 2.12's CONFIGURATION.md; what needs a library that krest is built without is in `NOT_BUILT_IN`.

/// What a property takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    /// Text that is never shown.
    Secret,
    Truth,
    /// A whole number within these bounds.
    Whole(i64, i64),
    /// Milliseconds up to this many, fractions allowed.
    Milliseconds(i64),
    Words(&'static [&'static str]),
}

use Kind::{Milliseconds, Secret, Text, Truth, Whole, Words};

const CODECS: &[&str] = &["none", "gzip", "snappy", "lz4", "zstd"];
const SASL: &[&str] = &["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];
/// In Java's spelling too: librdkafka takes both.
const PROTOCOLS: &[&str] =
    &["plaintext", "ssl", "sasl_plaintext", "sasl_ssl", "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];

/// The properties that an operator may set.
pub const PROPERTIES: &[(&str, Kind)] = &[
    // Connection
    ("bootstrap.servers", Text),
    ("client.id", Text),
    ("client.rack", Text),
    ("client.dns.lookup", Words(&["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"])),
    ("broker.address.family", Words(&["any", "v4", "v6"])),
    ("broker.address.ttl", Whole(0, 86_400_000)),
    ("connections.max.idle.ms", Whole(0, 2_147_483_647)),
    ("metadata.max.age.ms", Whole(1, 86_400_000)),
    ("metadata.recovery.strategy", Words(&["none", "rebootstrap"])),
    ("metadata.recovery.rebootstrap.trigger.ms", Whole(0, 2_147_483_647)),
    ("topic.metadata.refresh.interval.ms", Whole(-1, 3_600_000)),
    ("topic.metadata.refresh.fast.interval.ms", Whole(1, 60_000)),
    ("topic.metadata.refresh.sparse", Truth),
    ("topic.metadata.propagation.max.ms", Whole(0, 3_600_000)),
    ("reconnect.backoff.ms", Whole(0, 3_600_000)),
    ("reconnect.backoff.max.ms", Whole(0, 3_600_000)),
    ("retry.backoff.ms", Whole(1, 300_000)),
    ("retry.backoff.max.ms", Whole(1, 300_000)),
    ("api.version.request.timeout.ms", Whole(1, 300_000)),
    ("receive.message.max.bytes", Whole(1_000, 2_147_483_647)),
    ("enable.metrics.push", Truth),
    // Sockets
    ("socket.timeout.ms", Whole(10, 300_000)),
    ("socket.connection.setup.timeout.ms", Whole(1_000, 2_147_483_647)),
    ("socket.send.buffer.bytes", Whole(0, 100_000_000)),
    ("socket.receive.buffer.bytes", Whole(0, 100_000_000)),
    ("socket.keepalive.enable", Truth),
    ("socket.nagle.disable", Truth),
    ("socket.max.fails", Whole(0, 1_000_000)),
    // Security
    ("security.protocol", Words(PROTOCOLS)),
    ("sasl.mechanism", Words(SASL)),
    ("sasl.mechanisms", Words(SASL)),
    ("sasl.username", Text),
    ("sasl.password", Secret),
    ("sasl.oauthbearer.config", Secret),
    ("enable.sasl.oauthbearer.unsecure.jwt", Truth),
    ("ssl.ca.location", Text),
    ("ssl.ca.pem", Text),
    ("ssl.certificate.location", Text),
    ("ssl.certificate.pem", Text),
    ("ssl.key.location", Text),
    ("ssl.key.password", Secret),
    ("ssl.key.pem", Secret),
    ("ssl.keystore.location", Text),
    ("ssl.keystore.password", Secret),
    ("ssl.crl.location", Text),
    ("ssl.cipher.suites", Text),
    ("ssl.curves.list", Text),
    ("ssl.sigalgs.list", Text),
    ("ssl.providers", Text),
    ("ssl.endpoint.identification.algorithm", Words(&["none", "https"])),
    ("enable.ssl.certificate.verification", Truth),
    // Producer tuning
    ("compression.type", Words(CODECS)),
    ("compression.codec", Words(CODECS)),
    ("compression.level", Whole(-1, 12)),
    ("linger.ms", Milliseconds(900_000)),
    ("queue.buffering.max.ms", Milliseconds(900_000)),
    ("queue.buffering.max.messages", Whole(0, 2_147_483_647)),
    ("queue.buffering.max.kbytes", Whole(1, 2_147_483_647)),
    ("queue.buffering.backpressure.threshold", Whole(1, 1_000_000)),
    ("batch.size", Whole(1, 2_147_483_647)),
    ("batch.num.messages", Whole(1, 1_000_000)),
    ("message.max.bytes", Whole(1_000, 1_000_000_000)),
    ("message.copy.max.bytes", Whole(0, 1_000_000_000)),
    ("request.timeout.ms", Whole(1, 900_000)),
    ("transaction.timeout.ms", Whole(1_000, 60_000)),
    // Logs
    ("debug", Text),
    ("log_level", Whole(0, 7)),
    ("log.connection.close", Truth),
];

/// Properties that krest sets, because what it promises depends on them, and why.
pub(super) const OWNED: &[(&str, &str)] = &[
    ("transactional.id", "it is krest-<connector>-<task>"),
    ("enable.idempotence", "a transaction needs it"),
    ("enable.gapless.guarantee", "a transaction needs no other guarantee"),
    ("acks", "a transaction needs all"),
    ("request.required.acks", "a transaction needs all"),
    ("retries", "a transaction needs all of them"),
    ("message.send.max.retries", "a transaction needs all of them"),
    ("max.in.flight", "the order of records depends on it"),
    ("max.in.flight.requests.per.connection", "the order of records depends on it"),
    ("message.timeout.ms", "it follows from transaction.timeout.ms"),
    ("delivery.timeout.ms", "it follows from transaction.timeout.ms"),
    ("partitioner", "keys go where Java clients expect them"),
    ("partitioner_cb", "keys go where Java clients expect them"),
    ("sticky.partitioning.linger.ms", "keys go where Java clients expect them"),
    ("queuing.strategy", "the order of records depends on it"),
    ("isolation.level", "krest reads committed records only"),
    ("group.id", "krest assigns partitions itself"),
    ("enable.auto.commit", "positions are committed with the records"),
    ("auto.commit.enable", "positions are committed with the records"),
    ("enable.auto.offset.store", "positions are committed with the records"),
    ("auto.offset.reset", "a gap is an error, never skipped"),
    ("enable.partition.eof", "krest reads to the end of a topic by it"),
    ("allow.auto.create.topics", "krest creates topics with the settings of \"topics\""),
    ("delivery.report.only.error", "krest counts every report"),
    ("statistics.interval.ms", "krest's own metrics are made of them"),
    ("key.serializer", "\"format.key\" says what keys look like"),
    ("value.serializer", "\"format.value\" says what values look like"),
];

/// Names that other clients have for something, or that are none of an operator's business here: what to do instead.
pub(super) const INSTEAD: &[(&str, &str)] = &[
    ("metadata.broker.list", "write \"bootstrap.servers\""),
    ("sasl.jaas.config", "that is Java's; write \"sasl.username\" and \"sasl.password\""),
    ("ssl.truststore.location", "that is Java's; write \"ssl.ca.location\", a file of PEM certificates"),
    ("ssl.truststore.password", "that is Java's; write \"ssl.ca.location\", a file of PEM certificates"),
    ("ssl.truststore.type", "that is Java's; write \"ssl.ca.location\", a file of PEM certificates"),
    ("ssl.truststore.certificates", "that is Java's; write \"ssl.ca.pem\""),
    ("ssl.keystore.type", "that is Java's; \"ssl.keystore.location\" is a PKCS#12 file"),
    ("ssl.keystore.key", "that is Java's; write \"ssl.key.pem\""),
    ("ssl.keystore.certificate.chain", "that is Java's; write \"ssl.certificate.pem\""),
    ("buffer.memory", "that is Java's; write \"queue.buffering.max.kbytes\""),
    ("max.request.size", "that is Java's; write \"message.max.bytes\""),
    ("plugin.library.paths", "krest loads no plug-ins"),
    ("ssl.engine.location", "krest loads no OpenSSL engines; write \"ssl.providers\""),
];

/// Beginnings of names whose libraries (Cyrus SASL, curl) krest is built without.
pub(super) const NOT_BUILT_IN: &[&str] = &["sasl.kerberos.", "sasl.oauthbearer.", "https.ca."];

/// Beginnings of names, or names, that only a consumer has.
pub(super) const CONSUMER: &[&str] = &[
    "auto.commit.",
    "check.crcs",
    "consume.",
    "coordinator.query.",
    "fetch.",
    "group.",
    "heartbeat.",
    "max.partition.fetch.",
    "max.poll.",
    "offset.store.",
    "partition.assignment.",
    "queued.",
    "session.",
];
