//! Which top-level fields of a record an expression looks at: only those become values of jaq's, which is most of what a
//! run costs. Whatever is not plainly a look at a field counts as a look at the whole record.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::{Part, Path};

/// `None`: all of them.
pub(super) fn fields(text: &str) -> Option<Vec<String>> {
    let term = jaq_core::load::parse(text, |parser| parser.term())?;
    let mut looks = Looks(Vec::new());
    looks.at(&term)?;
    Some(looks.0)
}

struct Looks(Vec<String>);

impl Looks {
    /// What a term looks at whose input is the record.
    fn at(&mut self, term: &Term<&str>) -> Option<()> {
        match term {
            Term::Num(_) | Term::Var(_) | Term::Break(_) | Term::Arr(None) => Some(()),
            Term::Path(start, path) if matches!(**start, Term::Id) => self.at_field(path),
            Term::Path(start, path) => {
                self.at(start)?;
                self.at_indices(path)
            }
            Term::Str(_, parts) => parts.iter().try_for_each(|part| match part {
                StrPart::Str(_) | StrPart::Char(_) => Some(()),
                StrPart::Term(term) => self.at(term),
            }),
            Term::Arr(Some(inner)) | Term::Neg(inner) | Term::Label(_, inner) => self.at(inner),
            Term::Obj(entries) => {
                entries.iter().try_for_each(|(key, value)| self.at_entry(key, value.as_ref()))
            }
            Term::BinOp(left, op, right) => self.at_operator(left, op, right),
            // What catches has the error for its input.
            Term::TryCatch(inner, _) => self.at(inner),
            Term::IfThenElse(branches, Some(otherwise)) => {
                branches.iter().try_for_each(|(when, then)| self.at(when).and_then(|()| self.at(then)))?;
                self.at(otherwise)
            }
            Term::Call(name, arguments) if hands_on(name, arguments.len()) => {
                arguments.iter().try_for_each(|argument| self.at(argument))
            }
            Term::Id
            | Term::Recurse
            | Term::Fold(..)
            | Term::IfThenElse(_, None)
            | Term::Def(..)
            | Term::Call(..) => None,
        }
    }

    fn at_operator(&mut self, left: &Term<&str>, op: &BinaryOp<&str>, right: &Term<&str>) -> Option<()> {
        self.at(left)?;
        match op {
            // To the right of it the input is another one.
            BinaryOp::Pipe(None) => Some(()),
            BinaryOp::Pipe(Some(Pattern::Obj(_))) => None,
            BinaryOp::Pipe(Some(Pattern::Var(_) | Pattern::Arr(_)))
            | BinaryOp::Comma
            | BinaryOp::Alt
            | BinaryOp::Or
            | BinaryOp::And
            | BinaryOp::Math(_)
            | BinaryOp::Cmp(_) => self.at(right),
            BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt => None,
        }
    }

    /// `.a`, `."a b"`, and what follows.
    fn at_field(&mut self, path: &Path<Term<&str>>) -> Option<()> {
        let (Part::Index(name), _) = path.0.first()? else { return None };
        self.look(name)?;
        self.at_indices(path)
    }

    fn look(&mut self, name: &Term<&str>) -> Option<()> {
        let name = plain(name)?;
        if !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
        Some(())
    }

    /// Indices are computed from the record, wherever they stand.
    fn at_indices(&mut self, path: &Path<Term<&str>>) -> Option<()> {
        path.0.iter().try_for_each(|(part, _)| match part {
            Part::Index(index) => self.at(index),
            Part::Range(from, to) => from.iter().chain(to).try_for_each(|bound| self.at(bound)),
        })
    }

    fn at_entry(&mut self, key: &Term<&str>, value: Option<&Term<&str>>) -> Option<()> {
        match (key, value) {
            (key, Some(value)) => {
                self.at(key)?;
                self.at(value)
            }
            (Term::Var(_), None) => Some(()),
            (name, None) => self.look(name),
        }
    }
}

/// A string in which nothing is to be computed.
fn plain<'t>(term: &Term<&'t str>) -> Option<&'t str> {
    let Term::Str(None, parts) = term else { return None };
    let [StrPart::Str(text)] = parts.as_slice() else { return None };
    Some(text)
}

/// Functions that look at nothing, or at their input only with their arguments.
fn hands_on(name: &str, arguments: usize) -> bool {
    match arguments {
        0 => matches!(name, "true" | "false" | "null" | "empty" | "nan" | "infinite"),
        1 => matches!(name, "first" | "last" | "isempty" | "error" | "range"),
        2 => matches!(name, "any" | "all" | "range"),
        _ => false,
    }
}
