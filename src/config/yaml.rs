//! YAML text → tree. One document, YAML 1.2's core schema, aliases within a budget.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};

use super::report::{Mistake, Report};
use super::tree::{Entry, MapBuilder, Node, Place, Value};

/// More values than any configuration has; aliases of aliases reach it quickly.
const MOST_NODES: usize = 200_000;
const DEEPEST: usize = 64;

/// The tree of the one document; `None` if the text is not YAML, which is reported.
pub(crate) fn parse(text: &str, report: &mut Report) -> Option<Node> {
    let mut reader =
        Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0, depth: 0, report };
    match reader.document() {
        Ok(node) => Some(node),
        Err(mistake) => {
            report.mistake(mistake.at, mistake.text);
            None
        }
    }
}

struct Reader<'t, 'r> {
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    depth: usize,
    report: &'r mut Report,
}

impl<'t> Reader<'t, '_> {
    fn document(&mut self) -> Result<Node, Mistake> {
        let mut root = Node::new(Place::START, Value::Null);
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(_) => {
                    let (event, span) = self.next()?;
                    root = self.node(event, span)?;
                    self.refuse_another_document()?;
                    break;
                }
                Event::Alias(_)
                | Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::SequenceEnd
                | Event::MappingStart(..)
                | Event::MappingEnd => {
                    return Err(mistake(span.start, "not YAML: a value outside of a document"));
                }
            }
        }
        Ok(root)
    }

    fn refuse_another_document(&mut self) -> Result<(), Mistake> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentStart(_) => {
                    return Err(mistake(
                        span.start,
                        "a second YAML document begins here; a file is one connector, so put it in a file of its own",
                    ));
                }
                Event::Nothing
                | Event::StreamStart
                | Event::DocumentEnd
                | Event::Alias(_)
                | Event::Scalar(..)
                | Event::SequenceStart(..)
                | Event::SequenceEnd
                | Event::MappingStart(..)
                | Event::MappingEnd => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Mistake> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(mistake(*error.marker(), &format!("not YAML: {}", error.info()))),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span) -> Result<Node, Mistake> {
        self.count(1, span)?;
        let at = place(span.start);
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(&text, style, tag.as_deref(), span)?, anchor),
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), "seq", span)?;
                (self.nested(span, Self::sequence)?, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), "map", span)?;
                (self.nested(span, Self::mapping)?, anchor)
            }
            Event::Alias(anchor) => return self.alias(anchor, span),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => return Err(mistake(span.start, "not YAML: a value is missing here")),
        };
        let node = Node::new(at, value);
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn nested(
        &mut self,
        span: Span,
        read: fn(&mut Self) -> Result<Value, Mistake>,
    ) -> Result<Value, Mistake> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(mistake(span.start, &format!("nested more than {DEEPEST} deep")));
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn sequence(&mut self) -> Result<Value, Mistake> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Value::Seq(items));
            }
            items.push(self.node(event, span)?);
        }
    }

    fn mapping(&mut self) -> Result<Value, Mistake> {
        let mut map = MapBuilder::default();
        loop {
            let (event, key_span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(map.finish());
            }
            let key = self.key(event, key_span)?;
            let (event, span) = self.next()?;
            let node = self.node(event, span)?;
            if let Some(key) = key {
                map.push(Entry { key, at: place(key_span.start), node }, self.report);
            }
        }
    }

    /// `None`: it is no key that krest takes, which is reported; the rest of the file is read all the same.
    fn key(&mut self, event: Event<'t>, span: Span) -> Result<Option<String>, Mistake> {
        let why = match event {
            Event::Scalar(text, style, ..) if text == "<<" && style == ScalarStyle::Plain => {
                "the merge key \"<<\" is not part of YAML 1.2; write the keys out, or use \"resource_defaults\""
            }
            Event::Scalar(text, ..) => return Ok(Some(text.into_owned())),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::SequenceEnd
            | Event::MappingEnd => return Err(mistake(span.start, "a key must be text")),
            Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                self.node(event, span)?;
                "a key must be text"
            }
        };
        self.report.mistake(place(span.start), why);
        Ok(None)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<Node, Mistake> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err(mistake(span.start, "an alias inside the value that it stands for"));
        };
        self.count(node.size(), span)?;
        Ok(node)
    }

    fn count(&mut self, more: usize, span: Span) -> Result<(), Mistake> {
        self.nodes += more;
        if self.nodes > MOST_NODES {
            return Err(mistake(span.start, &format!("more than {MOST_NODES} values, aliases counted")));
        }
        Ok(())
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Value, Mistake> {
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { plain(text) } else { Value::String(text.to_owned()) });
    };
    let value = match (tag.is_yaml_core_schema(), tag.suffix.as_str(), tag.handle.as_str()) {
        (true, "str", _) | (false, "", "!") | (false, "!", "") => return Ok(Value::String(text.to_owned())),
        (true, "int" | "float" | "bool" | "null", _) => plain(text),
        _ => return Err(mistake(span.start, "a YAML tag that is not of the core schema")),
    };
    let fits = match (&value, tag.suffix.as_str()) {
        (Value::Number(number), "int") => super::tree::integer(number).is_some(),
        (Value::Number(_), "float") | (Value::Bool(_), "bool") | (Value::Null, "null") => true,
        _ => false,
    };
    if fits { Ok(value) } else { Err(mistake(span.start, &format!("not a value of !!{}", tag.suffix))) }
}

/// The core schema (YAML 1.2.2, section 10.3.2): `yes`, `on` and `1_000` are text.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => Value::String(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str, radix| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, 16);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, 8);
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) =
        unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let exponent_fits = exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e), 10));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let mantissa_fits = if whole.is_empty() {
        digits(fraction, 10)
    } else {
        digits(whole, 10) && (fraction.is_empty() || digits(fraction, 10))
    };
    exponent_fits && mantissa_fits && mantissa.starts_with(|c: char| c.is_ascii_digit() || c == '.')
}

fn refuse_tag(tag: Option<&Tag>, own: &str, span: Span) -> Result<(), Mistake> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && tag.suffix == own) => {
            Err(mistake(span.start, "a YAML tag that is not of the core schema"))
        }
        _ => Ok(()),
    }
}

/// The parser counts lines from 1 and columns from 0.
fn place(marker: Marker) -> Place {
    Place { line: marker.line().max(1), column: marker.col() + 1 }
}

fn mistake(marker: Marker, text: &str) -> Mistake {
    Mistake { at: place(marker), text: text.to_owned() }
}
