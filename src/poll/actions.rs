//! `response_actions`: answers that are treated otherwise than their status says.

use memchr::memmem;

/// What to do with an answer that has this status, this text, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseAction {
    pub status: Option<u16>,
    /// Found anywhere in the body.
    pub content: Option<String>,
    pub action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The walk ends here, quietly and without records.
    Ignore,
    /// The scan fails at once, whatever the status.
    Raise,
    /// The request is repeated as after a server error, whatever the status.
    Retry,
}

/// The first action that fits. One that names neither a status nor a text fits nothing, as in dlt.
pub(super) fn action(actions: &[ResponseAction], status: u16, body: &[u8]) -> Option<Action> {
    let fits = |given: &&ResponseAction| {
        let by_status = given.status.is_none_or(|wanted| wanted == status);
        let by_content = |text: &String| memmem::find(body, text.as_bytes()).is_some();
        let names_something = given.status.is_some() || given.content.is_some();
        names_something && by_status && given.content.as_ref().is_none_or(by_content)
    };
    actions.iter().find(fits).map(|given| given.action)
}

/// Whether the whole body of an answer counts, and not only its status.
pub(super) fn reads_content(actions: &[ResponseAction]) -> bool {
    actions.iter().any(|action| action.content.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_action_that_fits_status_and_content_counts() {
        let given = |status, content: Option<&str>, action| ResponseAction {
            status,
            content: content.map(str::to_owned),
            action,
        };
        let actions = [
            given(Some(404), Some("gone"), Action::Ignore),
            given(None, Some("busy"), Action::Retry),
            given(Some(404), None, Action::Raise),
            given(None, None, Action::Ignore),
        ];
        for (status, body, expected) in [
            (404, "all gone", Some(Action::Ignore)),
            (404, "busy", Some(Action::Retry)),
            (200, "so busy", Some(Action::Retry)),
            (404, "", Some(Action::Raise)),
            (200, "gone", None),
        ] {
            assert_eq!(action(&actions, status, body.as_bytes()), expected, "{status} {body}");
        }
    }
}
