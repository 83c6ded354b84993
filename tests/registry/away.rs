//! A registry that is away, hangs, comes back, or is one of several.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use krest::model::SchemaText;
use krest::registry::{Registry as Client, RegistryError, Settings};
use url::Url;

use super::support::{LONG, client, settings};
use crate::support::registry::{Answer, Front, Registry};
use crate::support::{free_port, unique};

fn away(error: &RegistryError) -> &str {
    match error {
        RegistryError::Away { detail, .. } => detail,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_registry_that_hangs_or_is_gone_is_away_and_what_is_known_needs_none() {
    let (schema, subject) = (SchemaText::avro(LONG), "s");
    let mut registry = Registry::start();
    let of = client(registry.url());
    let known = of.id_of(subject, &schema).await.unwrap();

    registry.pause();
    let hurried = Settings { timeout: Duration::from_millis(150), ..settings(registry.url()) };
    let error = Client::new(hurried).unwrap().id_of(subject, &schema).await.unwrap_err();
    assert!(away(&error).contains("request.timeout.ms") && away(&error).contains("tried 2 times"), "{error}");
    registry.resume();

    registry.kill();
    let other = SchemaText::avro(&LONG.replace("\"A\"", "\"B\""));
    let error = of.id_of("t", &other).await.unwrap_err();
    assert!(away(&error).contains("no connection") && away(&error).contains("registry.url"), "{error}");
    assert_eq!(of.id_of(subject, &schema).await.unwrap(), known);

    registry.restart();
    assert!(of.id_of("t", &other).await.is_ok(), "a failure is not kept");
}

#[tokio::test]
async fn of_several_urls_the_next_one_answers_for_one_that_does_not() {
    let registry = Registry::shared();
    let (subject, schema) = (unique("several"), SchemaText::avro(LONG));
    let front = Front::start(registry, |_| Answer::Relay);
    let dead = format!("http://127.0.0.1:{}", free_port());
    let urls = [dead, front.url()].map(|url| Url::parse(&url).unwrap()).to_vec();
    let of = Client::new(Settings { urls, ..settings("http://h") }).unwrap();
    assert!(of.id_of(&subject, &schema).await.is_ok());
    assert_eq!(front.asked().len(), 2);
}

#[tokio::test]
async fn what_may_pass_is_tried_again_after_the_wait_that_is_asked_for() {
    let registry = Registry::shared();
    for cut in [false, true] {
        let (subject, schema) = (unique("again"), SchemaText::avro(LONG));
        let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
        let seen = Arc::clone(&times);
        let front = Front::start(registry, move |_| {
            let mut seen = seen.lock().unwrap();
            seen.push(Instant::now());
            match seen.len() {
                1 if cut => Answer::Cut,
                1 => Answer::Text(503, "retry-after: 1\r\n", "<h1>later</h1>".to_owned()),
                _ => Answer::Relay,
            }
        });
        assert!(client(&front.url()).id_of(&subject, &schema).await.is_ok());
        let times = times.lock().unwrap();
        assert_eq!(times.len(), 3, "one came to nothing");
        assert!(cut || times[1] - times[0] >= Duration::from_secs(1), "{:?}", times[1] - times[0]);
    }
}

#[tokio::test]
async fn everyone_who_waits_for_a_request_hears_of_its_failure() {
    let registry = Registry::shared();
    let front = Front::start(registry, |_| Answer::Text(429, "retry-after: 60\r\n", String::new()));
    let (of, schema) = (client(&front.url()), SchemaText::avro(LONG));
    let (a, b) = tokio::join!(of.id_of("s", &schema), of.id_of("s", &schema));
    let error = a.unwrap_err();
    assert_eq!(b.unwrap_err(), error);
    assert!(away(&error).contains("status 429") && away(&error).contains("limits requests"), "{error}");
    assert_eq!(front.asked().len(), 1, "a wait beyond retries.max.wait.ms is not waited for");
}
