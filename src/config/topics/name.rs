//! Names of topics: Kafka's rule, and the template that makes one out of connector and resource.

use crate::config::report::quoted;
use crate::config::suggest::did_you_mean;

/// Why Kafka would refuse this name (`org.apache.kafka.common.internals.Topic`); `None` if it is legal.
pub(crate) fn illegal_topic(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("it is empty".to_owned());
    }
    if name == "." || name == ".." {
        return Some("Kafka reserves it".to_owned());
    }
    if let Some(illegal) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || "._-".contains(*c))) {
        return Some(format!("{illegal:?} is not allowed; letters, digits, \".\", \"_\" and \"-\" are"));
    }
    (name.len() > 249).then(|| format!("it has {} characters, and Kafka allows 249", name.len()))
}

/// `topics.name`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicName(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Connector,
    Resource,
}

impl TopicName {
    pub(crate) const DEFAULT: &'static str = "{connector}.{resource}";

    /// The error says what is wrong with the template.
    pub(crate) fn parse(template: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (word, after) = after.split_once('}').ok_or("a \"{\" without its \"}\"")?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(match word {
                "connector" => Part::Connector,
                "resource" => Part::Resource,
                _ => {
                    let hint = did_you_mean(word, &["connector", "resource"]);
                    return Err(format!(
                        "unknown placeholder {}{hint} (allowed: {{connector}}, {{resource}})",
                        quoted(word)
                    ));
                }
            });
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    pub(crate) fn of(&self, connector: &str, resource: &str) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Connector => connector.to_owned(),
            Part::Resource => resource.to_owned(),
        };
        self.0.iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_makes_a_name() {
        let of = |template: &str| TopicName::parse(template).map(|name| name.of("mon", "users"));
        assert_eq!(of(TopicName::DEFAULT), Ok("mon.users".to_owned()));
        assert_eq!(of("x"), Ok("x".to_owned()));
        assert_eq!(of("{resource}{resource}-a"), Ok("usersusers-a".to_owned()));
        assert!(of("{resuorce}").unwrap_err().contains("did you mean \"resource\""));
        assert!(of("a{").is_err());
    }

    #[test]
    fn kafkas_rule_for_names_is_kept() {
        assert_eq!(illegal_topic("A.b_c-9"), None);
        assert_eq!(illegal_topic(&"a".repeat(249)), None);
        for name in ["", ".", "..", "a/b", "ü", "a b", &"a".repeat(250)] {
            assert!(illegal_topic(name).is_some(), "{name}");
        }
    }
}
