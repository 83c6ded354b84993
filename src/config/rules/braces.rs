//! Braces in `path` and `params`: `{{` is a brace, and a placeholder is a mistake as long as krest reads none.

use crate::config::report::{Report, quoted};
use crate::config::tree::{Node, Value};

/// Takes doubled braces apart; `where_` begins the message. What came out of `${…}` is nobody's placeholder.
pub(super) fn unescape(node: &mut Node, where_: &str, report: &mut Report) {
    for item in node.items_mut() {
        unescape(item, where_, report);
    }
    let Some(text) = node.text() else { return };
    match plain(node, text) {
        Ok(text) => node.value = Value::String(text),
        Err(fault) => {
            report.mistake(node.at, format!("{where_}: {fault}"));
            node.value = Value::Wrong;
        }
    }
}

fn plain(node: &Node, text: &str) -> Result<String, String> {
    let mut done = String::with_capacity(text.len());
    let mut letters = text.char_indices().peekable();
    while let Some((index, letter)) = letters.next() {
        let expanded = node.expanded.iter().any(|range| range.contains(&index));
        if expanded || (letter != '{' && letter != '}') {
            done.push(letter);
            continue;
        }
        if letters.next_if(|(_, next)| *next == letter).is_some() {
            done.push(letter);
            continue;
        }
        let rest = text.get(index + 1..).unwrap_or_default();
        return Err(match (letter, rest.split_once('}')) {
            ('{', Some((name, _))) => placeholder(name),
            _ => format!("a single {:?}; a brace is written twice", letter.to_string()),
        });
    }
    Ok(done)
}

fn placeholder(name: &str) -> String {
    let shown = quoted(&format!("{{{name}}}"));
    if name.starts_with("resources.") {
        return format!(
            "{shown}: a resource that depends on another is part of dlt's grammar but not supported yet"
        );
    }
    if name.starts_with("incremental.") {
        return format!("{shown}: an incremental cursor is part of dlt's grammar but not supported yet");
    }
    format!(
        "{shown} is no known placeholder; a brace is written twice, and path parameters are not supported yet"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::Place;

    #[test]
    fn doubled_braces_become_one_and_single_ones_are_mistakes() {
        let read = |text: &str| plain(&Node::new(Place::START, Value::String(String::new())), text);
        assert_eq!(read("a{{b}}"), Ok("a{b}".to_owned()));
        assert!(read("posts/{resources.users.id}").unwrap_err().contains("not supported yet"));
        assert!(read("{incremental.start_value}").unwrap_err().contains("incremental cursor"));
        assert!(read("v1/{id}").unwrap_err().contains("\"{id}\" is no known placeholder"));
        assert!(read("a}b").unwrap_err().contains("single \"}\""));
        assert!(read("a{b").unwrap_err().contains("single \"{\""));
    }

    #[test]
    fn braces_that_came_out_of_a_variable_are_left_alone() {
        let mut node = Node::new(Place::START, Value::String("x={id}".to_owned()));
        node.expanded.push(2..6);
        assert_eq!(plain(&node, "x={id}"), Ok("x={id}".to_owned()));
    }
}
