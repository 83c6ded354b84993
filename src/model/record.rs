//! A record between page and topic: its key, its fingerprint, and what diff made of it.

use std::borrow::Cow;
use std::fmt;

use super::Stamp;

/// The bytes of a message key. Key identity is byte identity: the form is canonical and frozen.
pub type Key<'p> = Cow<'p, str>;

/// One record of a page, keyed. Borrows the page: an unchanged record ends here without a copy.
#[derive(Clone, Debug)]
pub struct Record<'p> {
    pub key: Key<'p>,
    /// The record's own bytes, as the API sent them.
    pub raw: &'p str,
    /// The record says of itself that it is deleted: its row has no value.
    pub deleted: bool,
}

/// Why a record can have no message: of its content, no more than names and kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMessage {
    /// It has no key that others of its topic are like.
    Key(String),
    /// Its value does not fit what the others are.
    Value(String),
}

/// A 128-bit hash of a record's content in canonical form: key order, white space and string escapes do not matter,
/// numbers count by their text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u64; 2]);

impl Fingerprint {
    pub fn from_u128(hash: u128) -> Self {
        Self([(hash >> 64) as u64, hash as u64])
    }

    /// Big-endian.
    pub fn to_bytes(self) -> [u8; 16] {
        ((u128::from(self.0[0]) << 64) | u128::from(self.0[1])).to_be_bytes()
    }

    /// 32 lower-case hex digits.
    pub fn to_hex(self) -> [u8; 32] {
        let value = (u128::from(self.0[0]) << 64) | u128::from(self.0[1]);
        std::array::from_fn(|i| match (value >> (124 - 4 * i)) as u8 & 15 {
            digit @ 0..=9 => b'0' + digit,
            letter => b'a' + letter - 10,
        })
    }

    /// Reads that form; `None` for anything else.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        // `from_str_radix` alone would take a sign.
        if text.len() != 32 || !text.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        u128::from_str_radix(text, 16).ok().map(Self::from_u128)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_hex()))
    }
}

/// What the topic held under a key before it is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Before {
    #[default]
    NoRow,
    /// A row whose text is not at hand.
    Unknown,
    /// The row's text, as it was last published.
    Text(Box<str>),
}

impl Before {
    pub fn is_row(&self) -> bool {
        match self {
            Self::NoRow => false,
            Self::Unknown | Self::Text(_) => true,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::NoRow | Self::Unknown => None,
        }
    }
}

/// What the topic has to be told about a key. A delete has no value and no fingerprint, and is not to be made with one.
#[derive(Clone, Debug)]
pub enum Change<'p> {
    /// The key now has this value. The fingerprint is by the rule of today.
    Upsert { key: Key<'p>, fingerprint: Stamp, value: &'p str, before: Before },
    /// The topic holds the key, and is to hold it no more.
    Delete { key: Key<'p>, before: Before },
}

impl<'p> Change<'p> {
    pub fn key(&self) -> &Key<'p> {
        match self {
            Self::Upsert { key, .. } | Self::Delete { key, .. } => key,
        }
    }

    pub fn before(&self) -> &Before {
        match self {
            Self::Upsert { before, .. } | Self::Delete { before, .. } => before,
        }
    }

    pub fn before_mut(&mut self) -> &mut Before {
        match self {
            Self::Upsert { before, .. } | Self::Delete { before, .. } => before,
        }
    }

    /// `None`: there is none any more.
    pub fn value(&self) -> Option<&'p str> {
        match self {
            Self::Upsert { value, .. } => Some(value),
            Self::Delete { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_survives_its_hex_form_and_nothing_else_is_taken_for_one() {
        let fingerprint = Fingerprint::from_u128(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210);
        assert_eq!(&fingerprint.to_hex(), b"0123456789abcdeffedcba9876543210");
        assert_eq!(Fingerprint::from_hex(&fingerprint.to_hex()), Some(fingerprint));
        for other in [&b""[..], b"0123", &[b'x'; 32], b"+123456789abcdeffedcba9876543210", &[0xff; 32]] {
            assert_eq!(Fingerprint::from_hex(other), None);
        }
    }
}
