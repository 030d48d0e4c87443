//! Reading a call: `States.Name(argument, …)`.

use std::str::Chars;

use serde_json::Value;

use super::{Argument, Call, DEEPEST, FUNCTIONS, Function};
use crate::path::Path;

pub(super) fn call(text: &str, depth: usize) -> Result<(Call, &str), String> {
    if depth > DEEPEST {
        return Err(format!("calls are nested more than {DEEPEST} deep"));
    }
    let Some((name, mut rest)) = text.split_once('(') else {
        return Err("`(` is missing".to_owned());
    };
    let Some((_, function, count)) = FUNCTIONS
        .iter()
        .find(|(known, ..)| *known == name.trim_end())
    else {
        return Err(format!(
            "intrinsic function `{}` is not supported",
            name.trim_end()
        ));
    };
    let mut arguments = Vec::new();
    rest = rest.trim_start();
    if let Some(tail) = rest.strip_prefix(')') {
        rest = tail;
    } else {
        loop {
            let format = *function == Function::Format && arguments.is_empty();
            let (next, tail) = argument(rest.trim_start(), format, depth)?;
            arguments.push(next);
            rest = tail.trim_start();
            if let Some(tail) = rest.strip_prefix(')') {
                rest = tail;
                break;
            }
            rest = rest
                .strip_prefix(',')
                .ok_or_else(|| format!("expected `,` or `)` at `{rest}`"))?;
        }
    }
    if !count.contains(&arguments.len()) {
        return Err(format!(
            "`{name}` does not take {} argument(s)",
            arguments.len()
        ));
    }
    check_arguments(*function, &arguments)?;
    let text = text[..text.len() - rest.len()].to_owned();
    Ok((
        Call {
            text,
            function: *function,
            arguments,
        },
        rest,
    ))
}

fn check_arguments(function: Function, arguments: &[Argument]) -> Result<(), String> {
    match (function, arguments) {
        (Function::Format, [Argument::Format(pieces), values @ ..])
            if pieces.len() != values.len() + 1 =>
        {
            Err(format!(
                "the format has {} `{{}}` for {} value(s)",
                pieces.len() - 1,
                values.len()
            ))
        }
        (Function::JsonMerge, [_, _, deep]) if *deep != Argument::Literal(Value::Bool(false)) => {
            Err("only a shallow merge, with `false` as the third argument, is supported".to_owned())
        }
        _ => Ok(()),
    }
}

fn argument(rest: &str, format: bool, depth: usize) -> Result<(Argument, &str), String> {
    if let Some(inside) = rest.strip_prefix('\'') {
        let (raw, tail) = quoted(inside)?;
        let argument = if format {
            Argument::Format(pieces(raw)?)
        } else {
            Argument::Literal(unescape(raw)?.into())
        };
        return Ok((argument, tail));
    }
    if format {
        return Err("the format must be a literal in single quotes".to_owned());
    }
    if rest.starts_with("States.") {
        return call(rest, depth + 1).map(|(call, tail)| (Argument::Call(call), tail));
    }
    let (text, tail) = rest.split_at(argument_end(rest));
    let text = text.trim_end();
    if text.starts_with('$') {
        return Path::parse(text).map(|path| (Argument::Path(path), tail));
    }
    match serde_json::from_str(text) {
        Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => {
            Ok((Argument::Literal(value), tail))
        }
        _ => Err(format!(
            "`{text}` is not an argument: write 'text', a number, true, false, null, a path or a call"
        )),
    }
}

/// Where an unquoted argument ends: at a comma or parenthesis outside of a path's `['…']`.
fn argument_end(text: &str) -> usize {
    let (mut quote, mut escaped) = (None, false);
    for (index, character) in text.char_indices() {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, ',' | ')') => return index,
            _ => {}
        }
    }
    text.len()
}

/// The raw text up to the closing quote, and what follows it.
fn quoted(inside: &str) -> Result<(&str, &str), String> {
    let mut escaped = false;
    for (index, character) in inside.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return Ok((&inside[..index], &inside[index + 1..])),
            _ => {}
        }
    }
    Err("a string does not end".to_owned())
}

fn unescape(raw: &str) -> Result<String, String> {
    let mut text = String::new();
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => escaped(&mut characters)?,
            other => other,
        });
    }
    Ok(text)
}

/// What follows a backslash; AWS knows four escapes and refuses any other.
fn escaped(characters: &mut Chars<'_>) -> Result<char, String> {
    match characters.next() {
        Some(escaped @ ('\'' | '{' | '}' | '\\')) => Ok(escaped),
        other => Err(format!(
            r"`\{}` is no escape: there are `\'`, `\{{`, `\}}` and `\\`",
            other.map(String::from).unwrap_or_default()
        )),
    }
}

fn pieces(raw: &str) -> Result<Vec<String>, String> {
    let mut pieces = vec![String::new()];
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        let literal = match character {
            '\\' => Some(escaped(&mut characters)?),
            '{' if characters.next() == Some('}') => {
                pieces.push(String::new());
                None
            }
            '{' | '}' => return Err("a brace in a format is `{}` or is escaped".to_owned()),
            other => Some(other),
        };
        if let Some(piece) = pieces.last_mut() {
            piece.extend(literal);
        }
    }
    Ok(pieces)
}
