//! What an API asks for is kept: the waits it names, and the limits of the configuration.

use std::time::Duration;

use super::seed::{PATH, config, world};
use crate::support::World;
use crate::support::api::Answer;

/// The times between one request and the next.
fn gaps(world: &World) -> Vec<Duration> {
    let times: Vec<_> = world.api.log().iter().map(|asked| asked.at).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn retry_after_is_waited_for_in_either_form() {
    let world = world("patient", 30);
    let seconds = [("retry-after".to_owned(), "1".to_owned())].into();
    let too_many = Answer { times: Some(1), status: Some(429), ..Answer::default() };
    world.api.answers(vec![
        Answer { offset: Some(10), headers: seconds, ..too_many.clone() },
        Answer { offset: Some(20), retry_after_date: Some(1), ..too_many },
    ]);
    world.run_once(&config(&world, 10, "")).exits(0);
    let second = Duration::from_secs(1);
    let gaps = gaps(&world);
    assert!(gaps.len() == 4 && gaps[1] >= second && gaps[3] >= second, "{gaps:?}");
    assert_eq!(world.checked("monitors", PATH).len(), 30);
}

#[test]
fn the_rate_limit_is_kept() {
    let world = world("rate", 30);
    world.run_once(&config(&world, 10, "limits: {rate: 4/s, burst: 1}")).exits(0);
    let gaps = gaps(&world);
    // The limiter lets go when the time has come, the server notes when the request has come: a little less may pass.
    assert!(gaps.len() == 2 && gaps.iter().all(|gap| *gap >= Duration::from_millis(200)), "{gaps:?}");
}
