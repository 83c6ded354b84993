//! The names of a type's fields, as serde knows them: nobody has to keep a list.

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};

/// In the order of the type; empty where it is no struct.
pub(super) fn names_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &[&str] = &[];
    let _ = T::deserialize(Asked(&mut names)); // it takes the names and gives nothing
    names
}

struct Asked<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("only the names were asked for"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("not a struct"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ParentOffset, SourceOffset};

    #[test]
    fn the_fields_of_offsets_are_known_by_their_names() {
        assert_eq!(names_of::<ParentOffset>(), ["version", "topic_id", "cursor"]);
        let names = names_of::<SourceOffset>();
        for name in ["version", "source", "scan", "position", "cursor", "running", "shrunk"] {
            assert!(names.contains(&name), "{name} is missing in {names:?}");
        }
        assert_eq!(names_of::<u32>(), [""; 0]);
    }
}
