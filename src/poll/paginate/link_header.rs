//! The `Link` header of RFC 8288: `<https://…?page=2>; rel="next", <…>; rel="last"`.

/// The target of the link with this relation type, as it is written. Of several the last one counts, as in dlt.
pub(in crate::poll) fn target(header: &str, relation: &str) -> Option<String> {
    let mut found = None;
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let inside = rest.get(start + 1..)?;
        let end = inside.find('>')?;
        let (url, behind) = (inside.get(..end)?, inside.get(end + 1..)?);
        let (parameters, next) = split_at(behind, ',');
        if has_relation(parameters, relation) {
            found = Some(url.trim().to_owned());
        }
        rest = next;
    }
    found
}

/// What stands before and behind the first such mark outside quotes.
fn split_at(text: &str, mark: char) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if c == mark && !quoted => {
                return (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
            }
            _ => {}
        }
    }
    (text, "")
}

/// A relation may be one of several in the quotes (RFC 8288 §3.3); case does not matter. Of several `rel` only the first counts.
fn has_relation(parameters: &str, relation: &str) -> bool {
    let is = |word: &str| word.eq_ignore_ascii_case(relation);
    let mut rest = parameters;
    while !rest.is_empty() {
        let (parameter, next) = split_at(rest, ';');
        rest = next;
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case("rel") {
            let rel = value.trim().trim_matches(['"', '\'']).trim();
            return is(rel) || rel.split_ascii_whitespace().any(is);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_with_the_relation_is_found() {
        for (header, expected) in [
            (
                r#"<https://h/x?page=2>; rel="next", <https://h/x?page=9>; rel="last""#,
                Some("https://h/x?page=2"),
            ),
            (r#"<https://h/x?page=9>; rel="last",<?page=2>;rel=next"#, Some("?page=2")),
            (
                r#"<https://h/x?a=1,2;b>; title="a, <b>; rel=no"; rel="prev Next""#,
                Some("https://h/x?a=1,2;b"),
            ),
            (r#"<https://h/1>; REL='next'; type="text/html""#, Some("https://h/1")),
            (r#"<https://h/1>; rel=next, <https://h/2>; rel=next"#, Some("https://h/2")),
            (r#"<https://h/1>; rel="nextish""#, None),
            (r#"<https://h/1>; rel=last; rel=next"#, None),
            ("<https://h/1>", None),
            ("<https://h/1; rel=next", None),
            ("", None),
            ("rel=next", None),
        ] {
            assert_eq!(target(header, "next").as_deref(), expected, "{header}");
        }
    }

    #[test]
    fn the_relation_may_have_another_name() {
        let header = r#"<https://h/1>; rel="next", <https://h/2>; rel="next-page""#;
        assert_eq!(target(header, "next-page").as_deref(), Some("https://h/2"));
        assert_eq!(target(r#"<https://h/3>; rel="the next""#, "the next").as_deref(), Some("https://h/3"));
    }
}
