//! `${env:NAME}`, `${file:/path}` and `${file:/path.properties:key}` in values, as Kafka's ConfigProvider writes them.
//! One pass: what comes out of a variable or a file is never expanded again.

use std::path::Path;

use super::properties;
use super::report::{Report, below, quoted};
use super::tree::{Node, Value};

/// Where variables come from: the process's environment, or a table in tests. Files are read from disk.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Expands every text below `node`; what is missing is reported by its name and marked wrong.
pub(crate) fn interpolate(node: &mut Node, environment: Environment<'_>, report: &mut Report) {
    Interpolation { environment, report }.node(node, "");
}

struct Interpolation<'i> {
    environment: Environment<'i>,
    report: &'i mut Report,
}

/// A text while it is put together.
#[derive(Default)]
struct Expansion {
    text: String,
    expanded: Vec<std::ops::Range<usize>>,
    failed: bool,
}

impl Interpolation<'_> {
    fn node(&mut self, node: &mut Node, path: &str) {
        for entry in node.entries_mut() {
            self.node(&mut entry.node, &below(path, &entry.key));
        }
        for (index, item) in node.items_mut().iter_mut().enumerate() {
            self.node(item, &format!("{path}[{index}]"));
        }
        let Some(text) = node.text().filter(|text| text.contains("${")).map(str::to_owned) else { return };
        let expansion = self.text(&text, node, path);
        if expansion.failed {
            node.value = Value::Wrong;
        } else {
            node.value = Value::String(expansion.text);
            node.expanded = expansion.expanded;
        }
    }

    fn text(&mut self, text: &str, node: &Node, path: &str) -> Expansion {
        let mut done = Expansion::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            done.text.push_str(before);
            let reference =
                after.split_once('}').and_then(|(inner, rest)| Reference::parse(inner).map(|r| (r, rest)));
            if let Some((reference, after)) = reference {
                match self.resolve(reference) {
                    Ok(value) => {
                        let start = done.text.len();
                        done.text.push_str(&value);
                        done.expanded.push(start..done.text.len());
                    }
                    Err(why) => {
                        self.report.mistake(node.at, format!("{path}: {why}"));
                        done.failed = true;
                    }
                }
                rest = after;
            } else {
                self.report.note(
                    node.at,
                    format!("{path}: \"${{\" is taken literally here; krest reads ${{env:NAME}}, ${{file:/path}} and ${{file:/path.properties:key}}"),
                );
                done.text.push_str("${");
                rest = after;
            }
        }
        done.text.push_str(rest);
        done
    }

    fn resolve(&self, reference: Reference<'_>) -> Result<String, String> {
        match reference {
            Reference::Variable(name) => (self.environment)(name)
                .ok_or_else(|| format!("the environment variable {} is not set", quoted(name))),
            Reference::File { path } => read(path).map(|text| {
                let end = text.trim_end_matches('\n').trim_end_matches('\r').len();
                text.get(..end).unwrap_or_default().to_owned()
            }),
            Reference::Property { path, key } => properties::value(&read(path)?, key)
                .ok_or_else(|| format!("the file {} has no key {}", quoted(path), quoted(key))),
        }
    }
}

#[derive(Clone, Copy)]
enum Reference<'t> {
    Variable(&'t str),
    File { path: &'t str },
    Property { path: &'t str, key: &'t str },
}

impl<'t> Reference<'t> {
    /// `None` if the text between the braces is none of krest's.
    fn parse(inner: &'t str) -> Option<Self> {
        let (provider, argument) = inner.split_once(':')?;
        match (provider, argument.rsplit_once(':')) {
            ("env", _) => Some(Self::Variable(argument)),
            ("file", Some((path, key))) => Some(Self::Property { path, key }),
            ("file", None) => Some(Self::File { path: argument }),
            _ => None,
        }
    }
}

fn read(path: &str) -> Result<String, String> {
    let bytes = std::fs::read(Path::new(path))
        .map_err(|error| format!("the file {} cannot be read: {error}", quoted(path)))?;
    String::from_utf8(bytes).map_err(|_| format!("the file {} is not UTF-8 text", quoted(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::Place;

    fn expand(text: &str) -> (Option<String>, Vec<(usize, usize)>) {
        let mut report = Report::default();
        let mut node = Node::new(Place::START, Value::String(text.to_owned()));
        let environment = |name: &str| match name {
            "KEY" => Some("k${env:OTHER}".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        interpolate(&mut node, &environment, &mut report);
        (node.text().map(str::to_owned), node.expanded.iter().map(|range| (range.start, range.end)).collect())
    }

    #[test]
    fn what_a_variable_holds_is_not_expanded_again() {
        assert_eq!(expand("a ${env:KEY} b"), (Some("a k${env:OTHER} b".to_owned()), vec![(2, 15)]));
    }

    #[test]
    fn a_variable_that_is_set_but_empty_is_empty_text() {
        assert_eq!(expand("${env:EMPTY}"), (Some(String::new()), vec![(0, 0)]));
    }

    #[test]
    fn other_dollar_texts_stay_as_they_are() {
        for text in ["${NAME}", "${", "$x", "${env", "a$${b"] {
            assert_eq!(expand(text), (Some(text.to_owned()), vec![]), "{text}");
        }
    }

    #[test]
    fn a_missing_variable_leaves_no_half_made_text() {
        assert_eq!(expand("a ${env:NONE} ${env:KEY}"), (None, vec![]));
    }

    #[test]
    fn a_file_gives_its_text_without_the_last_line_break_or_the_value_of_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.properties");
        std::fs::write(&path, "key = one:two\n\n").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(expand(&format!("${{file:{path}}}")).0.unwrap(), "key = one:two");
        assert_eq!(expand(&format!("<${{file:{path}:key}}>")).0.unwrap(), "<one:two>");
        assert_eq!(expand(&format!("${{file:{path}:other}}")).0, None);
    }
}
