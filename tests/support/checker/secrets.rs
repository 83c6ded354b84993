//! A secret that must not be seen anywhere, in any form that it might take on the way.

use base64::Engine as _;

use super::Seen;

/// The canary as it is, URL-encoded, in base64 and as a JSON string.
fn canary_forms(canary: &str) -> Vec<String> {
    assert!(canary.len() >= 12, "a shorter secret may be found by chance");
    let encoded: String = url::form_urlencoded::byte_serialize(canary.as_bytes()).collect();
    // Only the middle of the base64 form does not depend on what stands before and after the secret.
    let base64 = (0..3).map(|shift| {
        let text = format!("{}{canary}", "x".repeat(shift));
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        encoded[4..encoded.len() - 4].to_owned()
    });
    let json = serde_json::to_string(canary).expect("a string").trim_matches('"').to_owned();
    [canary.to_owned(), encoded, json].into_iter().chain(base64).collect()
}

/// The places of a text where the canary stands, with a little of what is around it.
pub fn leaks(text: &str, canary: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for form in canary_forms(canary) {
        for (at, _) in text.match_indices(&form) {
            let begin = text[..at].char_indices().rev().nth(60).map_or(0, |(begin, _)| begin);
            found.push(format!("the secret is visible after: {}", &text[begin..at]));
        }
    }
    found
}

/// The same over keys, values and headers of messages.
pub fn leaks_in(messages: &[Seen], canary: &str) -> Vec<String> {
    let texts = messages.iter().flat_map(|message| {
        let headers =
            message.headers.iter().flat_map(|(name, value)| [name.as_bytes().to_vec(), value.clone()]);
        message.key.clone().into_iter().chain(message.value.clone()).chain(headers)
    });
    texts.flat_map(|text| leaks(&String::from_utf8_lossy(&text), canary)).collect()
}
