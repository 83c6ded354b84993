//! A schema that a registry does not take.

use super::world::{config, put};
use crate::support::World;
use crate::support::registry::Registry;

const FORMAT: &str = "format: {value: avro}";

#[test]
fn a_schema_that_breaks_a_rule_stops_its_resource_alone_and_says_which_rule() {
    let (world, registry) = (World::new("rejected"), Registry::shared());
    let file = config(
        &world,
        &format!("url: '{}'", registry.url()),
        &[("strict", "/strict"), ("lenient", "/lenient")],
        FORMAT,
    );
    let both = |id: &str, more: &str| ["/strict", "/lenient"].map(|path| put(&world, path, id, more));
    both("a", r#","n":1"#);
    world.run_once(&file).exits(0);
    let subject = format!("{}-value", world.topic("strict"));
    registry.set_compatibility(&subject, "FULL");
    // Who reads long and double cannot read the one as the other in both directions.
    both("b", r#","n":1.5"#);
    let said = world.run_once(&file).exits(1);
    said.says(&[
        &subject,
        "compatibility level FULL",
        "DOUBLE at /fields",
        "set another compatibility level",
    ]);
    let count = |resource| world.read(resource).len();
    assert_eq!((count("strict"), count("lenient")), (1, 2));
    assert_eq!(registry.versions(&subject), [1]);
    // A field that may be missing breaks no rule, and the records beside it are none of its business.
    world.api.change("/strict", |all| all.remove("b"));
    put(&world, "/strict", "c", r#","more":true"#);
    world.run_once(&file).exits(0);
    assert_eq!((count("strict"), registry.versions(&subject)), (2, vec![1, 2]));
    put(&world, "/strict", "b", r#","n":1.5"#);
    registry.set_compatibility(&subject, "BACKWARD");
    world.run_once(&file).exits(0);
    assert_eq!((count("strict"), registry.versions(&subject)), (3, vec![1, 2, 3]));
}
