//! Tree → typed values. The checker has been over the tree and turned every scalar into the kind that the schema wants,
//! so this only carries values over, in their order.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::tree::{Node, Value, float, integer};

/// The typed value of a checked node; `None` if a mistake in it (already reported) leaves it without a meaning.
pub(crate) fn read<T: DeserializeOwned>(node: &Node) -> Option<T> {
    T::deserialize(node).ok()
}

type Error = de::value::Error;

impl<'n> IntoDeserializer<'n, Error> for &'n Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(text) => number(text, visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Seq(items) => SeqDeserializer::new(items.iter()).deserialize_any(visitor),
            Value::Map(entries) => {
                let good = entries.iter().filter(|entry| !entry.node.is_wrong());
                MapDeserializer::new(good.map(|entry| (entry.key.as_str(), &entry.node)))
                    .deserialize_any(visitor)
            }
            Value::Wrong => Err(de::Error::custom("reported before")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if matches!(self.value, Value::Null) { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let word: &str = self.text().ok_or_else(|| <Error as de::Error>::custom("a word"))?;
        IntoDeserializer::<Error>::into_deserializer(word).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

fn number<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Error> {
    let Some(whole) = integer(text) else {
        return float(text)
            .map_or_else(|| Err(de::Error::custom("a finite number")), |number| visitor.visit_f64(number));
    };
    if let Ok(natural) = u64::try_from(whole) {
        return visitor.visit_u64(natural);
    }
    i64::try_from(whole)
        .map_or_else(|_| Err(de::Error::custom("out of range")), |number| visitor.visit_i64(number))
}
