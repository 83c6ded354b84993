//! By which rule a fingerprint was made: the rule's id, its text, and the header that carries fingerprint and id.

use std::fmt;

use super::Fingerprint;

/// The number of a rule by which a resource's records are compared. Its text stands on the offsets topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u8);

impl RuleId {
    /// The whole record counts. It needs no text.
    pub const WHOLE: Self = Self(0);

    /// Reads the decimal digits of a rule that has a text; `None` for anything else.
    pub fn from_digits(digits: &str) -> Option<Self> {
        let id: u8 = digits.parse().ok()?;
        (id != 0 && id.to_string() == digits).then_some(Self(id))
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What of a record counts when it is compared: JSONPaths, sorted, none twice. Two rules are one if their texts are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleText {
    /// Nothing but these; empty: everything.
    pub only_fields: Vec<String>,
    /// And of that, all but these.
    pub ignore_fields: Vec<String>,
}

impl RuleText {
    pub fn new(mut only_fields: Vec<String>, mut ignore_fields: Vec<String>) -> Self {
        for paths in [&mut only_fields, &mut ignore_fields] {
            paths.sort_unstable();
            paths.dedup();
        }
        Self { only_fields, ignore_fields }
    }

    /// Whether it is the rule without a text.
    pub fn is_whole(&self) -> bool {
        self.only_fields.is_empty() && self.ignore_fields.is_empty()
    }
}

/// A fingerprint and the rule by which it was made: what the header `krest.fingerprint` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub fingerprint: Fingerprint,
    pub rule: RuleId,
}

/// What a record comes to now, beside what was known of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// By the rule of today.
    pub stamp: Stamp,
    /// Whether it is what was known, by the rule of that time.
    pub same: bool,
}

impl Stamp {
    /// Of a message that tells of a delete: no record has it. Should the tombstone behind it be lost, the row is there, and is nothing
    /// that the API could show: so it is deleted, or published, once more.
    pub const GONE: Self = Self { fingerprint: Fingerprint([0, 0]), rule: RuleId::WHOLE };

    /// Of the whole record.
    pub fn whole(fingerprint: Fingerprint) -> Self {
        Self { fingerprint, rule: RuleId::WHOLE }
    }

    /// The form of the header: 32 hex digits, and for a rule that has a text `/` and its id.
    pub fn to_header(self) -> StampHeader {
        let mut header = StampHeader { bytes: [0; StampHeader::MOST], len: 32 };
        let (hex, rest) = header.bytes.split_at_mut(32);
        hex.copy_from_slice(&self.fingerprint.to_hex());
        if self.rule != RuleId::WHOLE {
            for (place, byte) in rest.iter_mut().zip(format!("/{}", self.rule).bytes()) {
                *place = byte;
                header.len += 1;
            }
        }
        header
    }

    /// Reads the header's form; `None` if another tool wrote something else there.
    pub fn from_header(text: &[u8]) -> Option<Self> {
        let (hex, rest) = text.split_at_checked(32)?;
        let rule = match rest {
            [] => RuleId::WHOLE,
            [b'/', digits @ ..] => RuleId::from_digits(std::str::from_utf8(digits).ok()?)?,
            _ => return None,
        };
        Some(Self { fingerprint: Fingerprint::from_hex(hex)?, rule })
    }
}

/// A header's text, on the stack: there is one for every message.
#[derive(Clone, Copy)]
pub struct StampHeader {
    bytes: [u8; Self::MOST],
    len: usize,
}

impl StampHeader {
    /// 32 digits, `/`, and three digits at most.
    const MOST: usize = 36;

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_survives_its_header_and_nothing_else_is_taken_for_one() {
        let fingerprint = Fingerprint::from_u128(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210);
        for (rule, header) in [
            (0, "0123456789abcdeffedcba9876543210"),
            (1, "0123456789abcdeffedcba9876543210/1"),
            (255, "0123456789abcdeffedcba9876543210/255"),
        ] {
            let stamp = Stamp { fingerprint, rule: RuleId(rule) };
            assert_eq!(stamp.to_header().as_bytes(), header.as_bytes());
            assert_eq!(Stamp::from_header(header.as_bytes()), Some(stamp));
        }
        for rest in ["/", "/0", "/01", "/256", "/+1", "/1 ", "1", "/x", "//1"] {
            let header = format!("0123456789abcdeffedcba9876543210{rest}");
            assert_eq!(Stamp::from_header(header.as_bytes()), None, "{header}");
        }
        assert_eq!(Stamp::from_header(b""), None);
        assert_eq!(Stamp::from_header(&[b'x'; 32]), None);
    }

    #[test]
    fn a_rule_is_the_same_in_whatever_order_it_is_written() {
        let text = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        let rule = RuleText::new(text(&["b", "a", "b"]), text(&["d", "c"]));
        assert_eq!(rule, RuleText::new(text(&["a", "b"]), text(&["c", "d", "c"])));
        assert!(!rule.is_whole() && RuleText::default().is_whole());
    }
}
