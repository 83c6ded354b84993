//! Dead letters: what becomes of a record that cannot be published, with Kafka Connect's headers and krest's own.

use std::borrow::Cow;

use bytes::Bytes;

use super::KeyCodec;
use crate::model::{ConnectorName, DeadRecord, DeadSpot, Letter, Redactor, ResourceName, partition_for};

/// Longer texts in headers are cut: a broker counts headers as a part of the message.
pub(super) const LONGEST_HEADER: usize = 4 << 10;
/// What a header takes besides its name and value, at most.
const HEADER_OVERHEAD: usize = 10;

/// Makes the letters of one resource.
#[derive(Clone, Debug)]
pub struct LetterEncoder {
    pub connector: ConnectorName,
    pub resource: ResourceName,
    /// The task that reads the resource.
    pub task: u32,
    /// The topic that the record was meant for.
    pub output: String,
    pub topic: String,
    pub partitions: i32,
    /// Key, value and headers of a letter take no more than this.
    pub limit: usize,
    /// Whether letters have Kafka Connect's headers.
    pub context_headers: bool,
    /// How the topic's keys are written.
    pub keys: KeyCodec,
    pub redactor: Redactor,
}

impl LetterEncoder {
    /// The letter of one record, without secrets, and no larger than the topic takes.
    pub fn letter(&self, dead: &DeadRecord, scan: u64) -> Letter {
        let mut headers = self.headers(dead, scan);
        let key = dead.key.text().map(|key| self.redactor.scrub(key).into_owned());
        // A key that has no form in the topic yet is told by its text.
        let key = key
            .map(|key| self.keys.write(key.as_bytes()).unwrap_or(Cow::Borrowed(key.as_bytes())).into_owned());
        let value = String::from_utf8_lossy(&dead.value);
        let value = self.redactor.scrub(&value);
        // Two more headers may follow, and the one that every message has.
        let named = 2 * (self.connector.as_str().len() + self.resource.as_str().len()) + 100;
        let taken: usize =
            headers.iter().map(|(name, value)| name.len() + value.len() + HEADER_OVERHEAD).sum();
        let room = self.limit.saturating_sub(taken + named);
        let key = match key {
            Some(key) if key.len() > room => {
                headers.push(("krest.key.bytes", key.len().to_string()));
                None
            }
            key => key,
        };
        let room = room - key.as_ref().map_or(0, Vec::len);
        let shown = start_of(&value, room);
        if shown.len() < value.len() {
            headers.push(("krest.value.bytes", value.len().to_string()));
        }
        let place = key.clone().unwrap_or_else(|| dead.identity.to_hex().to_vec());
        Letter {
            topic: self.topic.clone(),
            partition: partition_for(&place, self.partitions),
            key: key.map(Bytes::from),
            value: Bytes::copy_from_slice(shown.as_bytes()),
            headers,
        }
    }

    fn headers(&self, dead: &DeadRecord, scan: u64) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if self.context_headers {
            headers.extend([
                ("__connect.errors.topic", self.output.clone()),
                ("__connect.errors.connector.name", self.connector.to_string()),
                ("__connect.errors.task.id", self.task.to_string()),
                ("__connect.errors.stage", dead.fault.stage.name().to_owned()),
                ("__connect.errors.class.name", format!("krest.{}", dead.fault.part)),
                ("__connect.errors.exception.class.name", format!("krest.{}", dead.fault.name)),
                ("__connect.errors.exception.message", self.text(&dead.message)),
            ]);
        }
        let identity = String::from_utf8_lossy(&dead.identity.to_hex()).into_owned();
        headers.extend([
            ("krest.fingerprint", identity),
            ("krest.resource", self.text(self.resource.as_str())),
            ("krest.scan", scan.to_string()),
        ]);
        if let Some(DeadSpot { page, record, url }) = &dead.spot {
            headers.extend([
                ("krest.page", page.to_string()),
                ("krest.record", record.to_string()),
                ("krest.url", self.text(&url.to_string())),
            ]);
        }
        headers
    }

    fn text(&self, text: &str) -> String {
        start_of(&self.redactor.scrub(text), LONGEST_HEADER).to_owned()
    }
}

/// As much of a text as fits into so many bytes.
pub(super) fn start_of(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeadKey, Fault, Fingerprint, RedactedUrl, Secret, Stage};

    fn encoder(limit: usize) -> LetterEncoder {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("c4nary"));
        LetterEncoder {
            connector: ConnectorName::new("shop"),
            resource: ResourceName::new("users"),
            task: 2,
            output: "shop.users".to_owned(),
            topic: "shop.users.dlq".to_owned(),
            partitions: 6,
            limit,
            context_headers: true,
            keys: KeyCodec::Text,
            redactor,
        }
    }

    fn dead(key: DeadKey, value: &str) -> DeadRecord {
        let url = url::Url::parse("https://h.example/v1?q=c4nary").unwrap();
        DeadRecord {
            fault: Fault { stage: Stage::KeyConverter, part: "primary_key", name: "KeyMissing" },
            message: "the key c4nary is missing".to_owned(),
            spot: Some(DeadSpot { page: 3, record: 7, url: RedactedUrl::new(&url, &[]) }),
            key,
            value: Bytes::copy_from_slice(value.as_bytes()),
            identity: Fingerprint::from_u128(255),
        }
    }

    #[test]
    fn a_letter_has_the_records_bytes_connects_headers_and_no_secret() {
        let letter = encoder(10_000).letter(&dead(DeadKey::Unknown, r#"{"a" : 1.0,"b":"c4nary"}"#), 9);
        assert_eq!((letter.topic.as_str(), &letter.key), ("shop.users.dlq", &None));
        assert_eq!(letter.value, r#"{"a" : 1.0,"b":"***"}"#);
        let headers: Vec<(&str, &str)> =
            letter.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(
            headers,
            [
                ("__connect.errors.topic", "shop.users"),
                ("__connect.errors.connector.name", "shop"),
                ("__connect.errors.task.id", "2"),
                ("__connect.errors.stage", "KEY_CONVERTER"),
                ("__connect.errors.class.name", "krest.primary_key"),
                ("__connect.errors.exception.class.name", "krest.KeyMissing"),
                ("__connect.errors.exception.message", "the key *** is missing"),
                ("krest.fingerprint", "000000000000000000000000000000ff"),
                ("krest.resource", "users"),
                ("krest.scan", "9"),
                ("krest.page", "3"),
                ("krest.record", "7"),
                ("krest.url", "https://h.example/v1?q=***"),
            ]
        );
        assert!(letter.size() > 300);
    }

    #[test]
    fn connects_headers_can_be_left_out() {
        let plain = LetterEncoder { context_headers: false, ..encoder(10_000) };
        let letter = plain.letter(&dead(DeadKey::Unknown, "1"), 1);
        assert!(letter.headers.iter().all(|(name, _)| name.starts_with("krest.")), "{:?}", letter.headers);
        assert_eq!(letter.headers.len(), 6);
    }

    #[test]
    fn a_letter_lies_where_its_row_lies() {
        let letter = encoder(10_000).letter(&dead(DeadKey::Row("my_key_3".to_owned()), "1"), 1);
        assert_eq!((letter.partition, letter.key.as_deref()), (5, Some(&b"my_key_3"[..])));
    }

    #[test]
    fn what_does_not_fit_is_cut_and_the_letter_says_so() {
        let value = "ä".repeat(5_000);
        let letter = encoder(2_000).letter(&dead(DeadKey::Row("k".to_owned()), &value), 1);
        assert!(letter.size() <= 2_000 && letter.value.len() > 500, "{}", letter.size());
        assert!(std::str::from_utf8(&letter.value).is_ok_and(|text| text.chars().all(|c| c == 'ä')));
        assert_eq!(letter.headers.last().unwrap(), &("krest.value.bytes", "10000".to_owned()));
        let letter = encoder(2_000).letter(&dead(DeadKey::Row("k".repeat(3_000)), &value), 1);
        assert_eq!(letter.key, None);
        assert!(letter.size() <= 2_000 && letter.headers.contains(&("krest.key.bytes", "3000".to_owned())));
    }

    #[test]
    fn the_published_schema_names_every_header_and_no_other() {
        let text = include_str!("../../schemas/dead-letter.avsc");
        crate::schema::Given::read(text).unwrap();
        let schema: serde_json::Value = serde_json::from_str(text).unwrap();
        let headers = schema["fields"][2]["type"]["fields"].as_array().unwrap();
        let name = |header: &serde_json::Value| header["krest.header"].as_str().unwrap().to_owned();
        let mut known: Vec<String> = headers.iter().map(name).collect();
        // Which every message of krest has.
        assert_eq!(known.pop().as_deref(), Some("krest.source"));
        let letter = |limit, key: &str| {
            encoder(limit).letter(&dead(DeadKey::Row(key.repeat(3_000)), &key.repeat(3_000)), 1)
        };
        let mut written: Vec<String> =
            letter(2_000, "k").headers.iter().map(|(name, _)| (*name).to_owned()).collect();
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(written, known);
        let plain = LetterEncoder { context_headers: false, ..encoder(10_000) };
        let never = DeadRecord { spot: None, ..dead(DeadKey::Unknown, "1") };
        let least: Vec<&str> = plain.letter(&never, 1).headers.iter().map(|(name, _)| *name).collect();
        let required = headers.iter().filter(|header| header["type"] == "string").map(name);
        assert_eq!(required.filter(|name| name != "krest.source").collect::<Vec<_>>(), least);
    }

    #[test]
    fn half_a_secret_is_not_left_where_a_value_is_cut() {
        let secret = format!("{}c4nary", "x".repeat(1_300));
        for limit in 1_700..1_990 {
            let letter = encoder(limit).letter(&dead(DeadKey::Unknown, &secret), 1);
            assert!(!letter.value.windows(2).any(|two| two == b"c4"), "{limit}");
        }
    }
}
