//! One value out of a Java `.properties` file, by the rules of `java.util.Properties.load`.

/// The value of `key`; the last one counts, as in Java.
pub(crate) fn value(text: &str, key: &str) -> Option<String> {
    let mut found = None;
    let mut lines = text.lines();
    while let Some(first) = lines.next() {
        let first = first.trim_start();
        if first.starts_with(['#', '!']) {
            continue;
        }
        let mut logical = first.to_owned();
        while ends_in_continuation(&logical) {
            logical.pop();
            let Some(next) = lines.next() else { break };
            logical.push_str(next.trim_start());
        }
        let (name, rest) = split(&logical);
        if unescape(name) == key {
            found = Some(unescape(rest));
        }
    }
    found
}

/// An odd number of backslashes: the last one stands before the line break.
fn ends_in_continuation(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// The key ends at the first `=`, `:` or white space that is not escaped.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let ends = !escaped && (c == '=' || c == ':' || c.is_ascii_whitespace());
        escaped = c == '\\' && !escaped;
        ends
    });
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start();
    (name, rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start())
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('f') => plain.push('\u{c}'),
            Some('u') => {
                let code: String = letters.by_ref().take(4).collect();
                let letter = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                plain.push(letter.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_java_reads_them() {
        let text = "# comment\n! comment\na=1\n b : two words \nc\\:d = x=y\ne = one\\\n   two\nf\ng k\na=last\nu=\\u00e9\\t|\n";
        for (key, expected) in [
            ("a", Some("last")),
            ("b", Some("two words ")),
            ("c:d", Some("x=y")),
            ("e", Some("onetwo")),
            ("f", Some("")),
            ("g", Some("k")),
            ("u", Some("é\t|")),
            ("zz", None),
        ] {
            assert_eq!(value(text, key).as_deref(), expected, "{key}");
        }
    }
}
