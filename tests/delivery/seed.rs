//! The configuration that these tests share: the seed's, with short waits.

use crate::support::api::generated;
use crate::support::{World, unique};

pub const PATH: &str = "/v1/monitors";

/// A file of this name: `source` is what follows the client there, `more` is further YAML, krest's own blocks.
pub fn written(world: &World, file: &str, source: &str, more: &str) -> String {
    let text = format!(
        "name: ${{NAME}}
source:
  client:
    base_url: ${{API}}/
    auth: {{type: api_key, name: api_key, api_key: '${{env:API_KEY}}', location: query}}
{source}
kafka: ${{KAFKA}}
topics: {{creation.default.partitions: 3}}
retry: {{initial: 20ms}}
{more}
"
    );
    world.file(file, &text)
}

/// One resource, `monitors`, in pages of `limit`; `more` is further YAML, krest's own blocks.
pub fn config(world: &World, limit: usize, more: &str) -> String {
    let source = format!(
        "  resource_defaults: {{primary_key: id, write_disposition: merge}}
  resources:
    - name: monitors
      endpoint: {{path: {PATH}, data_selector: data, paginator: {{type: offset, limit: {limit}}}}}"
    );
    written(world, "config.yaml", &source, more)
}

/// The same in a file of its own, with a key and nothing else; `endpoint` is the paginator and further YAML of its endpoint.
pub fn monitors(world: &World, endpoint: &str, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      endpoint: {{path: {PATH}, data_selector: data, {endpoint}}}"
    );
    written(world, &format!("{}.yaml", unique("monitors")), &source, more)
}

/// Rows go from the API's monitors.
pub fn remove(world: &World, ids: impl IntoIterator<Item = usize>) {
    ids.into_iter().for_each(|id| world.api.change(PATH, |all| all.remove(&id.to_string())));
}

/// A row is added to the API's monitors, or changed.
pub fn put(world: &World, id: usize) {
    let (key, text) = generated(id, 2, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
}

/// A connector of any name with these resources, each a name and a path, in pages of 50; a file of its own.
pub fn connector(world: &World, name: &str, resources: &[(&str, &str)], more: &str) -> String {
    let each =
        |(name, path): &(&str, &str)| format!("    - {{name: {name}, endpoint: {{path: '{path}'}}}}\n");
    let resources: String = resources.iter().map(each).collect();
    let text = format!(
        "name: {name}
source:
  client:
    base_url: ${{API}}/
    auth: {{type: api_key, name: api_key, api_key: '${{env:API_KEY}}', location: query}}
  resource_defaults:
    primary_key: id
    write_disposition: merge
    endpoint: {{data_selector: data, paginator: {{type: offset, limit: 50}}}}
  resources:
{resources}
kafka: ${{KAFKA}}
retry: {{initial: 20ms}}
{more}
"
    );
    world.file(&format!("{}.yaml", unique("connector")), &text)
}

/// A world whose API has so many records and knows the test's key.
pub fn world(test: &str, records: usize) -> World {
    World::new(test).serving(&format!(
        "auth: {{query: {{name: api_key, value: '${{CANARY}}'}}}}\ncollections: {{{PATH}: {{generate: {records}}}}}"
    ))
}

/// The same with several paths.
pub fn world_of(test: &str, paths: &[(&str, usize)]) -> World {
    let each = |(path, records): &(&str, usize)| format!("  '{path}': {{generate: {records}}}\n");
    let collections: String = paths.iter().map(each).collect();
    World::new(test).serving(&format!(
        "auth: {{query: {{name: api_key, value: '${{CANARY}}'}}}}\ncollections:\n{collections}"
    ))
}
