//! Where a JSON value ends, told from its bytes. The document was checked: nothing is checked again, and nothing panics
//! on what is no JSON.

/// The place behind the string that starts at `start`, and whether it holds escapes.
#[inline]
pub(super) fn string_end(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start + 1;
    let mut escaped = false;
    loop {
        at += quote_or_backslash(bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some((at + 1, escaped));
        }
        at += 2; // the escaped character
        escaped = true;
    }
}

/// Eight bytes a step, inlined: JSON's strings are too short for a call of memchr each (a tenth of a page's time).
#[inline]
fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    // The lowest byte that is zero gets its high bit; bytes above it may get theirs wrongly.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let (chunks, tail) = bytes.as_chunks::<8>();
    for (n, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let found = zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(n * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let start = bytes.len() - tail.len();
    tail.iter().position(|byte| matches!(byte, b'"' | b'\\')).map(|found| start + found)
}

/// The place behind the object or array that starts at `start`. Iterative: depth costs no stack.
pub(super) fn container_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = start;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at)?.0;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

pub(super) fn scalar_end(bytes: &[u8], start: usize) -> usize {
    let tail = bytes.get(start..).unwrap_or_default();
    let length = tail.iter().position(|byte| is_separator(*byte) || matches!(byte, b']' | b'}'));
    start + length.unwrap_or(tail.len())
}

/// White space, commas and colons: what stands between values in a checked document.
#[inline]
pub(super) fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_string_ends_at_its_quote(text in "[\"\\\\!#a¢é]{0,40}", behind in "[\"\\\\a]{0,20}") {
            let string = serde_json::to_string(&text).unwrap();
            let all = format!("{string}{behind}");
            prop_assert_eq!(string_end(all.as_bytes(), 0), Some((string.len(), string.contains('\\'))));
        }
    }
}
