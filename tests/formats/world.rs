//! One world with a resource for every format, all of which read the same collection.

use super::rows::{COLUMNS, SCANS};
use super::table::FORMATS;
use crate::support::World;

pub const PATH: &str = "/rows";

/// A configuration with these resources, each a name and a path; `registry` is what stands in its block, `more` is further YAML, krest's own blocks.
pub fn config(world: &World, registry: &str, resources: &[(&str, &str)], more: &str) -> String {
    let each = |(name, path): &(&str, &str)| {
        format!("    - {{name: {name}, columns: {COLUMNS}, endpoint: {{path: '{path}'}}}}\n")
    };
    let resources: String = resources.iter().map(each).collect();
    world.file(
        "formats.yaml",
        &format!(
            "name: ${{NAME}}
source:
  client: {{base_url: '${{API}}', paginator: single_page}}
  resource_defaults: {{primary_key: id, write_disposition: merge, endpoint: {{data_selector: data}}}}
  resources:
{resources}
kafka: ${{KAFKA}}
topics: {{creation.default.partitions: 3}}
retry: {{initial: 20ms}}
registry: {{{registry}}}
{more}"
        ),
    )
}

/// A resource for every format.
pub fn every_format(world: &World, registry: &str) -> String {
    let resources: Vec<(&str, &str)> = FORMATS.iter().map(|format| (format.resource, PATH)).collect();
    let overrides: String = FORMATS.iter().map(super::table::Format::block).collect();
    let more = format!(
        "format: {{before: state, timestamps: millis, decimals: {{precision: 38, scale: 0}}}}
deletes: {{mode: snapshot, max_share: 1}}
overrides:\n{overrides}"
    );
    config(world, &format!("url: '{registry}'"), &resources, &more)
}

/// The API has what this scan is to find.
pub fn turn(world: &World, scan: usize) {
    for (id, text) in SCANS[scan] {
        world.api.change(PATH, |all| match text {
            Some(text) => all.put(id, text),
            None => all.remove(id),
        });
    }
}

pub fn put(world: &World, path: &str, id: &str, more: &str) {
    let text = format!("{{\"id\":\"{id}\"{more}}}");
    world.api.change(path, |all| all.put(id, &text));
}
