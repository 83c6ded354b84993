//! Where a broker comes from: `KREST_TEST_KAFKA`, then Docker, then Java and Maven. Without one the tests fail and say so.

use std::sync::OnceLock;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use super::{docker, java};
use crate::support::api;
use crate::support::within;

const COMES_UP: Duration = Duration::from_secs(90);

/// What a single node needs, and what makes the wait for aborted transactions short.
const SETTINGS: [(&str, &str); 11] = [
    ("offsets.topic.replication.factor", "1"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("offsets.topic.num.partitions", "1"),
    ("transaction.state.log.num.partitions", "1"),
    ("log.cleaner.backoff.ms", "500"),
    ("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000"),
    ("auto.create.topics.enable", "false"),
];

const INSTRUCTIONS: &str = "These tests need a real Kafka broker. One of these is enough:
  * KREST_TEST_KAFKA=host:port in the environment: a broker that runs already (some tests stop a broker of their own: they
    need one of the next two as well);
  * Docker: a daemon that answers `docker version`;
  * Java 17 or newer and Maven: `java` and `mvn` on the PATH (Debian: apt-get install openjdk-17-jdk-headless maven).";

/// A broker of this process. Dropping it stops it; the end of the process does so as well.
pub struct Broker(Kind);

enum Kind {
    Java(java::Node),
    Docker(Box<docker::Node>),
}

/// The address of the broker that all tests share; started at the first call.
pub fn bootstrap() -> String {
    static SHARED: OnceLock<Result<(String, Option<Broker>), String>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match std::env::var("KREST_TEST_KAFKA") {
        Ok(address) if answers(&address, Duration::from_secs(10)) => Ok((address, None)),
        Ok(address) => Err(format!("KREST_TEST_KAFKA={address}: no broker answers there")),
        Err(_) => start(java::NEWEST, &[]).map(|broker| (broker.bootstrap().to_owned(), Some(broker))),
    });
    match shared {
        Ok((address, _)) => address.clone(),
        Err(error) => panic!("no broker\n{error}\n\n{INSTRUCTIONS}"),
    }
}

impl Broker {
    /// A broker of one test alone, which may stop it and start it again.
    pub fn start_private() -> Self {
        Self::start_with(&[])
    }

    /// The same with settings of the broker's own, in Kafka's names.
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        start(java::ENDS_WHAT_IT_DIED_WITH, settings)
            .unwrap_or_else(|error| panic!("no broker\n{error}\n\n{INSTRUCTIONS}"))
    }

    pub fn bootstrap(&self) -> &str {
        match &self.0 {
            Kind::Java(node) => &node.bootstrap,
            Kind::Docker(node) => &node.bootstrap,
        }
    }

    /// As when the machine loses power: nothing is finished, connections break.
    pub fn kill(&mut self) {
        self.order("stop");
    }

    /// The same broker again, with its data, on the same address. Returns once it answers.
    pub fn restart(&mut self) {
        self.order("start");
        assert!(answers(self.bootstrap(), COMES_UP), "the broker does not come up again");
    }

    /// It hangs: connections stay open, and nothing is answered until [`Self::resume`].
    pub fn pause(&mut self) {
        self.order("pause");
    }

    pub fn resume(&mut self) {
        self.order("resume");
    }

    fn order(&mut self, order: &str) {
        match &mut self.0 {
            Kind::Java(node) => node.watchdog.order(order),
            Kind::Docker(node) => node.watchdog.order(order),
        }
    }

    fn log_tail(&self) -> String {
        match &self.0 {
            Kind::Java(node) => node.log_tail(),
            Kind::Docker(_) => "see `docker logs`".to_owned(),
        }
    }
}

/// `kafka` is the version for Java; a container has its image's.
fn start(kafka: &str, more: &[(&str, &str)]) -> Result<Broker, String> {
    // The later of two settings of one name holds.
    let settings: Vec<_> = SETTINGS.iter().chain(more).copied().collect();
    // On the harness's own runtime, through a thread: the caller may be inside another runtime.
    let in_docker =
        std::thread::scope(|scope| scope.spawn(|| api::runtime().block_on(docker::start(&settings))).join());
    let broker = match in_docker.unwrap_or_else(|_| Err("docker: the client failed".to_owned())) {
        Ok(node) => Broker(Kind::Docker(Box::new(node))),
        Err(no_docker) => {
            let started = java::start(kafka, &settings);
            Broker(Kind::Java(started.map_err(|no_java| format!("{no_docker}\n{no_java}"))?))
        }
    };
    if answers(broker.bootstrap(), COMES_UP) {
        Ok(broker)
    } else {
        Err(format!("the broker did not come up within {COMES_UP:?}:\n{}", broker.log_tail()))
    }
}

fn answers(bootstrap: &str, limit: Duration) -> bool {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("log_level", "0")
        // By default the pauses grow to ten seconds, and the broker is met that much later.
        .set("reconnect.backoff.max.ms", "200")
        .create()
        .expect("a client");
    let ask =
        || client.fetch_metadata(None, Duration::from_secs(1)).ok().filter(|all| !all.brokers().is_empty());
    within(limit, ask).is_some()
}
