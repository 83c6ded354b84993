//! What is done to a page's records before they are keyed.

use super::RecordError;
use crate::model::{Page, Parent};

#[derive(Clone, Debug, Default)]
pub struct Steps;

impl Steps {
    pub fn apply(&self, page: Page, _: Option<&Parent>) -> Result<Page, RecordError> {
        Ok(page)
    }
}
