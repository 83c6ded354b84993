//! "Did you mean": the word that was most likely meant, and lists of words as prose.

use super::report::quoted;

/// Longer lists are left out of messages: the suggestion helps more.
const LONGEST_LIST: usize = 20;
/// A part of a word is a weaker sign than any slip.
const LEAST_ALIKE: usize = 100;

/// The candidate that looks most like `word`, if one looks enough like it.
pub(crate) fn closest<'w>(word: &str, candidates: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let wanted = folded(word);
    // A word out of a crash or of the wrong file is nobody's slip of the pen, and measuring it is slow.
    if wanted.is_empty() || wanted.len() > 80 {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| distance(&wanted, &folded(candidate)).map(|d| (d, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The same, but by its spelling alone.
pub(crate) fn misspelt<'w>(word: &str, candidates: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    closest(word, candidates).filter(|candidate| edits(&folded(word), &folded(candidate)).is_some())
}

fn folded(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

/// How far apart two words are; `None` if one is hardly a slip for the other.
fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    // `selector` for `data_selector`, `has_more` for `has_more_path`: parts that stand on their own.
    let parts = |word: &str| format!("_{}_", word.replace('.', "_"));
    let contains = |long: &str, short: &str| short.len() >= 3 && parts(long).contains(&parts(short));
    let part = || contains(candidate, wanted) || contains(wanted, candidate);
    edits(wanted, candidate).or_else(|| part().then(|| LEAST_ALIKE + wanted.len().abs_diff(candidate.len())))
}

fn edits(wanted: &str, candidate: &str) -> Option<usize> {
    let edits = strsim::damerau_levenshtein(wanted, candidate);
    (edits <= 1 + wanted.chars().count().min(candidate.chars().count()) / 4).then_some(edits)
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
            ("data_selector_path", Some("data_selector")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(closest(slip, keys), meant, "{slip}");
        }
    }
}
