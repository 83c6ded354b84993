//! The demo's configuration, as an operator would write it.

use super::DEMO_KEY;

/// The YAML text for the API at `base_url`.
pub fn configuration(base_url: &str) -> String {
    format!(
        r#"name: demo
source:
  client:
    base_url: {base_url}
    auth: {{type: api_key, name: api_key, api_key: {DEMO_KEY}, location: query}}
    paginator: {{type: offset, limit: 100}}
  resource_defaults:
    write_disposition: merge
    endpoint: {{data_selector: data}}
  resources:
    - {{name: monitors, primary_key: id, endpoint: v1/monitors}}
    - {{name: incidents, primary_key: [monitor_id, number], endpoint: v1/incidents}}
"#
    )
}
