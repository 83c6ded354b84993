//! Which records say of themselves that they are deleted: by an expression (`deletes.when`), or by a field that dlt calls
//! `hard_delete`.

use super::aside::{Aside, KeyIs};
use super::{Problem, RecordError};
use crate::model::{Json, Kind, Page, ResourceName};
use crate::template::Jq;

/// How the records of one resource say it.
#[derive(Clone, Debug)]
pub struct DeletionRule {
    pub resource: ResourceName,
    /// Deleted are those for which it gives something else than false, null or nothing.
    pub when: Option<Jq>,
    pub column: Option<DeleteColumn>,
}

/// A top-level field that is true, or not null, in deleted records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteColumn {
    pub name: String,
    /// It was declared to be a boolean: what stands there is taken for one, as in dlt.
    pub boolean: bool,
}

/// The deleted records of a page, by their places from 0, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deleted(Vec<usize>);

impl Deleted {
    pub fn contains(&self, index: usize) -> bool {
        self.0.binary_search(&index).is_ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl DeletionRule {
    /// Finds the deleted records of a page that has its steps and its filter behind it. Records on which the expression fails go
    /// aside, and are no longer on the page.
    pub fn find(&self, page: Page, aside: &mut Aside<'_>) -> Result<(Page, Deleted), RecordError> {
        if self.when.is_none() && self.column.is_none() {
            return Ok((page, Deleted::default()));
        }
        let (mut kept, mut deleted) = (Vec::with_capacity(page.records.len()), Vec::new());
        for (index, span) in page.records.iter().enumerate() {
            match self.is_deleted(Json::trusted(page.text(*span))) {
                Ok(is_deleted) => {
                    if is_deleted {
                        deleted.push(kept.len());
                    }
                    kept.push(*span);
                }
                Err(problem) => {
                    let error = RecordError::of_record(&self.resource, &page, index, problem);
                    aside.put(&page, error, KeyIs::Final)?;
                }
            }
        }
        Ok((Page { records: kept, ..page }, Deleted(deleted)))
    }

    fn is_deleted(&self, record: Json<'_>) -> Result<bool, Problem> {
        if self.column.as_ref().is_some_and(|column| column.deletes(record)) {
            return Ok(true);
        }
        match &self.when {
            Some(when) => when.is_true(record).map_err(|error| Problem::DeleteWhen { error }),
            None => Ok(false),
        }
    }
}

impl DeleteColumn {
    fn deletes(&self, record: Json<'_>) -> bool {
        let Some(value) = record.get(&self.name) else { return false };
        match value.kind() {
            Kind::Null => false,
            Kind::Bool => value.as_bool() == Some(true),
            Kind::Number | Kind::String | Kind::Array | Kind::Object if !self.boolean => true,
            // What dlt makes a boolean of. What it cannot make one of goes to a column of another name there.
            Kind::Number => value.text().parse::<f64>().is_ok_and(|number| number != 0.0),
            Kind::String => value.as_str().is_some_and(|word| TRUE.contains(&word.to_lowercase().as_str())),
            Kind::Array | Kind::Object => false,
        }
    }
}

/// dlt's words for true.
const TRUE: [&str; 5] = ["yes", "true", "t", "y", "1"];
