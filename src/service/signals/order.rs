//! A signal, read: what is to be done, with which resources. Debezium's form, `{"id":…,"type":…,"data":{…}}`.

use regex::Regex;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::model::CursorValue;
use crate::plan::{ConnectorPlan, ResourcePlan};
use crate::sync::{Beginning, Wish};

const COLLECTIONS: &str = "data-collections";

/// The signals that krest knows.
const KNOWN: &str = "execute-snapshot, stop-snapshot, pause, resume, rewind, allow-deletes and log are known";

/// What a signal asks for. Resources by their places in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// `None`: the signal has none.
    pub id: Option<String>,
    pub kind: String,
    pub(super) act: Act,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// A scan of these alone: a snapshot.
    Snapshot {
        places: Vec<usize>,
        wish: Wish,
    },
    /// `None`: all that are waiting or under way.
    StopSnapshot {
        places: Option<Vec<usize>>,
    },
    /// `None`: the whole connector.
    Pause {
        places: Option<Vec<usize>>,
    },
    Resume {
        places: Option<Vec<usize>>,
    },
    Rewind {
        places: Vec<usize>,
        wish: Wish,
    },
    AllowDeletes {
        places: Vec<usize>,
    },
    Log {
        message: String,
    },
}

/// Why a signal is passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub id: Option<String>,
    pub kind: Option<String>,
    pub reason: String,
}

#[derive(Deserialize)]
struct Raw<'r> {
    id: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(borrow, default)]
    data: Option<&'r RawValue>,
}

#[derive(Deserialize)]
struct To {
    to: CursorValue,
}

/// What a record of the signals topic asks of this connector.
pub fn read_order(value: Option<&[u8]>, plan: &ConnectorPlan) -> Result<Order, Refused> {
    let unreadable = |reason: String| Refused { id: None, kind: None, reason };
    let value = value.ok_or_else(|| unreadable("it has no value".to_owned()))?;
    let raw: Raw<'_> = serde_json::from_slice(value)
        .map_err(|error| unreadable(format!("it is no signal ({{\"id\",\"type\",\"data\"}}): {error}")))?;
    let id = raw.id.and_then(|id| match id {
        Value::String(id) => Some(id),
        Value::Number(id) => Some(id.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    let refused = |kind: Option<&str>, reason: String| {
        Err(Refused { id: id.clone(), kind: kind.map(str::to_owned), reason })
    };
    let Some(kind) = raw.kind else { return refused(None, "it has no type".to_owned()) };
    let (fields, text) = match data(raw.data) {
        Ok(data) => data,
        Err(reason) => return refused(Some(&kind), reason),
    };
    match act(&kind, &Data { fields, text, plan }) {
        Ok(act) => Ok(Order { id, kind, act }),
        Err(reason) => refused(Some(&kind), reason),
    }
}

/// The data and its text. Debezium's tables hold it as a text of its own: that is taken, too.
fn data(raw: Option<&RawValue>) -> Result<(Map<String, Value>, String), String> {
    let text = raw.map_or("null", RawValue::get);
    let text = match serde_json::from_str::<String>(text) {
        Ok(inner) if inner.trim().is_empty() => "null".to_owned(),
        Ok(inner) => inner,
        Err(_) => text.to_owned(),
    };
    let fields: Option<Map<String, Value>> =
        serde_json::from_str(&text).map_err(|error| format!("its data is no JSON object: {error}"))?;
    Ok((fields.unwrap_or_default(), text))
}

fn act(kind: &str, data: &Data<'_>) -> Result<Act, String> {
    match kind {
        "execute-snapshot" => {
            data.allows(&[COLLECTIONS, "type", "parent", "key", "publish"])?;
            data.snapshot_type()?;
            let wish = Wish { from: Beginning::Start, again: data.publishes_again()?, ..data.narrowed()? };
            Ok(Act::Snapshot { places: data.narrowable(&wish)?, wish })
        }
        "stop-snapshot" => {
            data.allows(&[COLLECTIONS, "type"])?;
            data.snapshot_type()?;
            Ok(Act::StopSnapshot { places: data.some_places()? })
        }
        "pause" => {
            data.allows(&[COLLECTIONS])?;
            Ok(Act::Pause { places: data.some_places()? })
        }
        "resume" => {
            data.allows(&[COLLECTIONS])?;
            Ok(Act::Resume { places: data.some_places()? })
        }
        "rewind" => {
            data.allows(&[COLLECTIONS, "to", "parent"])?;
            let wish = Wish { from: data.to()?, ..data.narrowed()? };
            let places = data.narrowable(&wish)?;
            data.refuse_without_cursor(&places)?;
            data.refuse_unfit(&places, &wish.from)?;
            Ok(Act::Rewind { places, wish })
        }
        "allow-deletes" => {
            data.allows(&[COLLECTIONS])?;
            let places = data.places()?;
            data.refuse_without_guards(&places)?;
            Ok(Act::AllowDeletes { places })
        }
        "log" => {
            data.allows(&["message"])?;
            let message = data.text("message")?.ok_or("it has no data.message")?;
            Ok(Act::Log { message })
        }
        "pause-snapshot" | "resume-snapshot" => {
            Err(format!("krest does not read {kind}; pause and resume stop and go on with all reading"))
        }
        _ => Err(format!("its type {kind:?} is unknown; {KNOWN}")),
    }
}

/// A signal's data, and the connector that it is about.
struct Data<'d> {
    fields: Map<String, Value>,
    /// The same as it is written: a cursor value is its text.
    text: String,
    plan: &'d ConnectorPlan,
}

impl Data<'_> {
    /// Nothing that was asked for is passed over in silence.
    fn allows(&self, known: &[&str]) -> Result<(), String> {
        let Some(key) = self.fields.keys().find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
        Err(match key.as_str() {
            "additional-conditions" | "additional-condition" => {
                format!(
                    "krest cannot do data.{key} (in Debezium it is SQL); data.parent and data.key narrow a snapshot"
                )
            }
            "surrogate-key" => "krest cannot do data.surrogate-key; pages come in the API's order".to_owned(),
            _ => format!("data.{key} has no meaning here; data takes {}", known.join(", ")),
        })
    }

    fn text(&self, key: &str) -> Result<Option<String>, String> {
        match self.fields.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                Err(format!("data.{key} is no text"))
            }
        }
    }

    /// A snapshot of krest's stands in for both kinds: while it reads, nothing else of the resource does, and it keeps nobody waiting.
    fn snapshot_type(&self) -> Result<(), String> {
        match self.text("type")?.map(|kind| kind.to_ascii_lowercase()).as_deref() {
            None | Some("incremental" | "blocking") => Ok(()),
            Some(other) => Err(format!("data.type {other:?} is unknown; incremental and blocking are known")),
        }
    }

    fn publishes_again(&self) -> Result<bool, String> {
        match self.text("publish")?.as_deref() {
            None | Some("all") => Ok(true),
            Some("changes") => Ok(false),
            Some(other) => Err(format!("data.publish {other:?} is unknown; all and changes are known")),
        }
    }

    fn narrowed(&self) -> Result<Wish, String> {
        Ok(Wish { parent: self.text("parent")?, key: self.text("key")?, ..Wish::default() })
    }

    fn to(&self) -> Result<Beginning, String> {
        match self.fields.get("to") {
            None => Err("it has no data.to: a cursor value, or null for the beginning".to_owned()),
            Some(Value::Null) => Ok(Beginning::Start),
            Some(_) => serde_json::from_str::<To>(&self.text)
                .map(|To { to }| Beginning::At(to))
                .map_err(|error| format!("data.to is no cursor value: {error}")),
        }
    }

    /// The resources, if there are records of that kind to narrow them to.
    fn narrowable(&self, wish: &Wish) -> Result<Vec<usize>, String> {
        let places = self.places()?;
        for resource in places.iter().filter_map(|place| self.plan.resources.get(*place)) {
            let name = &resource.name;
            let listing = self.plan.listings.get(resource.listing);
            if wish.parent.is_some() && listing.is_none_or(|listing| listing.parent.is_none()) {
                return Err(format!("data.parent: the resource {name} depends on no other"));
            }
            if wish.key.is_some() && !resource.has_keys() {
                return Err(format!("data.key: the records of the resource {name} have no keys"));
            }
        }
        Ok(places)
    }

    fn refuse_without_cursor(&self, places: &[usize]) -> Result<(), String> {
        for resource in places.iter().filter_map(|place| self.plan.resources.get(*place)) {
            let name = &resource.name;
            let listing = self.plan.listings.get(resource.listing);
            match listing.and_then(|listing| listing.incremental.as_ref()) {
                None => {
                    return Err(format!(
                        "the resource {name} has no cursor (endpoint.incremental) that could be rewound; execute-snapshot reads it again"
                    ));
                }
                Some(incremental) if incremental.end.is_some() => {
                    return Err(format!(
                        "the resource {name} has an end_value: every scan begins at initial_value"
                    ));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// A value that no cursor of these can have. How far they have come is known where they are read.
    fn refuse_unfit(&self, places: &[usize], from: &Beginning) -> Result<(), String> {
        let Beginning::At(to) = from else { return Ok(()) };
        for resource in places.iter().filter_map(|place| self.plan.resources.get(*place)) {
            let listing = self.plan.listings.get(resource.listing);
            if let Some(incremental) = listing.and_then(|listing| listing.incremental.as_ref()) {
                let taken = incremental.takes(to);
                taken.map_err(|why| format!("data.to, of the resource {}: {why}", resource.name))?;
            }
        }
        Ok(())
    }

    fn refuse_without_guards(&self, places: &[usize]) -> Result<(), String> {
        let mut resources = places.iter().filter_map(|place| self.plan.resources.get(*place));
        match resources.find(|resource| resource.upkeep.of_missing().is_none()) {
            None => Ok(()),
            Some(resource) => Err(format!(
                "the resource {} deletes nothing that could be allowed (deletes.mode)",
                resource.name
            )),
        }
    }

    fn some_places(&self) -> Result<Option<Vec<usize>>, String> {
        self.fields.contains_key(COLLECTIONS).then(|| self.places()).transpose()
    }

    fn places(&self) -> Result<Vec<usize>, String> {
        let shape = || format!("data.{COLLECTIONS} is no list of resources");
        let list = self.fields.get(COLLECTIONS).ok_or_else(|| format!("it has no data.{COLLECTIONS}"))?;
        let list = list.as_array().ok_or_else(shape)?;
        let mut places = Vec::new();
        for entry in list {
            let entry = entry.as_str().ok_or_else(shape)?;
            places.extend(matching(entry, &self.plan.resources)?);
        }
        places.sort_unstable();
        places.dedup();
        if places.is_empty() { Err(format!("data.{COLLECTIONS} names no resource")) } else { Ok(places) }
    }
}

/// A resource's name means that one; anything else is a regular expression for whole names, as in Debezium.
fn matching(entry: &str, resources: &[ResourcePlan]) -> Result<Vec<usize>, String> {
    let places = |fits: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let all = resources.iter().enumerate();
        all.filter(|(_, resource)| fits(resource.name.as_str())).map(|(place, _)| place).collect()
    };
    let named = places(&|name| name == entry);
    if !named.is_empty() {
        return Ok(named);
    }
    let pattern = Regex::new(&format!("^(?:{entry})$"));
    let found = pattern.map(|pattern| places(&|name| pattern.is_match(name))).unwrap_or_default();
    if found.is_empty() {
        let known: Vec<&str> = resources.iter().map(|resource| resource.name.as_str()).take(10).collect();
        return Err(format!("unknown resource {entry:?}; published are: {}", known.join(", ")));
    }
    Ok(found)
}
