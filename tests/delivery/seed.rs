//! The configuration that these tests share: the seed's, with short waits.

use crate::support::World;

pub const PATH: &str = "/v1/monitors";

/// One resource, `monitors`, in pages of `limit`; `more` is further YAML, krest's own blocks.
pub fn config(world: &World, limit: usize, more: &str) -> String {
    let text = format!(
        "name: ${{NAME}}
source:
  client:
    base_url: ${{API}}/
    auth: {{type: api_key, name: api_key, api_key: '${{env:API_KEY}}', location: query}}
  resource_defaults: {{primary_key: id, write_disposition: merge}}
  resources:
    - name: monitors
      endpoint: {{path: {PATH}, data_selector: data, paginator: {{type: offset, limit: {limit}}}}}
kafka: ${{KAFKA}}
topics: {{creation.default.partitions: 3}}
retry: {{initial: 20ms}}
{more}
"
    );
    world.file("config.yaml", &text)
}

/// A world whose API has so many records and knows the test's key.
pub fn world(test: &str, records: usize) -> World {
    World::new(test).serving(&format!(
        "auth: {{query: {{name: api_key, value: '${{CANARY}}'}}}}\ncollections: {{{PATH}: {{generate: {records}}}}}"
    ))
}
