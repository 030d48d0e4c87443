//! What no single value shows: names used twice, checks that wait for each other, a buildspec given twice, layers of images that
//! no build may make.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::{Document, Fault, document::Check};
use crate::buildspec::{Buildspec, INLINE};

/// CodeBuild runs as many builds of a project as the account allows; a state of this many checks still fits an execution.
const MAX_CHECKS: usize = 200;

pub(super) fn verify(text: &str, document: &Document) -> Result<(), Vec<Fault>> {
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
        if let Some(inline) = &check.inline
            && let Err(fault) = Buildspec::parse(INLINE, inline.get_ref().as_bytes())
        {
            faults.push(Fault::at(text, inline.span(), fault.to_string()));
        }
    }
    for check in &document.check {
        verify_after(text, document, check.get_ref(), &names, &mut faults);
    }
    verify_cache(text, document, &mut faults);
    if faults.is_empty() {
        return Ok(());
    }
    faults.sort();
    Err(faults)
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
    faults: &mut Vec<Fault>,
) {
    for before in &check.after {
        let name = before.get_ref();
        if !names.contains_key(&**name) {
            let words = format!("there is no check `{name}` to come after");
            faults.push(Fault::at(text, before.span(), words));
        } else if let Some(own) = &check.name
            && waits_for(document, names, name, own.get_ref())
        {
            let words = format!("`{}` and `{name}` would wait for each other", own.get_ref());
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
