//! What a paginator adds to a request.

use std::borrow::Cow;

use url::Url;

use crate::model::{Json, Kind};
use crate::poll::paginator::Place;

/// The difference between a request and the configured one.
#[derive(Debug)]
pub(in crate::poll) enum Asks<'p> {
    /// Values that overwrite what the configuration has in their places.
    Values(Vec<Placed<'p>>),
    /// This URL in place of the configured one and of all configured parameters, as in dlt.
    Link {
        url: &'p Url,
        /// Parameters of the configuration that this URL lacks, because it was stored without secrets.
        put_back: &'p [String],
    },
}

/// A value, as JSON text, and where it goes.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::poll) struct Placed<'p> {
    pub place: &'p Place,
    value: Cow<'p, str>,
}

impl<'p> Placed<'p> {
    pub(super) fn number(place: &'p Place, value: u64) -> Self {
        Self { place, value: Cow::Owned(value.to_string()) }
    }

    pub(super) fn json(place: &'p Place, value: &'p str) -> Self {
        Self { place, value: Cow::Borrowed(value) }
    }

    /// For a query parameter: a string without its quotes, everything else by its JSON text.
    pub(in crate::poll) fn as_param(&self) -> Cow<'_, str> {
        let json = Json::trusted(&self.value);
        match json.kind() {
            Kind::String => json.as_str().unwrap_or(Cow::Borrowed(json.text())),
            Kind::Null | Kind::Bool | Kind::Number | Kind::Array | Kind::Object => Cow::Borrowed(json.text()),
        }
    }

    /// For a JSON body: with its type.
    pub(in crate::poll) fn as_json(&self) -> &str {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_text_and_a_body_keeps_the_type() {
        let place = Place::Param("cursor".to_owned());
        for (value, param, body) in [
            (r#""a\u00e9 b""#, "aé b", r#""a\u00e9 b""#),
            ("12", "12", "12"),
            ("1.50", "1.50", "1.50"),
            ("true", "true", "true"),
            ("[1,\"x\"]", "[1,\"x\"]", "[1,\"x\"]"),
        ] {
            let placed = Placed::json(&place, value);
            assert_eq!((placed.as_param().as_ref(), placed.as_json()), (param, body), "{value}");
        }
    }
}
