//! dlt's JSONPath dialect (`jsonpath-ng`, its `ext` parser), read into steps that can be written as RFC 9535.
//!
//! Read: `$` optional, `a-b`, `'@odata.count'`, `"k"`, `$.'k'`, `[n]`, `[-1]`, `['a','b']`, `[a]`, `a,b`, slices, `*`, `..`,
//! filters with or without parentheses. In quotes a backslash takes the next character as it is.
//! Not read, and refused by name: unions of paths, functions in backquotes, sorting, arithmetic, `where`, `=~`.

use std::fmt;

/// Brackets and parentheses inside each other: more is no path that anybody wrote, and reading it takes stack.
const DEEPEST: usize = 32;

/// One step of a path: what is taken from a value, or with `deep` from the value and everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) deep: bool,
    pub(super) take: Vec<Take>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Take {
    Name(String),
    /// Negative: from the end.
    Index(i64),
    Every,
    /// As written: `1:3`.
    Slice(String),
    /// In RFC 9535 already: `@['x']==true`.
    Filter(String),
}

/// What is wrong, and where: characters, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DialectError {
    pub(super) place: usize,
    pub(super) problem: String,
}

/// Reads a whole path. `$` alone is no steps.
pub(super) fn read(path: &str) -> Result<Vec<Step>, DialectError> {
    let mut reader = Reader { chars: path.chars().collect(), at: 0, depth: 0 };
    let steps = reader.path()?;
    match reader.peek() {
        None => Ok(steps),
        Some(other) => Err(reader.unexpected(other)),
    }
}

/// The same path in RFC 9535.
pub(super) fn rfc9535(steps: &[Step]) -> String {
    let mut text = String::from("$");
    write_steps(&mut text, steps);
    text
}

fn write_steps(text: &mut String, steps: &[Step]) {
    for step in steps {
        let taken: Vec<String> = step.take.iter().map(ToString::to_string).collect();
        text.push_str(if step.deep { "..[" } else { "[" });
        text.push_str(&taken.join(","));
        text.push(']');
    }
}

impl Take {
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Index(_) | Self::Every | Self::Slice(_) | Self::Filter(_) => None,
        }
    }
}

impl fmt::Display for Take {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(&quoted(name)),
            Self::Index(index) => write!(f, "{index}"),
            Self::Every => f.write_str("*"),
            Self::Slice(slice) => f.write_str(slice),
            Self::Filter(filter) => write!(f, "?{filter}"),
        }
    }
}

/// A name as a path of the dialect has it: in quotes where it needs them.
pub(super) fn written(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return name.to_owned();
    }
    let escaped = name.replace('\\', "\\\\").replace('\'', "\\'");
    format!("'{escaped}'")
}

/// A string literal of RFC 9535.
fn quoted(name: &str) -> String {
    let mut text = String::from("'");
    for c in name.chars() {
        match c {
            '\'' | '\\' => text.extend(['\\', c]),
            '\0'..='\x1f' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            other => text.push(other),
        }
    }
    text.push('\'');
    text
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    /// Brackets and parentheses that are open.
    depth: usize,
}

impl Reader {
    /// A path from its start: `$`, `@` or a first name, then steps.
    fn path(&mut self) -> Result<Vec<Step>, DialectError> {
        let mut steps = Vec::new();
        match self.peek() {
            None => return Err(self.error("the path is empty".to_owned())),
            Some('$') => self.at += 1,
            Some('@') if !self.chars.get(self.at + 1).copied().is_some_and(is_name) => self.at += 1,
            Some('[') => {}
            Some(_) => steps.push(self.named(false)?),
        }
        self.steps(steps)
    }

    /// What follows the first step, as far as it is a path.
    fn steps(&mut self, mut steps: Vec<Step>) -> Result<Vec<Step>, DialectError> {
        loop {
            match self.peek() {
                Some('.') => {
                    self.at += 1;
                    let deep = self.skip(".");
                    let bracket = self.peek() == Some('[');
                    steps.push(if bracket { self.bracket(deep)? } else { self.named(deep)? });
                }
                Some('[') => steps.push(self.bracket(false)?),
                _ => return Ok(steps),
            }
        }
    }

    /// `*`, or names with commas: `a`, `a,b`, `'a b'`.
    fn named(&mut self, deep: bool) -> Result<Step, DialectError> {
        if self.skip("*") {
            return Ok(Step { deep, take: vec![Take::Every] });
        }
        let mut take = vec![Take::Name(self.name()?)];
        while self.skip(",") {
            take.push(Take::Name(self.name()?));
        }
        Ok(Step { deep, take })
    }

    fn bracket(&mut self, deep: bool) -> Result<Step, DialectError> {
        self.open()?;
        let mut take = vec![self.taken()?];
        while self.skip(",") {
            take.push(self.taken()?);
        }
        if self.skip("]") {
            self.depth -= 1;
            return Ok(Step { deep, take });
        }
        Err(match self.peek() {
            Some(other) => self.unexpected(other),
            None => self.error("`[` is not closed".to_owned()),
        })
    }

    /// Steps over a bracket or parenthesis that opens.
    fn open(&mut self) -> Result<(), DialectError> {
        if self.depth >= DEEPEST {
            return Err(self.error(format!("more than {DEEPEST} brackets and parentheses inside each other")));
        }
        self.at += 1;
        self.depth += 1;
        Ok(())
    }

    /// One of the things between brackets.
    fn taken(&mut self) -> Result<Take, DialectError> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Take::Every)
            }
            Some('?') => {
                self.at += 1;
                Ok(Take::Filter(self.filter()?))
            }
            Some('\\' | '/') => {
                Err(self.error("sorting (`[\\field]`, `[/field]`) is not supported".to_owned()))
            }
            Some(c) if c == '-' || c == ':' || c.is_ascii_digit() => self.number_or_slice(),
            _ => Ok(Take::Name(self.name()?)),
        }
    }

    fn number_or_slice(&mut self) -> Result<Take, DialectError> {
        let start = self.at;
        let text = self.run(|c| c == '-' || c == ':' || c == ' ' || c.is_ascii_digit()).replace(' ', "");
        if text.contains(':') {
            return Ok(Take::Slice(text));
        }
        text.parse().map(Take::Index).map_err(|_| DialectError {
            place: start + 1,
            problem: format!("`{text}` is no index; a name that starts with a digit or `-` is quoted here"),
        })
    }

    fn name(&mut self) -> Result<String, DialectError> {
        match self.peek() {
            Some(quote @ ('\'' | '"')) => self.string(quote),
            Some(c) if is_name(c) => Ok(self.run(is_name)),
            Some(other) => Err(self.unexpected(other)),
            None => Err(self.error("a name is missing at the end".to_owned())),
        }
    }

    fn string(&mut self, quote: char) -> Result<String, DialectError> {
        let open = self.at;
        let mut text = String::new();
        self.at += 1;
        while let Some(&c) = self.chars.get(self.at) {
            self.at += 1;
            match c {
                '\\' => {
                    text.extend(self.chars.get(self.at));
                    self.at += 1;
                }
                _ if c == quote => return Ok(text),
                _ => text.push(c),
            }
        }
        Err(DialectError { place: open + 1, problem: format!("the quote {quote} is not closed") })
    }

    /// The expression of a filter, up to the `]` that ends it, in RFC 9535.
    fn filter(&mut self) -> Result<String, DialectError> {
        let mut text = String::new();
        let outside = self.depth;
        loop {
            match self.peek() {
                None => return Err(self.error("the filter is not closed".to_owned())),
                Some(']' | ',') => {
                    self.depth = outside;
                    return Ok(text);
                }
                Some('(') => {
                    self.open()?;
                    text.push('(');
                }
                Some(')') => {
                    self.depth = self.depth.saturating_sub(1).max(outside);
                    text.extend(self.next());
                }
                Some('=' | '!' | '<' | '>' | '&' | '|') => text.push_str(self.operator()?),
                Some(quote @ ('\'' | '"')) => text.push_str(&quoted(&self.string(quote)?)),
                Some(_) => text.push_str(&self.operand()?),
            }
        }
    }

    fn operator(&mut self) -> Result<&'static str, DialectError> {
        if self.skip("=~") {
            self.at -= 2;
            return Err(self.error("comparing with a regular expression (`=~`) is not supported".to_owned()));
        }
        let known = [
            ("==", "=="),
            ("=", "=="),
            ("!=", "!="),
            ("!", "!"),
            ("<=", "<="),
            ("<", "<"),
            (">=", ">="),
            (">", ">"),
            ("&&", "&&"),
            ("&", "&&"),
            ("||", "||"),
        ];
        match known.iter().find(|(dlt, _)| self.skip(dlt)) {
            Some((_, rfc)) => Ok(rfc),
            None => Err(self.error("`|` between conditions is not supported; write `||`".to_owned())),
        }
    }

    /// A number, a literal, or a path; a bare name is a field of the tested value, as `@.name` is.
    fn operand(&mut self) -> Result<String, DialectError> {
        if self.peek().is_some_and(|c| c == '-' || c.is_ascii_digit()) {
            return Ok(self.run(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')));
        }
        let absolute = self.peek() == Some('$');
        let start = self.at;
        let word = self.run(is_name);
        if matches!(word.as_str(), "true" | "false" | "null") {
            return Ok(word);
        }
        self.at = start;
        let steps = self.path()?;
        if self.peek() == Some('(') {
            return Err(self.error("functions are not supported".to_owned()));
        }
        let mut text = String::from(if absolute { "$" } else { "@" });
        write_steps(&mut text, &steps);
        Ok(text)
    }

    /// The next character that is not white space.
    fn peek(&mut self) -> Option<char> {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += 1;
        next
    }

    fn skip(&mut self, word: &str) -> bool {
        self.peek();
        let end = self.at + word.chars().count();
        let found = self.chars.get(self.at..end).is_some_and(|chars| chars.iter().copied().eq(word.chars()));
        if found {
            self.at = end;
        }
        found
    }

    fn run(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let text: String = rest.iter().copied().take_while(|c| belongs(*c)).collect();
        self.at += text.chars().count();
        text
    }

    fn error(&self, problem: String) -> DialectError {
        DialectError { place: self.at + 1, problem }
    }

    fn unexpected(&self, c: char) -> DialectError {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        self.error(match c {
            '|' => "a union of paths (`a|b`) is not supported; name one path".to_owned(),
            '`' => "functions in backquotes (`len`, `parent`, …) are not supported".to_owned(),
            '+' | '*' | '/' => "arithmetic is not supported".to_owned(),
            _ if rest.starts_with(&['w', 'h', 'e', 'r', 'e']) => {
                "`where` is not supported; use a filter `[?(@.x)]`".to_owned()
            }
            _ => format!("`{c}` is not expected here; a name with such a character is quoted: 'a b'"),
        })
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '@')
}
