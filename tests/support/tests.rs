//! The harness is tested by itself: broker, API and checker, without krest.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::api::{Answer, Api, runtime};
use super::broker::Broker;
use super::checker::{Tail, end_offsets, partitions, read};
use super::{World, create_topic, delete_topic, topic_settings, until};

fn transactional(bootstrap: &str, id: &str) -> BaseProducer {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", bootstrap).set("transactional.id", id).create().unwrap();
    producer.init_transactions(Duration::from_secs(30)).unwrap();
    producer
}

fn send(producer: &BaseProducer, topic: &str, key: &str) {
    producer
        .send(BaseRecord::to(topic).key(key).payload("v").partition(0))
        .map_err(|(error, _)| error)
        .unwrap();
    producer.flush(Duration::from_secs(10)).unwrap();
}

#[test]
fn the_reader_sees_committed_messages_alone_and_waits_for_an_open_transaction() {
    let world = World::new("reader");
    let (bootstrap, topic) = (world.bootstrap().to_owned(), world.topic("r"));
    create_topic(&bootstrap, &topic, 2, &[("cleanup.policy", "compact")]);
    assert_eq!(topic_settings(&bootstrap, &topic)["cleanup.policy"], "compact");
    let producer = transactional(&bootstrap, &world.name);
    for (key, commit) in [("a", true), ("b", false), ("c", true)] {
        producer.begin_transaction().unwrap();
        send(&producer, &topic, key);
        if commit {
            producer.commit_transaction(Duration::from_secs(10)).unwrap();
        } else {
            producer.abort_transaction(Duration::from_secs(10)).unwrap();
        }
    }
    let keys =
        |seen: &[super::checker::Seen]| seen.iter().map(|m| m.key_text().to_owned()).collect::<Vec<_>>();
    assert_eq!(keys(&read(&bootstrap, &topic)), ["a", "c"]);
    assert_eq!(end_offsets(&bootstrap, &topic)[&0], 6); // three messages and three markers
    assert_eq!(keys(Tail::new(&bootstrap, &topic).wait_for(2)), ["a", "c"]);

    producer.begin_transaction().unwrap();
    send(&producer, &topic, "d");
    let reading = {
        let topic = topic.clone();
        let bootstrap = bootstrap.clone();
        std::thread::spawn(move || read(&bootstrap, &topic))
    };
    std::thread::sleep(Duration::from_millis(300));
    assert!(!reading.is_finished());
    producer.commit_transaction(Duration::from_secs(10)).unwrap();
    assert_eq!(keys(&reading.join().unwrap()), ["a", "c", "d"]);
    delete_topic(&bootstrap, &topic);
    assert_eq!((partitions(&bootstrap, &topic), read(&bootstrap, &topic).len()), (0, 0));
}

#[test]
fn a_private_broker_keeps_its_data_over_a_kill() {
    let mut broker = Broker::start_private();
    let bootstrap = broker.bootstrap().to_owned();
    create_topic(&bootstrap, "kept", 1, &[]);
    let producer = transactional(&bootstrap, "kept");
    producer.begin_transaction().unwrap();
    send(&producer, "kept", "a");
    producer.commit_transaction(Duration::from_secs(10)).unwrap();
    drop(producer);
    assert_eq!(read(&bootstrap, "kept").len(), 1);
    broker.kill();
    broker.restart();
    assert_eq!(read(&bootstrap, "kept").len(), 1);
}

fn get(api: &Api, path_and_query: &str) -> Result<(u16, String), reqwest::Error> {
    // The process-wide provider is set once; a second time is no error that matters.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}{path_and_query}", api.url());
    runtime().block_on(async {
        let response = client.get(url).send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    })
}

fn api(yaml: &str) -> Api {
    Api::start(serde_saphyr::from_str(yaml).unwrap())
}

#[test]
fn pages_are_the_exact_text_and_what_was_shown_is_known() {
    let api = api(r#"
collections:
  /v1/a:
    records: [["1", '{ "id":1.0 }'], ["2", '{"id":2}'], ["3", '{"id":3}']]
  /v1/bare: {data: null, generate: 2, gzip: true}
"#);
    let (_, body) = get(&api, "/v1/a?offset=0&limit=2").unwrap();
    assert_eq!(body, r#"{"data":[{ "id":1.0 },{"id":2}],"total":3}"#);
    assert_eq!(get(&api, "/v1/bare").unwrap().1.matches("\"id\"").count(), 2);
    api.change("/v1/a", |all| {
        all.put("1", "{\"id\":1}");
        all.remove("2");
        all.put_first("4", "{\"id\":4}");
    });
    assert_eq!(get(&api, "/v1/a").unwrap().1, r#"{"data":[{"id":4},{"id":1},{"id":3}],"total":3}"#);
    let served = api.change("/v1/a", |all| all.served().clone());
    assert_eq!(served["1"], [r#"{ "id":1.0 }"#, r#"{"id":1}"#]);
    assert_eq!(
        (api.requests("/v1/a"), api.log()[0].param("limit").map(str::to_owned)),
        (2, Some("2".to_owned()))
    );
    assert_eq!(get(&api, "/v1/none").unwrap().0, 404);
}

#[test]
fn scripted_answers_come_in_their_turn() {
    let api = api(r#"
collections: {/v1/a: {generate: 5}}
answers:
  - {path: /v1/a, offset: 2, after: 1, times: 1, status: 429, headers: {retry-after: "7"}}
  - {path: /v1/a, offset: 2, times: 1, cut_after: 5}
  - {path: /v1/b, hex: "22 ff 22"}
  - {path: /v1/c, hang: true}
"#);
    assert!(get(&api, "/v1/a?offset=2").is_err(), "cut");
    assert_eq!(get(&api, "/v1/a?offset=2").unwrap().0, 429);
    assert_eq!(get(&api, "/v1/a?offset=2").unwrap().0, 200);
    assert_eq!(get(&api, "/v1/a?offset=0").unwrap().0, 200);
    assert_eq!(get(&api, "/v1/b").unwrap().1, "\"\u{fffd}\"");
    let date = Answer { retry_after_date: Some(3), ..Answer::default() }.retry_after().unwrap();
    assert!(httpdate::parse_http_date(&date).unwrap() > std::time::SystemTime::now());
}

#[test]
fn a_held_page_is_answered_when_it_is_released() {
    let api = api("collections: {/v1/a: {generate: 5}}");
    let gate = api.hold("/v1/a", 2);
    assert_eq!(get(&api, "/v1/a?offset=0").unwrap().0, 200);
    std::thread::scope(|scope| {
        let held = scope.spawn(|| (get(&api, "/v1/a?offset=2").unwrap(), Instant::now()));
        until("the request", Duration::from_secs(10), || (api.requests("/v1/a") == 2).then_some(()));
        let released = Instant::now();
        drop(gate);
        let ((status, _), answered) = held.join().unwrap();
        assert!(status == 200 && answered > released);
    });
}

#[test]
fn only_who_is_known_gets_an_answer() {
    for (auth, query) in [
        ("{query: {name: key, value: s3cret}}", "?key=s3cret"),
        ("{header: {name: X-Key, value: s3cret}}", "?key=s3cret"),
        ("{bearer: {token: s3cret}}", ""),
        ("{basic: {username: u, password: s3cret}}", ""),
    ] {
        let api = api(&format!("auth: {auth}\ncollections: {{/v1/a: {{generate: 1}}}}"));
        let by_query = auth.starts_with("{query");
        assert_eq!(
            get(&api, &format!("/v1/a{query}")).unwrap().0,
            if by_query { 200 } else { 401 },
            "{auth}"
        );
        assert_eq!(get(&api, "/v1/a").unwrap().0, 401, "{auth}");
    }
}
