//! Which names a template may use where it stands.

use std::ops::Range;

use super::text::Template;

/// Where a template stands. The default knows `{resources.…}` alone.
#[derive(Clone, Copy, Default)]
pub struct Scope<'s> {
    /// The cursor of the endpoint, for `{incremental.…}`.
    pub cursor: Option<&'s Cursor>,
    /// Names that stand for another template: in a path, the parameters that are bound to it.
    pub bound: &'s [(String, Template)],
    /// The parts of the text that came out of `${…}`: secrets, and no placeholders.
    pub expanded: &'s [Range<usize>],
}

/// What of a cursor does not change.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    pub cursor_path: String,
    pub lag: Option<String>,
}
