//! Reading requests as types. An array is no object: `serde` alone takes its items for an object's members, in order.

use serde::{
    Deserialize,
    de::{
        Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// The value as a type.
pub(crate) fn read<'de, T: Deserialize<'de>>(value: &'de Value) -> Result<T, Error> {
    T::deserialize(Strict(value))
}

#[derive(Clone, Copy)]
struct Strict<'de>(&'de Value);

impl<'de> IntoDeserializer<'de, Error> for Strict<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.iter().map(Strict));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Value::Object(members) => {
                let members = members.iter();
                let mut members = MapDeserializer::new(
                    members.map(|(name, value)| (name.as_str(), Strict(value))),
                );
                let value = visitor.visit_map(&mut members)?;
                members.end()?;
                Ok(value)
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(_) => Err(Error::invalid_type(Unexpected::Seq, &"an object")),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        name: String,
        #[serde(default)]
        inner: Vec<Inner>,
        #[serde(flatten)]
        rest: Rest,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        a: Option<i64>,
        b: Kind,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Rest {
        limit: Option<u8>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Kind {
        One,
    }

    #[test]
    fn objects_are_read_by_the_names_of_their_members() {
        let value =
            json!({ "name": "x", "inner": [{ "b": "One" }, { "a": 1, "b": "One" }], "limit": 3 });
        let inner = [None, Some(1)].map(|a| Inner { a, b: Kind::One });
        let expected = Outer {
            name: "x".to_owned(),
            inner: inner.into(),
            rest: Rest { limit: Some(3) },
        };
        assert_eq!(read::<Outer>(&value).unwrap(), expected);
    }

    #[test]
    fn refuses_an_array_for_an_object_wherever_it_stands() {
        let nested = json!({ "name": "x", "inner": [[1, "One"]] });
        let why = "invalid type: sequence, expected an object";
        assert_eq!(read::<Outer>(&nested).unwrap_err().to_string(), why);
        assert_eq!(
            read::<Inner>(&json!([1, "One"])).unwrap_err().to_string(),
            why
        );
    }
}
