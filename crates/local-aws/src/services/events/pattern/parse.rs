//! The text of a pattern as its parsed form; every fault names its place.

use serde_json::{Map, Value};

use super::{Comparison, Field, Matcher, Node, TextTest, Wildcard};

/// Longest pattern, in characters.
const LIMIT_CHARACTERS: usize = 4096;

/// A pattern that no rule may have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Event pattern is not valid. Reason: {reason} at {place}")]
pub(crate) struct InvalidPattern {
    /// JSON pointer into the pattern, or `(document)`.
    place: String,
    reason: String,
}

/// Where the parser is: a JSON pointer.
#[derive(Clone, Copy)]
struct Place<'a> {
    above: Option<&'a Place<'a>>,
    name: &'a str,
}

impl<'a> Place<'a> {
    fn child(&'a self, name: &'a str) -> Self {
        Self {
            above: Some(self),
            name,
        }
    }

    fn pointer(&self) -> String {
        self.above.map_or_else(String::new, |above| {
            let name = self.name.replace('~', "~0").replace('/', "~1");
            format!("{}/{name}", above.pointer())
        })
    }

    fn fault(&self, reason: impl Into<String>) -> InvalidPattern {
        let place = match self.pointer() {
            empty if empty.is_empty() => "(document)".to_owned(),
            pointer => pointer,
        };
        InvalidPattern {
            place,
            reason: reason.into(),
        }
    }
}

pub(super) fn pattern(text: &str) -> Result<Node, InvalidPattern> {
    let root = Place {
        above: None,
        name: "",
    };
    if text.chars().count() > LIMIT_CHARACTERS {
        return Err(root.fault(format!("longer than {LIMIT_CHARACTERS} characters")));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => node(&object, &root),
        Ok(_) => Err(root.fault("Filter is not an object")),
        Err(error) => Err(root.fault(format!("not JSON: {error}"))),
    }
}

fn node(object: &Map<String, Value>, place: &Place<'_>) -> Result<Node, InvalidPattern> {
    if object.is_empty() {
        return Err(place.fault("Empty objects are not allowed"));
    }
    let mut fields = Vec::new();
    let mut alternatives = Vec::new();
    for (name, value) in object {
        let place = place.child(name);
        match value {
            Value::Array(items) if name == "$or" => alternatives.push(or(items, &place)?),
            Value::Object(nested) => {
                fields.push((name.clone(), Field::Nested(node(nested, &place)?)));
            }
            Value::Array(items) => {
                fields.push((name.clone(), Field::Leaf(leaf(items, &place)?)));
            }
            _ => {
                return Err(place.fault(format!("\"{name}\" must be an object or an array")));
            }
        }
    }
    Ok(Node {
        fields,
        alternatives,
    })
}

fn or(items: &[Value], place: &Place<'_>) -> Result<Vec<Node>, InvalidPattern> {
    if items.len() < 2 {
        return Err(place.fault("There must have at least 2 Objects in $or relationship"));
    }
    each(items, place, |item, place| match item {
        Value::Object(object) => node(object, place),
        _ => Err(place.fault("Only JSON object is allowed in array of $or relationship")),
    })
}

fn leaf(items: &[Value], place: &Place<'_>) -> Result<Vec<Matcher>, InvalidPattern> {
    if items.is_empty() {
        return Err(place.fault("Empty arrays are not allowed"));
    }
    each(items, place, |item, place| match item {
        Value::Object(object) => match single(object) {
            Some((name, value)) => matcher(name, value, &place.child(name)),
            None => Err(place.fault("Only one key allowed in match expression")),
        },
        Value::Array(_) => Err(place.fault("An array is no value to match")),
        value => Ok(Matcher::Exactly(value.clone())),
    })
}

fn matcher(name: &str, value: &Value, place: &Place<'_>) -> Result<Matcher, InvalidPattern> {
    Ok(match (name, value) {
        ("exists", Value::Bool(wanted)) => Matcher::Exists(*wanted),
        ("exists", _) => return Err(place.fault("exists match pattern must be true or false")),
        ("numeric", Value::Array(bounds)) => Matcher::Numeric(numeric(bounds, place)?),
        ("numeric", _) => return Err(place.fault("numeric match pattern must be an array")),
        ("anything-but", value) => anything_but(value, place)?,
        (name, value) => Matcher::Text(text_test(name, value, place)?),
    })
}

fn anything_but(value: &Value, place: &Place<'_>) -> Result<Matcher, InvalidPattern> {
    let scalar = |value: &Value| value.is_string() || value.is_number();
    match value {
        Value::Array(values) if !values.is_empty() && values.iter().all(scalar) => {
            Ok(Matcher::AnythingBut(values.clone()))
        }
        Value::Object(object) => {
            let Some((name, value)) = single(object) else {
                return Err(place.fault("Only one key allowed in match expression"));
            };
            let place = place.child(name);
            let tests = match value {
                Value::Array(values) => {
                    each(values, &place, |value, place| text_test(name, value, place))?
                }
                value => vec![text_test(name, value, &place)?],
            };
            Ok(Matcher::AnythingButText(tests))
        }
        value if scalar(value) => Ok(Matcher::AnythingBut(vec![value.clone()])),
        _ => Err(place.fault("anything-but takes text, numbers or one text match")),
    }
}

fn text_test(name: &str, value: &Value, place: &Place<'_>) -> Result<TextTest, InvalidPattern> {
    const KNOWN: [&str; 4] = ["prefix", "suffix", "equals-ignore-case", "wildcard"];
    if !KNOWN.contains(&name) {
        return Err(place.fault(format!("Unrecognized match type {name}")));
    }
    if let ("prefix" | "suffix", Value::Object(object)) = (name, value)
        && let Some(("equals-ignore-case", Value::String(text))) = single(object)
    {
        return Ok(match name {
            "prefix" => TextTest::PrefixIgnoringCase(text.clone()),
            _ => TextTest::SuffixIgnoringCase(text.clone()),
        });
    }
    let Value::String(text) = value else {
        return Err(place.fault(format!("{name} match pattern must be a string")));
    };
    Ok(match name {
        "prefix" => TextTest::Prefix(text.clone()),
        "suffix" => TextTest::Suffix(text.clone()),
        "wildcard" => {
            TextTest::Wildcard(Wildcard::parse(text).map_err(|reason| place.fault(reason))?)
        }
        _ => TextTest::IgnoringCase(text.clone()),
    })
}

fn numeric(bounds: &[Value], place: &Place<'_>) -> Result<Vec<(Comparison, f64)>, InvalidPattern> {
    let pairs: Option<Vec<_>> = bounds
        .chunks(2)
        .map(|pair| match pair {
            [operator, bound] => Some((comparison(operator.as_str()?)?, bound.as_f64()?)),
            _ => None,
        })
        .collect();
    pairs
        .filter(|pairs| matches!(pairs.len(), 1 | 2))
        .ok_or_else(|| {
            place.fault("numeric takes one or two pairs of =, <, <=, >, >= and a number")
        })
}

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        "=" => Comparison::Equal,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn single(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = object.iter();
    let (name, value) = members.next()?;
    members.next().is_none().then_some((name.as_str(), value))
}

fn each<T>(
    items: &[Value],
    place: &Place<'_>,
    parse: impl Fn(&Value, &Place<'_>) -> Result<T, InvalidPattern>,
) -> Result<Vec<T>, InvalidPattern> {
    items
        .iter()
        .enumerate()
        .map(|(index, item)| parse(item, &place.child(&index.to_string())))
        .collect()
}
