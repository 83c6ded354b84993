//! `krest import`: a Python file with a dlt REST API source → a krest configuration on stdout.

use std::io::Write as _;
use std::path::Path;

use super::args::ImportArgs;
use super::report::{self, Exit};
use crate::import::{Request, Settings, import};

pub(super) fn run(args: &ImportArgs) -> anyhow::Result<Exit> {
    let shown = args.file.display().to_string();
    let text = match read(&args.file) {
        Ok(text) => text,
        Err(problem) => return Ok(refused(&format!("{shown}: {problem}"))),
    };
    let settings = Settings::beside(&args.file);
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let source = args.source.as_deref();
    match import(Request { text: &text, file: &name, settings: &settings, source }) {
        Ok(document) => {
            report::written(std::io::stdout().write_all(document.as_bytes()))?;
            Ok(Exit::Done)
        }
        Err(error) => Ok(refused(&format!("{shown}{error}"))),
    }
}

fn read(file: &Path) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("the file cannot be read: {error}"))?;
    String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())
}

#[expect(clippy::print_stderr, reason = "shown as it is, whatever form the log has")]
fn refused(problem: &str) -> Exit {
    eprintln!("{problem}");
    Exit::Usage
}
