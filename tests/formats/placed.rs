//! Where messages are: where Java's producer would have put the same key, whatever it is written as.

use super::world::{PATH, config};
use crate::support::World;
use crate::support::checker::{self, read};
use crate::support::readers::placed;
use crate::support::registry::Registry;

const PARTITIONS: i32 = 7;

#[test]
fn a_message_of_any_key_format_is_in_the_partition_of_javas_producer() {
    let (world, registry) = (World::new("placed"), Registry::shared());
    let mut random = fastrand::Rng::with_seed(7);
    for id in 0..60 {
        let name: String = (0..id % 17).map(|_| random.char('!'..='\u{ffff}')).collect();
        let id = serde_json::Value::from(format!("{id}{name}")).to_string();
        world.api.change(PATH, |all| all.put(&id, &format!("{{\"id\":{id}}}")));
    }
    let formats = ["string", "json", "json_schema", "avro"];
    let resources = formats.map(|format| (format, PATH));
    let overrides: String =
        formats.iter().map(|format| format!("  {format}: {{format: {{key: {format}}}}}\n")).collect();
    let file = config(
        &world,
        &format!("url: '{}'", registry.url()),
        &resources,
        &format!("overrides:\n{overrides}"),
    );
    let topics = formats.map(|format| world.topic(format));
    topics.iter().for_each(|topic| {
        crate::support::create_topic(world.bootstrap(), topic, PARTITIONS, &[("cleanup.policy", "compact")]);
    });
    world.run_once(&file).exits(0);
    let messages: Vec<checker::Seen> =
        topics.iter().flat_map(|topic| read(world.bootstrap(), topic)).collect();
    assert_eq!(messages.len(), 240);
    let keys = messages.iter().map(|message| message.key.as_deref().unwrap());
    let there: Vec<i32> = messages.iter().map(|message| message.partition).collect();
    assert_eq!(placed(keys, PARTITIONS), there);
}

/// What the checker knows by heart is what Java says, for any bytes.
#[test]
fn the_checkers_partition_is_javas_for_random_bytes() {
    let mut random = fastrand::Rng::with_seed(8);
    let keys: Vec<Vec<u8>> = (0..2000)
        .map(|length| std::iter::repeat_with(|| random.u8(..)).take(length % 41).collect())
        .collect();
    let own: Vec<i32> = keys.iter().map(|key| checker::partition(key, 11)).collect();
    assert_eq!(placed(keys.iter().map(Vec::as_slice), 11), own);
}
