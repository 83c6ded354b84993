//! A connector whose way to Kafka leads through the proxy; the checker's way does not.

use std::time::Duration;

use super::seed::{PATH, config, world};
use crate::support::api::generated;
use crate::support::broker::Broker;
use crate::support::checker::Tail;
use crate::support::proxy::{ApiKey, Proxy, Request};
use crate::support::{Running, World, until};

pub const LONG: Duration = Duration::from_secs(60);

pub struct Proxied {
    pub world: World,
    pub proxy: Proxy,
    pub file: String,
}

impl Proxied {
    /// Before the broker that all tests share. `kafka` is YAML for the block of this name, each line with its comma.
    pub fn new(test: &str, records: usize, kafka: &str) -> Self {
        Self::of(world(test, records), kafka)
    }

    /// Before a broker of the test's own.
    pub fn on(broker: &Broker, test: &str, records: usize, kafka: &str) -> Self {
        Self::of(world(test, records).on_broker(broker.bootstrap()), kafka)
    }

    fn of(world: World, kafka: &str) -> Self {
        let proxy = Proxy::before(world.bootstrap());
        let file = config(&world, 100, "poll: {interval: 100ms}");
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.replace(world.bootstrap(), &proxy.address());
        let file = world.file("proxied.yaml", &text.replace("kafka: {", &format!("kafka: {{{kafka} ")));
        Self { world, proxy, file }
    }

    /// `krest run`, up to the end of its first scan.
    pub fn started(&self, records: usize) -> Running {
        let running = self.world.start(&["run", &self.file]);
        self.shows(records);
        until("the first scan to be recorded", LONG, || self.world.is_recorded("monitors").then_some(()));
        running
    }

    /// Another version of one record, at once for all later pages.
    pub fn change(&self, key: usize, version: usize) {
        let (key, text) = generated(key, version, 120);
        self.world.api.change(PATH, |all| all.put(&key, &text));
    }

    /// Waits until so many messages are visible.
    pub fn shows(&self, messages: usize) {
        Tail::new(self.world.bootstrap(), &self.world.topic("monitors")).wait_for(messages);
    }

    /// Yes to a request that writes to the resource's topic: its transaction is open, and nothing of it has arrived yet.
    pub fn writes(&self) -> impl FnMut(&Request) -> bool + Send + 'static {
        let topic = self.world.topic("monitors");
        move |request| request.is(ApiKey::Produce) && request.mentions(&topic)
    }

    /// How often a producer got its id, or another epoch of it.
    pub fn producers(&self) -> usize {
        let passed = self.proxy.passed();
        passed.iter().filter(|passed| passed.api == ApiKey::InitProducerId && passed.error == Some(0)).count()
    }

    /// Stops it, and has the checker look.
    pub fn is_whole(&self, running: Running, messages: usize) {
        running.terminate().exits(0);
        assert_eq!(self.world.checked("monitors", PATH).len(), messages);
    }
}

/// Yes to the end of a transaction: a commit or an abort.
pub fn ends(commit: bool) -> impl FnMut(&Request) -> bool + Send + 'static {
    move |request| request.commit == Some(commit)
}
