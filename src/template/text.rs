//! Text with placeholders, in the syntax of Python's `str.format` as dlt uses it.

use std::fmt;
use std::ops::Range;

use super::binding::{Binding, TemplateError};
use super::fault::TemplateFault;
use super::placeholder::{Placeholder, Value};
use super::scope::Scope;

/// `posts/{resources.users.id}/comments`: text and placeholders, `{{` and `}}` taken apart.
#[derive(Clone, Default)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone)]
pub(super) enum Part {
    /// `secret`: it came out of `${…}`.
    Text {
        text: String,
        secret: bool,
    },
    Value(Placeholder),
}

impl Template {
    pub fn parse(text: &str, scope: &Scope<'_>) -> Result<Self, TemplateFault> {
        Reader { text, scope, at: 0, done: Self::default() }.read()
    }

    /// What the placeholders of a text are called, whether they are known or not.
    pub fn names(text: &str, expanded: &[Range<usize>]) -> Vec<String> {
        let scope = Scope { expanded, ..Scope::default() };
        let mut reader = Reader { text, scope: &scope, at: 0, done: Self::default() };
        let mut names = Vec::new();
        while let Ok(Some((_, inner))) = reader.next_placeholder() {
            names.push(inner.get(..name_length(inner)).unwrap_or_default().to_owned());
        }
        names
    }

    /// Text without placeholders, braces and all. Treated as a secret.
    pub fn literal(text: &str) -> Self {
        Self { parts: vec![Part::Text { text: text.to_owned(), secret: true }] }
    }

    /// Text without placeholders, braces and all, that anybody may see.
    pub fn open(text: &str) -> Self {
        Self { parts: vec![Part::Text { text: text.to_owned(), secret: false }] }
    }

    /// The names of the resources whose records it is filled from, once for each placeholder.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        self.placeholders().filter_map(Placeholder::parent)
    }

    /// The cursor values that it needs, by the names of their placeholders.
    pub fn cursor_values(&self) -> impl Iterator<Item = &str> {
        self.placeholders().filter(|one| one.parent().is_none()).map(|one| one.name.as_str())
    }

    /// The names of all placeholders.
    pub fn placeholder_names(&self) -> impl Iterator<Item = &str> {
        self.placeholders().map(|one| one.name.as_str())
    }

    /// The text if there is no placeholder in it.
    pub fn as_literal(&self) -> Option<String> {
        let texts = self.parts.iter().map(|part| match part {
            Part::Text { text, .. } => Some(text.as_str()),
            Part::Value(_) => None,
        });
        texts.collect()
    }

    /// Whether it is one placeholder and nothing else: what has no value then leaves out the whole parameter.
    pub fn is_one_value(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Value(_)])
    }

    pub fn render(&self, binding: &Binding<'_>) -> Result<String, TemplateError> {
        self.write(binding, &mut |done: &mut String, _: &Placeholder, value: &str| {
            done.push_str(value);
            Ok(())
        })
    }

    /// The same, but nothing if it is one cursor value that is not there yet.
    pub fn render_if_set(&self, binding: &Binding<'_>) -> Result<Option<String>, TemplateError> {
        if let [Part::Value(placeholder)] = self.parts.as_slice()
            && matches!(placeholder.value(binding)?, Value::Unset)
        {
            return Ok(None);
        }
        self.render(binding).map(Some)
    }

    /// `put` adds the text of each value to what there is so far.
    pub(super) fn write(&self, binding: &Binding<'_>, put: &mut Put<'_>) -> Result<String, TemplateError> {
        let mut done = String::new();
        for part in &self.parts {
            match part {
                Part::Text { text, .. } => done.push_str(text),
                Part::Value(placeholder) => put(&mut done, placeholder, &placeholder.text(binding)?)?,
            }
        }
        Ok(done)
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// For people and for hashes: placeholders by their names, what came out of `${…}` as `***`.
    pub fn shown(&self) -> String {
        let shown = |part: &Part| match part {
            Part::Text { secret: true, .. } => "***".to_owned(),
            Part::Text { text, secret: false } => text.clone(),
            Part::Value(placeholder) => format!("{{{}}}", placeholder.name),
        };
        self.parts.iter().map(shown).collect()
    }

    /// Takes what `other` is made of to the end of this one.
    pub fn append(&mut self, other: &Self) {
        for part in &other.parts {
            match part {
                Part::Text { text, secret } => self.push_text(text, *secret),
                Part::Value(placeholder) => self.parts.push(Part::Value(placeholder.clone())),
            }
        }
    }

    fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text { .. } => None,
            Part::Value(placeholder) => Some(placeholder),
        })
    }

    fn push_text(&mut self, new: &str, is_secret: bool) {
        match self.parts.last_mut() {
            Some(Part::Text { text, secret }) if *secret == is_secret => text.push_str(new),
            _ if new.is_empty() => {}
            _ => self.parts.push(Part::Text { text: new.to_owned(), secret: is_secret }),
        }
    }
}

/// Adds one value to a text.
pub(super) type Put<'p> = dyn FnMut(&mut String, &Placeholder, &str) -> Result<(), TemplateError> + 'p;

/// A header's text is a secret even where it is written out: only placeholders are shown.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.placeholders().map(|placeholder| placeholder.name.as_str()).collect();
        f.debug_tuple("Template").field(&names).finish()
    }
}

struct Reader<'r> {
    text: &'r str,
    scope: &'r Scope<'r>,
    at: usize,
    done: Template,
}

impl<'r> Reader<'r> {
    fn read(mut self) -> Result<Template, TemplateFault> {
        while let Some((start, inner)) = self.next_placeholder()? {
            self.placeholder(start, inner)?;
        }
        Ok(self.done)
    }

    /// Reads text up to the end of the next placeholder; gives where what stands in its braces begins, and that.
    fn next_placeholder(&mut self) -> Result<Option<(usize, &'r str)>, TemplateFault> {
        while let Some((letter, rest)) = self.next() {
            let start = self.at;
            self.at += letter.len_utf8();
            let secret = self.is_expanded(start);
            if secret || !matches!(letter, '{' | '}') {
                self.done.push_text(letter.encode_utf8(&mut [0; 4]), secret);
            } else if rest.starts_with(letter) && !self.is_expanded(self.at) {
                self.at += 1;
                self.done.push_text(letter.encode_utf8(&mut [0; 4]), false);
            } else if letter == '{' {
                let inner = inside(rest).ok_or(TemplateFault::SingleBrace('{'))?;
                let start = self.at;
                self.at += inner.len() + 1;
                return Ok(Some((start, inner)));
            } else {
                return Err(TemplateFault::SingleBrace('}'));
            }
        }
        Ok(None)
    }

    fn next(&self) -> Option<(char, &'r str)> {
        let mut letters = self.text.get(self.at..)?.chars();
        letters.next().map(|letter| (letter, letters.as_str()))
    }

    fn is_expanded(&self, at: usize) -> bool {
        self.scope.expanded.iter().any(|range: &Range<usize>| range.contains(&at))
    }

    /// What stands between two braces. A name is never shown if a part of it came out of `${…}`.
    fn placeholder(&mut self, start: usize, inner: &str) -> Result<(), TemplateFault> {
        let name = inner.get(..name_length(inner)).unwrap_or_default();
        let rest = inner.get(name.len()..).unwrap_or_default();
        if let Some((_, template)) = self.scope.bound.iter().find(|(bound, _)| bound == name) {
            self.done.append(template);
            return Ok(());
        }
        if name.starts_with("incremental.") {
            let Some(cursor) = self.scope.cursor else {
                return Err(TemplateFault::NoCursor(name.to_owned()));
            };
            let constant = match name {
                "incremental.cursor_path" => Some(cursor.cursor_path.as_str()),
                "incremental.lag" => Some(cursor.lag.as_deref().unwrap_or("0")),
                _ => None,
            };
            if let Some(constant) = constant {
                self.done.push_text(constant, false);
                return Ok(());
            }
        }
        let hidden = (start..start + inner.len()).any(|at| self.is_expanded(at));
        let shown = |fault| if hidden { TemplateFault::Unknown("***".to_owned()) } else { fault };
        self.done.parts.push(Part::Value(Placeholder::parse(name, rest).map_err(shown)?));
        Ok(())
    }
}

/// The text up to the brace that closes. As in Python, brackets hide braces, and a brace inside a name is none.
fn inside(rest: &str) -> Option<&str> {
    let mut bracket = false;
    for (at, letter) in rest.char_indices() {
        match letter {
            '[' => bracket = true,
            ']' => bracket = false,
            '}' if !bracket => return rest.get(..at),
            '{' if !bracket => return None,
            _ => {}
        }
    }
    None
}

/// Up to the conversion or the format, which brackets hide as well.
fn name_length(inner: &str) -> usize {
    let mut bracket = false;
    for (at, letter) in inner.char_indices() {
        match letter {
            '[' => bracket = true,
            ']' => bracket = false,
            '!' | ':' if !bracket => return at,
            _ => {}
        }
    }
    inner.len()
}
