//! "Did you mean": the word that was most likely meant, and lists of words as prose.

use super::report::quoted;

/// Longer lists are left out of messages: the suggestion helps more.
const LONGEST_LIST: usize = 20;

/// The candidate that looks most like `word`, if one looks enough like it.
pub(crate) fn closest<'w>(word: &str, candidates: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let wanted = word.to_lowercase().replace('-', "_");
    // A word out of a crash or of the wrong file is nobody's slip of the pen, and measuring it is slow.
    if wanted.is_empty() || wanted.len() > 80 {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| distance(&wanted, &candidate.to_lowercase().replace('-', "_")).map(|d| (d, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How far apart two words are; `None` if one is hardly a slip for the other.
fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    let edits = strsim::damerau_levenshtein(wanted, candidate);
    if edits <= 1 + wanted.chars().count().min(candidate.chars().count()) / 4 {
        return Some(edits);
    }
    // `selector` for `data_selector`, `url` for `base_url`: a part that stands on its own.
    let contains = |long: &str, short: &str| short.len() >= 3 && long.split(['_', '.']).any(|part| part == short);
    (contains(candidate, wanted) || contains(wanted, candidate)).then_some(edits + LONGEST_LIST)
}

/// `; did you mean "limit"?`, or nothing.
pub(crate) fn did_you_mean(word: &str, candidates: &[&str]) -> String {
    closest(word, candidates.iter().copied())
        .map(|candidate| format!("; did you mean {}?", quoted(candidate)))
        .unwrap_or_default()
}

/// ` (allowed: a, b)`, or nothing if there are too many to be of use.
pub(crate) fn allowed(words: &[&str]) -> String {
    if words.is_empty() || words.len() > LONGEST_LIST {
        return String::new();
    }
    format!(" (allowed: {})", words.join(", "))
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn either(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_finds_none() {
        let keys = ["base_url", "headers", "auth", "paginator", "data_selector", "limit"];
        for (slip, meant) in [
            ("base_ulr", Some("base_url")),
            ("Limit", Some("limit")),
            ("selector", Some("data_selector")),
            ("url", Some("base_url")),
            ("pagination", Some("paginator")),
            ("base-url", Some("base_url")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(closest(slip, keys), meant, "{slip}");
        }
    }
}
