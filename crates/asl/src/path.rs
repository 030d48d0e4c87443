//! JSONPath as far as state machines here need it: fields, indexes and `[*]`; the rest is refused by name.

use serde_json::{Map, Value};

use crate::failure::{DATA_LIMIT_LEVELS, Failure, RESULT_PATH_MATCH_FAILURE};

/// What paths select from.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// `$`
    pub(crate) data: &'a Value,
    /// `$$`
    pub(crate) context: &'a Value,
}

/// A parsed path, rooted in the data (`$`) or in the context object (`$$`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    text: String,
    context: bool,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Field(String),
    Index(usize),
    Every,
}

/// The members of the context object that exist here.
const CONTEXT: [(&str, &[&str]); 3] = [
    (
        "Execution",
        &[
            "Id",
            "Input",
            "Name",
            "RedriveCount",
            "RoleArn",
            "StartTime",
        ],
    ),
    ("State", &["EnteredTime", "Name", "RetryCount"]),
    ("StateMachine", &["Id", "Name"]),
];

impl Path {
    /// Any supported path; the error is a fragment that names the path.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (context, mut rest) = match (text.strip_prefix("$$"), text.strip_prefix('$')) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(format!("`{text}` is not a path: a path starts with `$`")),
        };
        let mut segments = Vec::new();
        while !rest.is_empty() {
            let (segment, tail) =
                next_segment(rest).map_err(|why| format!("path `{text}`: {why}"))?;
            segments.push(segment);
            rest = tail;
        }
        if context {
            known_context(&segments).map_err(|why| format!("path `{text}`: {why}"))?;
        }
        Ok(Self {
            text: text.to_owned(),
            context,
            segments,
        })
    }

    /// A path that names exactly one value: no `[*]`.
    pub(crate) fn parse_definite(text: &str) -> Result<Self, String> {
        let path = Self::parse(text)?;
        if path.segments.contains(&Segment::Every) {
            return Err(format!(
                "path `{text}`: `[*]` is not possible here, the path must name one value"
            ));
        }
        Ok(path)
    }

    /// A definite path into the data, where a value can be placed.
    pub(crate) fn parse_reference(text: &str) -> Result<Self, String> {
        let path = Self::parse_definite(text)?;
        if path.context {
            return Err(format!(
                "path `{text}`: nothing can be placed in the context object"
            ));
        }
        if path.segments.len() > DATA_LIMIT_LEVELS {
            return Err(format!(
                "path `{text}`: it leads through {} levels, more than {DATA_LIMIT_LEVELS}",
                path.segments.len()
            ));
        }
        Ok(path)
    }

    /// The path as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The value at this path, if there is one; a path with `[*]` gives the array of its matches.
    pub(crate) fn select(&self, scope: Scope<'_>) -> Option<Value> {
        let root = if self.context {
            scope.context
        } else {
            scope.data
        };
        if !self.segments.contains(&Segment::Every) {
            return self.find(scope).cloned();
        }
        let mut matches = vec![root];
        for segment in &self.segments {
            matches = matches
                .into_iter()
                .flat_map(|value| segment.matches(value))
                .collect();
        }
        Some(Value::Array(matches.into_iter().cloned().collect()))
    }

    /// The value at a definite path, if there is one.
    pub(crate) fn find<'a>(&self, scope: Scope<'a>) -> Option<&'a Value> {
        let root = if self.context {
            scope.context
        } else {
            scope.data
        };
        self.segments
            .iter()
            .try_fold(root, |value, segment| match segment {
                Segment::Field(name) => value.as_object()?.get(name),
                Segment::Index(index) => value.as_array()?.get(*index),
                Segment::Every => None,
            })
    }

    /// Puts `value` at this reference path of `target`; missing objects on the way are made.
    pub(crate) fn place(&self, mut target: Value, value: Value) -> Result<Value, Failure> {
        let mut slot = &mut target;
        for segment in &self.segments {
            let next = match segment {
                Segment::Field(name) => slot.as_object_mut().map(|object| {
                    object
                        .entry(name.clone())
                        .or_insert_with(|| Value::Object(Map::new()))
                }),
                Segment::Index(index) => {
                    slot.as_array_mut().and_then(|array| array.get_mut(*index))
                }
                Segment::Every => None,
            };
            slot = next.ok_or_else(|| {
                let cause = format!(
                    "Unable to apply ResultPath '{}' to the state's input.",
                    self.text
                );
                Failure::new(RESULT_PATH_MATCH_FAILURE, cause)
            })?;
        }
        *slot = value;
        Ok(target)
    }
}

impl Segment {
    fn matches<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match self {
            Self::Field(name) => value.get(name).into_iter().collect(),
            Self::Index(index) => value.get(*index).into_iter().collect(),
            Self::Every => match value {
                Value::Array(items) => items.iter().collect(),
                Value::Object(members) => members.values().collect(),
                _ => Vec::new(),
            },
        }
    }
}

fn known_context(segments: &[Segment]) -> Result<(), String> {
    let mut names = segments.iter();
    let Some(first) = names.next() else {
        return Ok(());
    };
    let Some((_, members)) = CONTEXT
        .iter()
        .find(|(name, _)| *first == Segment::Field((*name).to_owned()))
    else {
        return Err(
            "the context object has only `Execution`, `State` and `StateMachine` here".to_owned(),
        );
    };
    match names.next() {
        Some(Segment::Field(name)) if !members.contains(&name.as_str()) => Err(format!(
            "the context object has no such member `{name}` here"
        )),
        _ => Ok(()),
    }
}

fn next_segment(rest: &str) -> Result<(Segment, &str), String> {
    if rest.starts_with("..") {
        return Err("`..` (any depth) is not supported".to_owned());
    }
    if let Some(rest) = rest.strip_prefix('.') {
        return named(rest);
    }
    match rest.strip_prefix('[') {
        Some(inside) if inside.starts_with(['\'', '"']) => quoted(inside),
        Some(inside) => bracketed(inside),
        None => Err(format!("expected `.` or `[` at `{rest}`")),
    }
}

fn named(rest: &str) -> Result<(Segment, &str), String> {
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, tail) = rest.split_at(end);
    if name == "*" {
        return Err("`.*` is not supported".to_owned());
    }
    if name.contains('(') {
        return Err(format!("function `{name}` is not supported"));
    }
    let plain =
        |character: char| character.is_alphanumeric() || character == '_' || character == '-';
    if name.is_empty() {
        return Err("a field name is missing after `.`".to_owned());
    }
    if !name.chars().all(plain) {
        return Err(format!("`{name}` is not a plain name, write `['{name}']`"));
    }
    Ok((Segment::Field(name.to_owned()), tail))
}

/// `inside` starts with the quote.
fn quoted(inside: &str) -> Result<(Segment, &str), String> {
    let mut characters = inside.char_indices();
    let quote = characters.next().map(|(_, quote)| quote);
    let mut name = String::new();
    while let Some((index, character)) = characters.next() {
        if character == '\\' {
            let Some((after, escaped)) = characters.next() else {
                break;
            };
            name.push(match escaped {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let digits = inside.get(after + 1..after + 5);
                    let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                    let character = code
                        .and_then(char::from_u32)
                        .ok_or("`\\u` needs the four hexadecimal digits of a character")?;
                    characters.nth(3);
                    character
                }
                other => other,
            });
        } else if Some(character) == quote {
            let tail = &inside[index + 1..];
            return match tail.strip_prefix(']') {
                Some(tail) => Ok((Segment::Field(name), tail)),
                None if tail.trim_start().starts_with(',') => {
                    Err("several names in one `[…]` are not supported".to_owned())
                }
                None => Err("`]` is missing after the quoted name".to_owned()),
            };
        } else {
            name.push(character);
        }
    }
    Err("the quoted name does not end".to_owned())
}

fn bracketed(inside: &str) -> Result<(Segment, &str), String> {
    if inside.starts_with('?') {
        return Err("filters `[?(…)]` are not supported".to_owned());
    }
    let Some((text, tail)) = inside.split_once(']') else {
        return Err("`]` is missing".to_owned());
    };
    if text == "*" {
        return Ok((Segment::Every, tail));
    }
    if text.contains(':') {
        return Err(format!("slice `[{text}]` is not supported"));
    }
    if text.contains(',') {
        return Err(format!("several indexes `[{text}]` are not supported"));
    }
    if text.starts_with('-') {
        return Err(format!("negative index `[{text}]` is not supported"));
    }
    match text.parse() {
        Ok(index) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((Segment::Index(index), tail))
        }
        _ => Err(format!("`[{text}]` is neither an index nor a quoted name")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn select(path: &str, data: &Value) -> Option<Value> {
        Path::parse(path).unwrap().select(Scope {
            data,
            context: &json!({"State": {"Name": "Wait"}}),
        })
    }

    #[test]
    fn a_path_selects_fields_indexes_and_every_item() {
        let data = json!({"builds": [{"id": 1}, {"id": 2}, {}], "it's": {"a.b": true}});
        assert_eq!(select("$", &data), Some(data.clone()));
        assert_eq!(select("$.builds[1].id", &data), Some(json!(2)));
        assert_eq!(select("$['it\\'s'][\"a.b\"]", &data), Some(json!(true)));
        assert_eq!(select("$.builds[*].id", &data), Some(json!([1, 2])));
        let lines = json!({"one\ntwo": 1, "\u{e9}": 2, "a\\b": 3});
        assert_eq!(select("$['one\\ntwo']", &lines), Some(json!(1)));
        assert_eq!(select("$['\\u00e9']", &lines), Some(json!(2)));
        assert_eq!(select("$['a\\\\b']", &lines), Some(json!(3)));
        assert_eq!(select("$.builds[3]", &data), None);
        assert_eq!(select("$$.State.Name", &data), Some(json!("Wait")));
    }

    #[test]
    fn a_result_is_placed_and_missing_objects_are_made() {
        let place =
            |path: &str, target| Path::parse_reference(path).unwrap().place(target, json!(7));
        assert_eq!(
            place("$.a.b", json!({"x": 1})),
            Ok(json!({"x": 1, "a": {"b": 7}}))
        );
        assert_eq!(
            place("$.a[1]", json!({"a": [1, 2]})),
            Ok(json!({"a": [1, 7]}))
        );
        assert_eq!(
            place("$.a[2]", json!({"a": [1, 2]})).unwrap_err().error,
            "States.ResultPathMatchFailure"
        );
        assert_eq!(
            place("$.a.b", json!({"a": "text"})).unwrap_err().error,
            "States.ResultPathMatchFailure"
        );
    }

    #[test]
    fn refuses_what_it_would_not_select_exactly() {
        for (path, why) in [
            ("builds", "a path starts with `$`"),
            ("$..id", "`..` (any depth) is not supported"),
            ("$.*", "`.*` is not supported"),
            ("$.a[?(@.id > 1)]", "filters `[?(…)]` are not supported"),
            ("$.a[0:2]", "slice `[0:2]` is not supported"),
            ("$.a[0,1]", "several indexes `[0,1]` are not supported"),
            ("$['a','b']", "several names in one `[…]` are not supported"),
            ("$.a[-1]", "negative index `[-1]` is not supported"),
            ("$.a.length()", "function `length()` is not supported"),
            ("$.a b", "`a b` is not a plain name"),
            ("$.", "a field name is missing after `.`"),
            ("$.a[", "`]` is missing"),
            ("$['a", "the quoted name does not end"),
            ("$['a\\u12']", "`\\u` needs the four hexadecimal digits"),
            (
                "$['\\ud83d\\ude00']",
                "`\\u` needs the four hexadecimal digits",
            ),
            ("$a", "expected `.` or `[` at `a`"),
            ("$$.Task.Token", "the context object has only"),
            ("$$.Execution.Nom", "no such member `Nom`"),
        ] {
            let fault = Path::parse(path).unwrap_err();
            assert!(
                fault.contains(why) && fault.contains(path),
                "{path}: {fault}"
            );
        }
        assert!(
            Path::parse_definite("$.a[*]")
                .unwrap_err()
                .contains("must name one value")
        );
        assert!(
            Path::parse_reference("$$.State.Name")
                .unwrap_err()
                .contains("context object")
        );
        let endless = format!("${}", ".a".repeat(101));
        assert!(
            Path::parse_reference(&endless)
                .unwrap_err()
                .contains("leads through 101 levels, more than 100")
        );
    }
}
