//! One change, row by row and field by field.

use crate::model::{Difference, Json, differences};
use crate::service::ForeseenChange;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    New,
    Changed,
    Deleted,
}

pub(super) fn kind(change: &ForeseenChange) -> Kind {
    match (&change.before, &change.after) {
        (_, None) => Kind::Deleted,
        (None, Some(_)) => Kind::New,
        (Some(_), Some(_)) => Kind::Changed,
    }
}

/// The fields that differ; `None` where the two values cannot be compared by field, because one of them is no JSON object.
pub(super) fn fields(change: &ForeseenChange) -> Option<Vec<Difference<'_>>> {
    between(change.before.as_deref(), change.after.as_deref())
}

/// The same of any two values.
pub(in crate::cli) fn between<'v>(
    before: Option<&'v [u8]>,
    after: Option<&'v [u8]>,
) -> Option<Vec<Difference<'v>>> {
    Some(differences(object(before?)?, object(after?)?))
}

fn object(bytes: &[u8]) -> Option<Json<'_>> {
    Json::parse(bytes).ok().filter(|json| json.kind() == crate::model::Kind::Object)
}
