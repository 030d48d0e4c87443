//! Reading a definition's JSON. A member that is written twice is a fault: parsers keep one of the two and say nothing.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::fault::{Faults, Place};

/// The document as a value; members written twice are added to `faults`.
pub(crate) fn read(text: &str, faults: &Faults) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Reader {
        place: Place::root(),
        faults,
    }
    .deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Data as a value. `-0` is the number 0, as AWS reads it; `serde_json` makes a fraction of it.
pub fn data(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(&without_negative_zeros(text))
}

fn without_negative_zeros(text: &str) -> Cow<'_, str> {
    let (mut in_string, mut escaped) = (false, false);
    let mut zeros = Vec::new();
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = in_string,
            '"' => in_string = !in_string,
            '-' if !in_string => {
                let rest = text[index..].strip_prefix("-0");
                let is_whole = |rest: &str| !rest.starts_with(['.', 'e', 'E']);
                // The minus of an exponent is none of a number.
                let starts = !text[..index].ends_with(['e', 'E']);
                if starts && rest.is_some_and(is_whole) {
                    zeros.push(index);
                }
            }
            _ => {}
        }
    }
    if zeros.is_empty() {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for index in zeros {
        out.push_str(&text[from..index]);
        from = index + 1;
    }
    out.push_str(&text[from..]);
    out.into()
}

struct Reader<'a> {
    place: Place,
    faults: &'a Faults,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let place = self.place.item(list.len());
            match items.next_element_seed(Reader {
                place,
                faults: self.faults,
            })? {
                Some(item) => list.push(item),
                None => return Ok(list.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let place = self.place.child(&name);
            if object.contains_key(&name) {
                self.faults
                    .add(&place, format!("`{name}` is written twice"));
            }
            let value = members.next_value_seed(Reader {
                place,
                faults: self.faults,
            })?;
            object.insert(name, value);
        }
        Ok(object.into())
    }
}
