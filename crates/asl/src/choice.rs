//! Choice rules: which branch a Choice state takes.

mod comparison;

use serde_json::Value;

use crate::failure::Failure;
use crate::fault::{Faults, Place};
use crate::fields::Fields;
use crate::path::{Path, Scope};
use comparison::Test;

/// The condition of one branch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    And(Vec<Rule>),
    Or(Vec<Rule>),
    Not(Box<Rule>),
    Test { variable: Path, test: Test },
}

/// One branch of a Choice state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Branch {
    pub(crate) rule: Rule,
    pub(crate) next: String,
}

impl Branch {
    pub(crate) fn parse(value: &Value, place: Place, faults: &Faults) -> Option<Self> {
        let mut fields = Fields::new("a choice rule", value, place, faults)?;
        let next = fields.required_text("Next").map(str::to_owned);
        let rule = Rule::read(fields);
        Some(Self {
            rule: rule?,
            next: next?,
        })
    }
}

impl Rule {
    fn parse(value: &Value, place: Place, faults: &Faults) -> Option<Self> {
        let fields = Fields::new("a nested choice rule", value, place, faults)?;
        if fields.has("Next") {
            fields.fault("Next", "`Next` belongs to the outermost choice rule");
            return None;
        }
        Self::read(fields)
    }

    fn read(mut fields: Fields<'_>) -> Option<Self> {
        if fields.has("Condition") {
            fields.value("Next");
            fields.finish();
            return None;
        }
        let operators: Vec<&str> = fields
            .names()
            .filter(|name| !["Comment", "Next", "Variable"].contains(name))
            .collect();
        let [operator] = operators[..] else {
            let found = if operators.is_empty() {
                "none".to_owned()
            } else {
                format!("`{}`", operators.join("`, `"))
            };
            fields.faults.add(
                &fields.place,
                format!("a choice rule needs exactly one operator, found {found}"),
            );
            fields.value("Next");
            return None;
        };
        let rule = match operator {
            "And" => Self::read_all(&mut fields, "And").map(Self::And),
            "Or" => Self::read_all(&mut fields, "Or").map(Self::Or),
            "Not" => fields
                .value("Not")
                .and_then(|value| Self::parse(value, fields.place.child("Not"), fields.faults))
                .map(|rule| Self::Not(Box::new(rule))),
            _ => {
                let variable = fields
                    .required("Variable")
                    .and_then(|_| fields.path("Variable", Path::parse_definite));
                let test = Test::read(&mut fields, operator);
                variable
                    .zip(test)
                    .map(|(variable, test)| Self::Test { variable, test })
            }
        };
        fields.finish();
        rule
    }

    fn read_all(fields: &mut Fields<'_>, name: &'static str) -> Option<Vec<Self>> {
        let list = fields.list(name)?;
        if list.is_empty() {
            fields.fault(name, format!("`{name}` needs at least one rule"));
        }
        let place = fields.place.child(name);
        let rules: Vec<_> = list
            .iter()
            .enumerate()
            .map(|(index, value)| Self::parse(value, place.item(index), fields.faults))
            .collect();
        rules.into_iter().collect()
    }

    /// Whether the branch is taken.
    pub(crate) fn holds(&self, scope: Scope<'_>) -> Result<bool, Failure> {
        match self {
            Self::Test { variable, test } => test.holds(variable, scope),
            Self::Not(rule) => rule.holds(scope).map(|holds| !holds),
            Self::And(rules) => any(rules, scope, false).map(|refuted| !refuted),
            Self::Or(rules) => any(rules, scope, true),
        }
    }
}

/// Whether any of the rules comes out as `wanted`; looks no further than the first that does.
fn any(rules: &[Rule], scope: Scope<'_>, wanted: bool) -> Result<bool, Failure> {
    for rule in rules {
        if rule.holds(scope)? == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}
