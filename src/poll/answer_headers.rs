//! The headers of an answer, as paginators look at them.

/// In the order of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AnswerHeaders(Vec<(String, String)>);

impl AnswerHeaders {
    /// A value that is no UTF-8 keeps what of it is.
    pub(super) fn new<'h>(headers: impl Iterator<Item = (&'h str, &'h [u8])>) -> Self {
        let text =
            |(name, value): (&str, &[u8])| (name.to_owned(), String::from_utf8_lossy(value).into_owned());
        Self(headers.map(text).collect())
    }

    /// All values of one name, joined by commas as RFC 9110 §5.3 joins them; `None` if there is none. Case does not matter.
    pub(super) fn joined(&self, name: &str) -> Option<String> {
        let values = self.0.iter().filter(|(present, _)| present.eq_ignore_ascii_case(name));
        let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_name_are_joined() {
        let pairs: [(&str, &[u8]); 3] = [("link", b"<a>"), ("x", b"1"), ("LINK", b"<b>")];
        let headers = AnswerHeaders::new(pairs.into_iter());
        assert_eq!(headers.joined("Link").as_deref(), Some("<a>, <b>"));
        assert_eq!(headers.joined("next"), None);
    }
}
