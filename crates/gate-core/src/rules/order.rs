//! What no single value shows: names used twice, checks that wait for each other, a buildspec given twice, layers of images that
//! no build may make, more variables than a build can have.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use toml::Spanned;

use super::{
    Document, Fault, PATH,
    document::{Check, Environment},
};
use crate::buildspec::Buildspec;

/// CodeBuild runs as many builds of a project as the account allows; a state of this many checks still fits an execution.
const MAX_CHECKS: usize = 200;

/// All variables of a build, names and values, and how many they may be: the gate's own bounds, CodeBuild documents none.
const MOST_VARIABLE_BYTES: usize = 32 * 1024;
const MOST_VARIABLES: usize = 200;

/// `whole` tells that nothing was taken out of the document for being refused: then what is not there was forgotten.
pub(super) fn faults(text: &str, document: &Document, whole: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    if document.check.len() > MAX_CHECKS {
        let span = document.check[MAX_CHECKS].span();
        faults.push(Fault::at(
            text,
            span,
            format!(
                "there are {} checks, more than {MAX_CHECKS}",
                document.check.len()
            ),
        ));
    }
    for (place, spanned) in document.check.iter().enumerate() {
        let check = spanned.get_ref();
        match &check.name {
            None if !whole => {}
            None => faults.push(Fault::at(text, spanned.span(), "this check has no `name`")),
            Some(name) => {
                if *names.entry(name.get_ref()).or_insert(place) != place {
                    let words = format!("there is a check `{}` already", name.get_ref());
                    faults.push(Fault::at(text, name.span(), words));
                }
            }
        }
        if let (Some(inline), Some(path)) = (&check.inline, &check.buildspec) {
            let words = format!("this check has a buildspec already, `{path}`: remove one of both");
            faults.push(Fault::at(text, inline.span(), words));
        }
        if let Some(inline) = &check.inline {
            faults.extend(inline_faults(text, inline));
        }
    }
    for check in &document.check {
        verify_after(text, document, check.get_ref(), &names, whole, &mut faults);
    }
    if whole {
        verify_cache(text, document, &mut faults);
    }
    verify_variables(text, document, &mut faults);
    faults
}

/// What is wrong with a buildspec within the file, at its place in the file.
fn inline_faults(text: &str, inline: &Spanned<String>) -> Vec<Fault> {
    let Err(faults) = Buildspec::parse(PATH, inline.get_ref().as_bytes()) else {
        return Vec::new();
    };
    let span = inline.span();
    let faults = faults.into_iter().map(|fault| {
        let place = fault
            .place
            .and_then(|place| place_within(text, &span, place));
        match place {
            Some(start) => Fault::at(text, start..start, fault.message),
            None => Fault::at(text, span.clone(), format!("`inline`: {}", fault.message)),
        }
    });
    faults.collect()
}

/// Where line and column of a text are in the file that holds it as a string; `None` if an escape stands between.
fn place_within(text: &str, span: &Range<usize>, (line, column): (usize, usize)) -> Option<usize> {
    let written = text.get(span.clone())?;
    let quotes = ["'''", "\"\"\"", "'", "\""];
    let quote = quotes
        .into_iter()
        .find(|quote| written.starts_with(quote))?;
    if quote.starts_with('"') && written.contains('\\') {
        return None;
    }
    let mut start = quote.len();
    if quote.len() == 3 {
        // A line break right after the quotes is no part of the text.
        let rest = &written[start..];
        let skipped = ["\r\n", "\n"].into_iter().find(|end| rest.starts_with(end));
        start += skipped.map_or(0, str::len);
    }
    let mut lines = written[start..].split_inclusive('\n');
    for _ in 1..line {
        start += lines.next()?.len();
    }
    let of_line = lines.next().unwrap_or_default();
    let before = of_line.chars().take(column.saturating_sub(1));
    Some(span.start + start + before.map(char::len_utf8).sum::<usize>())
}

/// More than a build can be given, of `[build]` alone or together with a check's own.
fn verify_variables(text: &str, document: &Document, faults: &mut Vec<Fault>) {
    let all = document.build.environment();
    let mut of_all = BTreeMap::new();
    if let Some(environment) = all {
        of_all = environment.variables.clone();
        faults.extend(too_many_variables(text, &of_all, &environment));
    }
    for check in &document.check {
        if let Some(own) = check.get_ref().environment() {
            let mut variables = of_all.clone();
            variables.extend(&own.variables);
            faults.extend(too_many_variables(text, &variables, &own));
        }
    }
}

fn too_many_variables(
    text: &str,
    variables: &BTreeMap<&str, &str>,
    at: &Environment<'_>,
) -> Option<Fault> {
    let bytes: usize = variables
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    let words = if variables.len() > MOST_VARIABLES {
        format!(
            "builds would have {} variables, more than {MOST_VARIABLES}",
            variables.len()
        )
    } else if bytes > MOST_VARIABLE_BYTES {
        format!(
            "the variables of a build would have {bytes} bytes, more than {MOST_VARIABLE_BYTES}"
        )
    } else {
        return None;
    };
    Some(Fault::at(text, at.span.clone(), words))
}

/// CodeBuild keeps layers only of builds in privileged mode (user guide, caching-local).
fn verify_cache(text: &str, document: &Document, faults: &mut Vec<Fault>) {
    let only = [Check::default()];
    let implied = if document.check.is_empty() {
        &only[..]
    } else {
        &[]
    };
    let mut places = BTreeSet::new();
    for check in document.check.iter().map(Spanned::get_ref).chain(implied) {
        let Some((name, span)) = check.layers_without_docker(&document.build) else {
            continue;
        };
        if places.insert(span.start) {
            let words = format!(
                "`docker` keeps layers of images, and `{name}` may not run Docker: it needs `privileged = true`"
            );
            faults.push(Fault::at(text, span, words));
        }
    }
}

fn verify_after(
    text: &str,
    document: &Document,
    check: &Check,
    names: &BTreeMap<&str, usize>,
    whole: bool,
    faults: &mut Vec<Fault>,
) {
    for before in &check.after {
        let name = before.get_ref();
        if !names.contains_key(&**name) {
            if !whole {
                continue;
            }
            let words = format!("there is no check `{name}` to come after");
            faults.push(Fault::at(text, before.span(), words));
        } else if let Some(own) = &check.name
            && waits_for(document, names, name, own.get_ref())
        {
            let own = own.get_ref();
            let words = if own == name {
                format!("`{name}` would wait for itself")
            } else {
                format!("`{own}` and `{name}` would wait for each other")
            };
            faults.push(Fault::at(text, before.span(), words));
        }
    }
}

/// Whether `from` waits for `to`, directly or through others, or is the same.
fn waits_for(document: &Document, names: &BTreeMap<&str, usize>, from: &str, to: &str) -> bool {
    let mut seen = vec![false; document.check.len()];
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        if name == to {
            return true;
        }
        let Some(&place) = names.get(name) else {
            continue;
        };
        if std::mem::replace(&mut seen[place], true) {
            continue;
        }
        let after: &[Spanned<_>] = &document.check[place].get_ref().after;
        open.extend(after.iter().map(|before| &**before.get_ref()));
    }
    false
}
