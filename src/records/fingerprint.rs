//! The canonical hash of a record. Frozen: another value for the same content publishes every record of every topic again.
//!
//! One pass over the text, without a DOM. Every value becomes 128 bits of XXH3:
//! * a string: of its unescaped UTF-8 (WTF-8 where it holds half of a surrogate pair), a number: of its text,
//!   a literal: of its word; each kind with its own seed;
//! * an array: a chain over its elements in order, closed with their count;
//! * an object: the wrapping sum of hash(name, value), so that order does not matter, closed with the number of fields.
//!   Of duplicate names the last counts.

mod under;

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_128_with_seed;

pub(super) use under::{Paths, under};

use super::Problem;
use crate::model::{Fingerprint, Json, Kind, MAX_DEPTH, Token, Tokens};

/// The seeds that keep the domains apart. Frozen.
mod seed {
    pub(super) const STRING: u64 = 1;
    pub(super) const NUMBER: u64 = 2;
    pub(super) const LITERAL: u64 = 3;
    pub(super) const ELEMENT: u64 = 4;
    pub(super) const ARRAY: u64 = 5;
    pub(super) const FIELD: u64 = 6;
    pub(super) const OBJECT: u64 = 7;
    /// Of a record that has no fingerprint.
    pub(super) const BYTES: u64 = 8;
    /// Of what counts under a rule.
    pub(super) const RULE: u64 = 9;
    /// Of a record under a parent.
    pub(super) const PARENT: u64 = 10;
}

/// Fails on a record that is nested deeper than [`MAX_DEPTH`].
pub(super) fn fingerprint(record: Json<'_>) -> Result<Fingerprint, Problem> {
    Hasher::of(record).value(MAX_DEPTH).map(Fingerprint::from_u128)
}

/// The fingerprint of what counts under a rule.
pub(super) fn salted(hash: u128, rule: u128) -> Fingerprint {
    Fingerprint::from_u128(joined(hash, rule, seed::RULE))
}

/// Tells a record from the same one under another parent.
pub fn under_parent(record: Fingerprint, parent: &str) -> Fingerprint {
    let parent = xxh3_128_with_seed(parent.as_bytes(), seed::PARENT);
    let record = u128::from_be_bytes(record.to_bytes());
    Fingerprint::from_u128(joined(record, parent, seed::PARENT))
}

/// Tells a record from others that cannot be published either: its fingerprint, or a hash of its bytes where it has none.
pub(super) fn identity(record: &str) -> Fingerprint {
    let of_bytes = || Fingerprint::from_u128(xxh3_128_with_seed(record.as_bytes(), seed::BYTES));
    fingerprint(Json::trusted(record)).unwrap_or_else(|_| of_bytes())
}

/// Whether a record may be nested too deep for a fingerprint: cheap, and never wrongly false.
pub(super) fn may_be_too_deep(record: &str) -> bool {
    may_be_deeper(record, MAX_DEPTH)
}

fn may_be_deeper(text: &str, depth: usize) -> bool {
    text.len() > depth && text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() > depth
}

struct Hasher<'a> {
    tokens: Tokens<'a>,
    /// The fields of all open objects: hash of the name, hash of name and value.
    fields: Vec<(u128, u128)>,
}

impl<'a> Hasher<'a> {
    fn of(record: Json<'a>) -> Self {
        Self { tokens: record.tokens(), fields: Vec::with_capacity(32) }
    }

    fn value(&mut self, depth: usize) -> Result<u128, Problem> {
        let token = self.tokens.next();
        self.token(token, depth)
    }

    /// A value whose first token was read. A text that ends too early, which a checked one never does, counts as null.
    fn token(&mut self, token: Option<Token<'_>>, depth: usize) -> Result<u128, Problem> {
        match token {
            Some(Token::OpenArray | Token::OpenObject) if depth == 0 => Err(Problem::TooDeep),
            Some(Token::OpenArray) => self.array(depth - 1),
            Some(Token::OpenObject) => self.object(depth - 1),
            Some(token @ (Token::Plain(_) | Token::Escaped(_))) => Ok(string(token).unwrap_or_default()),
            Some(Token::Scalar(scalar)) => Ok(leaf(scalar)),
            Some(Token::Close) | None => Ok(leaf(Json::trusted("null"))),
        }
    }

    fn array(&mut self, depth: usize) -> Result<u128, Problem> {
        let (mut chain, mut count) = (0, 0);
        loop {
            match self.tokens.next() {
                None | Some(Token::Close) => return Ok(joined(chain, count, seed::ARRAY)),
                token => chain = joined(chain, self.token(token, depth)?, seed::ELEMENT),
            }
            count += 1;
        }
    }

    fn object(&mut self, depth: usize) -> Result<u128, Problem> {
        let base = self.fields.len();
        let mut names = Names::default();
        while let Some(name) = self.tokens.next().and_then(string) {
            names.add(name);
            let value = self.value(depth)?;
            self.fields.push((name, joined(name, value, seed::FIELD)));
        }
        Ok(self.closed(base, names.perhaps_repeated))
    }

    /// The hash of an object whose fields begin at `base`.
    fn closed(&mut self, base: usize, perhaps_repeated: bool) -> u128 {
        if perhaps_repeated {
            self.keep_last(base);
        }
        let fields = self.fields.get(base..).unwrap_or_default();
        let sum = fields.iter().fold(0_u128, |sum, (_, field)| sum.wrapping_add(*field));
        let count = fields.len() as u128;
        self.fields.truncate(base);
        joined(sum, count, seed::OBJECT)
    }

    /// Leaves out what came before under this name.
    fn forget(&mut self, base: usize, name: u128) {
        let mut place = 0;
        self.fields.retain(|(other, _)| {
            place += 1;
            place <= base || *other != name
        });
    }

    /// Of the fields from `base` on with one name, leaves the last.
    fn keep_last(&mut self, base: usize) {
        let mut fields = self.fields.split_off(base);
        fields.reverse();
        fields.sort_by_key(|(name, _)| *name); // stable: the last one of a name is now its first
        fields.dedup_by_key(|(name, _)| *name);
        self.fields.append(&mut fields);
    }
}

/// Tells cheaply that no name came twice: two bits a name of 256.
#[derive(Default)]
struct Names {
    bits: [u64; 4],
    perhaps_repeated: bool,
}

impl Names {
    fn add(&mut self, name: u128) {
        let known = self.bit(name as u8) & self.bit((name >> 8) as u8);
        self.perhaps_repeated |= known;
    }

    /// Sets a bit; whether it was set.
    fn bit(&mut self, place: u8) -> bool {
        let mask = 1 << (place & 63);
        let Some(word) = self.bits.get_mut(usize::from(place >> 6)) else { return true };
        let known = *word & mask != 0;
        *word |= mask;
        known
    }
}

/// The hash of a string; `None` for what is none.
fn string(token: Token<'_>) -> Option<u128> {
    let unescaped = match token {
        Token::Plain(text) => Cow::Borrowed(text.as_bytes()),
        Token::Escaped(string) => string.unescaped(),
        Token::OpenArray | Token::OpenObject | Token::Close | Token::Scalar(_) => return None,
    };
    Some(text(&unescaped))
}

fn text(unescaped: &[u8]) -> u128 {
    xxh3_128_with_seed(unescaped, seed::STRING)
}

fn leaf(scalar: Json<'_>) -> u128 {
    let seed = if scalar.kind() == Kind::Number { seed::NUMBER } else { seed::LITERAL };
    xxh3_128_with_seed(scalar.text().as_bytes(), seed)
}

fn joined(first: u128, second: u128, seed: u64) -> u128 {
    let mut bytes = [0; 32];
    let (low, high) = bytes.split_at_mut(16);
    low.copy_from_slice(&first.to_le_bytes());
    high.copy_from_slice(&second.to_le_bytes());
    xxh3_128_with_seed(&bytes, seed)
}
