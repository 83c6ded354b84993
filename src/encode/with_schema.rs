//! Values that have a schema: what is learned of it, what stands in front of every value, and the id that a registry gives it.

use super::{avro, connect, json_sr};
use crate::model::{HEADER_BYTES, Json, KnownId, SchemaId, SchemaKind, SchemaMemory, SchemaText, Subject};
use crate::schema::{Given, Learned, Misfit, Slot, to_avro, to_json_schema};

use super::values::ValueForm;

/// Where a schema gets its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Which registry, without credentials: an id means nothing elsewhere.
    pub registry: String,
    pub subject: Subject,
    /// The schema is the newest that the subject has, whatever the records show.
    pub latest: bool,
}

/// What makes values that have a schema.
#[derive(Clone, Debug)]
pub struct WithSchema {
    form: ValueForm,
    learned: Learned,
    /// `None`: nothing is known of the schema yet.
    front: Option<Result<Front, Misfit>>,
    /// As it was before it learned what has no id yet.
    before: Option<Box<Self>>,
    /// The id is to be remembered.
    news: bool,
}

/// What stands in front of every value.
#[derive(Clone, Debug)]
enum Front {
    /// The schema itself.
    Text(String),
    Id(Registering),
}

/// A schema that is named by its id.
#[derive(Clone, Debug)]
struct Registering {
    subject: String,
    schema: SchemaText,
    /// `None`: the registry was not asked yet.
    id: Option<SchemaId>,
}

/// A record, what is written of it if that is more, and how many bytes its value may have.
pub(super) type Lesson<'r> = (&'r str, Option<String>, usize);

impl WithSchema {
    /// `known`: the id of an earlier schema; it counts if that is the same one.
    pub(super) fn new(form: &ValueForm, learned: Learned, known: Option<&KnownId>) -> Self {
        let front = learned.schema().and_then(|slot| front(form, (&learned, slot), known).transpose());
        Self { form: form.clone(), learned, front, before: None, news: false }
    }

    /// Of the record in a value.
    pub(super) fn schema(&self) -> Option<&Slot> {
        self.learned.record()
    }

    /// Whether it is somebody else's schema, for all that values have.
    pub(super) fn is_given(&self) -> bool {
        self.learned.given().is_some()
    }

    pub(super) fn form(&self) -> &ValueForm {
        &self.form
    }

    /// Whether a record adds nothing to the schema.
    pub(super) fn covers(&self, record: &str) -> bool {
        self.learned.covers(Json::trusted(record))
    }

    /// All at once, or else each half for itself: what cannot be learned is found in few steps. In their order, since it counts where
    /// records contradict each other. Whether all of them were learned.
    pub(super) fn learn(&mut self, records: &[Lesson<'_>]) -> bool {
        if self.learns_at_once(records) {
            return true;
        }
        let (first, rest) = records.split_at(records.len() / 2);
        if !first.is_empty() {
            self.learn(first);
            self.learn(rest);
        }
        false
    }

    /// If every one of them can be written then.
    fn learns_at_once(&mut self, records: &[Lesson<'_>]) -> bool {
        let all: Vec<Json<'_>> = records.iter().map(|(record, ..)| Json::trusted(record)).collect();
        let Ok(learned) = self.learned.grown_by(&all) else { return false };
        let Some(learned) = learned else { return true };
        let grown = Self::new(&self.form, learned, None);
        let fits = |(record, text, largest): &Lesson<'_>| {
            grown.length(text.as_deref().unwrap_or(record)).is_ok_and(|bytes| bytes <= *largest)
        };
        let all_fit = records.iter().all(fits);
        if all_fit {
            self.grow(grown);
        }
        all_fit
    }

    /// See `Values::admit`. `text`: the record, or the envelope around it.
    pub(super) fn admit(&mut self, (record, text): (&str, &str), largest: usize) -> Result<usize, Misfit> {
        let Some(learned) = self.learned.grown(Json::trusted(record))? else { return self.length(text) };
        let grown = Self::new(&self.form, learned, None);
        let bytes = grown.length(text)?; // else nothing was learned
        if bytes <= largest {
            self.grow(grown);
        }
        Ok(bytes)
    }

    /// Of the value of a record that adds nothing to the schema.
    pub(super) fn length(&self, text: &str) -> Result<usize, Misfit> {
        self.text(text, SchemaId(0)).map(|value| value.len())
    }

    fn grow(&mut self, mut grown: Self) {
        let before = self.before.take();
        std::mem::swap(self, &mut grown);
        self.before = before.or_else(|| Some(Box::new(grown)));
    }

    pub(super) fn write(&self, record: &str) -> Result<Vec<u8>, Misfit> {
        let id = match &self.front {
            Some(Ok(Front::Id(registering))) => {
                registering.id.ok_or_else(|| Misfit::new("has a schema without an id"))?
            }
            Some(Ok(Front::Text(_)) | Err(_)) | None => SchemaId(0),
        };
        self.text(record, id)
    }

    fn text(&self, record: &str, id: SchemaId) -> Result<Vec<u8>, Misfit> {
        let unknown = || Misfit::new("is null, and nothing is known of its type");
        let slot = self.learned.schema().ok_or_else(unknown)?;
        let front = self.front.as_ref().ok_or_else(unknown)?.as_ref().map_err(Clone::clone)?;
        let record_json = Json::trusted(record);
        match front {
            Front::Text(head) => {
                let mut text = String::with_capacity(head.len() + record.len() + 1);
                text.push_str(head);
                connect::write_payload(slot, record_json, &mut text)?;
                text.push('}');
                Ok(text.into_bytes())
            }
            Front::Id(registering) => {
                let mut bytes = Vec::with_capacity(HEADER_BYTES + record.len());
                bytes.extend(id.header());
                match registering.schema.kind {
                    SchemaKind::Avro => avro::write_avro(slot, record_json, &mut bytes)?,
                    SchemaKind::Json => {
                        let mut text = String::with_capacity(record.len());
                        json_sr::write_json(slot, record_json, &mut text)?;
                        bytes.extend_from_slice(text.as_bytes());
                    }
                }
                Ok(bytes)
            }
        }
    }

    /// The subject whose newest schema is to be taken before anything is learned.
    pub(super) fn awaited(&self) -> Option<String> {
        let (ValueForm::Avro(home) | ValueForm::JsonSchema(home)) = &self.form else { return None };
        let awaits = home.latest && self.learned.given().is_none();
        awaits.then(|| home.subject.name(&self.learned.name()))
    }

    /// This is its newest schema.
    pub(super) fn take(&mut self, given: Given, id: SchemaId) {
        let learned = self.learned.with_given(given);
        *self = Self::new(&self.form, learned, None);
        self.registered(id);
    }

    pub(super) fn named(&self) -> Option<(&str, &SchemaText)> {
        let registering = self.registering()?;
        Some((&registering.subject, &registering.schema))
    }

    pub(super) fn unregistered(&self) -> Option<(&str, &SchemaText)> {
        self.registering().filter(|registering| registering.id.is_none())?;
        self.named()
    }

    fn registering(&self) -> Option<&Registering> {
        match &self.front {
            Some(Ok(Front::Id(registering))) => Some(registering),
            Some(Ok(Front::Text(_)) | Err(_)) | None => None,
        }
    }

    pub(super) fn registered(&mut self, id: SchemaId) {
        if let Some(Ok(Front::Id(registering))) = &mut self.front {
            registering.id = Some(id);
            (self.before, self.news) = (None, true);
        }
    }

    pub(super) fn refused(&mut self) {
        if let Some(before) = self.before.take() {
            *self = *before;
            self.tell_again(); // nobody has noted what of it was told
        }
    }

    pub(super) fn news(&mut self) -> Option<SchemaMemory> {
        let learned = self.learned.news();
        if !std::mem::take(&mut self.news) && learned.is_none() {
            return None;
        }
        let shape = learned.unwrap_or_else(|| self.learned.told());
        Some(SchemaMemory { shape, registered: self.known_id() })
    }

    pub(super) fn tell_again(&mut self) {
        self.learned.tell_again();
        self.news = self.known_id().is_some();
    }

    fn known_id(&self) -> Option<KnownId> {
        let (ValueForm::Avro(home) | ValueForm::JsonSchema(home)) = &self.form else { return None };
        let Registering { subject, schema, id } = self.registering()?;
        Some(KnownId {
            registry: home.registry.clone(),
            subject: subject.clone(),
            schema: schema.fingerprint(),
            id: (*id)?,
        })
    }
}

fn front(
    form: &ValueForm,
    (learned, slot): (&Learned, &Slot),
    known: Option<&KnownId>,
) -> Result<Option<Front>, Misfit> {
    #[cfg(test)]
    super::tests::FRONTS.set(super::tests::FRONTS.get() + 1);
    let (home, schema) = match form {
        ValueForm::Own => return Ok(None),
        ValueForm::Connect => {
            let head = format!(r#"{{"schema":{},"payload":"#, connect::schema(slot));
            return Ok(Some(Front::Text(head)));
        }
        ValueForm::Avro(home) => {
            let written = || to_avro(slot).map_err(|error| Misfit::new(error.to_string()));
            let text = match learned.given() {
                Some(given) => given.text.clone(),
                None => written()?.to_string(),
            };
            (home, SchemaText::avro(&text))
        }
        ValueForm::JsonSchema(home) => (home, SchemaText::json(&to_json_schema(slot).to_string())),
    };
    let subject = home.subject.name(&learned.name());
    let same = |known: &&KnownId| {
        known.registry == home.registry && known.subject == subject && known.schema == schema.fingerprint()
    };
    let id = known.filter(same).map(|known| known.id);
    Ok(Some(Front::Id(Registering { subject, schema, id })))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::values::Values;
    use super::*;
    use crate::model::SchemaOf;
    use crate::schema::{Plan, Rules};

    fn of_registry(plan: &Arc<Plan>, remembered: Option<&SchemaMemory>) -> Values {
        let subject = Subject::Topic { topic: "shop.users".to_owned(), of: SchemaOf::Value };
        let home = Home { registry: "http://r:8081".to_owned(), subject, latest: false };
        Values::new(&ValueForm::Avro(home), plan, remembered).unwrap()
    }

    fn plan() -> Arc<Plan> {
        Arc::new(Plan {
            rules: Rules { name: "shop.users.Value".to_owned(), ..Rules::default() },
            given: None,
        })
    }

    #[test]
    fn a_value_that_names_its_schema_has_an_id_in_front_and_cannot_be_written_before_there_is_one() {
        let mut values = of_registry(&plan(), None);
        assert_eq!(values.unregistered(), None, "nothing is known of it");
        assert_eq!(values.admit(r#"{"a":1}"#, usize::MAX), Ok(5 + 2));
        let (subject, schema) = values.unregistered().unwrap();
        assert_eq!((subject, schema.kind), ("shop.users-value", SchemaKind::Avro));
        assert!(schema.text.contains(r#""name":"shop.users.Value""#), "{}", schema.text);
        assert!(values.write(r#"{"a":1}"#).is_err());
        values.registered(SchemaId(7));
        assert_eq!(values.unregistered(), None);
        assert_eq!(values.write(r#"{"a":1}"#).unwrap().unwrap(), &[0, 0, 0, 0, 7, 2, 2][..]);
    }

    #[test]
    fn an_id_is_remembered_with_its_schema_and_counts_for_that_one_alone() {
        let mut values = of_registry(&plan(), None);
        values.admit(r#"{"a":1}"#, usize::MAX).unwrap();
        values.registered(SchemaId(7));
        let told = values.news().unwrap();
        assert_eq!((told.registered.as_ref().unwrap().id, values.news()), (SchemaId(7), None));
        let again = of_registry(&plan(), Some(&told));
        assert!(again.unregistered().is_none() && again.write(r#"{"a":1}"#).is_ok());
        let mut grown = of_registry(&plan(), Some(&told));
        grown.admit(r#"{"b":1}"#, usize::MAX).unwrap();
        assert!(grown.unregistered().is_some());
        for change in [
            |known: &mut KnownId| known.registry.push('x'),
            |known: &mut KnownId| known.subject.push('x'),
            |known: &mut KnownId| known.schema.push('x'),
        ] {
            let mut other = told.clone();
            other.registered.iter_mut().for_each(change);
            assert!(of_registry(&plan(), Some(&other)).unregistered().is_some());
        }
    }

    #[test]
    fn what_the_registry_refuses_was_never_learned() {
        let mut values = of_registry(&plan(), None);
        values.admit(r#"{"a":1}"#, usize::MAX).unwrap();
        values.registered(SchemaId(7));
        let told = values.news();
        values.admit(r#"{"a":1,"b":1}"#, usize::MAX).unwrap();
        values.admit(r#"{"a":1.5}"#, usize::MAX).unwrap();
        assert!(values.unregistered().is_some());
        values.refused();
        assert!(values.unregistered().is_none() && values.write(r#"{"a":1}"#).is_ok());
        assert_eq!(values.news(), told, "as it was, to be told once more");
    }
}
