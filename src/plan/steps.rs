//! The steps and the key of a resource, and which of its records are deleted, compiled.

use crate::config::{self, DeleteMode, Disposition, KeyPart};
use crate::records::{Action, DeleteColumn, DeletionRule, KeyPart as Part, KeySpec, Step, Steps};
use crate::template::{Jq, JqError};

pub(super) fn steps(resource: &config::Resource, keys: Option<KeySpec>) -> Result<Steps, JqError> {
    let steps = resource.steps.iter().enumerate().map(|(index, step)| expressions(index, step));
    let steps = steps.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    let mut include = Vec::new();
    for field in &resource.include_from_parent {
        if !include.contains(field) {
            include.push(field.clone());
        }
    }
    Ok(Steps::new(resource.name.clone(), include, steps, keys))
}

/// Several keys in one step apply in this order, as in dlt.
fn expressions(index: usize, step: &config::Step) -> Result<Vec<Step>, JqError> {
    let compiled = |key: &str, text: Option<&String>, action: fn(Jq) -> Action| {
        let name = format!("processing_steps[{index}].{key}");
        text.map(|text| Jq::compile(text).map(|jq| Step { name, action: action(jq) }))
    };
    let all = [
        compiled("filter", step.filter.as_ref(), Action::Filter),
        compiled("map", step.map.as_ref(), Action::Map),
        compiled("yield_map", step.yield_map.as_ref(), Action::YieldMap),
    ];
    all.into_iter().flatten().collect()
}

/// `None` for a resource without a primary key.
pub(super) fn keys(resource: &config::Resource) -> Result<Option<KeySpec>, JqError> {
    let parts = resource.primary_key.iter().map(|part| match part {
        KeyPart::Field(name) => Ok(Part::Field(name.clone())),
        KeyPart::Computed(computed) => {
            Ok(Part::Computed { name: part.name().to_owned(), jq: Jq::compile(&computed.jq)? })
        }
    });
    Ok(KeySpec::new(parts.collect::<Result<Vec<_>, _>>()?))
}

/// Which records say of themselves that they are deleted. Under `append` that means nothing.
pub(super) fn deletion(resource: &config::Resource) -> Result<DeletionRule, JqError> {
    let is_table = resource.disposition != Disposition::Append;
    let (deletes, column) = (&resource.settings.deletes, resource.hard_delete.as_ref().filter(|_| is_table));
    let when = deletes.when.as_deref().filter(|_| is_table && deletes.mode == Some(DeleteMode::Soft));
    Ok(DeletionRule {
        resource: resource.name.clone(),
        when: when.map(Jq::compile).transpose()?,
        column: column.map(|column| DeleteColumn { name: column.name.clone(), boolean: column.boolean }),
    })
}

/// What a topic's keys are made of: another list is another table.
pub(super) fn key_fields(resource: &config::Resource) -> Vec<String> {
    let field = |part: &KeyPart| match part {
        KeyPart::Field(name) => name.clone(),
        KeyPart::Computed(computed) => match &computed.name {
            Some(name) => format!("{name} = {}", computed.jq),
            None => computed.jq.clone(),
        },
    };
    resource.primary_key.iter().map(field).collect()
}
