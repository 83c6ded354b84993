//! The rules by which records are compared: which of them the offsets topic knows, and a number for the one that it
//! does not.

use std::collections::BTreeMap;

use super::start::StartError;
use crate::kafka::{NewRule, StoredOffsets};
use crate::model::{RuleId, RuleText};
use crate::plan::{ConnectorPlan, ResourcePlan};
use crate::records::Rules;

/// Of a rule that is written nowhere, because the offsets topic was lost under a running connector: what carries it counts as
/// changed once.
const UNWRITTEN: RuleId = RuleId(u8::MAX);

/// Today's rules that the offsets topic does not know, each with the number that it gets.
pub(super) fn unwritten(plan: &ConnectorPlan, stored: &StoredOffsets) -> Result<Vec<NewRule>, StartError> {
    let unknown = plan.resources.iter().filter(|resource| known(resource, stored).is_none());
    let new = |resource: &ResourcePlan| {
        let texts = stored.rules.get(&resource.name);
        let id = texts.map_or(Some(RuleId(1)), number).ok_or_else(|| all_taken(plan, resource))?;
        Ok(NewRule { resource: resource.name.clone(), id, text: resource.rule.text().clone() })
    };
    unknown.map(new).collect()
}

/// A resource's rules for a session. `before`: those of the session before it.
pub(super) fn rules(plan: &ResourcePlan, stored: &StoredOffsets, before: &Rules) -> Rules {
    let numbered = Some(before.current()).filter(|id| *id != RuleId::WHOLE);
    let current = known(plan, stored).or(numbered).unwrap_or(UNWRITTEN);
    let texts = stored.rules.get(&plan.name).into_iter().flatten();
    Rules::new((current, &plan.rule), texts.map(|(id, text)| (*id, text)))
}

/// The number of today's rule.
fn known(resource: &ResourcePlan, stored: &StoredOffsets) -> Option<RuleId> {
    let today = resource.rule.text();
    if today.is_whole() {
        return Some(RuleId::WHOLE);
    }
    let mut texts = stored.rules.get(&resource.name)?.iter();
    texts.find(|(_, text)| *text == today).map(|(id, _)| *id)
}

/// The number after the highest, or else the lowest that was given up. `None`: all are taken.
fn number(taken: &BTreeMap<RuleId, RuleText>) -> Option<RuleId> {
    let highest = taken.keys().next_back().map_or(0, |id| id.0);
    let next = highest.checked_add(1).map(RuleId);
    next.or_else(|| (1..=u8::MAX).map(RuleId).find(|id| !taken.contains_key(id)))
}

fn all_taken(plan: &ConnectorPlan, resource: &ResourcePlan) -> StartError {
    let (connector, name) = (&plan.name, &resource.name);
    StartError::Contradiction(format!(
        "connector {connector}, resource {name}: \"changes\" was changed for the 256th time, and the offsets topic keeps no more than \
         255 rules of a resource; go back to one of them, or give some up: write a null value under [\"{connector}\",{{\"resource\":\"{name}\",\
         \"rule\":\"1\"}}] and others on the offsets topic {}; rows that were last published under a rule that is given up are published once more",
        plan.kafka.offsets_topic
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(ids: impl IntoIterator<Item = u8>) -> BTreeMap<RuleId, RuleText> {
        ids.into_iter().map(|id| (RuleId(id), RuleText::default())).collect()
    }

    #[test]
    fn a_rule_gets_the_next_number_and_then_one_that_was_given_up() {
        assert_eq!(number(&taken([])), Some(RuleId(1)));
        assert_eq!(number(&taken([1, 5])), Some(RuleId(6)));
        assert_eq!(number(&taken([1, 2, 4, 255])), Some(RuleId(3)));
        assert_eq!(number(&taken(1..=254)), Some(RuleId(255)));
        assert_eq!(number(&taken(1..=255)), None);
    }
}
