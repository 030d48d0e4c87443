//! The states of a definition, one type per kind of state.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::choice::Branch;
use crate::expression::Expression;
use crate::fault::{Faults, Place};
use crate::fields::{Fields, LONGEST_SECONDS};
use crate::path::Path;
use crate::recovery::{Catcher, Retrier, read_catchers, read_retriers};
use crate::template::Template;
use crate::timestamp;

/// The one resource that tasks can have.
const LAMBDA_INVOKE: &str = "arn:aws:states:::lambda:invoke";

/// What can be in the `Parameters` of a Lambda invocation. Of these, the ones with a value can only have it.
const LAMBDA_PARAMETERS: [(&str, Option<&str>); 5] = [
    ("FunctionName", None),
    ("InvocationType", Some("RequestResponse")),
    ("LogType", Some("None")),
    ("Payload", None),
    ("Qualifier", None),
];

/// Longest name of a state, in characters.
const LONGEST_NAME: usize = 80;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) input_path: Selection,
    pub(crate) output_path: Selection,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Task(Box<Task>),
    Choice {
        branches: Vec<Branch>,
        default: Option<String>,
    },
    Wait {
        wait: Wait,
        next: Option<String>,
    },
    Pass(Pass),
    Succeed,
    Fail(Fail),
}

/// `next` is none where the state ends the machine.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Task {
    pub(crate) resource: String,
    pub(crate) parameters: Template,
    pub(crate) result_selector: Option<Template>,
    pub(crate) result_path: Placement,
    pub(crate) timeout_seconds: Option<u32>,
    pub(crate) retriers: Vec<Retrier>,
    pub(crate) catchers: Vec<Catcher>,
    pub(crate) next: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pass {
    pub(crate) result: Option<Value>,
    pub(crate) parameters: Option<Template>,
    pub(crate) result_path: Placement,
    pub(crate) next: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wait {
    Seconds(u32),
    SecondsPath(Path),
    Timestamp(Timestamp),
    TimestampPath(Path),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fail {
    pub(crate) error: Option<Text>,
    pub(crate) cause: Option<Text>,
}

/// A text in the definition, or one computed from the data.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Text {
    Literal(String),
    Computed(Expression),
}

/// `InputPath` and `OutputPath`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selection {
    All,
    /// `null`: an empty object.
    Nothing,
    Path(Path),
}

/// `ResultPath`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Placement {
    /// `$`: the result replaces the input.
    Replace,
    /// `null`: the result is dropped.
    Discard,
    At(Path),
}

impl Selection {
    fn read(fields: &mut Fields<'_>, name: &'static str) -> Option<Self> {
        match fields.value(name) {
            None => Some(Self::All),
            Some(Value::Null) => Some(Self::Nothing),
            Some(Value::String(text)) if text == "$" => Some(Self::All),
            Some(_) => fields.path(name, Path::parse).map(Self::Path),
        }
    }
}

impl Placement {
    pub(crate) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        match fields.value("ResultPath") {
            None => Some(Self::Replace),
            Some(Value::Null) => Some(Self::Discard),
            Some(Value::String(text)) if text == "$" => Some(Self::Replace),
            Some(_) => fields
                .path("ResultPath", Path::parse_reference)
                .map(Self::At),
        }
    }
}

pub(super) fn check_query_language(fields: &mut Fields<'_>) {
    match fields.text("QueryLanguage") {
        None | Some("JSONPath") => {}
        Some(other) => fields.fault(
            "QueryLanguage",
            format!("query language `{other}` is not supported, only `JSONPath`"),
        ),
    }
}

pub(super) fn parse_all(
    value: &Value,
    place: &Place,
    faults: &Faults,
) -> Option<BTreeMap<String, State>> {
    let Some(states) = value.as_object().filter(|states| !states.is_empty()) else {
        faults.add(place, "`States` must be an object with at least one state");
        return None;
    };
    let mut parsed = BTreeMap::new();
    for (name, value) in states {
        let place = place.child(name);
        if name.chars().count() > LONGEST_NAME {
            faults.add(
                &place,
                format!("a state's name has at most {LONGEST_NAME} characters"),
            );
        }
        if let Some(state) = State::parse(value, place, faults) {
            parsed.insert(name.clone(), state);
        }
    }
    Some(parsed)
}

impl State {
    fn parse(value: &Value, place: Place, faults: &Faults) -> Option<Self> {
        let mut fields = Fields::new("a state", value, place, faults)?;
        let kind = fields.required_text("Type")?;
        fields.rename(format!("a {kind} state"));
        check_query_language(&mut fields);
        let kind = match kind {
            "Task" => Task::read(&mut fields).map(|task| Kind::Task(Box::new(task))),
            "Choice" => read_choice(&mut fields),
            "Wait" => read_wait(&mut fields),
            "Pass" => Pass::read(&mut fields).map(Kind::Pass),
            "Succeed" => Some(Kind::Succeed),
            "Fail" => {
                let kind = Kind::Fail(Fail::read(&mut fields));
                fields.finish();
                return Some(Self {
                    input_path: Selection::All,
                    output_path: Selection::All,
                    kind,
                });
            }
            other => {
                fields.fault(
                    "Type",
                    format!("states of type `{other}` are not supported"),
                );
                return None;
            }
        };
        let input_path = Selection::read(&mut fields, "InputPath");
        let output_path = Selection::read(&mut fields, "OutputPath");
        fields.finish();
        Some(Self {
            input_path: input_path?,
            output_path: output_path?,
            kind: kind?,
        })
    }
}

/// The next state: exactly one of `Next` and `End`.
fn read_next(fields: &mut Fields<'_>) -> Option<String> {
    let next = fields.text("Next").map(str::to_owned);
    let end = fields.boolean("End");
    match (fields.has("Next"), end) {
        (true, Some(true)) => fields.fault("End", "a state has either `Next` or `End`, not both"),
        (false, Some(false)) => fields.fault(
            "End",
            "`End` can only be true: without it the state needs `Next`",
        ),
        (false, None) if !fields.has("End") => fields.missing("Next` or `End"),
        _ => {}
    }
    next
}

impl Task {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let resource = fields.required_text("Resource").map(str::to_owned);
        if let Some(resource) = resource
            .as_deref()
            .filter(|resource| *resource != LAMBDA_INVOKE)
        {
            fields.fault(
                "Resource",
                format!("resource `{resource}` is not supported, only `{LAMBDA_INVOKE}`"),
            );
        }
        check_lambda_parameters(fields);
        let parameters = fields.template("Parameters");
        let result_selector = fields.template("ResultSelector");
        let result_path = Placement::read(fields);
        let timeout_seconds = fields.integer("TimeoutSeconds", &(1..=LONGEST_SECONDS));
        let retriers = read_retriers(fields);
        let catchers = read_catchers(fields);
        let next = read_next(fields);
        Some(Self {
            resource: resource?,
            parameters: parameters?,
            result_selector,
            result_path: result_path?,
            timeout_seconds,
            retriers,
            catchers,
            next,
        })
    }
}

fn check_lambda_parameters(fields: &mut Fields<'_>) {
    let Some(Value::Object(parameters)) = fields.required("Parameters") else {
        return;
    };
    let plain = |name: &str| name.strip_suffix(".$").unwrap_or(name).to_owned();
    let place = fields.place.child("Parameters");
    if !parameters.keys().any(|name| plain(name) == "FunctionName") {
        fields.faults.add(
            &place,
            "`Parameters` of a Lambda invocation need `FunctionName`",
        );
    }
    for (name, value) in parameters {
        let known = LAMBDA_PARAMETERS
            .iter()
            .find(|(known, _)| *known == plain(name));
        let message = match known {
            Some((known, Some(only))) if name != known || value != only => {
                format!("`{known}` of a Lambda invocation is not supported, only `{only}`")
            }
            Some(_) => continue,
            None if plain(name) == "ClientContext" => {
                "`ClientContext` of a Lambda invocation is not supported".to_owned()
            }
            None => format!("unknown parameter `{name}` of a Lambda invocation"),
        };
        fields.faults.add(&place.child(name), message);
    }
}

impl Pass {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let result = fields.value("Result").cloned();
        let parameters = fields.template("Parameters");
        let next = read_next(fields);
        let result_path = Placement::read(fields);
        Some(Self {
            result,
            parameters,
            result_path: result_path?,
            next,
        })
    }
}

fn read_choice(fields: &mut Fields<'_>) -> Option<Kind> {
    let default = fields.text("Default").map(str::to_owned);
    fields.required("Choices")?;
    let list = fields.list("Choices")?;
    if list.is_empty() {
        fields.fault("Choices", "`Choices` needs at least one rule");
    }
    let place = fields.place.child("Choices");
    let parse = |(index, value)| Branch::parse(value, place.item(index), fields.faults);
    Some(Kind::Choice {
        branches: list.iter().enumerate().filter_map(parse).collect(),
        default,
    })
}

fn read_wait(fields: &mut Fields<'_>) -> Option<Kind> {
    let given = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"]
        .into_iter()
        .filter(|name| fields.has(name))
        .count();
    if given != 1 {
        let message = "a Wait state needs exactly one of `Seconds`, `SecondsPath`, `Timestamp` and `TimestampPath`";
        fields.faults.add(&fields.place, message);
    }
    let seconds = fields
        .integer("Seconds", &(0..=LONGEST_SECONDS))
        .map(Wait::Seconds);
    let seconds_path = fields
        .path("SecondsPath", Path::parse_definite)
        .map(Wait::SecondsPath);
    let timestamp = fields.text("Timestamp").and_then(|text| {
        let parsed = timestamp::parse(text);
        if parsed.is_none() {
            fields.fault(
                "Timestamp",
                format!("`{text}` is not an RFC 3339 timestamp such as `2026-11-20T12:00:00Z`"),
            );
        }
        parsed.map(Wait::Timestamp)
    });
    let timestamp_path = fields
        .path("TimestampPath", Path::parse_definite)
        .map(Wait::TimestampPath);
    let next = read_next(fields);
    let wait = seconds.or(seconds_path).or(timestamp).or(timestamp_path)?;
    Some(Kind::Wait { wait, next })
}

impl Fail {
    fn read(fields: &mut Fields<'_>) -> Self {
        let error = Text::read(fields, "Error", "ErrorPath");
        let cause = Text::read(fields, "Cause", "CausePath");
        Self { error, cause }
    }
}

impl Text {
    fn read(fields: &mut Fields<'_>, name: &'static str, path: &'static str) -> Option<Self> {
        if fields.has(name) && fields.has(path) {
            fields.fault(
                path,
                format!("a Fail state has either `{name}` or `{path}`, not both"),
            );
        }
        let literal = fields.text(name).map(|text| Self::Literal(text.to_owned()));
        let computed = fields.text(path).and_then(|text| {
            Expression::parse(text)
                .map_err(|message| fields.fault(path, message))
                .map(Self::Computed)
                .ok()
        });
        literal.or(computed)
    }
}
