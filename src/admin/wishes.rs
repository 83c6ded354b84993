//! What may be set, and what comes of it: a wish, compared with the configuration and with what is there.

use super::form::{Fields, Form, Wish, fields, object};
use super::names::names_of;
use super::offsets::Partition;
use crate::kafka::OffsetChange;
use crate::model::{CursorValue, Json, ParentOffset, SourceOffset};
use crate::plan::{ConnectorPlan, Listing, ResourcePlan};
use crate::records::Incremental;
use crate::service::Situation;

/// What a resource's offset says of who it is: that is the configuration's to decide, and the topic's.
const IDENTITY: [&str; 7] =
    ["version", "topic", "topic_id", "partitions", "key_fields", "key_format", "source"];

/// The changes that a form asks for. `Err`: everything that is wrong with it. `situation`: `None` where only what can be known
/// without Kafka is asked.
pub fn changes_of(
    form: &Form,
    plan: &ConnectorPlan,
    situation: Option<&Situation<'_>>,
) -> Result<Vec<OffsetChange>, Vec<String>> {
    let (mut changes, mut mistakes) = (Vec::new(), Vec::new());
    for wish in &form.wishes {
        let judge = Judge { wish, plan, situation, mistakes: &mut mistakes };
        changes.extend(judge.change());
    }
    if mistakes.is_empty() { Ok(changes) } else { Err(mistakes) }
}

/// The changes that make these partitions forgotten.
pub fn resets_of(partitions: &[Partition]) -> Vec<OffsetChange> {
    let reset = |partition: &Partition| OffsetChange { partition: partition.clone(), offset: None };
    partitions.iter().map(reset).collect()
}

/// One wish while it is judged.
struct Judge<'a> {
    wish: &'a Wish,
    plan: &'a ConnectorPlan,
    situation: Option<&'a Situation<'a>>,
    mistakes: &'a mut Vec<String>,
}

impl Judge<'_> {
    fn change(mut self) -> Option<OffsetChange> {
        let Wish { partition, offset, .. } = self.wish;
        let resource = self.plan.resources.iter().find(|resource| resource.name == partition.resource);
        let Some(resource) = resource.filter(|_| offset.is_some() || partition.parent.is_none()) else {
            return self.reset_only(resource.is_some());
        };
        let Some(offset) = offset else {
            return Some(OffsetChange { partition: partition.clone(), offset: None });
        };
        let listing = self.plan.listings.get(resource.listing)?;
        if partition.parent.is_some() && listing.parent.is_none() {
            self.object(".partition.parent", "the resource does not depend on another: it has no parents");
            return None;
        }
        let offset = self.given(offset, resource, listing)?;
        let known = self.situation?;
        let text = match &partition.parent {
            None => self.resource_offset(offset, known),
            Some(parent) => self.parent_offset(offset, parent, known),
        };
        Some(OffsetChange { partition: partition.clone(), offset: Some(text?) })
    }

    /// What is stored can be reset, whether it is configured or not.
    fn reset_only(&mut self, is_configured: bool) -> Option<OffsetChange> {
        let Wish { partition, offset, .. } = self.wish;
        let may_be_stored = self.situation.is_none_or(|known| is_stored(partition, known));
        if !is_configured && (offset.is_some() || !may_be_stored) {
            let names: Vec<&str> =
                self.plan.resources.iter().map(|resource| resource.name.as_str()).collect();
            let text = format!(
                "there is no resource {:?}; allowed: {}",
                partition.resource.as_str(),
                names.join(", ")
            );
            self.object(".partition.resource", &text);
            return None;
        }
        Some(OffsetChange { partition: partition.clone(), offset: None })
    }

    /// The fields that were given, each looked at by itself, the cursor in its full form.
    fn given(&mut self, given: &Fields, resource: &ResourcePlan, listing: &Listing) -> Option<Fields> {
        let before = self.mistakes.len();
        let is_parent = self.wish.partition.parent.is_some();
        let allowed = if is_parent { names_of::<ParentOffset>() } else { names_of::<SourceOffset>() };
        let mut whole = Fields::new();
        for (name, value) in given {
            if !allowed.contains(&name.as_str()) {
                let text = format!("there is no such field; allowed: {}", allowed.join(", "));
                self.object(&format!(".offset.{name}"), &text);
                continue;
            }
            let value = match name.as_str() {
                "cursor" | "running" | "appended" if value != "null" => {
                    self.cursor((name, value), resource, listing)
                }
                "position" if value != "null" && fields(value).is_err() => {
                    self.object(
                        ".offset.position",
                        "expected an object, as `krest offsets show` prints it, or null",
                    );
                    None
                }
                _ => Some(value.clone()),
            };
            if let Some(value) = value.filter(|value| self.is_of_its_type(name, value)) {
                whole.insert(name.clone(), value);
            }
        }
        (self.mistakes.len() == before).then_some(whole)
    }

    fn cursor(
        &mut self,
        (name, value): (&str, &str),
        resource: &ResourcePlan,
        listing: &Listing,
    ) -> Option<String> {
        let place = format!(".offset.{name}");
        let Some(incremental) = &listing.incremental else {
            self.object(&place, &format!("resource {} has no cursor (`incremental`)", resource.name));
            return None;
        };
        if listing.parent.is_some() && self.wish.partition.parent.is_none() {
            let text = format!(
                "the cursors of resource {} are those of its parents: {{\"resource\":…,\"parent\":…}}",
                resource.name
            );
            self.object(&place, &text);
            return None;
        }
        let mut cursor = match fields(value) {
            Ok(cursor) => cursor,
            Err(_) => Fields::from([("value".to_owned(), value.to_owned())]),
        };
        let of = serde_json::Value::from(incremental.name()).to_string();
        let given = cursor.entry("of".to_owned()).or_insert_with(|| of.clone());
        if *given != of {
            let text = format!("is {given}; the resource's cursor is {of}, and goes on with no other");
            self.object(&format!("{place}.of"), &text);
            return None;
        }
        self.comparable(&place, cursor.get("value"), incremental).then(|| object(&cursor))
    }

    /// Whether the value can be compared with those that the records have, as far as the configuration and the stored cursor tell.
    fn comparable(&mut self, place: &str, value: Option<&String>, incremental: &Incremental) -> bool {
        let Some(value) = value else {
            self.object(place, "`value` is missing");
            return false;
        };
        let problem = match CursorValue::read(Json::trusted(value)) {
            Err(error) => error.to_string(),
            Ok(value) => {
                let stored = self.stored_cursor(incremental);
                match unfit(&value, incremental.initial.as_ref(), stored) {
                    None => return true,
                    Some(problem) => problem,
                }
            }
        };
        self.object(&format!("{place}.value"), &problem);
        false
    }

    /// What the offsets topic holds under this cursor's name.
    fn stored_cursor(&self, incremental: &Incremental) -> Option<&CursorValue> {
        let (known, Wish { partition, .. }) = (self.situation?, self.wish);
        let (stored, topic_id) = match &partition.parent {
            None => {
                let offset = known.stored.resources.get(&partition.resource)?;
                (offset.cursor.as_ref()?, &offset.topic_id)
            }
            Some(parent) => {
                let offset = known.stored.parents.get(&partition.resource)?.get(parent)?;
                (&offset.cursor, &offset.topic_id)
            }
        };
        let topic = &known.identities.get(&partition.resource)?.topic_id;
        let goes_on = stored.of == incremental.name() && (topic.is_empty() || topic == topic_id);
        goes_on.then_some(&stored.value)
    }

    /// Whether the field can hold that, whatever the others hold.
    fn is_of_its_type(&mut self, name: &str, value: &str) -> bool {
        let whole = if self.wish.partition.parent.is_some() { PARENT } else { RESOURCE };
        let mut template = fields(whole).unwrap_or_default();
        template.insert(name.to_owned(), value.to_owned());
        let text = object(&template);
        let read = match self.wish.partition.parent {
            None => serde_json::from_str::<SourceOffset>(&text).map(drop),
            Some(_) => serde_json::from_str::<ParentOffset>(&text).map(drop),
        };
        match read {
            Ok(()) => true,
            Err(error) => {
                // The place that serde tells is one in the template.
                let text = error.to_string();
                let text = text.split(" at line ").next().unwrap_or_default();
                self.object(&format!(".offset.{name}"), text);
                false
            }
        }
    }

    /// A whole offset replaces what is stored, as in Kafka Connect; some fields are put into it.
    fn resource_offset(&mut self, given: Fields, known: &Situation<'_>) -> Option<String> {
        let partition = &self.wish.partition;
        let own = known.identities.get(&partition.resource)?;
        let stored = known.stored.resources.get(&partition.resource);
        let stored = stored.filter(|stored| own.topic_id.is_empty() || stored.topic_id == own.topic_id);
        let offset: SourceOffset = match serde_json::from_str(&object(&given)) {
            Ok(whole) => whole,
            Err(_) => serde_json::from_str(&object(&merged(stored, own, given)?)).ok()?,
        };
        self.same_identity(&offset, own);
        if offset.position.is_some() && offset.request != own.request {
            let text = "belongs to another request than the one that is configured now, and would not be gone on with";
            self.object(".offset.position", text);
        }
        Some(text_of(&offset))
    }

    fn same_identity(&mut self, offset: &SourceOffset, own: &SourceOffset) {
        let (Ok(given), Ok(own_fields)) = (fields(&text_of(offset)), fields(&text_of(own))) else { return };
        let is_known = |name: &str| !own.topic_id.is_empty() || !["topic_id", "partitions"].contains(&name);
        for name in IDENTITY.into_iter().filter(|name| is_known(name)) {
            if let (Some(given), Some(own)) = (given.get(name), own_fields.get(name))
                && given != own
            {
                let text = format!("is {given} and has to be {own}; leave it out to set other fields alone");
                self.object(&format!(".offset.{name}"), &text);
            }
        }
    }

    fn parent_offset(&mut self, given: Fields, parent: &str, known: &Situation<'_>) -> Option<String> {
        let resource = &self.wish.partition.resource;
        let own = known.identities.get(resource)?;
        let mut all = Fields::from([("version".to_owned(), SourceOffset::VERSION.to_string())]);
        all.insert("topic_id".to_owned(), serde_json::Value::from(own.topic_id.as_str()).to_string());
        let stored = known.stored.parents.get(resource).and_then(|parents| parents.get(parent));
        if let Some(stored) = stored.filter(|_| !given.contains_key("cursor")) {
            all.insert("cursor".to_owned(), serde_json::to_string(&stored.cursor).ok()?);
        }
        all.extend(given);
        let Ok(offset) = serde_json::from_str::<ParentOffset>(&object(&all)) else {
            self.object(".offset", "`cursor` is missing");
            return None;
        };
        if offset.version != SourceOffset::VERSION {
            self.object(".offset.version", &format!("has to be {}", SourceOffset::VERSION));
        }
        if !own.topic_id.is_empty() && offset.topic_id != own.topic_id {
            let text = format!("is {:?} and has to be {:?}; leave it out", offset.topic_id, own.topic_id);
            self.object(".offset.topic_id", &text);
        }
        serde_json::to_string(&offset).ok()
    }

    fn object(&mut self, place: &str, text: &str) {
        self.mistakes.push(format!("{}{place}: {text}", self.wish.place));
    }
}

/// Why a value cannot stand where the others do.
fn unfit(value: &CursorValue, initial: Option<&CursorValue>, stored: Option<&CursorValue>) -> Option<String> {
    if let Some(initial) = initial.filter(|initial| !value.fits(initial)) {
        let (value, initial) = (value.json(), initial.json());
        return Some(format!("{value} cannot be compared with initial_value, which is {initial}"));
    }
    let stored = stored.filter(|stored| !value.kind().goes_with(stored.kind()))?;
    Some(format!(
        "{} is {}, and the stored cursor, {}, is {}: no record could be compared with it; if the API's values are others now, reset \
         the partition first (\"offset\": null)",
        value.json(),
        value.kind(),
        stored.json(),
        stored.kind()
    ))
}

/// What is stored, with what was given in its place.
fn merged(stored: Option<&SourceOffset>, own: &SourceOffset, given: Fields) -> Option<Fields> {
    let mut all = fields(&text_of(stored.unwrap_or(own))).ok()?;
    let moved = given.contains_key("cursor") && !given.contains_key("position");
    let is_stale = stored.is_some_and(|stored| stored.request != own.request);
    if moved || is_stale {
        // The page belongs to a scan that began elsewhere: it would be gone on with from there. And what was appended since then
        // is asked for again.
        all.extend(["position", "running", "appended"].map(|name| (name.to_owned(), "null".to_owned())));
        all.insert("request".to_owned(), serde_json::Value::from(own.request.as_str()).to_string());
    }
    if moved || is_stale || given.contains_key("position") {
        for name in ["published", "missed"] {
            all.remove(name);
        }
    }
    all.extend(given);
    Some(all)
}

fn is_stored(partition: &Partition, known: &Situation<'_>) -> bool {
    match &partition.parent {
        None => known.stored.resources.contains_key(&partition.resource),
        Some(parent) => {
            known.stored.parents.get(&partition.resource).is_some_and(|parents| parents.contains_key(parent))
        }
    }
}

/// These types have string keys and no floats: serialising them cannot fail.
fn text_of(offset: &SourceOffset) -> String {
    serde_json::to_string(offset).unwrap_or_default()
}

/// An offset with nothing but what it has to have, for a look at one field.
const RESOURCE: &str = r#"{"version":1,"topic":"","topic_id":"","partitions":1,"key_fields":[],"key_format":"","source":"","request":"","scan":0,"position":null}"#;
const PARENT: &str = r#"{"version":1,"topic_id":"","cursor":{"of":"","value":0}}"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fingerprint, Position};

    #[test]
    fn one_field_is_looked_at_within_an_offset_that_is_whole() {
        assert!(serde_json::from_str::<SourceOffset>(RESOURCE).is_ok());
        assert!(serde_json::from_str::<ParentOffset>(PARENT).is_ok());
    }

    #[test]
    fn a_cursor_that_is_set_has_no_page_to_go_on_at() {
        let mut own: SourceOffset = serde_json::from_str(RESOURCE).unwrap();
        own.position = Some(Position(serde_json::json!({"offset": 3})));
        (own.published, own.missed) = (vec![Fingerprint([1, 2])], true);
        let given = |name: &str, value: &str| Fields::from([(name.to_owned(), value.to_owned())]);
        let position = |given| merged(Some(&own), &own, given).unwrap()["position"].clone();
        assert_eq!(position(given("scan", "7")), r#"{"offset":3}"#);
        assert_eq!(position(given("cursor", "null")), "null");
        let shown = |given| merged(Some(&own), &own, given).unwrap().contains_key("published");
        assert!(
            shown(given("scan", "7")) && !shown(given("cursor", "null")) && !shown(given("position", "null"))
        );
        let stale = SourceOffset { request: "another".to_owned(), ..own.clone() };
        assert_eq!(merged(Some(&stale), &own, given("scan", "7")).unwrap()["position"], "null");
    }
}
