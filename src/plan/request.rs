//! What a resource asks for, from the configuration's words to the poller's.

use crate::config::{self, Config};
use crate::poll::{Action, Method, ResponseAction};
use crate::template::Template;

/// The client's, which have no placeholders, then the resource's own.
pub(super) fn headers(config: &Config, resource: &config::Resource) -> Vec<(Template, Option<Template>)> {
    let of_client = config
        .headers
        .iter()
        .map(|(name, value)| (Template::open(name), Some(Template::literal(value.expose()))));
    of_client.chain(resource.headers.iter().cloned()).collect()
}

pub(super) fn method(method: config::Method) -> Method {
    match method {
        config::Method::Get => Method::Get,
        config::Method::Post => Method::Post,
    }
}

pub(super) fn actions(actions: &[config::ResponseAction]) -> Vec<ResponseAction> {
    let action = |written: &config::ResponseAction| ResponseAction {
        status: written.status_code.as_ref().and_then(config::StatusCode::number),
        content: written.content.clone(),
        action: match written.action {
            config::Action::Ignore => Action::Ignore,
            config::Action::Raise => Action::Raise,
            config::Action::Retry => Action::Retry,
        },
    };
    actions.iter().map(action).collect()
}
