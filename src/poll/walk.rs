//! What one walk over a resource's pages begins with.

use crate::model::{Parent, Position, Window};

/// One walk: all pages of a resource, or, if it depends on another one, those of one parent record.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// The record that the request's `{resources.…}` placeholders are filled from.
    pub parent: Option<Parent>,
    /// The values of an incremental resource.
    pub window: Option<Window>,
    /// No cursor of an earlier walk is in the window: what it shows is everything that was ever asked for.
    pub whole: bool,
    /// The page to go on with.
    pub resume: Option<Position>,
}
