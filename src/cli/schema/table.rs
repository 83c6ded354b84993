//! A schema for people: a line a field, what is below a field behind its name with a dot.

use std::fmt::Write as _;

use console::{measure_text_width, style};

use crate::schema::{Record, Slot, Type, Unit};
use crate::table::shown;

struct Line {
    field: String,
    ty: String,
    nullable: bool,
    doc: String,
}

pub(super) fn tell(name: &str, schema: Option<&Slot>, text: &mut String) {
    head(name, text);
    let Some(schema) = schema else {
        let _ = writeln!(text, "  nothing is known of its values");
        return;
    };
    let mut lines = Vec::new();
    if let Type::Record(record) = &schema.ty {
        fields("", record, &mut lines);
    } else {
        let (field, ty) = ("(the value)".to_owned(), named(&schema.ty));
        lines.push(Line { field, ty, nullable: schema.nullable, doc: String::new() });
    }
    let widest = |of: &dyn Fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or_default();
    let (field, ty) =
        (widest(&|line| measure_text_width(&line.field)), widest(&|line| measure_text_width(&line.ty)));
    for line in &lines {
        let null = if line.nullable { "or null" } else { "" };
        let space = field - measure_text_width(&line.field);
        let row = format!("  {}{:space$}  {:ty$}  {null:7}  {}", line.field, "", line.ty, line.doc);
        let _ = writeln!(text, "{}", row.trim_end());
    }
}

/// The resource's name, behind an empty line if there is something before it.
pub(super) fn head(name: &str, text: &mut String) {
    if !text.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "{}", style(shown(name)).bold());
}

fn fields(above: &str, record: &Record, lines: &mut Vec<Line>) {
    for one in record.fields() {
        let field = format!("{above}{}", shown(&one.name));
        let doc = one.doc.as_deref().map(shown).unwrap_or_default();
        lines.push(Line { field: field.clone(), ty: named(&one.slot.ty), nullable: one.slot.nullable, doc });
        let (below, inner) = held(&one.slot.ty, field);
        if let Some(inner) = inner {
            fields(&format!("{below}."), inner, lines);
        }
    }
}

/// The record that a type holds, and how its fields are reached.
fn held(ty: &Type, place: String) -> (String, Option<&Record>) {
    match ty {
        Type::Record(record) => (place, Some(record)),
        Type::Array(items) => held(&items.ty, format!("{place}[]")),
        Type::Map(values) => held(&values.ty, format!("{place}{{}}")),
        Type::Boolean
        | Type::Int
        | Type::Long
        | Type::Float
        | Type::Double
        | Type::String
        | Type::Json
        | Type::Enum { .. }
        | Type::Bytes
        | Type::Decimal { .. }
        | Type::Date
        | Type::Timestamp(_) => (place, None),
    }
}

fn named(ty: &Type) -> String {
    match ty {
        Type::Boolean => "boolean".to_owned(),
        Type::Int => "int".to_owned(),
        Type::Long => "long".to_owned(),
        Type::Float => "float".to_owned(),
        Type::Double => "double".to_owned(),
        Type::String => "string".to_owned(),
        Type::Json => "json".to_owned(),
        Type::Enum { symbols, .. } => format!("one of {}", symbols.join(", ")),
        Type::Bytes => "bytes".to_owned(),
        Type::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        Type::Date => "date".to_owned(),
        Type::Timestamp(Unit::Millis) => "timestamp (millis)".to_owned(),
        Type::Timestamp(Unit::Micros) => "timestamp (micros)".to_owned(),
        Type::Array(items) => format!("list of {}", named(&items.ty)),
        Type::Map(values) => format!("map of {}", named(&values.ty)),
        Type::Record(_) => "record".to_owned(),
    }
}
