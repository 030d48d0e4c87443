//! One comparison of a choice rule. A value of another kind than the operator's compares as false, a missing one fails.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::expression::not_found;
use crate::failure::Failure;
use crate::fields::{Fields, kind_of};
use crate::path::{Path, Scope};
use crate::timestamp;

/// What a rule asks of its variable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Present(bool),
    Is {
        kind: Kind,
        expected: bool,
    },
    Matches(String),
    Compare {
        operator: String,
        kind: Kind,
        relation: Relation,
        operand: Operand,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    String,
    Numeric,
    Boolean,
    Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equals,
    LessThan,
    GreaterThan,
    LessThanEquals,
    GreaterThanEquals,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Value(Value),
    Path(Path),
}

/// Operators that ask a question of true or false; the operand is the expected answer.
const QUESTIONS: [(&str, Option<Kind>); 6] = [
    ("IsBoolean", Some(Kind::Boolean)),
    ("IsNull", Some(Kind::Null)),
    ("IsNumeric", Some(Kind::Numeric)),
    ("IsPresent", None),
    ("IsString", Some(Kind::String)),
    ("IsTimestamp", Some(Kind::Timestamp)),
];

/// Operators that compare with a value; each exists with `Path` as well.
const COMPARISONS: [(&str, &str, Kind, Relation); 16] = [
    (
        "BooleanEquals",
        "BooleanEqualsPath",
        Kind::Boolean,
        Relation::Equals,
    ),
    (
        "NumericEquals",
        "NumericEqualsPath",
        Kind::Numeric,
        Relation::Equals,
    ),
    (
        "NumericGreaterThan",
        "NumericGreaterThanPath",
        Kind::Numeric,
        Relation::GreaterThan,
    ),
    (
        "NumericGreaterThanEquals",
        "NumericGreaterThanEqualsPath",
        Kind::Numeric,
        Relation::GreaterThanEquals,
    ),
    (
        "NumericLessThan",
        "NumericLessThanPath",
        Kind::Numeric,
        Relation::LessThan,
    ),
    (
        "NumericLessThanEquals",
        "NumericLessThanEqualsPath",
        Kind::Numeric,
        Relation::LessThanEquals,
    ),
    (
        "StringEquals",
        "StringEqualsPath",
        Kind::String,
        Relation::Equals,
    ),
    (
        "StringGreaterThan",
        "StringGreaterThanPath",
        Kind::String,
        Relation::GreaterThan,
    ),
    (
        "StringGreaterThanEquals",
        "StringGreaterThanEqualsPath",
        Kind::String,
        Relation::GreaterThanEquals,
    ),
    (
        "StringLessThan",
        "StringLessThanPath",
        Kind::String,
        Relation::LessThan,
    ),
    (
        "StringLessThanEquals",
        "StringLessThanEqualsPath",
        Kind::String,
        Relation::LessThanEquals,
    ),
    (
        "TimestampEquals",
        "TimestampEqualsPath",
        Kind::Timestamp,
        Relation::Equals,
    ),
    (
        "TimestampGreaterThan",
        "TimestampGreaterThanPath",
        Kind::Timestamp,
        Relation::GreaterThan,
    ),
    (
        "TimestampGreaterThanEquals",
        "TimestampGreaterThanEqualsPath",
        Kind::Timestamp,
        Relation::GreaterThanEquals,
    ),
    (
        "TimestampLessThan",
        "TimestampLessThanPath",
        Kind::Timestamp,
        Relation::LessThan,
    ),
    (
        "TimestampLessThanEquals",
        "TimestampLessThanEqualsPath",
        Kind::Timestamp,
        Relation::LessThanEquals,
    ),
];

impl Test {
    pub(super) fn read(fields: &mut Fields<'_>, operator: &str) -> Option<Self> {
        if let Some((name, kind)) = QUESTIONS.iter().find(|(name, _)| *name == operator) {
            let expected = fields.boolean(name)?;
            return Some(kind.map_or(Self::Present(expected), |kind| Self::Is { kind, expected }));
        }
        if operator == "StringMatches" {
            return fields
                .text("StringMatches")
                .map(|pattern| Self::Matches(pattern.to_owned()));
        }
        for (plain, by_path, kind, relation) in COMPARISONS {
            let operand = if operator == plain {
                read_value(fields, plain, kind).map(Operand::Value)
            } else if operator == by_path {
                fields
                    .path(by_path, Path::parse_definite)
                    .map(Operand::Path)
            } else {
                continue;
            };
            return operand.map(|operand| Self::Compare {
                operator: operator.to_owned(),
                kind,
                relation,
                operand,
            });
        }
        // Left for `Fields::finish`, which names it.
        None
    }

    pub(super) fn holds(&self, variable: &Path, scope: Scope<'_>) -> Result<bool, Failure> {
        let found = variable.find(scope);
        if let Self::Present(expected) = self {
            return Ok(found.is_some() == *expected);
        }
        let value = found.ok_or_else(|| {
            let path = variable.text();
            Failure::runtime(format!("Invalid path '{path}': The choice state's condition path references an invalid value."))
        })?;
        match self {
            Self::Present(_) => Ok(true),
            Self::Is { kind, expected } => Ok(kind.fits(value) == *expected),
            Self::Matches(pattern) => Ok(value.as_str().is_some_and(|text| matches(pattern, text))),
            Self::Compare {
                operator,
                kind,
                relation,
                operand,
            } => {
                let operand = match operand {
                    Operand::Value(operand) => operand,
                    Operand::Path(path) => path
                        .find(scope)
                        .ok_or_else(|| not_found(path, operator, scope))?,
                };
                Ok(kind
                    .compare(value, operand)
                    .is_some_and(|ordering| relation.admits(ordering)))
            }
        }
    }
}

fn read_value(fields: &mut Fields<'_>, name: &'static str, kind: Kind) -> Option<Value> {
    let value = fields.value(name)?;
    if kind.fits(value) {
        return Some(value.clone());
    }
    let expected = match kind {
        Kind::Null => "null",
        Kind::String => "a string",
        Kind::Numeric => "a number",
        Kind::Boolean => "true or false",
        Kind::Timestamp => "an RFC 3339 timestamp such as \"2026-11-20T12:00:00Z\"",
    };
    fields.fault(
        name,
        format!(
            "`{name}` compares with {expected}, not with {}",
            kind_of(value)
        ),
    );
    None
}

impl Kind {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::String => value.is_string(),
            Self::Numeric => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Timestamp => value.as_str().and_then(timestamp::parse).is_some(),
        }
    }

    fn compare(self, left: &Value, right: &Value) -> Option<Ordering> {
        match self {
            Self::Null => None,
            Self::String => Some(left.as_str()?.cmp(right.as_str()?)),
            Self::Numeric => compare_numbers(left.as_number()?, right.as_number()?),
            Self::Boolean => Some(left.as_bool()?.cmp(&right.as_bool()?)),
            Self::Timestamp => {
                Some(timestamp::parse(left.as_str()?)?.cmp(&timestamp::parse(right.as_str()?)?))
            }
        }
    }
}

fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

impl Relation {
    fn admits(self, ordering: Ordering) -> bool {
        match self {
            Self::Equals => ordering.is_eq(),
            Self::LessThan => ordering.is_lt(),
            Self::GreaterThan => ordering.is_gt(),
            Self::LessThanEquals => ordering.is_le(),
            Self::GreaterThanEquals => ordering.is_ge(),
        }
    }
}

/// `*` stands for any text, `\*` for the star itself and `\\` for the backslash.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = vec![String::new()];
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let literal = match character {
            '*' => {
                pieces.push(String::new());
                continue;
            }
            '\\' => characters.next(),
            other => Some(other),
        };
        if let Some(piece) = pieces.last_mut() {
            piece.extend(literal);
        }
    }
    let [first, middle @ .., last] = pieces.as_slice() else {
        return pieces.concat() == text;
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    for piece in middle {
        let Some(start) = rest.find(piece.as_str()) else {
            return false;
        };
        rest = &rest[start + piece.len()..];
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_matches_any_text_and_can_be_escaped() {
        for (pattern, text, expected) in [
            ("log-*.txt", "log-1.txt", true),
            ("log-*.txt", "log-.txt", true),
            ("log-*.txt", "log-1.txt.gz", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("*b*b*", "abcb", true),
            ("*b*b*", "abc", false),
            ("plain", "plain", true),
            ("plain", "plainer", false),
            ("1\\*2", "1*2", true),
            ("1\\*2", "1x2", false),
            ("a\\\\*", "a\\b", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
