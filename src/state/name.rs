//! What a tombstone needs to know of a row besides the hash of its key: the key itself, the parent it was shown under, and whether
//! the row is krest's own.

/// Empty where nobody needs it. In memory as on disk: a letter for its form, then, where the row has a parent, the length of its
/// key in four bytes and the key; then the row's key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name(Box<[u8]>);

const OWN: u8 = b'o';
const OF_PARENT: u8 = b'p';
const FOREIGN: u8 = b'f';

impl Name {
    pub(super) fn own(key: &[u8], parent: Option<&[u8]>) -> Self {
        match parent {
            None => Self([&[OWN], key].concat().into()),
            Some(parent) => {
                let length = u32::try_from(parent.len()).unwrap_or(u32::MAX).to_be_bytes();
                let parent = parent.get(..u32::MAX as usize).unwrap_or(parent); // no key is that long
                Self([&[OF_PARENT], length.as_slice(), parent, key].concat().into())
            }
        }
    }

    /// Another program wrote the row, or another connector: it is not krest's to delete.
    pub(super) fn foreign(key: &[u8]) -> Self {
        Self([&[FOREIGN], key].concat().into())
    }

    /// `None`: that is none.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let name = Self(bytes.into());
        name.parts().map(|_| ())?;
        Some(name)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn key(&self) -> &[u8] {
        self.parts().map(|(_, key)| key).unwrap_or_default()
    }

    pub(super) fn parent(&self) -> Option<&[u8]> {
        self.parts()?.0
    }

    pub(super) fn is_foreign(&self) -> bool {
        self.0.first() == Some(&FOREIGN)
    }

    fn parts(&self) -> Option<(Option<&[u8]>, &[u8])> {
        let (form, rest) = self.0.split_first()?;
        match *form {
            OWN | FOREIGN => Some((None, rest)),
            OF_PARENT => {
                let (length, rest) = rest.split_first_chunk::<4>()?;
                let (parent, key) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
                Some((Some(parent), key))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_was_put_into_it_and_damage_is_none() {
        for (name, key, parent, foreign) in [
            (Name::own(b"7", None), &b"7"[..], None, false),
            (Name::own(b"7", Some(b"")), b"7", Some(&b""[..]), false),
            (Name::own(b"", Some(b"op")), b"", Some(b"op"), false),
            (Name::foreign(b"p"), b"p", None, true),
        ] {
            let read = Name::from_bytes(name.as_bytes()).unwrap();
            assert_eq!((read.key(), read.parent(), read.is_foreign()), (key, parent, foreign));
        }
        for damaged in [&b""[..], b"x7", b"p\0\0\0", b"p\0\0\0\x05abcd"] {
            assert_eq!(Name::from_bytes(damaged), None);
        }
    }
}
