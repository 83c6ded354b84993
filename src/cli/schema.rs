//! `krest schema`: what the values of resources look like, as their records say, or as it is remembered.

mod answer;
mod check;
mod table;

use std::io::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};

use super::admin::{Ended, failed, say};
use super::args_schema::{InferArgs, SchemaArgs, SchemaCommand, SchemaForm};
use super::check::load;
use super::progress::Progress;
use super::report::{self, Exit};
use super::run::watched_poller;
use super::tour::{Seen, Tour, chosen, roots};
use crate::admin;
use crate::model::{Redactor, ResourceName, SchemaOf};
use crate::plan::FilePlan;
use crate::poll::Poller;
use crate::schema::{Learned, Misfit, Slot, to_avro};
use crate::service;

pub(super) async fn schema(
    command: &SchemaCommand,
    redactor: &Redactor,
    progress: &Progress,
) -> anyhow::Result<Exit> {
    let done = match command {
        SchemaCommand::Infer(args) => infer(args, redactor, progress).await,
        SchemaCommand::Show(args) => show(args, redactor).await,
        SchemaCommand::Check(args) => check::check(args, redactor, progress).await,
    };
    Ended::exit(done)
}

async fn infer(args: &InferArgs, redactor: &Redactor, progress: &Progress) -> Result<Exit, Ended> {
    let (plan, wanted) = wanted(&args.schema, redactor)?;
    let mut learners: Vec<_> = plan.resources.iter().map(|listing| listing.format.learner()).collect();
    let poller = watched_poller(redactor, progress);
    let mut admit = |seen: &Seen<'_>, record: usize| match learners.get_mut(seen.read.listing) {
        Some(learner) => learner.learn_of(seen.text(record), &seen.listing.format.layout()),
        None => Ok(()),
    };
    let exit = read(&plan, (&wanted, args.records), &poller, &mut admit).await?;
    let learned = plan.resources.iter().zip(&learners).zip(&wanted).filter(|(_, wanted)| **wanted);
    let schemas = learned.map(|((listing, learner), _)| (listing.name.as_str(), learner.schema()));
    print(args.schema.output, &schemas.collect::<Vec<_>>()).map(|printed| exit.max(printed))
}

/// Gives each record of these resources to `admit`, a page and a place on it; `most`: so many of each, 0 for all.
async fn read(
    plan: &FilePlan,
    (wanted, most): (&[bool], usize),
    poller: &Poller,
    admit: &mut dyn FnMut(&Seen<'_>, usize) -> Result<(), Misfit>,
) -> Result<Exit, Ended> {
    let stop = service::on_signals().map_err(anyhow::Error::from)?;
    let mut exit = Exit::Done;
    for root in roots(plan) {
        let mut tour = Tour::new(plan, root, (wanted, most));
        let mut learn = |seen: &Seen<'_>| Ok(learn(seen, admit));
        exit = exit.max(tour.go(poller, &stop, &mut learn).await);
        if stop.is_cancelled() {
            return Err(Exit::Failed.into());
        }
    }
    Ok(exit)
}

/// Whether every record fits.
#[expect(clippy::print_stderr, reason = "the command's own output")]
fn learn(seen: &Seen<'_>, admit: &mut dyn FnMut(&Seen<'_>, usize) -> Result<(), Misfit>) -> bool {
    let Seen { listing, read, count } = seen;
    let mut good = true;
    for index in (0..*count).filter(|index| !read.deleted.contains(*index)) {
        if let Err(misfit) = admit(seen, index) {
            let (name, page, record) = (&listing.name, read.page.number, index + 1);
            eprintln!("krest: resource {name}, page {page}, record {record}: {misfit}");
            good = false;
        }
    }
    good
}

async fn show(args: &SchemaArgs, redactor: &Redactor) -> Result<Exit, Ended> {
    let (plan, wanted) = wanted(args, redactor)?;
    let forms: Vec<_> = plan.resources.iter().map(|listing| Arc::clone(&listing.format.schema)).collect();
    let names: Vec<String> = chosen_names(&plan, &wanted).map(str::to_owned).collect();
    let forms: Vec<_> = forms.into_iter().zip(&wanted).filter(|(_, wanted)| **wanted).collect();
    let plan = plan.into_connector().map_err(|problem| {
        report::error(&anyhow::anyhow!("{}: {problem}", args.file.display()));
        Exit::Usage
    })?;
    let cluster = admin::connect(&plan.kafka).await.map_err(|error| failed(&error, redactor))?;
    let stored = admin::remembered_schemas(&cluster).await.map_err(|error| failed(&error, redactor))?;
    let mut known = Vec::with_capacity(names.len());
    for (name, (form, _)) in names.iter().zip(forms) {
        let remembered =
            stored.get(&(ResourceName::new(name), SchemaOf::Value)).map(|memory| memory.shape.as_str());
        let learned =
            Learned::new(form, remembered).map_err(|error| anyhow::anyhow!("resource {name}: {error}"))?;
        known.push((name.as_str(), learned));
    }
    let schemas: Vec<_> = known.iter().map(|(name, learned)| (*name, learned.record())).collect();
    if schemas.iter().all(|(_, schema)| schema.is_none()) {
        say("no schema is remembered: values have one where format.value says so, from the first one on");
    }
    print(args.output, &schemas)
}

/// The file's plan, and which of its resources are meant.
fn wanted(args: &SchemaArgs, redactor: &Redactor) -> Result<(FilePlan, Vec<bool>), Exit> {
    let plan = load(&args.file, redactor).ok_or(Exit::Usage)?;
    let wanted = chosen(&args.file, &args.resources, &plan).ok_or(Exit::Usage)?;
    if args.output == SchemaForm::Avsc && wanted.iter().filter(|wanted| **wanted).count() != 1 {
        report::error(&anyhow::anyhow!("a file holds one schema: name one resource with -r"));
        return Err(Exit::Usage);
    }
    Ok((plan, wanted))
}

fn chosen_names<'p>(plan: &'p FilePlan, wanted: &'p [bool]) -> impl Iterator<Item = &'p str> {
    let named = plan.resources.iter().zip(wanted).filter(|(_, wanted)| **wanted);
    named.map(|(listing, _)| listing.name.as_str())
}

fn print(form: SchemaForm, schemas: &[(&str, Option<&Slot>)]) -> Result<Exit, Ended> {
    let mut text = String::new();
    for (name, schema) in schemas {
        match form {
            SchemaForm::Table => table::tell(name, *schema, &mut text),
            SchemaForm::Json => {
                let schema = avro(*schema)?;
                text.push_str(&format!("{}\n", json!({"resource": name, "schema": schema})));
            }
            SchemaForm::Avsc => {
                let schema = avro(*schema)?;
                if schema.is_null() {
                    report::error(&anyhow::anyhow!("resource {name}: nothing is known of its values"));
                    return Ok(Exit::Failed);
                }
                text.push_str(&format!("{schema:#}\n"));
            }
        }
    }
    report::written(std::io::stdout().write_all(text.as_bytes()))?;
    Ok(Exit::Done)
}

fn avro(schema: Option<&Slot>) -> anyhow::Result<Value> {
    Ok(schema.map(to_avro).transpose()?.unwrap_or_default())
}
