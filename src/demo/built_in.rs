//! The configuration that `krest demo` runs when no file is named: `config/demo.yaml`, with the address of its own API.

/// `config/demo.yaml` for an API at `url`.
pub fn built_in_configuration(url: &str) -> String {
    include_str!("../../config/demo.yaml").replace("${env:DEMO_API}", url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::DEMO_KEY;

    #[test]
    fn it_names_the_api_and_its_key_and_asks_for_no_variable() {
        let text = built_in_configuration("http://127.0.0.1:4000");
        assert!(text.contains("base_url: http://127.0.0.1:4000"), "{text}");
        assert!(text.contains(&format!("api_key: {DEMO_KEY}")), "{text}");
        assert!(!text.contains("${env:DEMO_API}"), "{text}");
    }
}
