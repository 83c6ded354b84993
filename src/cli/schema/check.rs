//! `krest schema check`: the schemas that values are written by next, and what the registry says to them. Nothing is registered.

use std::collections::BTreeMap;
use std::io::Write as _;

use super::super::admin::{Ended, failed, say};
use super::super::args_admin::Output;
use super::super::args_schema::CheckArgs;
use super::super::check::load;
use super::super::progress::Progress;
use super::super::report::{self, Exit};
use super::super::run::watched_poller;
use super::super::tour::chosen;
use super::answer::{Answer, Said};
use super::read;
use crate::admin::{self, AdminError, Examiner};
use crate::encode::Values;
use crate::model::{Redactor, SchemaMemory};
use crate::plan::{FilePlan, Listing};

pub(super) async fn check(args: &CheckArgs, redactor: &Redactor, progress: &Progress) -> Result<Exit, Ended> {
    let file = &args.which.file;
    let plan = load(file, redactor).ok_or(Exit::Usage)?;
    let wanted = chosen(file, &args.which.resources, &plan).ok_or(Exit::Usage)?;
    let asks = |(listing, wanted): (&Listing, &bool)| *wanted && listing.format.value.is_of_registry();
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
        schemas.push(examination.begin(listing, *asked, known.get(listing.name.as_str())).await?);
    }
    let to_read: Vec<bool> = schemas.iter().map(|next| next.reads).collect();
    let mut admit = |listing: &Listing, place: usize, record: &str| match schemas.get_mut(place) {
        Some(next) => next.values.learn(record, &listing.format.look()),
        None => Ok(()),
    };
    let poller = watched_poller(redactor, progress);
    exit = exit.max(read(&plan, (&to_read, 0), &poller, &mut admit).await?);
    let mut answers = Vec::with_capacity(plan.resources.len());
    for (next, _) in schemas.into_iter().zip(&wanted).filter(|(_, wanted)| **wanted) {
        answers.push(examination.answer(next).await);
    }
    print(args.output, &answers)?;
    let good = answers.iter().all(|answer| answer.said.is_good());
    Ok(if good { exit } else { exit.max(Exit::Failed) })
}

/// What is remembered of the schemas, by the resources' names. Without it the API's records say what they can.
async fn remembered(plan: &FilePlan, redactor: &Redactor) -> (BTreeMap<String, SchemaMemory>, Exit) {
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

struct Examination<'e> {
    /// `None`: there is nothing to ask one about.
    examiner: Option<&'e Examiner>,
    redactor: &'e Redactor,
}

impl Examination<'_> {
    /// With what is remembered; where the newest schema of the subject counts, with that.
    async fn begin<'p>(
        &self,
        listing: &'p Listing,
        asked: bool,
        known: Option<&SchemaMemory>,
    ) -> Result<Next<'p>, Ended> {
        let values = listing.format.values(known);
        let values = values.map_err(|error| anyhow::anyhow!("resource {}: {error}", listing.name))?;
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

    async fn answer(&self, next: Next<'_>) -> Answer {
        let Next { listing, values, said, subject, reads: _ } = next;
        let named = values.named().map(|(subject, schema)| (subject.to_owned(), schema.clone()));
        let said = match (said, self.examiner, &named) {
            (Some(said), _, _) => said,
            (None, Some(examiner), Some((subject, schema))) => {
                match examiner.opinion(subject, schema).await {
                    Ok(opinion) => Said::Opinion(opinion),
                    Err(error) => self.unknown(&error),
                }
            }
            (None, _, _) if listing.format.value.is_of_registry() => Said::Nothing,
            (None, _, _) => Said::NotAsked,
        };
        let slot = values.schema().cloned();
        let (of_schema, schema) = named.unzip();
        Answer { resource: listing.name.to_string(), subject: subject.or(of_schema), slot, schema, said }
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
