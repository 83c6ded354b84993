//! The schema of one resource as it is known: it grows with the records, and never shrinks.

use std::sync::Arc;

use super::envelope::envelope;
use super::given::Given;
use super::kinds::Kinds;
use super::misfit::Misfit;
use super::names::legal_path;
use super::resolve::{Conflicts, Resolved, Rules, resolve};
use super::shape::Shape;
use super::types::{Slot, Type};
use crate::model::Json;

/// What the operator says of a resource's values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub rules: Rules,
    /// The schema as it is given: nothing is learned.
    pub given: Option<Given>,
}

#[derive(Clone, Debug)]
pub struct Learned {
    plan: Arc<Plan>,
    shape: Shape,
    resolved: Resolved,
    /// With the record in it, where values have one.
    envelope: Option<Slot>,
    /// What was learned since it was last written down.
    news: bool,
}

/// What was remembered of a schema cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is remembered of its schema cannot be read: {0}")]
pub struct Unreadable(String);

impl Learned {
    /// Of which nothing is known yet.
    pub fn fresh(plan: Arc<Plan>) -> Self {
        Self::of(plan, Shape::default())
    }

    /// `remembered`: the text of an earlier one.
    pub fn new(plan: Arc<Plan>, remembered: Option<&str>) -> Result<Self, Unreadable> {
        let shape = match remembered {
            Some(text) => serde_json::from_str(text).map_err(|error| Unreadable(error.to_string()))?,
            None => Shape::default(),
        };
        Ok(Self::of(plan, shape))
    }

    fn of(plan: Arc<Plan>, shape: Shape) -> Self {
        let resolved = match plan.given {
            Some(_) => Resolved::default(),
            None => resolve(&shape, &plan.rules),
        };
        Self::with(plan, (shape, resolved), false)
    }

    fn with(plan: Arc<Plan>, (shape, resolved): (Shape, Resolved), news: bool) -> Self {
        let mut learned = Self { plan, shape, resolved, envelope: None, news };
        let rules = &learned.plan.rules;
        learned.envelope = rules.envelope.then(|| envelope(&rules.name, learned.record()));
        learned
    }

    /// The same with a schema of the values that is given, whatever is around their records: from then on nothing is learned.
    pub fn with_given(&self, given: Given) -> Self {
        let rules = Rules { envelope: false, ..self.plan.rules.clone() };
        let plan = Plan { rules, given: Some(given) };
        Self { news: self.news, ..Self::of(Arc::new(plan), self.shape.clone()) }
    }

    /// Whether a record adds nothing to the schema.
    pub fn covers(&self, record: Json<'_>) -> bool {
        let rules = &self.plan.rules;
        self.plan.given.is_some() || self.shape.covers(record, &|field| rules.has_type(field))
    }

    /// The schema with what a record adds to it; `None`: nothing. `Err`: its values have no type in common with what is known.
    pub fn grown(&self, record: Json<'_>) -> Result<Option<Self>, Misfit> {
        self.grown_by(&[record])
    }

    /// The same of several records: what they all add is the same whether it comes at once or one after the other, and a schema is
    /// worked out anew only once.
    pub fn grown_by(&self, records: &[Json<'_>]) -> Result<Option<Self>, Misfit> {
        let rules = &self.plan.rules;
        let mut new = records.iter().filter(|record| !self.covers(**record)).peekable();
        if new.peek().is_none() {
            return Ok(None);
        }
        let mut shape = self.shape.clone();
        for record in new {
            shape.join(Shape::of(*record, &|field| rules.has_type(field))?);
        }
        if shape == self.shape {
            return Ok(None);
        }
        if let Some(excess) = shape.excess() {
            return Err(Misfit::new(format!(
                "would give its schema {excess}; columns that hold whatever can have data_type: json"
            )));
        }
        let resolved = resolve(&shape, rules);
        if rules.conflicts == Conflicts::Error {
            // What was in conflict before is a text by now, and stays one.
            let mut conflicts = resolved.conflicts.iter();
            let new = conflicts.find(|(place, _)| !self.resolved.conflicts.contains_key(*place));
            if let Some((place, kinds)) = new {
                return Err(conflict(place, *kinds));
            }
        }
        Ok(Some(Self::with(Arc::clone(&self.plan), (shape, resolved), true)))
    }

    /// The values' own as it is given; `None`: it is learned, or made around the record's.
    pub fn given(&self) -> Option<&Given> {
        self.plan.given.as_ref().filter(|_| self.envelope.is_none())
    }

    /// What values are written by: the record's, or that of the envelope around it. `None`: nothing is known yet.
    pub fn schema(&self) -> Option<&Slot> {
        self.envelope.as_ref().or_else(|| self.record())
    }

    /// The record's own, whatever is around it.
    pub fn record(&self) -> Option<&Slot> {
        self.plan.given.as_ref().map(|given| &given.slot).or(self.resolved.slot.as_ref())
    }

    /// The full name of what it describes, as Avro allows it.
    pub fn name(&self) -> String {
        match self.schema().map(|slot| &slot.ty) {
            Some(Type::Record(record)) => legal_path(&record.name),
            Some(_) | None => legal_path(&self.plan.rules.name),
        }
    }

    /// What to write down, if there is more than was handed out before.
    pub fn news(&mut self) -> Option<String> {
        std::mem::take(&mut self.news).then(|| self.told())
    }

    /// What is known, to be written down.
    pub fn told(&self) -> String {
        self.shape.text()
    }

    /// What was told was not written down.
    pub fn tell_again(&mut self) {
        self.news = self.shape != Shape::default();
    }
}

fn conflict(place: &str, kinds: Kinds) -> Misfit {
    let names: Vec<&str> = kinds.list().map(super::kinds::KindOf::name).collect();
    let what = match names.as_slice() {
        [one] => format!("is {one}; its column can have data_type: json, or format.conflicts: string"),
        several => format!(
            "has values without a type in common: {}; say by columns which data_type it has, or format.conflicts: string",
            several.join(", ")
        ),
    };
    Misfit::at(place, what)
}
