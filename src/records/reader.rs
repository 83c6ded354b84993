//! One resource's pages, read into keyed records.

use super::aside::{Aside, KeyIs};
use super::fingerprint::{fingerprint, may_be_too_deep};
use super::{Deleted, KeyForm, KeySpec, Problem, RecordError, Rule};
use crate::model::{Fingerprint, Json, Key, Page, Record, ResourceName};

/// Reads the pages of one resource.
#[derive(Clone, Debug)]
pub struct Reader {
    resource: ResourceName,
    /// `None`: a record's fingerprint is its key.
    keys: Option<KeySpec>,
    form: KeyForm,
}

impl Reader {
    /// `keys`: `None` for a resource without a primary key. Its records are told apart by their content.
    pub fn new(resource: ResourceName, keys: Option<KeySpec>) -> Self {
        Self { resource, keys, form: KeyForm::default() }
    }

    /// The same, with keys that are written otherwise.
    pub fn in_form(self, form: KeyForm) -> Self {
        Self { keys: self.keys.map(|keys| keys.in_form(form)), form, ..self }
    }

    /// Whether records have a key of their own.
    pub fn is_keyed(&self) -> bool {
        self.keys.is_some()
    }

    /// All records of a page; those without a usable key go aside, and those without a fingerprint, where any do. Of deleted ones
    /// the key is enough.
    pub fn read<'p>(
        &self,
        page: &'p Page,
        deleted: &Deleted,
        aside: &mut Aside<'_>,
    ) -> Result<Vec<Record<'p>>, RecordError> {
        let mut records = Vec::with_capacity(page.records.len());
        for index in 0..page.records.len() {
            let read = self.record(page, index).and_then(|record| {
                let record = Record { deleted: deleted.contains(index), ..record };
                if aside.keeps() && !record.deleted && may_be_too_deep(record.raw) {
                    self.fingerprint(page, &record)?;
                }
                Ok(record)
            });
            match read {
                Ok(record) => records.push(record),
                Err(error) => aside.put(page, error, KeyIs::Final)?,
            }
        }
        Ok(records)
    }

    /// A record whose message is larger than its topic takes goes aside.
    pub(super) fn refuse_large(
        &self,
        page: &Page,
        record: &Record<'_>,
        (bytes, limit): (usize, usize),
        aside: &mut Aside<'_>,
    ) -> Result<(), RecordError> {
        let problem = Problem::BeyondTopic { bytes, limit };
        aside.put(page, self.error(page, place(page, record), problem), KeyIs::Final)
    }

    /// So does one whose value cannot be written as the topic's values are. `why`: without anything of its content.
    pub fn refuse_unfit(
        &self,
        page: &Page,
        record: &Record<'_>,
        why: String,
        aside: &mut Aside<'_>,
    ) -> Result<(), RecordError> {
        let error = self.error(page, place(page, record), Problem::Unfit(why));
        aside.put(page, error.keyed(self.keys(), Json::trusted(record.raw)), KeyIs::Final)
    }

    /// So does one whose key is not like the others of its topic: it is no row's.
    pub(super) fn refuse_key(
        &self,
        page: &Page,
        record: &Record<'_>,
        why: String,
        aside: &mut Aside<'_>,
    ) -> Result<(), RecordError> {
        aside.put(page, self.error(page, place(page, record), Problem::OtherKey(why)), KeyIs::None)
    }

    /// One record of a page, by its place from 0, as one that is not deleted.
    pub fn record<'p>(&self, page: &'p Page, index: usize) -> Result<Record<'p>, RecordError> {
        let raw = page.records.get(index).map(|span| page.text(*span)).unwrap_or_default();
        let key = match &self.keys {
            Some(keys) => keys.key(Json::trusted(raw)),
            None => {
                let content = fingerprint(Json::trusted(raw));
                content.map(|content| Key::Owned(self.form.written(content.to_string())))
            }
        };
        Ok(Record { key: key.map_err(|problem| self.error(page, index, problem))?, raw, deleted: false })
    }

    /// What counts of the record's content under a rule; the record is one of the page's.
    pub(super) fn fingerprint_under(
        &self,
        rule: &Rule,
        page: &Page,
        record: &Record<'_>,
    ) -> Result<Fingerprint, RecordError> {
        rule.fingerprint(Json::trusted(record.raw))
            .map_err(|problem| self.error(page, place(page, record), problem))
    }

    /// What the record's whole content comes to; the record is one of the page's.
    pub fn fingerprint(&self, page: &Page, record: &Record<'_>) -> Result<Fingerprint, RecordError> {
        fingerprint(Json::trusted(record.raw))
            .map_err(|problem| self.error(page, place(page, record), problem))
    }

    pub(super) fn keys(&self) -> Option<&KeySpec> {
        self.keys.as_ref()
    }

    fn error(&self, page: &Page, index: usize, problem: Problem) -> RecordError {
        RecordError::of_record(&self.resource, page, index, problem)
    }
}

/// Where on its page a record stands, from 0.
fn place(page: &Page, record: &Record<'_>) -> usize {
    let is_it = |span| std::ptr::eq(page.text(span), record.raw);
    page.records.iter().position(|span| is_it(*span)).unwrap_or_default()
}
