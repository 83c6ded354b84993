//! `krest check`: every mistake of every file; contacts nobody.

use std::path::Path;

use super::args::CheckArgs;
use super::report::{self, Exit};
use crate::config::Config;
use crate::model::Redactor;
use crate::plan::FilePlan;

#[expect(clippy::print_stderr, reason = "the command's own output")]
pub(super) fn check(args: &CheckArgs, redactor: &Redactor) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for file in &args.files {
        match load(file, redactor) {
            Some(plan) => {
                for note in &plan.notes {
                    eprintln!("{note}");
                }
                let count = plan.resources.len();
                let plural = if count == 1 { "resource" } else { "resources" };
                let (file, name) = (file.display(), &plan.name);
                report::line(format_args!("{file}: connector {name}, {count} {plural}: no mistakes"))?;
            }
            None => exit = Exit::Usage,
        }
    }
    Ok(exit)
}

/// A file's plan; or what is wrong with it on stderr.
#[expect(clippy::print_stderr, reason = "mistakes are shown as they are, whatever form the log has")]
pub(super) fn load(file: &Path, redactor: &Redactor) -> Option<FilePlan> {
    let shown = file.display().to_string();
    let plan = match Config::load(file, redactor) {
        Ok(config) => {
            FilePlan::compile(&shown, &config, redactor).map_err(|error| format!("{shown}: {error}"))
        }
        Err(mistakes) => Err(mistakes.to_string()),
    };
    plan.map_err(|problem| eprintln!("{}", redactor.scrub(&problem))).ok()
}
