//! A tree with comments → YAML, in block style, as an operator would write it.

/// A value of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    /// As it is to be written.
    Number(String),
    Text(String),
    List(Vec<Element>),
    Map(Vec<Element>),
}

/// An element of a list or, with a key, of a mapping; without a node only its comments are left.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Element {
    pub comments: Vec<String>,
    pub key: Option<String>,
    pub node: Option<Node>,
}

/// A mapping's elements, each line indented by this many steps.
pub(super) fn write(elements: &[Element], depth: usize, out: &mut String) {
    for element in elements {
        for comment in &element.comments {
            line(depth, &format!("# {comment}"), out);
        }
        let Some(node) = &element.node else { continue };
        let start = match &element.key {
            Some(key) => format!("{}:", scalar(key)),
            None => "-".to_owned(),
        };
        value(&start, node, depth, out);
    }
}

/// Whether anything but comments would be written.
pub(super) fn is_empty(elements: &[Element]) -> bool {
    elements.iter().all(|element| element.node.is_none())
}

fn value(start: &str, node: &Node, depth: usize, out: &mut String) {
    match node {
        Node::Null => line(depth, &format!("{start} null"), out),
        Node::Bool(value) => line(depth, &format!("{start} {value}"), out),
        Node::Number(text) => line(depth, &format!("{start} {text}"), out),
        Node::Text(text) => match literal(text) {
            Some(mark) => {
                line(depth, &format!("{start} {mark}"), out);
                text.lines().for_each(|text| line(depth + 1, text, out));
            }
            None => line(depth, &format!("{start} {}", scalar(text)), out),
        },
        Node::List(elements) => inside(start, elements, ("[]", depth), out),
        Node::Map(elements) => inside(start, elements, ("{}", depth), out),
    }
}

fn inside(start: &str, elements: &[Element], (empty, depth): (&str, usize), out: &mut String) {
    if is_empty(elements) {
        line(depth, &format!("{start} {empty}"), out);
        write(elements, depth + 1, out);
        return;
    }
    let mut inner = String::new();
    write(elements, depth + 1, &mut inner);
    if start != "-" {
        line(depth, start, out);
        out.push_str(&inner);
        return;
    }
    // `- name: x`: the first line of an element stands behind its dash, its comments above.
    let mut rest = inner.as_str();
    while let Some((comment, behind)) = rest.split_once('\n').filter(|(line, _)| is_comment(line)) {
        line(depth, comment.trim_start(), out);
        rest = behind;
    }
    out.push_str(&"  ".repeat(depth));
    out.push_str("- ");
    out.push_str(rest.trim_start_matches(' '));
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

fn line(depth: usize, text: &str, out: &mut String) {
    if !text.is_empty() {
        out.push_str(&"  ".repeat(depth));
        out.push_str(text);
    }
    out.push('\n');
}

/// The mark of a text that can stand as it is, in lines of its own.
fn literal(text: &str) -> Option<&'static str> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let mark = if body.len() == text.len() { "|-" } else { "|" };
    let plain = |line: &str| line.chars().all(|c| c == ' ' || is_visible(c)) && !line.ends_with(' ');
    let fits = body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && body.split('\n').all(plain);
    fits.then_some(mark)
}

fn is_visible(c: char) -> bool {
    !c.is_control() && !c.is_whitespace() && !matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')
}

/// A text as a plain word where every reader of YAML takes it for that, else in quotes.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let visible = text.chars().all(|c| c == ' ' || is_visible(c));
    if visible && text.contains(['"', '\\']) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            ' ' => quoted.push(' '),
            c if is_visible(c) => quoted.push(c),
            c => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

fn is_plain(text: &str) -> bool {
    const WORDS: &[&str] = &["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '/');
    let goes_on = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:".contains(c));
    starts && goes_on && !text.ends_with(':') && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> serde_json::Value {
        let elements = [Element {
            comments: vec!["a".to_owned()],
            key: Some(text.to_owned()),
            node: Some(Node::Text(text.to_owned())),
        }];
        let mut out = String::new();
        write(&elements, 0, &mut out);
        serde_saphyr::from_str(&out).unwrap_or_else(|error| panic!("{error}\n{out}"))
    }

    #[test]
    fn texts_come_back_as_they_were() {
        for text in [
            "",
            " ",
            "a",
            "null",
            "No",
            "1",
            "1.0",
            "0x1",
            ".5",
            "-",
            "- a",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "'a'",
            "\"",
            "\\",
            "a\nb",
            "a\nb\n",
            "a\n\nb",
            "a\n b",
            " a\nb",
            "a\nb\n\n",
            "a \nb",
            "\n",
            "a\tb\nc",
            "{{a}}",
            "${env:A}",
            "ä€😀",
            "\u{85}\u{2028}\u{feff}\u{0}\u{7f}",
            "|",
            ">",
            "%a",
            "@a",
            "`",
            "---",
            "a\r\nb",
            "2024-01-01",
            "=",
            "<<",
            "~",
            "?a",
        ] {
            assert_eq!(read(text), serde_json::json!({ text: text }), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "\\PC*|[ -~\n\t]{0,20}|(?s).{0,8}") {
            prop_assert_eq!(read(&text), serde_json::json!({ &text: &text }));
        }
    }

    #[test]
    fn lists_and_mappings_stand_in_blocks() {
        let element =
            |key: Option<&str>, node| Element { comments: Vec::new(), key: key.map(str::to_owned), node };
        let inner = Node::Map(vec![
            element(Some("a"), Some(Node::Number("1".to_owned()))),
            Element { comments: vec!["gone".to_owned()], key: Some("b".to_owned()), node: None },
            element(Some("c"), Some(Node::List(Vec::new()))),
        ]);
        let list =
            Node::List(vec![element(None, Some(inner)), element(None, Some(Node::Text("x".to_owned())))]);
        let mut out = String::new();
        write(&[element(Some("list"), Some(list))], 1, &mut out);
        assert_eq!(out, "  list:\n    - a: 1\n      # gone\n      c: []\n    - x\n");
    }
}
