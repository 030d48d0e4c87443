//! Payload templates: the objects of `Parameters` and `ResultSelector`, whose `….$` members are computed.

use serde_json::{Map, Value};

use crate::expression::Expression;
use crate::failure::Failure;
use crate::fault::{Faults, Place};
use crate::fields::kind_of;
use crate::path::Scope;

/// A template, ready to be filled in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Template {
    Literal(Value),
    Array(Vec<Template>),
    Object(Vec<(String, Template)>),
    Computed {
        field: String,
        expression: Expression,
    },
}

impl Template {
    pub(crate) fn parse(value: &Value, place: &Place, faults: &Faults) -> Self {
        match value {
            Value::Array(items) => {
                let parse = |(index, item)| Self::parse(item, &place.item(index), faults);
                Self::Array(items.iter().enumerate().map(parse).collect())
            }
            Value::Object(members) => Self::Object(
                members
                    .iter()
                    .filter_map(|(name, member)| parse_member(members, name, member, place, faults))
                    .collect(),
            ),
            literal => Self::Literal(literal.clone()),
        }
    }

    pub(crate) fn fill(&self, scope: Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Array(items) => items
                .iter()
                .map(|item| item.fill(scope))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Self::Object(members) => members
                .iter()
                .map(|(name, member)| Ok((name.clone(), member.fill(scope)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
            Self::Computed { field, expression } => expression.evaluate(field, scope),
        }
    }
}

fn parse_member(
    members: &Map<String, Value>,
    name: &str,
    member: &Value,
    place: &Place,
    faults: &Faults,
) -> Option<(String, Template)> {
    let place = place.child(name);
    let Some(plain) = name.strip_suffix(".$") else {
        return Some((name.to_owned(), Template::parse(member, &place, faults)));
    };
    if members.contains_key(plain) {
        faults.add(
            &place,
            format!("`{plain}` is given twice, as `{plain}` and as `{name}`"),
        );
    }
    let Some(text) = member.as_str() else {
        faults.add(
            &place,
            format!(
                "`{name}` must be a path or an intrinsic function in a string, not {}",
                kind_of(member)
            ),
        );
        return None;
    };
    match Expression::parse(text) {
        Ok(expression) => Some((
            plain.to_owned(),
            Template::Computed {
                field: name.to_owned(),
                expression,
            },
        )),
        Err(message) => {
            faults.add(&place, message);
            None
        }
    }
}
