//! `krest schema check`: the schemas that values are written by next, and what the registry says to them. Nothing is registered.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write as _;

use super::super::admin::{Ended, failed, say};
use super::super::args_admin::Output;
use super::super::args_schema::CheckArgs;
use super::super::check::load;
use super::super::progress::Progress;
use super::super::report::{self, Exit};
use super::super::run::watched_poller;
use super::super::tour::{Seen, chosen};
use super::answer::{Answer, Said};
use super::read;
use crate::admin::{self, AdminError, Examiner};
use crate::encode::Values;
use crate::model::{Redactor, ResourceName, SchemaMemory, SchemaOf, SchemaText};
use crate::plan::{FilePlan, Listing};
use crate::schema::Misfit;

pub(super) async fn check(args: &CheckArgs, redactor: &Redactor, progress: &Progress) -> Result<Exit, Ended> {
    let file = &args.which.file;
    let plan = load(file, redactor).ok_or(Exit::Usage)?;
    let wanted = chosen(file, &args.which.resources, &plan).ok_or(Exit::Usage)?;
    let asks = |(listing, wanted): (&Listing, &bool)| *wanted && names_schemas(listing);
    let asked: Vec<bool> = plan.resources.iter().zip(&wanted).map(asks).collect();
    let examiner =
        plan.registry().map(Examiner::new).transpose().map_err(|error| failed(&error, redactor))?;
    let examiner = examiner.filter(|_| asked.contains(&true));
    let (known, mut exit) = match &examiner {
        Some(_) => remembered(&plan, redactor).await,
        None => (BTreeMap::new(), Exit::Done),
    };
    let examination = Examination { examiner: examiner.as_ref(), redactor };
    let mut schemas = Vec::with_capacity(plan.resources.len());
    for (listing, asked) in plan.resources.iter().zip(&asked) {
        schemas.push(examination.begin(listing, *asked, &known).await?);
    }
    let to_read: Vec<bool> = schemas.iter().map(|next| next.reads).collect();
    let mut admit = |seen: &Seen<'_>, record: usize| match schemas.get_mut(seen.read.listing) {
        Some(next) => next.learn(seen, record),
        None => Ok(()),
    };
    let poller = watched_poller(redactor, progress);
    exit = exit.max(read(&plan, (&to_read, 0), &poller, &mut admit).await?);
    let mut answers = Vec::with_capacity(plan.resources.len());
    for (next, _) in schemas.into_iter().zip(&wanted).filter(|(_, wanted)| **wanted) {
        let key = examination.of_key(next.listing).await;
        answers.push(examination.of_value(next).await);
        answers.extend(key);
    }
    print(args.output, &answers)?;
    let good = answers.iter().all(|answer| answer.said.is_good());
    Ok(if good { exit } else { exit.max(Exit::Failed) })
}

/// Whether a registry gives the schema of its keys or values an id.
fn names_schemas(listing: &Listing) -> bool {
    listing.format.value.is_of_registry() || listing.format.keys.avro().is_some()
}

type Known = BTreeMap<(ResourceName, SchemaOf), SchemaMemory>;

/// What is remembered of the schemas. Without it the API's records say what they can.
async fn remembered(plan: &FilePlan, redactor: &Redactor) -> (Known, Exit) {
    let Some(settings) = plan.kafka() else {
        say("there is no `kafka:` block: what is remembered of the schemas is not known");
        return (BTreeMap::new(), Exit::Done);
    };
    let stored = async {
        let cluster = admin::connect(settings).await?;
        admin::remembered_schemas(&cluster).await
    };
    match stored.await {
        Ok(stored) => (stored, Exit::Done),
        Err(error) => {
            let exit = failed(&error, redactor);
            say("what is remembered of the schemas is not known: this is what the records say alone");
            (BTreeMap::new(), exit)
        }
    }
}

/// The schema of a resource's values while it is looked at.
struct Next<'p> {
    listing: &'p Listing,
    values: Values,
    /// Its records have something to say to it.
    reads: bool,
    /// It is known without being asked about.
    said: Option<Said>,
    /// Where the registry has, or would have it.
    subject: Option<String>,
}

impl Next<'_> {
    /// From a record that would be published.
    fn learn(&mut self, seen: &Seen<'_>, record: usize) -> Result<(), Misfit> {
        let Listing { reader, format, .. } = self.listing;
        self.values.learn_of(seen.text(record), &format.layout())?;
        // Without a key it is named by others.
        if let Ok(record) = reader.record(&seen.read.page, record) {
            format.keys.len(&record.key).map_err(Misfit::new)?;
            format.keys.learn(&record.key);
        }
        Ok(())
    }
}

struct Examination<'e> {
    /// `None`: there is nothing to ask one about.
    examiner: Option<&'e Examiner>,
    redactor: &'e Redactor,
}

impl Examination<'_> {
    /// With what is remembered; where the newest schema of the subject counts, with that.
    async fn begin<'p>(&self, listing: &'p Listing, asked: bool, known: &Known) -> Result<Next<'p>, Ended> {
        let known = |of| known.get(&(listing.name.clone(), of));
        let named = |error: &dyn Display| anyhow::anyhow!("resource {}: {error}", listing.name);
        if let Some((keys, memory)) = listing.format.keys.avro().zip(known(SchemaOf::Key)) {
            keys.remember(memory).map_err(|error| named(&error))?;
        }
        let values = listing.format.values(known(SchemaOf::Value)).map_err(|error| named(&error))?;
        let next = Next { listing, values, reads: asked, said: None, subject: None };
        Ok(match (self.examiner.filter(|_| asked), next.values.awaited()) {
            (Some(examiner), Some(subject)) => self.with_newest(next, examiner, subject).await,
            (_, _) => next,
        })
    }

    async fn with_newest<'p>(&self, mut next: Next<'p>, examiner: &Examiner, subject: String) -> Next<'p> {
        let said = match examiner.newest(&subject).await {
            Err(error) => self.unknown(&error),
            Ok(None) => Said::NoNewest,
            Ok(Some(newest)) => match next.values.take(&newest.schema, newest.id) {
                Err(why) => Said::Unusable { version: newest.version, why: why.to_string() },
                Ok(()) => Said::Newest { id: newest.id, version: newest.version },
            },
        };
        next.reads = said.is_good();
        Next { said: Some(said), subject: Some(subject), ..next }
    }

    /// `None`: keys name no schema.
    async fn of_key(&self, listing: &Listing) -> Option<Answer> {
        let keys = listing.format.keys.avro()?;
        let (subject, schema) = (keys.subject(), keys.named());
        let said = match (self.examiner, &schema) {
            (Some(examiner), Some(schema)) => self.opinion(examiner, (&subject, schema)).await,
            (_, _) => Said::Nothing,
        };
        let (resource, of) = (listing.name.to_string(), SchemaOf::Key);
        Some(Answer { resource, of, subject: Some(subject), slot: None, schema, said })
    }

    async fn opinion(&self, examiner: &Examiner, (subject, schema): (&str, &SchemaText)) -> Said {
        match examiner.opinion(subject, schema).await {
            Ok(opinion) => Said::Opinion(opinion),
            Err(error) => self.unknown(&error),
        }
    }

    async fn of_value(&self, next: Next<'_>) -> Answer {
        let Next { listing, values, said, subject, reads: _ } = next;
        let named = values.named().map(|(subject, schema)| (subject.to_owned(), schema.clone()));
        let said = match (said, self.examiner, &named) {
            (Some(said), _, _) => said,
            (None, Some(examiner), Some((subject, schema))) => {
                self.opinion(examiner, (subject, schema)).await
            }
            (None, _, _) if listing.format.value.is_of_registry() => Said::Nothing,
            (None, _, _) => Said::NotAsked,
        };
        let slot = values.schema().cloned();
        let (of_schema, schema) = named.unzip();
        let (resource, of) = (listing.name.to_string(), SchemaOf::Value);
        Answer { resource, of, subject: subject.or(of_schema), slot, schema, said }
    }

    /// Said on stderr.
    fn unknown(&self, error: &AdminError) -> Said {
        failed(error, self.redactor);
        Said::Unknown
    }
}

/// The newest schema of a subject, to write values by.
fn print(form: Output, answers: &[Answer]) -> Result<(), Ended> {
    let mut text = String::new();
    for answer in answers {
        match form {
            Output::Table => answer.tell(&mut text),
            Output::Json => text.push_str(&format!("{}\n", answer.line())),
        }
    }
    Ok(report::written(std::io::stdout().write_all(text.as_bytes()))?)
}
