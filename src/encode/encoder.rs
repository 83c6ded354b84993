//! Changes to messages. A value that is the record's own bytes is shared with its page, not copied.

use std::borrow::Cow;

use bytes::Bytes;

use super::envelope::{Envelope, Event, Op};
use super::{KeyCodec, Metadata, Values};
use crate::model::{Before, Change, Message, Stamp, partition_for};
use crate::schema::Misfit;

/// Makes messages for a topic with this many partitions.
#[derive(Clone, Debug)]
pub struct Encoder {
    pub partitions: i32,
    /// False: messages have no key, and are spread by their content (`append` without a primary key).
    pub keyed: bool,
    pub keys: KeyCodec,
}

impl Encoder {
    /// The messages of one page's changes, in their order. `body` is that page's: what is borrowed from it is shared,
    /// not copied, and the page lives as long as its messages. Few changes of a large page are copied: they may wait for
    /// Kafka, and the page must not wait with them. The records were admitted: then none of them is a misfit.
    pub fn encode(
        &self,
        changes: &[Change<'_>],
        (body, metadata): (&Bytes, &Metadata),
        values: &Values,
    ) -> Result<Vec<Message>, Misfit> {
        let bytes: usize = changes.iter().filter_map(Change::value).map(str::len).sum();
        let take = if bytes < body.len() / SHARED_FROM { copied } else { shared };
        let mut messages = Vec::with_capacity(changes.len());
        let last = changes.iter().rposition(|change| change.value().is_some());
        for (place, change) in changes.iter().enumerate() {
            let key = self.key_of(change, |text| take(text, body))?;
            match change {
                Change::Delete { before, .. } => {
                    messages.extend(self.with_tombstone(
                        (key, change.key().as_bytes(), before),
                        metadata,
                        values,
                    )?);
                }
                Change::Upsert { fingerprint, value, before, .. } => {
                    let mut message = match metadata.envelope.as_ref() {
                        None => {
                            let value = values.write(value)?.unwrap_or_else(|| take(value, body));
                            self.message(key, Some(value), metadata)
                        }
                        Some(envelope) => {
                            let (op, last) =
                                (envelope.op(before.is_row()), last == Some(place) && envelope.last);
                            let before = before.text().filter(|_| op != Op::Read);
                            let event = Event { op, before, after: Some(value), last };
                            self.told((key, event), (envelope, metadata), values)?
                        }
                    };
                    message.fingerprint = Some(*fingerprint);
                    messages.push(message);
                }
            }
        }
        Ok(messages)
    }

    fn key_of(&self, change: &Change<'_>, take: impl Fn(&str) -> Bytes) -> Result<Bytes, Misfit> {
        Ok(match (change.key(), self.keyed) {
            (key, true) if !self.keys.is_text() => self.key(key.as_bytes())?,
            (Cow::Borrowed(text), _) => take(text),
            (Cow::Owned(text), _) => Bytes::copy_from_slice(text.as_bytes()),
        })
    }

    fn key(&self, key: &[u8]) -> Result<Bytes, Misfit> {
        self.keys.write(key).map(|key| Bytes::from(key.into_owned()))
    }

    /// What deletes the row with this key: a null value, and with an envelope the event that tells of it, in front.
    pub fn delete(
        &self,
        (key, before): (&[u8], &Before),
        metadata: &Metadata,
        values: &Values,
    ) -> Result<Vec<Message>, Misfit> {
        Ok(self.with_tombstone((self.key(key)?, key, before), metadata, values)?.collect())
    }

    /// Of a row whose text is not at hand its key is told. One that would be too large is not told of, nor one for which the schema has
    /// no place: nothing keeps a row from being deleted.
    fn with_tombstone(
        &self,
        (key, text, before): (Bytes, &[u8], &Before),
        metadata: &Metadata,
        values: &Values,
    ) -> Result<impl Iterator<Item = Message> + use<>, Misfit> {
        let delete_event = match &metadata.envelope {
            None => None,
            Some(envelope) => self.delete_event((&key, text, before), (envelope, metadata), values)?,
        };
        Ok(delete_event.into_iter().chain([self.message(key, None, metadata)]))
    }

    fn delete_event(
        &self,
        (key, text, before): (&Bytes, &[u8], &Before),
        (envelope, metadata): (&Envelope, &Metadata),
        values: &Values,
    ) -> Result<Option<Message>, Misfit> {
        let by_key = metadata.key.rows(text, values.schema().is_some());
        let rows = before.text().into_iter().chain(by_key.iter().map(String::as_str));
        for before in rows.map(Some).chain([None]) {
            let text = envelope.text(Event { op: Op::Delete, before, after: None, last: false });
            if !values.fits(&text) {
                continue;
            }
            let value = values.write(&text)?.unwrap_or_else(|| text.into());
            let message = self.message(key.clone(), Some(value), metadata);
            if message.size() <= metadata.largest {
                return Ok(Some(Message { fingerprint: Some(Stamp::GONE), delete_event: true, ..message }));
            }
        }
        Ok(None)
    }

    /// A change of a row that is there. The row as it was is left out where it does not fit: neither the schema, which may be another one than it was published
    /// with, nor what Kafka takes keeps a change from being told.
    fn told(
        &self,
        (key, event): (Bytes, Event<'_>),
        (envelope, metadata): (&Envelope, &Metadata),
        values: &Values,
    ) -> Result<Message, Misfit> {
        let told = |event: Event<'_>| self.event((key.clone(), event), (envelope, metadata), values);
        if event.before.is_some()
            && let Ok(message) = told(event)
            && message.size() <= metadata.largest
        {
            return Ok(message);
        }
        told(Event { before: None, ..event })
    }

    fn event(
        &self,
        (key, event): (Bytes, Event<'_>),
        (envelope, metadata): (&Envelope, &Metadata),
        values: &Values,
    ) -> Result<Message, Misfit> {
        let text = envelope.text(event);
        let value = values.write(&text)?.unwrap_or_else(|| text.into());
        Ok(self.message(key, Some(value), metadata))
    }

    /// Without a primary key, the record's fingerprint stands for one.
    fn message(&self, key: Bytes, value: Option<Bytes>, metadata: &Metadata) -> Message {
        Message {
            partition: partition_for(&key, self.partitions),
            key: self.keyed.then_some(key),
            value,
            fingerprint: None,
            parent: None,
            delete_event: false,
            headers: metadata.headers.clone(),
        }
    }
}

/// A page is shared by its messages if they are at least one part in so many of it.
const SHARED_FROM: usize = 4;

fn copied(text: &str, _: &Bytes) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

/// The text as a part of the body; a copy if it is none. (`Bytes::slice_ref` would panic.)
fn shared(text: &str, body: &Bytes) -> Bytes {
    let start = (text.as_ptr() as usize).checked_sub(body.as_ptr() as usize);
    match start.map(|start| start..start + text.len()) {
        Some(range) if range.end <= body.len() => body.slice(range),
        Some(_) | None => Bytes::copy_from_slice(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Fingerprint;

    const ENCODER: Encoder = Encoder { partitions: 6, keyed: true, keys: KeyCodec::Text };
    const BODY: &str = r#"[{"id":"my_key_3","v":1.0 , "b":[ ]}]"#;

    fn change<'p>(key: impl Into<Cow<'p, str>>, value: &'p str) -> Change<'p> {
        Change::Upsert {
            key: key.into(),
            fingerprint: Stamp::whole(Fingerprint::from_u128(5)),
            value,
            before: Before::NoRow,
        }
    }

    fn lies_in(part: &Bytes, body: &Bytes) -> bool {
        body.as_ptr_range().contains(&part.as_ptr())
    }

    #[test]
    fn a_message_is_the_records_own_bytes_without_a_copy() {
        let body = Bytes::copy_from_slice(BODY.as_bytes());
        let text = std::str::from_utf8(&body).unwrap();
        let messages = ENCODER
            .encode(&[change(&text[8..16], &text[1..36])], (&body, &Metadata::default()), &Values::Own)
            .unwrap();
        assert_eq!(messages[0].value.as_deref().unwrap(), br#"{"id":"my_key_3","v":1.0 , "b":[ ]}"#);
        assert_eq!(messages[0].key.as_deref().unwrap(), b"my_key_3");
        assert_eq!(
            (messages[0].partition, messages[0].fingerprint),
            (5, Some(Stamp::whole(Fingerprint::from_u128(5))))
        );
        let lies = |part: &Option<Bytes>| lies_in(part.as_ref().unwrap(), &body);
        assert!(lies(&messages[0].value) && lies(&messages[0].key));
    }

    #[test]
    fn a_small_change_does_not_keep_a_large_page() {
        let body = Bytes::from(format!("[{{\"id\":1}}{}]", " ".repeat(1000)));
        let text = std::str::from_utf8(&body).unwrap();
        let messages =
            ENCODER.encode(&[change("1", &text[1..9])], (&body, &Metadata::default()), &Values::Own).unwrap();
        let value = messages[0].value.clone().unwrap();
        assert_eq!(value, r#"{"id":1}"#);
        assert!(!lies_in(&value, &body));
    }

    #[test]
    fn an_escaped_or_composite_key_is_its_own_and_a_foreign_text_is_copied() {
        let body = Bytes::copy_from_slice(BODY.as_bytes());
        let messages = ENCODER
            .encode(
                &[change("my_key_1".to_owned(), ""), change("my_key_2", "{\"elsewhere\":true}")],
                (&body, &Metadata::default()),
                &Values::Own,
            )
            .unwrap();
        let seen: Vec<_> = messages
            .iter()
            .map(|message| (message.key.as_deref().unwrap(), message.value.as_deref().unwrap()))
            .collect();
        assert_eq!(seen, [(&b"my_key_1"[..], &b""[..]), (b"my_key_2", b"{\"elsewhere\":true}")]);
        assert_eq!(messages.iter().map(|message| message.partition).collect::<Vec<_>>(), [0, 4]);
    }

    #[test]
    fn a_tombstone_has_the_key_and_the_partition_of_its_row_and_nothing_else() {
        let encoder = ENCODER;
        let row = encoder
            .encode(&[change("my_key_3", "{}")], (&Bytes::new(), &Metadata::default()), &Values::Own)
            .unwrap()
            .remove(0);
        let tombstone = encoder
            .delete((b"my_key_3", &Before::NoRow), &Metadata::default(), &Values::Own)
            .unwrap()
            .remove(0);
        let of_change = Change::Delete { key: "my_key_3".into(), before: Before::NoRow };
        let of_record = encoder
            .encode(&[of_change], (&Bytes::new(), &Metadata::default()), &Values::Own)
            .unwrap()
            .remove(0);
        for tombstone in [tombstone, of_record] {
            assert_eq!((&tombstone.key, tombstone.partition), (&row.key, row.partition));
            assert_eq!((tombstone.value, tombstone.fingerprint), (None, None));
        }
    }

    #[test]
    fn without_a_primary_key_the_content_chooses_the_partition() {
        let message = Encoder { keyed: false, ..ENCODER }
            .encode(&[change("my_key_3", "{}")], (&Bytes::new(), &Metadata::default()), &Values::Own)
            .unwrap()
            .remove(0);
        assert_eq!((message.key, message.partition), (None, 5));
    }
}
