//! The proxy is tested by itself, with a plain client and the shared broker; and what it is for is shown to be real.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::wire::readdressed;
use super::{ApiKey, Proxy, Request, Then};
use crate::support::checker::read;
use crate::support::{broker, create_topic, unique, until};

const LONG: Duration = Duration::from_secs(30);

fn ends(commit: bool) -> impl Fn(&Request) -> bool {
    move |request| request.commit == Some(commit)
}

/// A proxy before the shared broker, a topic, and a transactional producer behind the proxy.
fn stage(test: &str) -> (Proxy, String, BaseProducer) {
    let (bootstrap, topic) = (broker::bootstrap(), unique(test));
    create_topic(&bootstrap, &topic, 2, &[]);
    let proxy = Proxy::before(&bootstrap);
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", proxy.address())
        .set("transactional.id", &topic)
        .set("socket.timeout.ms", "1000")
        .create()
        .unwrap();
    producer.init_transactions(LONG).unwrap();
    (proxy, topic, producer)
}

fn send(producer: &BaseProducer, topic: &str, partition: i32, key: &str) {
    producer.send(BaseRecord::to(topic).partition(partition).key(key).payload("v")).unwrap();
    producer.flush(LONG).unwrap();
}

fn keys(topic: &str) -> Vec<String> {
    let messages = read(&broker::bootstrap(), topic);
    messages.iter().map(|message| message.key_text().to_owned()).collect()
}

#[test]
fn a_client_talks_through_the_proxy_alone_and_what_it_sent_is_logged() {
    let (proxy, topic, producer) = stage("logged");
    producer.begin_transaction().unwrap();
    send(&producer, &topic, 0, "a");
    producer.commit_transaction(LONG).unwrap();
    let passed = proxy.passed();
    let of = |api| passed.iter().filter(move |passed| passed.api == api).collect::<Vec<_>>();
    let [end] = of(ApiKey::EndTxn)[..] else { panic!("{passed:?}") };
    assert_eq!((end.commit, end.error, end.client.as_str()), (Some(true), Some(0), "rdkafka"));
    assert_eq!(of(ApiKey::InitProducerId).last().unwrap().error, Some(0));
    assert_eq!(of(ApiKey::AddPartitionsToTxn)[0].producer, end.producer);
    assert_eq!((of(ApiKey::Produce).len(), proxy.count(ApiKey::Produce)), (1, 1));
    assert_eq!(keys(&topic), ["a"]);
}

/// What the rule "no producer lives on after a commit that is in doubt" is for. The client says that both of its transactions
/// were committed, and the second one's first half is gone.
#[test]
fn an_end_that_comes_late_ends_the_next_transaction_of_a_producer_that_lives_on() {
    let (proxy, topic, producer) = stage("late_end");
    let late = proxy.hold(ends(false));
    producer.begin_transaction().unwrap();
    send(&producer, &topic, 0, "never");
    std::thread::scope(|scope| {
        scope.spawn(|| late.cut());
        producer.abort_transaction(LONG).unwrap();
    });
    producer.begin_transaction().unwrap();
    send(&producer, &topic, 0, "lost");
    assert_eq!(late.release(), Some(0), "the broker takes it for this transaction's");
    send(&producer, &topic, 1, "kept");
    producer.commit_transaction(LONG).unwrap();
    assert_eq!(keys(&topic), ["kept"]);
}

#[test]
fn a_request_that_is_held_and_thrown_away_never_arrives() {
    let (proxy, topic, producer) = stage("discarded");
    let name = topic.clone();
    let held = proxy.hold(move |request| request.is(ApiKey::Produce) && request.mentions(&name));
    assert!(!held.is_here());
    producer.begin_transaction().unwrap();
    producer.send(BaseRecord::to(&topic).partition(0).key("a").payload("v")).unwrap();
    until("the request", LONG, || {
        producer.poll(Duration::from_millis(1));
        held.is_here().then_some(())
    });
    assert_eq!(proxy.count(ApiKey::Produce), 0);
    drop(held);
    producer.commit_transaction(LONG).unwrap();
    assert_eq!((keys(&topic), proxy.count(ApiKey::Produce)), (vec!["a".to_owned()], 1));
}

#[test]
fn a_commit_whose_answer_is_swallowed_has_happened() {
    for then in [Then::Cut, Then::Silence] {
        let (proxy, topic, producer) = stage("swallowed");
        let swallowed = proxy.swallow(then, ends(true));
        producer.begin_transaction().unwrap();
        send(&producer, &topic, 0, "a");
        let asked = Instant::now();
        producer.commit_transaction(LONG).unwrap();
        assert_eq!(swallowed.happened(), Some(0));
        let took = asked.elapsed() >= Duration::from_secs(1);
        assert_eq!((took, keys(&topic).len()), (then == Then::Silence, 1), "{then:?}: {:?}", asked.elapsed());
    }
}

#[test]
fn connections_are_cut_refused_frozen_and_delayed() {
    let proxy = Proxy::before(&broker::bootstrap());
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", proxy.address())
        .set("reconnect.backoff.max.ms", "100")
        .create()
        .unwrap();
    let ask = || client.fetch_metadata(None, Duration::from_millis(700)).map(|all| all.brokers()[0].port());
    let answers = || until("an answer", LONG, || ask().ok());
    assert_eq!(format!("127.0.0.1:{}", answers()), proxy.address());
    proxy.cut();
    answers();
    proxy.refuse();
    assert!(ask().is_err() && std::net::TcpStream::connect(proxy.address()).is_err());
    proxy.admit();
    answers();
    proxy.freeze();
    assert!(ask().is_err());
    proxy.thaw();
    answers();
    proxy.delay(Duration::from_millis(150));
    let asked = Instant::now();
    answers();
    assert!(asked.elapsed() >= Duration::from_millis(300), "{:?}", asked.elapsed());
}

#[test]
fn where_no_broker_is_a_connection_ends_at_once() {
    let proxy = Proxy::before("127.0.0.1:1");
    let mut connection = std::net::TcpStream::connect(proxy.address()).unwrap();
    connection.set_read_timeout(Some(LONG)).unwrap();
    let read = std::io::Read::read(&mut connection, &mut [0]);
    assert!(
        matches!(read, Ok(0)) || read.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
    );
}

/// In newer versions a broker that has just lost a partition, or not got it yet, names the leader's address.
#[test]
fn versions_whose_answers_lead_past_the_proxy_are_not_offered() {
    let entry = |api: i16, newest: i16| [api, 3, newest].map(i16::to_be_bytes).concat();
    let answer = |produce, fetch| {
        let mut frame = vec![0, 0, 0, 7, 0, 0, 4];
        for (api, newest) in [(0, produce), (1, fetch), (3, 13)] {
            frame.extend(entry(api, newest));
            frame.push(0);
        }
        frame.extend([0; 5]);
        frame
    };
    assert_eq!(readdressed(ApiKey::ApiVersions, 3, answer(13, 17), 1), Some(answer(9, 15)));
    assert_eq!(readdressed(ApiKey::ApiVersions, 3, answer(8, 12), 1), Some(answer(8, 12)));
    let plain = |newest| [&[0, 0, 0, 7, 0, 0, 0, 0, 0, 1][..], &entry(0, newest)].concat();
    assert_eq!(readdressed(ApiKey::ApiVersions, 0, plain(13), 1), Some(plain(9)));
}
