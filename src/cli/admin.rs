//! What `topics`, `offsets` and `state` share: a file's plan, the resources that were named, how an error ends a command.

use super::args_admin::Which;
use super::check::load;
use super::report::{self, Exit};
use crate::admin::AdminError;
use crate::model::Redactor;
use crate::plan::{ConnectorPlan, ResourcePlan};
use crate::state::{Directory, DirectoryError};

/// A command that does not come to its end.
pub(super) enum Ended {
    /// It was said why.
    Exit(Exit),
    Error(anyhow::Error),
}

impl Ended {
    /// How the program ends.
    pub(super) fn exit(done: Result<Exit, Self>) -> anyhow::Result<Exit> {
        match done {
            Ok(exit) | Err(Self::Exit(exit)) => Ok(exit),
            Err(Self::Error(error)) => Err(error),
        }
    }
}

impl From<Exit> for Ended {
    fn from(exit: Exit) -> Self {
        Self::Exit(exit)
    }
}

impl From<anyhow::Error> for Ended {
    fn from(error: anyhow::Error) -> Self {
        Self::Error(error)
    }
}

/// The plan of a file that has a `kafka:` block, or what is wrong with it on stderr.
pub(super) fn plan_of(which: &Which, redactor: &Redactor) -> Result<ConnectorPlan, Exit> {
    let plan = load(&which.file, redactor).ok_or(Exit::Usage)?;
    plan.into_connector().map_err(|problem| {
        report::error(&anyhow::anyhow!("{}: {problem}", which.file.display()));
        Exit::Usage
    })
}

/// The published resources that were asked for, in the order of the file.
pub(super) fn chosen<'p>(which: &Which, plan: &'p ConnectorPlan) -> Result<Vec<&'p ResourcePlan>, Exit> {
    let known = |name: &String| plan.resources.iter().any(|resource| resource.name.as_str() == name);
    if let Some(unknown) = which.resources.iter().find(|name| !known(name)) {
        let names: Vec<&str> = plan.resources.iter().map(|resource| resource.name.as_str()).collect();
        report::error(&anyhow::anyhow!(
            "there is no resource {unknown:?} with a topic; {} has {}",
            which.file.display(),
            names.join(", ")
        ));
        return Err(Exit::Usage);
    }
    let wanted = |resource: &&ResourcePlan| {
        which.resources.is_empty() || which.resources.iter().any(|name| name == resource.name.as_str())
    };
    Ok(plan.resources.iter().filter(wanted).collect())
}

/// Kafka cannot be asked, or refuses: said on stderr.
pub(super) fn failed(error: &AdminError, redactor: &Redactor) -> Exit {
    let exit = if error.is_refusal() { Exit::Usage } else { Exit::Failed };
    report::error(&anyhow::anyhow!("{}", redactor.scrub(&error.to_string())));
    exit
}

/// A remark that is no result.
#[expect(clippy::print_stderr, reason = "the command's own words")]
pub(super) fn say(text: &str) {
    eprintln!("krest: {text}");
}

/// The connector's directory for this command alone; exit code 4 where another process has it.
pub(super) fn claim(plan: &ConnectorPlan) -> Result<Directory, Exit> {
    Directory::claim(&plan.state.dir, &plan.name).map_err(refused)
}

/// What is said of a directory that cannot be had.
pub(super) fn refused(error: DirectoryError) -> Exit {
    let exit = match &error {
        DirectoryError::InUse { .. } => Exit::InUse,
        DirectoryError::Unusable { .. } => Exit::Usage,
    };
    report::error(&error.into());
    exit
}
