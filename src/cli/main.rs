//! From the arguments to a command, and from its end to the exit code.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};

use super::args::{Cli, Command, Format, LogArgs};
use super::progress::Progress;
use super::report::{self, Exit};
use super::{audit, check, demo, import, offsets, plan, preview, run, schema, signal, state, topics};
use crate::model::Redactor;
use crate::telemetry::{self, LogFormat, LogOptions};

/// The whole program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let redactor = Redactor::default();
    let progress = Progress::new();
    start_log(&cli, &redactor, &progress);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            report::error(&anyhow::Error::new(error).context("cannot start the runtime"));
            return Exit::Failed.into();
        }
    };
    let exit = runtime.block_on(dispatch(cli, &redactor, &progress)).unwrap_or_else(|error| {
        report::error(&anyhow::anyhow!("{}", redactor.scrub(&format!("{error:#}"))));
        Exit::Failed
    });
    // A request that hangs must not hold the exit up.
    runtime.shutdown_timeout(Duration::from_millis(500));
    exit.into()
}

async fn dispatch(cli: Cli, redactor: &Redactor, progress: &Progress) -> anyhow::Result<Exit> {
    match cli.command {
        Command::Check(args) => check::check(&args, redactor),
        Command::Preview(args) => preview::preview(&args, redactor, progress).await,
        Command::Plan(args) => Box::pin(plan::plan(&args, redactor, progress)).await,
        Command::Audit(args) => Box::pin(audit::audit(&args, redactor, progress)).await,
        Command::Run(args) => run::run(&args, redactor, progress).await,
        Command::Signal(args) => signal::signal(&args, redactor).await,
        Command::Demo(args) => demo::demo(&args, redactor).await,
        Command::Import(args) => import::run(&args),
        Command::State(command) => state::state(&command, redactor, progress).await,
        Command::Topics(command) => topics::topics(&command, redactor).await,
        Command::Offsets(command) => offsets::offsets(&command, redactor).await,
        Command::Schema(command) => schema::schema(&command, redactor, progress).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "krest", &mut script);
            report::written(std::io::stdout().write_all(&script))?;
            Ok(Exit::Done)
        }
    }
}

/// The demo tells its own story and logs warnings only; `preview -v` shows each request.
fn start_log(cli: &Cli, redactor: &Redactor, progress: &Progress) {
    let default_filter = match &cli.command {
        Command::Demo(_) => "krest=error",
        Command::Preview(args) if args.verbose => "krest=debug",
        Command::Preview(_)
        | Command::Plan(_)
        | Command::Audit(_)
        | Command::Check(_)
        | Command::Import(_)
        | Command::Signal(_)
        | Command::State(_)
        | Command::Topics(_)
        | Command::Offsets(_)
        | Command::Schema(_) => "krest=warn",
        Command::Run(_) | Command::Completions { .. } => "info",
    };
    let progress = progress.clone();
    telemetry::init(LogOptions {
        format: log_format(&cli.log),
        colours: console::colors_enabled_stderr(),
        default_filter,
        redactor: redactor.clone(),
        output: Arc::new(move |lines| progress.print(lines)),
    });
}

fn log_format(args: &LogArgs) -> LogFormat {
    match args.log_format {
        Some(Format::Human) => LogFormat::Human,
        Some(Format::Json) => LogFormat::Json,
        None if std::io::stderr().is_terminal() => LogFormat::Human,
        None => LogFormat::Json,
    }
}
