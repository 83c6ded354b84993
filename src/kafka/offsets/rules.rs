//! The rules by which a resource's records were compared, on the offsets topic: `changes`, under the number that the header
//! `krest.fingerprint` gives it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{OffsetRecord, StoredOffsets, VERSION, json, read};
use crate::model::{ConnectorName, ResourceName, RuleId, RuleText};

/// A rule that the offsets topic does not know yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRule {
    pub resource: ResourceName,
    pub id: RuleId,
    pub text: RuleText,
}

#[derive(Serialize, Deserialize)]
struct StoredRule {
    version: u32,
    only_fields: Vec<String>,
    ignore_fields: Vec<String>,
}

pub(in crate::kafka) fn rule_record(connector: &ConnectorName, rule: &NewRule) -> OffsetRecord {
    let NewRule { resource, id, text } = rule;
    let id = id.to_string();
    let source = BTreeMap::from([("resource", resource.as_str()), ("rule", id.as_str())]);
    let RuleText { only_fields, ignore_fields } = text.clone();
    let value = json(&StoredRule { version: VERSION, only_fields, ignore_fields });
    OffsetRecord { key: json(&(connector.as_str(), source)), value }
}

/// The resource and the number, if it is the key of a rule.
pub(super) fn rule_of(source: &BTreeMap<String, Value>) -> Option<(ResourceName, RuleId)> {
    let text = |name: &str| source.get(name).filter(|_| source.len() == 2).and_then(Value::as_str);
    Some((ResourceName::new(text("resource")?), RuleId::from_digits(text("rule")?)?))
}

impl StoredOffsets {
    pub(super) fn take_rule(
        &mut self,
        (resource, id): (ResourceName, RuleId),
        value: Option<&[u8]>,
    ) -> Result<(), String> {
        let rules = self.rules.entry(resource).or_default();
        match value {
            None => drop(rules.remove(&id)),
            Some(value) => {
                let StoredRule { only_fields, ignore_fields, version: _ } = read(value)?;
                rules.insert(id, RuleText::new(only_fields, ignore_fields));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read_all, take};
    use super::*;

    fn rule(id: u8, ignored: &str) -> NewRule {
        let text = RuleText::new(vec!["a".to_owned()], vec![ignored.to_owned()]);
        NewRule { resource: ResourceName::new("users"), id: RuleId(id), text }
    }

    #[test]
    fn rules_are_read_back_by_their_numbers_and_a_null_gives_one_up() {
        let connector = ConnectorName::new("shop");
        let (one, two) = (rule(1, "seen"), rule(2, "$.a.b"));
        let (first, second) = (rule_record(&connector, &one), rule_record(&connector, &two));
        assert_eq!(first.key, r#"["shop",{"resource":"users","rule":"1"}]"#);
        assert_eq!(first.value, r#"{"version":1,"only_fields":["a"],"ignore_fields":["seen"]}"#);
        let both = [(first.key.as_str(), Some(first.value.as_str())), (&second.key, Some(&second.value))];
        let stored = take(&both).unwrap();
        let rules = |rules: &[&NewRule]| rules.iter().map(|rule| (rule.id, rule.text.clone())).collect();
        assert_eq!(stored.rules, BTreeMap::from([(ResourceName::new("users"), rules(&[&one, &two]))]));
        let stored = take(&[both[0], both[1], (&first.key, None)]).unwrap();
        assert_eq!(stored.rules[&ResourceName::new("users")], rules(&[&two]));
    }

    #[test]
    fn what_is_no_number_of_a_rule_is_ignored_and_what_is_no_rule_is_refused() {
        for id in ["0", "256", "01", "x", ""] {
            let key = format!(r#"["shop",{{"resource":"users","rule":"{id}"}}]"#);
            assert!(take(&[(&key, Some("not json"))]).unwrap().rules.is_empty(), "{id}");
        }
        let key = rule_record(&ConnectorName::new("shop"), &rule(1, "seen")).key;
        for value in ["not json", "{}", r#"{"version":2}"#, r#"{"version":1,"only_fields":["a"]}"#] {
            assert_eq!(read_all(&[(&key, Some(value))]).unreadable.len(), 1, "{value}");
        }
    }
}
