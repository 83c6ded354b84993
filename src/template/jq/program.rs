//! A compiled expression.

use std::fmt;
use std::sync::Arc;

use jaq_core::load::{self, Arena, File, Loader, lex, parse};
use jaq_core::{Compiler, Ctx, Filter, Vars, compile, unwrap_valr};
use jaq_json::Val;

use super::error::failed;
use super::fields::fields;
use super::meter::{Jaq, Meter, Run, metered};
use super::prelude::{Prelude, is_removed};
use super::stack::{self, Effort, deep};
use super::{JqError, JqProblem, value};
use crate::model::Json;

/// The stack on which expressions are read has room for this, whatever is in it.
const LONGEST: usize = 32 << 10;
/// An expression of more parts of paths never runs on the caller's stack: jaq follows a path by recursion without a step.
const PARTS: usize = 200;

/// A compiled jq expression. Cheap to clone, and free to be used by several threads.
#[derive(Clone)]
pub struct Jq {
    text: Arc<str>,
    program: Arc<Filter<Jaq>>,
    /// The only fields of a record that it looks at.
    fields: Option<Arc<[String]>>,
    /// The least that a run is tried with.
    first: Effort,
}

impl fmt::Debug for Jq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Jq").field(&self.text).finish()
    }
}

impl Jq {
    /// Fails with the place of what is wrong. An expression has no access to environment, clock, files or other records.
    pub fn compile(text: &str) -> Result<Self, JqError> {
        let error = |problem| JqError::new(text, problem);
        if text.len() > LONGEST {
            return Err(error(JqProblem::TooLong(LONGEST)));
        }
        let (program, fields) =
            deep(stack::ORDINARY, || Ok((compiled(text)?, fields(text)))).map_err(error)?;
        let first = if parts(text) > PARTS { Effort::Ordinary } else { Effort::Easy };
        Ok(Self { text: text.into(), program: Arc::new(program), fields: fields.map(Into::into), first })
    }

    /// The expression as the operator wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same without the short cut.
    #[cfg(test)]
    pub(in crate::template) fn reading_everything(&self) -> Self {
        Self { fields: None, ..self.clone() }
    }

    /// All outputs for one record, as JSON texts without spaces.
    pub fn run(&self, record: Json<'_>) -> Result<Vec<String>, JqError> {
        self.outputs(record, |output| {
            let mut text = String::new();
            value::write(output, &mut text).map(|()| text)
        })
    }

    /// Whether the output is neither false nor null. No output counts as false (`select(…)`); several are an error.
    pub fn is_true(&self, record: Json<'_>) -> Result<bool, JqError> {
        let truths = self.outputs(record, |output| Ok(!matches!(output, Val::Null | Val::Bool(false))))?;
        match truths.as_slice() {
            [] => Ok(false),
            [truth] => Ok(*truth),
            several => Err(JqError::new(&self.text, JqProblem::Outputs(several.len()))),
        }
    }

    /// First as most runs end: at once and in little space. The others get a stack of their own, from the beginning.
    fn outputs<T: Send>(
        &self,
        record: Json<'_>,
        each: impl Fn(&Val) -> Result<T, JqProblem> + Sync,
    ) -> Result<Vec<T>, JqError> {
        let within = |bounds| metered(bounds, |meter| self.walk(record, meter, &each));
        let mut effort = self.first;
        loop {
            let bounds = effort.bounds(record.text().len());
            let outputs = match effort.stack() {
                Some(size) => deep(size, || within(bounds)),
                None => within(bounds),
            };
            match (outputs, effort.more()) {
                (Err(JqProblem::Endless(_) | JqProblem::TooDeep), Some(more)) => effort = more,
                (outputs, _) => return outputs.map_err(|problem| JqError::new(&self.text, problem)),
            }
        }
    }

    fn walk<T>(
        &self,
        record: Json<'_>,
        meter: &Meter,
        each: impl Fn(&Val) -> Result<T, JqProblem>,
    ) -> Result<Vec<T>, JqProblem> {
        let input = value::read(record, self.fields.as_deref())?;
        let context = Ctx::<Jaq>::new(Run { lut: &self.program.lut, meter }, Vars::new([]));
        let outputs = self.program.id.run((context, input)).map(unwrap_valr);
        outputs
            .map(|output| {
                meter.step();
                each(&output.map_err(failed)?)
            })
            .collect()
    }
}

/// At least as many as its paths have parts: each has a dot or a bracket.
fn parts(text: &str) -> usize {
    text.bytes().filter(|byte| matches!(byte, b'.' | b'[')).count()
}

fn compiled(text: &str) -> Result<Filter<Jaq>, JqProblem> {
    let prelude = Prelude::of(text);
    let arena = Arena::default();
    let modules =
        Loader::new(prelude.definitions()).load(&arena, File { code: text, path: () }).map_err(|errors| {
            errors.into_iter().next().map_or(JqProblem::Broken, |(_, error)| unread(text, error))
        })?;
    Compiler::default().with_funs(prelude.natives()).compile(modules).map_err(|errors| {
        let first = errors.into_iter().next().and_then(|(_, errors)| errors.into_iter().next());
        first.map_or(JqProblem::Broken, |(name, kind)| syntax(text, name, &undefined(name, &kind)))
    })
}

fn unread(text: &str, error: load::Error<&str>) -> JqProblem {
    match error {
        load::Error::Lex(errors) => {
            // A stray character also hides the end of the brackets around it.
            let is_stray = |(expected, _): &&lex::Error<&str>| !matches!(expected, lex::Expect::Delim(_));
            let first = errors.iter().find(is_stray).or(errors.first());
            first.map_or(JqProblem::Broken, |(expected, at)| {
                let problem = if let lex::Expect::Delim(open) = expected {
                    format!("no end of what begins with {open:?}")
                } else {
                    format!("expected {}", expected.as_str())
                };
                syntax(text, at, &problem)
            })
        }
        load::Error::Parse(errors) => {
            errors.into_iter().next().map_or(JqProblem::Broken, |(expected, at)| {
                syntax(text, at, &format!("expected {}, found {}", wanted(&expected), found(at)))
            })
        }
        load::Error::Io(errors) => errors
            .into_iter()
            .next()
            .map_or(JqProblem::Broken, |(at, _)| syntax(text, at, "modules cannot be included or imported")),
    }
}

fn wanted<'e>(expected: &parse::Expect<&'e str>) -> &'e str {
    if matches!(expected, parse::Expect::Nothing) { "the end" } else { expected.as_str() }
}

fn found(at: &str) -> String {
    if at.is_empty() { "the end".to_owned() } else { format!("{at:?}") }
}

fn undefined(name: &str, kind: &compile::Undefined) -> String {
    let why =
        if is_removed(name) { "not available here: an expression sees the record alone" } else { "unknown" };
    let compile::Undefined::Filter(arity) = kind else {
        return format!("the {} {name:?} is {why}", kind.as_str());
    };
    let arguments = match arity {
        0 => String::new(),
        1 => " with 1 argument".to_owned(),
        several => format!(" with {several} arguments"),
    };
    format!("the function {name:?}{arguments} is {why}")
}

/// `at` is a part of the text; anything else counts as its beginning.
fn syntax(text: &str, at: &str, problem: &str) -> JqProblem {
    let offset = at.as_ptr().addr().checked_sub(text.as_ptr().addr()).filter(|offset| *offset <= text.len());
    let before = text.get(..offset.unwrap_or_default()).unwrap_or_default();
    JqProblem::Syntax { place: before.chars().count() + 1, problem: problem.to_owned() }
}
