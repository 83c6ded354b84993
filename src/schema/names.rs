//! Names as Avro allows them: letters, digits and underscores, and no digit in front.

use std::borrow::Cow;

/// The name itself, or the nearest that is legal.
pub(super) fn legal(name: &str) -> Cow<'_, str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts_well = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    if starts_well && name.bytes().all(fits) {
        return Cow::Borrowed(name);
    }
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let before = if starts_well { "" } else { "_" };
    Cow::Owned(before.chars().chain(name.chars().map(letter)).collect())
}

/// The same for each part of a name with dots.
pub(super) fn legal_path(path: &str) -> String {
    path.split('.').map(legal).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_one_that_avro_allows() {
        for (name, expected) in
            [("a_1", "a_1"), ("first-name", "first_name"), ("1st", "_1st"), ("größe", "gr__e"), ("", "_")]
        {
            assert_eq!(legal(name), expected, "{name}");
        }
        assert_eq!(legal_path("my-shop.users.2nd"), "my_shop.users._2nd");
    }
}
