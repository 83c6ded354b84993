//! JSON text → tree. Strictly JSON: no comments, no trailing commas.

use jsonc_parser::ast::Value as Ast;
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::report::Report;
use super::tree::{Entry, MapBuilder, Node, Place, Value};

/// The tree of the text; `None` if it is not JSON, which is reported.
pub(crate) fn parse(text: &str, report: &mut Report) -> Option<Node> {
    let lines = Lines::new(text);
    match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(parsed) => Some(parsed.value.map_or_else(
            || Node::new(Place::START, Value::Null),
            |value| Reader { lines: &lines, report }.node(value),
        )),
        Err(error) => {
            let kind = error.kind().to_string();
            let mut letters = kind.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_lowercase).collect();
            let what = first + letters.as_str();
            report.mistake(lines.place(error.range().start), format!("not JSON: {what}"));
            None
        }
    }
}

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

struct Reader<'l, 'r> {
    lines: &'l Lines<'l>,
    report: &'r mut Report,
}

impl Reader<'_, '_> {
    fn node(&mut self, value: Ast<'_>) -> Node {
        let at = self.lines.place(value.range().start);
        let value = match value {
            Ast::NullKeyword(_) => Value::Null,
            Ast::BooleanLit(literal) => Value::Bool(literal.value),
            Ast::NumberLit(literal) => Value::Number(literal.value.to_owned()),
            Ast::StringLit(literal) => Value::String(literal.value.into_owned()),
            Ast::Array(array) => Value::Seq(array.elements.into_iter().map(|item| self.node(item)).collect()),
            Ast::Object(object) => {
                let mut map = MapBuilder::default();
                for property in object.properties {
                    let at = self.lines.place(property.range.start);
                    let node = self.node(property.value);
                    map.push(Entry { key: property.name.into_string(), at, node }, self.report);
                }
                map.finish()
            }
        };
        Node::new(at, value)
    }
}

/// Where the lines of a text begin, to turn byte offsets into places.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1));
        Self { text, starts: starts.collect() }
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or_default();
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        Place { line, column: column + 1 }
    }
}
