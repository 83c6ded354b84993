//! What is done to a page's records before they are keyed: the parent's fields, then the processing steps.

use std::borrow::Cow;

use super::aside::{Aside, KeyIs};
use super::body::Body;
use super::{Included, KeySpec, ParentLacks, Problem, RecordError};
use crate::model::{Json, Page, Parent, ResourceName};
use crate::template::Jq;

/// The steps of one resource, compiled.
#[derive(Clone, Debug)]
pub struct Steps {
    resource: ResourceName,
    /// Fields of the parent's record.
    include: Vec<String>,
    steps: Vec<Step>,
    /// For naming a record that a step fails on.
    keys: Option<KeySpec>,
}

/// One expression of `processing_steps`.
#[derive(Clone, Debug)]
pub struct Step {
    /// How errors name it: `processing_steps[1].map`.
    pub name: String,
    pub action: Action,
}

#[derive(Clone, Debug)]
pub enum Action {
    /// Keeps the records for which it gives something else than false, null or nothing. They keep their bytes.
    Filter(Jq),
    /// Gives the record that takes the place of the old one.
    Map(Jq),
    /// Each output but null is a record.
    YieldMap(Jq),
}

impl Steps {
    /// `include`: top-level fields of the parent's record.
    pub fn new(
        resource: ResourceName,
        include: Vec<String>,
        steps: Vec<Step>,
        keys: Option<KeySpec>,
    ) -> Self {
        Self { resource, include, steps, keys }
    }

    /// Whether the parent has what its children are to get: asked before anything is requested for them.
    /// Whether records may leave a page here.
    pub fn may_drop(&self) -> bool {
        !self.steps.is_empty()
    }

    pub fn check_parent(&self, parent: &Parent) -> Result<(), ParentLacks> {
        let lacks = |problem| ParentLacks { resource: self.resource.clone(), problem: Box::new(problem) };
        if self.include.is_empty() {
            Ok(())
        } else {
            Included::of(parent, &self.include).map(drop).map_err(lacks)
        }
    }

    /// The page as it leaves the steps: the page itself where there is nothing to do or only records are dropped, else one
    /// with a body of its own, which is the list of the new records.
    /// Records that a step fails on go aside.
    pub fn apply(
        &self,
        page: Page,
        parent: Option<&Parent>,
        aside: &mut Aside<'_>,
    ) -> Result<Page, RecordError> {
        let page = match parent {
            Some(parent) if !self.include.is_empty() => self.included(&page, parent, aside)?,
            _ => page,
        };
        let only_filters = self.steps.iter().all(|step| matches!(step.action, Action::Filter(_)));
        match (self.steps.as_slice(), only_filters) {
            ([], _) => Ok(page),
            (_, true) => self.filtered(page, aside),
            (_, false) => self.remade(&page, aside),
        }
    }

    fn included(&self, page: &Page, parent: &Parent, aside: &mut Aside<'_>) -> Result<Page, RecordError> {
        let of_page = |problem| RecordError::of_page(&self.resource, page, problem);
        let included = Included::of(parent, &self.include).map_err(of_page)?;
        let mut body = Body::with_capacity(page.body.len() + page.records.len() * included.len());
        for (index, span) in page.records.iter().enumerate() {
            let record = Json::trusted(page.text(*span));
            match included.put_into(record, &mut body) {
                Ok(()) => {}
                Err(problem @ Problem::TooLarge) => return Err(self.error(page, index, problem)),
                Err(problem) => aside.put(page, self.error(page, index, problem), KeyIs::Open)?,
            }
        }
        Ok(body.replacing(page))
    }

    fn filtered(&self, mut page: Page, aside: &mut Aside<'_>) -> Result<Page, RecordError> {
        let mut kept = Vec::with_capacity(page.records.len());
        for (index, span) in page.records.iter().enumerate() {
            match self.through(page.text(*span)) {
                Ok(outcome) if outcome.is_empty() => {}
                Ok(_) => kept.push(*span),
                Err(problem) => aside.put(&page, self.error(&page, index, problem), KeyIs::Final)?,
            }
        }
        page.records = kept;
        Ok(page)
    }

    fn remade(&self, page: &Page, aside: &mut Aside<'_>) -> Result<Page, RecordError> {
        let mut body = Body::with_capacity(page.body.len());
        for (index, span) in page.records.iter().enumerate() {
            let error = |problem| self.error(page, index, problem);
            match self.through(page.text(*span)) {
                Ok(records) => {
                    for record in records {
                        body.push(&record).map_err(error)?; // beyond 4 GiB: nothing is wrong with the record
                    }
                }
                Err(problem) => aside.put(page, error(problem), KeyIs::Open)?,
            }
        }
        Ok(body.replacing(page))
    }

    /// What the steps make of one record.
    fn through<'r>(&self, record: &'r str) -> Result<Vec<Cow<'r, str>>, Problem> {
        let mut records = vec![Cow::Borrowed(record)];
        for step in &self.steps {
            let mut next = Vec::with_capacity(records.len());
            for record in records {
                step.apply(record, &mut next)?;
            }
            records = next;
        }
        Ok(records)
    }

    fn error(&self, page: &Page, index: usize, problem: Problem) -> RecordError {
        let record = page.records.get(index).map(|span| page.text(*span)).unwrap_or_default();
        RecordError::of_record(&self.resource, page, index, problem)
            .keyed(self.keys.as_ref(), Json::trusted(record))
    }
}

impl Step {
    fn apply<'r>(&self, record: Cow<'r, str>, made: &mut Vec<Cow<'r, str>>) -> Result<(), Problem> {
        let failed = |error| Problem::Step { step: self.name.clone(), error };
        match &self.action {
            Action::Filter(jq) => {
                if jq.is_true(Json::trusted(&record)).map_err(failed)? {
                    made.push(record);
                }
            }
            Action::Map(jq) => {
                let outputs = jq.run(Json::trusted(&record)).map_err(failed)?;
                let count = outputs.len();
                let Ok([output]) = <[String; 1]>::try_from(outputs) else {
                    return Err(Problem::MapOutputs { step: self.name.clone(), count });
                };
                if output == "null" {
                    return Err(Problem::MapNull { step: self.name.clone() });
                }
                made.push(Cow::Owned(output));
            }
            Action::YieldMap(jq) => {
                let outputs = jq.run(Json::trusted(&record)).map_err(failed)?;
                made.extend(outputs.into_iter().filter(|output| output != "null").map(Cow::Owned));
            }
        }
        Ok(())
    }
}
