//! Keys in Confluent's wire format: a zero, the id of their schema, and an Avro record. Schema and id are part of every row's identity:
//! once there is one, it is the key's for ever.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::key_binary::{self, KeyType, quoted};
use super::with_schema::Home;
use crate::model::{HEADER_BYTES, Json, KnownId, SchemaId, SchemaMemory, SchemaText};
use crate::schema::{Field, Given, Misfit, Record, Slot, Type, to_avro};

/// The keys of one resource: what is known of their schema, and whether it is frozen.
#[derive(Debug)]
pub struct AvroKeys {
    /// The record's full name.
    name: String,
    home: Home,
    fields: Vec<KeyField>,
    /// From the first record that is to be published, until it is published.
    learned: Mutex<Option<Vec<KeyType>>>,
    frozen: OnceLock<Frozen>,
    /// It is not remembered yet.
    untold: AtomicBool,
}

/// A field of a key, by the name that it has in composite keys.
#[derive(Clone, Debug)]
pub struct KeyField {
    pub name: String,
    /// As the operator says; `None`: as the first record has it.
    pub ty: Option<KeyType>,
}

#[derive(Debug)]
struct Frozen {
    types: Vec<KeyType>,
    id: SchemaId,
    /// As the registry has it, byte for byte.
    schema: String,
}

/// Why a schema cannot be that of these keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotOfTheseKeys(String);

impl AvroKeys {
    /// `home`: where the schema gets its id.
    pub fn new(name: String, home: Home, fields: Vec<KeyField>) -> Self {
        let (learned, frozen, untold) = (Mutex::default(), OnceLock::new(), AtomicBool::new(false));
        Self { name, home, fields, learned, frozen, untold }
    }

    /// The id by which messages name the schema, once there is one.
    pub fn id(&self) -> Option<SchemaId> {
        self.frozen.get().map(|frozen| frozen.id)
    }

    pub fn home(&self) -> &Home {
        &self.home
    }

    pub fn subject(&self) -> String {
        self.home.subject.name(&self.name)
    }

    /// The schema, whether or not it has its id; `None`: nobody knows yet what the fields are.
    pub fn named(&self) -> Option<SchemaText> {
        let frozen = self.frozen.get().map(|frozen| SchemaText::avro(&frozen.schema));
        frozen.or_else(|| self.unregistered())
    }

    /// The schema that is to be registered before a key is written; `None`: it has its id, or nobody knows yet what the fields are.
    pub fn unregistered(&self) -> Option<SchemaText> {
        if self.frozen.get().is_some() { None } else { self.schema().map(|text| SchemaText::avro(&text)) }
    }

    fn schema(&self) -> Option<String> {
        let types = self.types()?;
        let field = |(field, ty): (&KeyField, &KeyType)| Field {
            name: field.name.clone(),
            slot: Slot::required(ty.ty()),
            doc: None,
            default: None,
        };
        let fields = self.fields.iter().zip(&types).map(field).collect();
        let record = Record::new(self.name.clone(), None, fields);
        // `config` refuses names that would be one in Avro.
        to_avro(&Slot::required(Type::Record(record))).ok().map(|schema| schema.to_string())
    }

    /// From here on keys are written by this schema, with this id. `Err`: it is not a schema of these keys, or another one is theirs
    /// already.
    pub fn freeze(&self, schema: &str, id: SchemaId) -> Result<(), NotOfTheseKeys> {
        let types = self.types_of(schema)?;
        let frozen = self.frozen.get_or_init(|| {
            self.untold.store(true, Ordering::Relaxed);
            Frozen { types: types.clone(), id, schema: schema.to_owned() }
        });
        if frozen.id == id && frozen.types == types {
            return Ok(());
        }
        Err(NotOfTheseKeys(format!(
            "the keys have the schema with the id {} already, and not {id}",
            frozen.id
        )))
    }

    /// What [`Self::news`] said before. The id of another registry is none.
    pub fn remember(&self, memory: &SchemaMemory) -> Result<(), NotOfTheseKeys> {
        let known = memory.registered.as_ref().filter(|known| known.registry == self.home.registry);
        let known = known.ok_or_else(|| NotOfTheseKeys("it has no id in this registry".to_owned()))?;
        self.freeze(&memory.shape, known.id)?;
        self.untold.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// The schema and its id, if they are to be remembered with the messages that follow.
    pub fn news(&self) -> Option<SchemaMemory> {
        let told = !self.untold.swap(false, Ordering::Relaxed);
        let Frozen { id, schema, .. } = self.frozen.get().filter(|_| !told)?;
        let known = KnownId {
            registry: self.home.registry.clone(),
            subject: self.subject(),
            schema: SchemaText::avro(schema).fingerprint(),
            id: *id,
        };
        Some(SchemaMemory { shape: schema.clone(), registered: Some(known) })
    }

    /// What was told went with messages that are not written, or is not remembered any more.
    pub fn tell_again(&self) {
        self.untold.store(self.frozen.get().is_some(), Ordering::Relaxed);
        self.unlearn();
    }

    /// Nothing of what was learned is published, and nobody knows its id.
    pub fn unlearn(&self) {
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How many bytes a key is. `Err`: its fields are not what those of the others are.
    pub(super) fn len(&self, key: &str) -> Result<usize, String> {
        let mut body = Vec::with_capacity(key.len());
        for (place, (field, value)) in self.values(key).enumerate() {
            let ty = KeyType::of(value);
            if let Some(expected) = self.expected(place, field).filter(|expected| *expected != ty) {
                return Err(self.other_kind(field, (ty, expected)));
            }
            key_binary::write(ty, value, &mut body)
                .map_err(|misfit| misfit.in_field(&field.name).to_string())?;
        }
        Ok(HEADER_BYTES + body.len())
    }

    /// The record with this key is to be published: if it is the first one, it decides what the fields are.
    pub(super) fn learn(&self, key: &str) {
        if self.frozen.get().is_some() {
            return;
        }
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.get_or_insert_with(|| self.values(key).map(|(_, value)| KeyType::of(value)).collect());
    }

    /// The bytes of a key.
    pub(super) fn write(&self, key: &str) -> Result<Vec<u8>, Misfit> {
        let Frozen { types, id, .. } =
            self.frozen.get().ok_or_else(|| Misfit::new("has a key whose schema has no id yet"))?;
        let mut out = Vec::with_capacity(HEADER_BYTES + key.len());
        out.extend(id.header());
        for ((field, value), ty) in self.values(key).zip(types) {
            key_binary::write(*ty, value, &mut out).map_err(|misfit| misfit.in_field(&field.name))?;
        }
        Ok(out)
    }

    /// The text of a key that was read back; `None`: it is not in this form. (Bytes that could have been fewer are for the caller to
    /// tell.)
    pub(super) fn read(&self, bytes: &[u8]) -> Option<String> {
        let frozen = self.frozen.get()?;
        let mut body = bytes.strip_prefix(&frozen.id.header())?;
        let values: Option<Vec<String>> =
            frozen.types.iter().map(|ty| key_binary::read(*ty, &mut body)).collect();
        let values = values.filter(|_| body.is_empty())?;
        if let [value] = values.as_slice() {
            return Some(value.clone());
        }
        let members: Vec<String> =
            self.fields.iter().zip(&values).map(|(field, value)| member(&field.name, value)).collect();
        Some(format!("{{{}}}", members.join(",")))
    }

    /// The fields of a key's text, which is a scalar if there is one.
    fn values<'k>(&'k self, key: &'k str) -> impl Iterator<Item = (&'k KeyField, Json<'k>)> {
        let json = Json::trusted(key);
        let (sole, several) = match self.fields.as_slice() {
            [_] => (Some(json), None),
            _ => (None, Some(json.fields().map(|(_, value)| value))),
        };
        self.fields.iter().zip(sole.into_iter().chain(several.into_iter().flatten()))
    }

    /// What the fields are, as far as it is known of all of them.
    fn types(&self) -> Option<Vec<KeyType>> {
        if let Some(frozen) = self.frozen.get() {
            return Some(frozen.types.clone());
        }
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.clone().or_else(|| self.fields.iter().map(|field| field.ty).collect())
    }

    /// What one field has to be; before the first record, what the operator says.
    fn expected(&self, place: usize, field: &KeyField) -> Option<KeyType> {
        if let Some(frozen) = self.frozen.get() {
            return frozen.types.get(place).copied();
        }
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.as_ref().and_then(|types| types.get(place).copied()).or(field.ty)
    }

    /// What the fields are by a schema.
    fn types_of(&self, schema: &str) -> Result<Vec<KeyType>, NotOfTheseKeys> {
        let not = |why: String| NotOfTheseKeys(why);
        let slot = Given::read(schema).map_err(|error| not(error.to_string()))?.slot;
        let Slot { ty: Type::Record(record), nullable: false } = slot else {
            return Err(not("it is no record".to_owned()));
        };
        let names: Vec<&str> = record.fields().iter().map(|field| field.name.as_str()).collect();
        let own: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
        if names != own {
            return Err(not(format!(
                "its fields are {}, and those of the key are {}",
                names.join(", "),
                own.join(", ")
            )));
        }
        let types = record.fields().iter().map(|field| {
            let ty = KeyType::from_type(&field.slot.ty).filter(|_| !field.slot.nullable);
            ty.ok_or_else(|| not(format!("its field {:?} is no string, long or boolean", field.name)))
        });
        types.collect()
    }

    fn other_kind(&self, field: &KeyField, (is, expected): (KeyType, KeyType)) -> String {
        let (name, is, expected) = (&field.name, is.named(), expected.plural());
        let since = if self.frozen.get().is_some() { "the keys of the topic have" } else { "the keys have" };
        format!("the key field {name:?} is {is}, and {since} {expected} there")
    }
}

/// `"id":7`
pub(super) fn member(name: &str, value: &str) -> String {
    format!("{}:{value}", quoted(name))
}

#[cfg(test)]
mod tests;
