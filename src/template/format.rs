//! Python's format specification, as far as it pads: `>5`, `*^10`, `05`, `8`, `d`, `s`.

/// How a value is made as wide as asked for. The default pads nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pad {
    fill: Option<char>,
    align: Option<Align>,
    width: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Align {
    Left,
    Right,
    Centre,
    /// Behind the sign.
    Sign,
}

/// Wider is nothing that a request has a use for.
const WIDEST: usize = 1000;

impl Pad {
    /// `None`: a specification that krest does not read.
    pub(super) fn parse(spec: &str) -> Option<Self> {
        let mut chars = spec.chars();
        let (first, second) = (chars.next(), chars.next());
        let (fill, align, rest) = match (first, first.and_then(align), second.and_then(align)) {
            (Some(fill), _, Some(align)) => (Some(fill), Some(align), after(spec, 2)),
            (_, Some(align), None) => (None, Some(align), after(spec, 1)),
            _ => (None, None, spec),
        };
        let rest = rest.strip_suffix(['d', 's']).unwrap_or(rest);
        let zero = rest.starts_with('0');
        let width = if rest.is_empty() { 0 } else { rest.parse().ok().filter(|width| *width <= WIDEST)? };
        let fill = fill.or(zero.then_some('0'));
        let sign = zero && align.is_none();
        Some(Self { fill, align: align.or(sign.then_some(Align::Sign)), width })
    }

    /// Numbers stand to the right, texts to the left, as in Python.
    pub(super) fn apply(self, text: &str, number: bool) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        let fill = |count| std::iter::repeat_n(self.fill.unwrap_or(' '), count).collect::<String>();
        let align = match (self.align, number) {
            (Some(Align::Sign) | None, false) => Align::Left,
            (None, true) => Align::Right,
            (Some(align), _) => align,
        };
        match align {
            Align::Left => format!("{text}{}", fill(missing)),
            Align::Right => format!("{}{text}", fill(missing)),
            Align::Centre => format!("{}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
            Align::Sign => match text.strip_prefix('-') {
                Some(digits) => format!("-{}{digits}", fill(missing)),
                None => format!("{}{text}", fill(missing)),
            },
        }
    }
}

fn align(c: char) -> Option<Align> {
    match c {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Centre),
        '=' => Some(Align::Sign),
        _ => None,
    }
}

fn after(spec: &str, count: usize) -> &str {
    spec.char_indices().nth(count).map_or("", |(at, _)| spec.get(at..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_padded_as_python_pads_them() {
        for (spec, text, number, padded) in [
            ("03", "5", true, "005"),
            ("03", "5", false, "500"),
            (">5", "ab", false, "   ab"),
            ("^5", "ab", false, " ab  "),
            ("05", "-5", true, "-0005"),
            ("*<5", "ab", false, "ab***"),
            ("<4", "5", true, "5   "),
            ("4d", "5", true, "   5"),
            ("4", "ab", false, "ab  "),
            ("2", "abc", false, "abc"),
            ("", "5", true, "5"),
            ("*^6", "é", false, "**é***"),
        ] {
            assert_eq!(Pad::parse(spec).unwrap().apply(text, number), padded, "{spec}");
        }
    }

    #[test]
    fn what_does_more_than_padding_is_refused() {
        for spec in [".2f", ",", "+d", "#x", "x", "5.1", "%Y-%m", "99999"] {
            assert_eq!(Pad::parse(spec), None, "{spec}");
        }
    }
}
