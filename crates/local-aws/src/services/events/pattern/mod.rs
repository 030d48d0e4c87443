//! Event patterns: which events a rule wants.
//!
//! A pattern names members and lists what each may hold. An array in the event matches when one of its elements does,
//! and members below such an array must match in the same element.

mod parse;
mod wildcard;

use serde_json::{Map, Value};

use wildcard::Wildcard;

pub(crate) use parse::InvalidPattern;

/// A parsed event pattern.
#[derive(Debug)]
pub(crate) struct Pattern(Node);

#[derive(Debug)]
struct Node {
    fields: Vec<(String, Field)>,
    /// Each `$or` holds when one of its patterns does.
    alternatives: Vec<Vec<Node>>,
}

#[derive(Debug)]
enum Field {
    Nested(Node),
    /// One of these must match.
    Leaf(Vec<Matcher>),
}

#[derive(Debug)]
enum Matcher {
    Exactly(Value),
    Exists(bool),
    Text(TextTest),
    AnythingBut(Vec<Value>),
    AnythingButText(Vec<TextTest>),
    Numeric(Vec<(Comparison, f64)>),
}

#[derive(Debug)]
enum TextTest {
    Prefix(String),
    PrefixIgnoringCase(String),
    Suffix(String),
    SuffixIgnoringCase(String),
    IgnoringCase(String),
    Wildcard(Wildcard),
}

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Pattern {
    /// Parses the text of an `EventPattern`.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidPattern> {
        parse::pattern(text).map(Self)
    }

    /// Whether the rule wants `event`.
    pub(crate) fn matches(&self, event: &Value) -> bool {
        event.as_object().is_some_and(|event| self.0.matches(event))
    }
}

impl Node {
    fn matches(&self, event: &Map<String, Value>) -> bool {
        self.fields
            .iter()
            .all(|(name, field)| field.matches(event.get(name)))
            && self
                .alternatives
                .iter()
                .all(|nodes| nodes.iter().any(|node| node.matches(event)))
    }

    /// Whether the pattern can hold where the object is missing: all its leaves accept absence.
    fn matches_absence(&self) -> bool {
        self.matches(&Map::new())
    }
}

impl Field {
    fn matches(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Leaf(matchers) => matchers.iter().any(|matcher| matcher.matches(value)),
            Self::Nested(node) => match value {
                Some(Value::Object(object)) => node.matches(object),
                Some(Value::Array(items)) => items
                    .iter()
                    .filter_map(Value::as_object)
                    .any(|object| node.matches(object)),
                _ => node.matches_absence(),
            },
        }
    }
}

impl Matcher {
    fn matches(&self, value: Option<&Value>) -> bool {
        let leaves = leaves(value);
        match self {
            Self::Exists(wanted) => leaves.is_empty() != *wanted,
            _ => leaves.into_iter().any(|leaf| self.matches_leaf(leaf)),
        }
    }

    fn matches_leaf(&self, leaf: &Value) -> bool {
        match self {
            Self::Exactly(wanted) => same(wanted, leaf),
            Self::Exists(wanted) => *wanted,
            Self::Text(test) => leaf.as_str().is_some_and(|text| test.passes(text)),
            Self::AnythingBut(unwanted) => !unwanted.iter().any(|value| same(value, leaf)),
            Self::AnythingButText(tests) => leaf
                .as_str()
                .is_none_or(|text| !tests.iter().any(|test| test.passes(text))),
            Self::Numeric(bounds) => leaf.as_f64().is_some_and(|number| {
                bounds
                    .iter()
                    .all(|(comparison, bound)| comparison.holds(number, *bound))
            }),
        }
    }
}

impl TextTest {
    fn passes(&self, text: &str) -> bool {
        match self {
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::PrefixIgnoringCase(prefix) => {
                text.to_lowercase().starts_with(&prefix.to_lowercase())
            }
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::SuffixIgnoringCase(suffix) => {
                text.to_lowercase().ends_with(&suffix.to_lowercase())
            }
            Self::IgnoringCase(other) => text.to_lowercase() == other.to_lowercase(),
            Self::Wildcard(wildcard) => wildcard.matches(text),
        }
    }
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            #[allow(clippy::float_cmp, reason = "`=` of a pattern is equality")]
            Self::Equal => number == bound,
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Greater => number > bound,
            Self::GreaterOrEqual => number >= bound,
        }
    }
}

/// Equality as rules see it: `1` and `1.0` are one number.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => Comparison::Equal.holds(one, other),
        _ => one == other,
    }
}

/// The values a matcher looks at: the value itself, or the elements of the array; an object is no leaf.
fn leaves(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Object(_)) => Vec::new(),
        Some(Value::Array(items)) => items.iter().flat_map(|item| leaves(Some(item))).collect(),
        Some(leaf) => vec![leaf],
    }
}

#[cfg(test)]
mod tests;
