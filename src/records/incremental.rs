//! stub
use super::RecordError;
use crate::model::{Cursor, Page, Window};

#[derive(Clone, Debug, Default)]
pub struct Incremental;

#[derive(Clone, Debug, Default)]
pub struct Progress;

impl Progress {
    pub fn new(_: Option<&Cursor>) -> Self {
        Self
    }
    pub fn cursor(&self) -> Option<Cursor> {
        None
    }
}

impl Incremental {
    pub fn window(&self, _: Option<&Cursor>) -> Result<Window, RecordError> {
        Ok(Window::default())
    }
    pub fn filter(&self, page: Page, _: &Window, _: &mut Progress) -> Result<Page, RecordError> {
        Ok(page)
    }
}
