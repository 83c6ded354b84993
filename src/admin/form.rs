//! The form of Kafka Connect's REST API, read: `{"offsets":[{"partition":{…},"offset":{…}}]}`. All mistakes of a file in one pass.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::offsets::Partition;
use crate::model::ResourceName;

/// The fields of an object, each with its JSON text: numbers keep their digits.
pub(super) type Fields = BTreeMap<String, String>;

/// What a file asks for.
#[derive(Debug, Default)]
pub struct Form {
    pub wishes: Vec<Wish>,
}

/// One element of `offsets`.
#[derive(Debug)]
pub struct Wish {
    /// `offsets[0]`
    pub place: String,
    pub partition: Partition,
    /// `None`: the partition is to be reset.
    pub(super) offset: Option<Fields>,
}

const SHAPE: &str = r#"{"offsets":[{"partition":{"resource":"…"},"offset":{…}}]}"#;

impl Form {
    /// `Err`: what is wrong with its shape.
    pub fn read(text: &str) -> Result<Self, Vec<String>> {
        let top = match fields(text) {
            Ok(top) => top,
            Err(Some(error)) => return Err(vec![format!("no JSON: {error}")]),
            Err(None) => return Err(vec![format!("not an object; expected {SHAPE}")]),
        };
        let mut mistakes: Vec<String> = unknown(&top, &["offsets"], "");
        let Some(offsets) = top.get("offsets") else {
            mistakes.push(format!("`offsets` is missing; expected {SHAPE}"));
            return Err(mistakes);
        };
        let Ok(elements) = serde_json::from_str::<Vec<Box<RawValue>>>(offsets) else {
            mistakes.push("offsets: expected a list".to_owned());
            return Err(mistakes);
        };
        if elements.is_empty() {
            mistakes
                .push("offsets: the list is empty; name at least one partition and its offset".to_owned());
        }
        let mut form = Self::default();
        let mut seen = BTreeSet::new();
        for (index, element) in elements.iter().enumerate() {
            let place = format!("offsets[{index}]");
            match Wish::read(&place, element.get()) {
                Ok(wish) if !seen.insert(wish.partition.clone()) => {
                    mistakes.push(format!("{place}.partition: it stands in this list already"));
                }
                Ok(wish) => form.wishes.push(wish),
                Err(wrong) => mistakes.extend(wrong),
            }
        }
        if mistakes.is_empty() { Ok(form) } else { Err(mistakes) }
    }
}

impl Wish {
    fn read(place: &str, text: &str) -> Result<Self, Vec<String>> {
        let Ok(element) = fields(text) else {
            return Err(vec![format!("{place}: expected an object with `partition` and `offset`")]);
        };
        let mut mistakes = unknown(&element, &["partition", "offset"], place);
        let partition = match element.get("partition").map(|text| fields(text)) {
            Some(Ok(partition)) => {
                mistakes.extend(unknown(&partition, &["resource", "parent"], &format!("{place}.partition")));
                read_partition(&partition, place, &mut mistakes)
            }
            Some(Err(_)) => {
                mistakes.push(format!("{place}.partition: expected an object, as {{\"resource\":\"…\"}}"));
                None
            }
            None => {
                mistakes.push(format!("{place}: `partition` is missing"));
                None
            }
        };
        let offset = match element.get("offset").map(|text| (text.as_str(), fields(text))) {
            Some(("null", _)) => None,
            Some((_, Ok(offset))) => Some(offset),
            Some((_, Err(_))) => {
                mistakes.push(format!("{place}.offset: expected an object, or null to reset the partition"));
                None
            }
            None => {
                mistakes.push(format!("{place}: `offset` is missing; null resets the partition"));
                None
            }
        };
        match partition {
            Some(partition) if mistakes.is_empty() => Ok(Self { place: place.to_owned(), partition, offset }),
            Some(_) | None => Err(mistakes),
        }
    }
}

fn read_partition(partition: &Fields, place: &str, mistakes: &mut Vec<String>) -> Option<Partition> {
    let mut text = |name: &str| {
        let value = partition.get(name)?;
        let text = serde_json::from_str::<String>(value).ok();
        if text.is_none() {
            mistakes.push(format!("{place}.partition.{name}: expected a text, found {value}"));
        }
        Some(text)
    };
    let (resource, parent) = (text("resource"), text("parent"));
    if resource.is_none() {
        mistakes.push(format!("{place}.partition: `resource` is missing"));
    }
    Some(Partition { resource: ResourceName::new(&resource??), parent: parent.flatten() })
}

fn unknown(object: &Fields, allowed: &[&str], place: &str) -> Vec<String> {
    let dot = if place.is_empty() { "" } else { "." };
    let unknown = object.keys().filter(|name| !allowed.contains(&name.as_str()));
    unknown
        .map(|name| format!("{place}{dot}{name}: there is no such key; allowed: {}", allowed.join(", ")))
        .collect()
}

/// An object's fields; `Err(None)`: it is something else.
pub(super) fn fields(text: &str) -> Result<Fields, Option<String>> {
    match serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text) {
        Ok(fields) => Ok(fields.into_iter().map(|(name, value)| (name, value.get().to_owned())).collect()),
        Err(error) if error.is_data() => Err(None),
        Err(error) => Err(Some(error.to_string())),
    }
}

/// The text of an object with these fields.
pub(super) fn object(fields: &Fields) -> String {
    let fields =
        fields.iter().map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name.as_str())));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_connect_prints_is_read_number_for_number() {
        let form = Form::read(
            r#" {"offsets":[{"partition":{"resource":"a"},"offset":{"cursor":12345678901234567890.5}},
                {"partition":{"parent":"7","resource":"a"},"offset":null}]}"#,
        )
        .unwrap();
        let wishes: Vec<_> =
            form.wishes.iter().map(|wish| (wish.partition.parent.as_deref(), &wish.offset)).collect();
        let cursor = Fields::from([("cursor".to_owned(), "12345678901234567890.5".to_owned())]);
        assert_eq!(wishes, [(None, &Some(cursor.clone())), (Some("7"), &None)]);
        assert_eq!(object(&cursor), r#"{"cursor":12345678901234567890.5}"#);
    }

    #[test]
    fn all_mistakes_of_the_shape_are_named_at_once() {
        let mistakes = Form::read(
            r#"{"ofsets":1,"offsets":[1,{"partition":{"resorce":"a"},"offset":{}},{"partition":{"resource":7,"parent":8},"offset":[]},
                {"offset":null},{"partition":"a"},{"partition":{"resource":"a"},"offset":{}},{"partition":{"resource":"a"},"offset":{}}]}"#,
        )
        .unwrap_err()
        .join("\n");
        insta::assert_snapshot!(mistakes, @r#"
        ofsets: there is no such key; allowed: offsets
        offsets[0]: expected an object with `partition` and `offset`
        offsets[1].partition.resorce: there is no such key; allowed: resource, parent
        offsets[1].partition: `resource` is missing
        offsets[2].partition.resource: expected a text, found 7
        offsets[2].partition.parent: expected a text, found 8
        offsets[2].offset: expected an object, or null to reset the partition
        offsets[3]: `partition` is missing
        offsets[4].partition: expected an object, as {"resource":"…"}
        offsets[4]: `offset` is missing; null resets the partition
        offsets[6].partition: it stands in this list already
        "#);
    }

    #[test]
    fn what_is_no_such_form_is_told_the_form() {
        for (text, word) in [
            ("", "no JSON"),
            ("{", "no JSON"),
            ("[]", "offsets"),
            ("{}", "`offsets` is missing"),
            (r#"{"offsets":{}}"#, "list"),
            (r#"{"offsets":[]}"#, "empty"),
        ] {
            let mistakes = Form::read(text).unwrap_err();
            assert!(mistakes[0].contains(word), "{text}: {mistakes:?}");
        }
    }
}
