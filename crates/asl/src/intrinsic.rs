//! Intrinsic functions: a small table of them; a function outside of it, or a wrong number of arguments, is refused at load.

mod parse;

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::document;
use crate::expression::not_found;
use crate::failure::Failure;
use crate::fields::kind_of;
use crate::path::{Path, Scope};

/// A parsed call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    text: String,
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone, PartialEq)]
enum Argument {
    Literal(Value),
    /// The pieces between the `{}` of a format.
    Format(Vec<String>),
    Path(Path),
    Call(Call),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Array,
    ArrayGetItem,
    ArrayLength,
    Format,
    JsonMerge,
    JsonToString,
    MathAdd,
    StringToJson,
}

const MANY: usize = usize::MAX;

const FUNCTIONS: [(&str, Function, RangeInclusive<usize>); 8] = [
    ("States.Array", Function::Array, 0..=MANY),
    ("States.ArrayGetItem", Function::ArrayGetItem, 2..=2),
    ("States.ArrayLength", Function::ArrayLength, 1..=1),
    ("States.Format", Function::Format, 1..=MANY),
    ("States.JsonMerge", Function::JsonMerge, 3..=3),
    ("States.JsonToString", Function::JsonToString, 1..=1),
    ("States.MathAdd", Function::MathAdd, 2..=2),
    ("States.StringToJson", Function::StringToJson, 1..=1),
];

/// Deepest nesting of calls; AWS takes 10.
const DEEPEST: usize = 10;

impl Call {
    /// The error is a fragment that names the call.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (call, rest) = parse::call(text, 1).map_err(|why| format!("`{text}`: {why}"))?;
        if !rest.trim().is_empty() {
            return Err(format!(
                "`{text}`: nothing may follow the closing parenthesis"
            ));
        }
        Ok(call)
    }

    pub(crate) fn evaluate(&self, field: &str, scope: Scope<'_>) -> Result<Value, Failure> {
        let values: Vec<Value> = self
            .arguments
            .iter()
            .map(|argument| argument.evaluate(field, scope))
            .collect::<Result<_, _>>()?;
        self.apply(&values).map_err(|why| {
            Failure::intrinsic(format!("Failed to evaluate `{}`: {why}.", self.text))
        })
    }

    fn apply(&self, values: &[Value]) -> Result<Value, String> {
        match (self.function, values) {
            (Function::Array, items) => Ok(Value::Array(items.to_vec())),
            (Function::ArrayGetItem, [array, index]) => get_item(array, index),
            (Function::ArrayLength, [Value::Array(items)]) => Ok(items.len().into()),
            (Function::ArrayLength, [other]) => Err(format!(
                "the argument must be an array, not {}",
                kind_of(other)
            )),
            (Function::Format, [_, values @ ..]) => Ok(self.format(values).into()),
            (Function::JsonMerge, [first, second, deep]) => merge(first, second, deep),
            (Function::JsonToString, [value]) => Ok(value.to_string().into()),
            (Function::MathAdd, [first, second]) => add(first, second),
            (Function::StringToJson, [Value::String(text)]) if text.trim().is_empty() => {
                Ok(Value::Null)
            }
            (Function::StringToJson, [Value::String(text)]) => {
                document::data(text).map_err(|error| format!("the argument is not JSON: {error}"))
            }
            (Function::StringToJson, [other]) => Err(format!(
                "the argument must be a string, not {}",
                kind_of(other)
            )),
            _ => Err("wrong number of arguments".to_owned()),
        }
    }

    fn format(&self, values: &[Value]) -> String {
        let Some(Argument::Format(pieces)) = self.arguments.first() else {
            return String::new();
        };
        let mut text = String::new();
        for (index, piece) in pieces.iter().enumerate() {
            text.push_str(piece);
            if let Some(value) = values.get(index) {
                write(value, &mut text);
            }
        }
        text
    }
}

/// A value in a format, as AWS writes it: `{a=1, b=[x, null]}`.
fn write(value: &Value, text: &mut String) {
    match value {
        Value::String(value) => text.push_str(value),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                text.push_str(name);
                text.push('=');
                write(member, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

impl Argument {
    fn evaluate(&self, field: &str, scope: Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Format(_) => Ok(Value::Null),
            Self::Path(path) => path
                .select(scope)
                .ok_or_else(|| not_found(path, field, scope)),
            Self::Call(call) => call.evaluate(field, scope),
        }
    }
}

fn get_item(array: &Value, index: &Value) -> Result<Value, String> {
    let items = array.as_array().ok_or_else(|| {
        format!(
            "the first argument must be an array, not {}",
            kind_of(array)
        )
    })?;
    let position = index.as_u64().and_then(|index| usize::try_from(index).ok());
    position
        .and_then(|index| items.get(index))
        .cloned()
        .ok_or_else(|| format!("the array of {} has no item {index}", items.len()))
}

fn merge(first: &Value, second: &Value, deep: &Value) -> Result<Value, String> {
    match (first, second, deep) {
        (Value::Object(first), Value::Object(second), Value::Bool(false)) => {
            let members = first
                .iter()
                .chain(second)
                .map(|(name, value)| (name.clone(), value.clone()));
            Ok(Value::Object(members.collect::<Map<_, _>>()))
        }
        (Value::Object(_), Value::Object(_), _) => {
            Err("the third argument must be false".to_owned())
        }
        _ => Err("the first two arguments must be objects".to_owned()),
    }
}

fn add(first: &Value, second: &Value) -> Result<Value, String> {
    let sum = whole(first)?
        .checked_add(whole(second)?)
        .ok_or_else(|| "the sum is too large".to_owned())?;
    Ok(sum.into())
}

/// AWS rounds fractions to the nearest whole number, halves upwards.
#[allow(
    clippy::cast_possible_truncation,
    reason = "rounded, and `as` saturates"
)]
fn whole(value: &Value) -> Result<i64, String> {
    let rounded = || {
        value
            .as_f64()
            .filter(|number| number.abs() < 1e15)
            .map(|number| (number + 0.5).floor() as i64)
    };
    value
        .as_i64()
        .or_else(rounded)
        .ok_or_else(|| format!("`{value}` is not a number that can be added"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evaluate(text: &str, data: &Value) -> Result<Value, Failure> {
        Call::parse(text).unwrap().evaluate(
            "x.$",
            Scope {
                data,
                context: &json!({"Execution": {"Name": "run-1"}}),
            },
        )
    }

    #[test]
    fn every_function_of_the_table_computes() {
        let data = json!({"id": 7, "list": [1, "two"], "a": {"x": 1, "y": 1}, "b": {"y": 2}, "text": "{\"k\":[]}", "a,b)": 3});
        for (text, expected) in [
            (
                "States.Format('pr-{}-{}', $.id, $$.Execution.Name)",
                json!("pr-7-run-1"),
            ),
            (
                "States.Format('{}, {}, {}', $.a, $.list, States.Array(null, $.b))",
                json!("{x=1, y=1}, [1, two], [null, {y=2}]"),
            ),
            ("States.StringToJson('')", json!(null)),
            ("States.StringToJson(' ')", json!(null)),
            ("States.StringToJson('-0')", json!(0)),
            (
                "States.StringToJson('[-0, -0.5, \"-0\"]')",
                json!([0, -0.5, "-0"]),
            ),
            (
                "States.Format('it\\'s \\{{}\\} {}', null, true)",
                json!("it's {null} true"),
            ),
            ("States.StringToJson($.text)", json!({"k": []})),
            ("States.JsonToString($.list)", json!("[1,\"two\"]")),
            ("States.Array()", json!([])),
            (
                "States.Array($.id, 'x', 1.5, States.ArrayLength($.list))",
                json!([7, "x", 1.5, 2]),
            ),
            ("States.JsonMerge($.a, $.b, false)", json!({"x": 1, "y": 2})),
            ("States.MathAdd($.id, -8)", json!(-1)),
            ("States.MathAdd(1.5, 1)", json!(3)),
            ("States.MathAdd(-1.5, 0)", json!(-1)),
            ("States.MathAdd(-1.49, -1.5)", json!(-2)),
            ("States.MathAdd(-0.5, 0.5)", json!(1)),
            ("States.MathAdd(2.5, 0)", json!(3)),
            ("States.MathAdd($['a,b)'], 1)", json!(4)),
            ("States.ArrayGetItem($.list, 1)", json!("two")),
        ] {
            assert_eq!(evaluate(text, &data), Ok(expected), "{text}");
        }
    }

    #[test]
    fn fails_with_intrinsic_failure_when_the_data_does_not_fit() {
        let data = json!({"list": [], "text": "no json"});
        for text in [
            "States.ArrayGetItem($.list, 0)",
            "States.StringToJson($.text)",
            "States.MathAdd($.text, 1)",
            "States.JsonMerge($.list, $.list, false)",
            "States.ArrayLength($.text)",
            "States.MathAdd(9223372036854775807, 1)",
        ] {
            assert_eq!(
                evaluate(text, &data).unwrap_err().error,
                "States.IntrinsicFailure",
                "{text}"
            );
        }
        assert_eq!(
            evaluate("States.ArrayLength($.none)", &data)
                .unwrap_err()
                .error,
            "States.Runtime"
        );
    }

    #[test]
    fn refuses_calls_it_cannot_make() {
        for (text, why) in [
            (
                "States.UUID()",
                "intrinsic function `States.UUID` is not supported",
            ),
            (
                "States.Hash($.a, 'MD5')",
                "intrinsic function `States.Hash` is not supported",
            ),
            ("States.Format($.format)", "must be a literal"),
            (
                "States.Format('{} {}', 1)",
                "the format has 2 `{}` for 1 value(s)",
            ),
            ("States.Format('{')", "a brace in a format"),
            (
                r#"States.StringToJson('{"a": "\"b\""}')"#,
                r#"`\"` is no escape: there are `\'`, `\{`, `\}` and `\\`"#,
            ),
            (r"States.Format('a\n{}', 1)", r"`\n` is no escape"),
            ("States.ArrayLength()", "does not take 0 argument(s)"),
            ("States.ArrayLength($.a, 1)", "does not take 2 argument(s)"),
            ("States.JsonMerge($.a, $.b, true)", "only a shallow merge"),
            ("States.Array('x)", "a string does not end"),
            ("States.Array(x)", "`x` is not an argument"),
            ("States.Array($..x)", "any depth"),
            ("States.Array(1) + 1", "nothing may follow"),
            ("States.Array(1", "expected `,` or `)`"),
            ("States.Array", "`(` is missing"),
        ] {
            let fault = Call::parse(text).unwrap_err();
            assert!(fault.contains(why), "{text}: {fault}");
        }
        let deep = format!("{}1{}", "States.Array(".repeat(11), ")".repeat(11));
        assert!(
            Call::parse(&deep)
                .unwrap_err()
                .contains("nested more than 10 deep")
        );
    }
}
