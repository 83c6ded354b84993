//! The whole text: which source, its variables, what has to be known about it, and the configuration.

use super::carry::Carry;
use super::error::ImportError;
use super::interpret::{Found, Note, Outcome, interpret};
use super::python::parse;
use super::secrets::Variable;
use super::settings::Settings;
use super::yaml::{scalar, write};

/// Larger files are no sources, and deep chains of operators in them would need much memory.
const LARGEST: usize = 2 << 20;

const SCHEMA: &str = "# yaml-language-server: $schema=../schemas/krest.schema.json\n";

const KAFKA: &str = "
# To run it, fill this in:
# kafka:
#   bootstrap.servers: 127.0.0.1:9092
";

/// What to import.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The Python file's text.
    pub text: &'r str,
    /// Its name, for comments.
    pub file: &'r str,
    pub settings: &'r Settings,
    /// Which source, where there are several: its name, or its line.
    pub source: Option<&'r str>,
}

/// The configuration that a Python file holds, as YAML. The file is not executed.
pub fn import(request: Request<'_>) -> Result<String, ImportError> {
    if request.text.len() > LARGEST {
        return Err(ImportError::TooLarge(LARGEST));
    }
    let text = request.text.strip_prefix('\u{feff}').unwrap_or(request.text);
    let module = parse(text).map_err(|error| ImportError::Syntax {
        line: error.line,
        column: error.column,
        message: error.message,
    })?;
    let outcome = interpret(&module);
    let source = choose(&outcome, request.source)?;
    document(source, &outcome, request)
}

fn choose<'o>(outcome: &'o Outcome, asked: Option<&str>) -> Result<&'o Found, ImportError> {
    let sources = &outcome.sources;
    let known = || sources.iter().map(|source| format!("{} (line {})", label(source), source.line)).collect();
    match (asked, sources.as_slice()) {
        (_, []) => Err(ImportError::Nothing),
        (None, [one]) => Ok(one),
        (None, _) => Err(ImportError::Several(known())),
        (Some(asked), _) => sources
            .iter()
            .find(|source| label(source) == asked || source.line.to_string() == asked)
            .ok_or_else(|| ImportError::Unknown { asked: asked.to_owned(), known: known() }),
    }
}

/// What a source is called where there are several.
fn label(source: &Found) -> String {
    let name = source.name.as_ref().or(source.function.as_ref()).or(source.variable.as_ref());
    name.cloned().unwrap_or_else(|| source.line.to_string())
}

fn document(source: &Found, outcome: &Outcome, request: Request<'_>) -> Result<String, ImportError> {
    let Some(map) = source.config.as_map() else {
        let why = source.config.why_lost(source.line, "no dict");
        let name = label(source);
        return Err(ImportError::Untold { line: source.line, name, why: why.what, why_line: why.line });
    };
    let mut carry = Carry::new(request.settings);
    let elements = carry.source(map);
    let mut out = SCHEMA.to_owned();
    out.push_str(&format!(
        "#\n# Imported from {}, line {}. Read it through before it runs.\n",
        request.file, source.line
    ));
    variables(&carry.variables, request.settings, &mut out);
    notes(&source.notes, &mut out);
    out.push('\n');
    if let Some(name) = name(source, outcome) {
        out.push_str(&format!("name: {}\n", scalar(&name)));
    }
    out.push_str("source:\n");
    write(&elements, 1, &mut out);
    out.push_str(KAFKA);
    Ok(out)
}

/// The pipeline's, if there is one pipeline and one source; else the source's own. Letters that no name has become `-`.
fn name(source: &Found, outcome: &Outcome) -> Option<String> {
    let pipeline = match (outcome.pipelines.as_slice(), outcome.sources.as_slice()) {
        ([one], [_]) => Some(one),
        (_, _) => None,
    };
    let name = pipeline.or(source.name.as_ref()).or(source.function.as_ref())?;
    let legal = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let name: String = name.chars().map(legal).collect();
    Some(name).filter(|name| !name.is_empty())
}

fn variables(variables: &[Variable], settings: &Settings, out: &mut String) {
    let problems = settings.problems();
    if variables.is_empty() && problems.is_empty() {
        return;
    }
    out.push_str("#\n# Variables to set; no values are copied:\n");
    let mut names: Vec<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
    names.dedup();
    let mut told: Vec<&str> = Vec::new();
    for name in names {
        if told.contains(&name) {
            continue;
        }
        told.push(name);
        out.push_str(&format!("#   {name}\n"));
        for variable in variables.iter().filter(|variable| variable.name == name) {
            out.push_str(&format!("#     line {}: {}\n", variable.line, variable.origin));
            for place in &variable.dlt {
                out.push_str(&format!("#     dlt has it in {place}\n"));
            }
        }
    }
    for problem in problems {
        out.push_str(&format!("#   {problem}\n"));
    }
}

fn notes(notes: &[Note], out: &mut String) {
    if notes.is_empty() {
        return;
    }
    out.push_str("#\n# To check:\n");
    for note in notes {
        out.push_str(&format!("#   line {}: {}\n", note.line, note.text));
    }
}
