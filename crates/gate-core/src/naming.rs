//! Names that people type in titles and in comments: which check or size they mean, and what is said of one that means none.

use crate::{
    id::CheckName,
    rules::Compute,
    text::{code, listed, quoted},
};

/// Names of checks that are said at most; a repository may have many.
const SHOWN: usize = 10;

/// The check that a word names: letter by letter, or else in whatever case if only one has that name.
pub(crate) fn check<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a CheckName>,
) -> Option<&'a CheckName> {
    // Where a command stands as code, people copy the marks with it.
    let word = word.trim_matches(['`', '"', '\'']);
    let alike = |name: &&CheckName| name.as_str().eq_ignore_ascii_case(word);
    let alike: Vec<_> = known.into_iter().filter(alike).collect();
    match alike.as_slice() {
        [one] => Some(*one),
        several => {
            let mut several = several.iter().copied();
            several.find(|name| name.as_str() == word)
        }
    }
}

/// What is said of words that name no check.
pub(crate) fn no_such_check(words: &[String], known: &[CheckName]) -> String {
    let said = words.iter().map(|word| code(word, 60));
    let said = listed(said, SHOWN);
    let names = known.iter().map(CheckName::as_str);
    let meant = match words {
        [word] => nearest(word, names).map(|name| code(name, 60)),
        _ => None,
    };
    let none = match words {
        [_] => "there is no check",
        _ => "there are no checks",
    };
    format!("{none} {said}{}", there_are(meant, known))
}

/// `; did you mean …? There are …`.
fn there_are(meant: Option<String>, known: &[CheckName]) -> String {
    let meant = meant.map(|name| format!("; did you mean {name}?"));
    let names = known.iter().map(|name| code(name.as_str(), 60));
    let names = listed(names, SHOWN);
    let known = match known {
        [] => String::new(),
        [_] => format!(" There is {names}."),
        _ => format!(" There are {names}."),
    };
    format!("{}{known}", meant.unwrap_or_else(|| ".".to_owned()))
}

/// What is said of a word that is no size.
pub(crate) fn no_such_size(word: &str) -> String {
    let lower = word.to_lowercase();
    let bare = lower.trim_start_matches("build_general1_");
    let meant = nearest(bare, Compute::ALL.into_iter().map(Compute::name));
    let meant = meant.map(|name| format!("; did you mean `{name}`?"));
    let sizes = quoted(&Compute::ALL.map(Compute::name));
    format!(
        "there is no size {}{} There are {sizes}.",
        code(word, 40),
        meant.unwrap_or_else(|| ".".to_owned())
    )
}

/// The name that a word resembles.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let distance = |name: &&str| strsim::damerau_levenshtein(&word, &name.to_lowercase());
    let name = known.min_by_key(distance)?;
    (distance(&name) <= 1 + name.len() / 5 && word.chars().count() > 1).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<CheckName> {
        names.iter().map(|name| CheckName::new(*name)).collect()
    }

    #[test]
    fn a_check_is_named_in_any_case_unless_two_have_that_name() {
        let known = names(&["unit", "Docs", "docs"]);
        let named = |word| check(word, &known).map(CheckName::as_str);
        assert_eq!(named("unit"), Some("unit"));
        assert_eq!(named("UNIT"), Some("unit"));
        assert_eq!(named("`unit`"), Some("unit"));
        assert_eq!(named("docs"), Some("docs"));
        assert_eq!(named("DOCS"), None);
        assert_eq!(named("unti"), None);
        assert_eq!(named(""), None);
    }

    #[test]
    fn refuses_a_check_that_there_is_not_with_those_there_are() {
        let known = names(&["unit", "docs"]);
        let said = |words: &[&str], known: &[CheckName]| {
            let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
            no_such_check(&words, known)
        };
        assert_eq!(
            said(&["unti"], &known),
            "there is no check `unti`; did you mean `unit`? There are `unit`, `docs`."
        );
        assert_eq!(
            said(&["nosuch"], &known),
            "there is no check `nosuch`. There are `unit`, `docs`."
        );
        assert_eq!(
            said(&["a", "b"], &known[..1]),
            "there are no checks `a`, `b`. There is `unit`."
        );
        let many: Vec<_> = (0..64).map(|at| CheckName::new(format!("c{at}"))).collect();
        assert!(said(&["nosuch"], &many).ends_with("`c8`, `c9` and 54 more."));
    }

    #[test]
    fn refuses_a_size_that_there_is_not_with_those_there_are() {
        let all = "There are `small`, `medium`, `large`, `xlarge`.";
        for (word, begin) in [
            ("huge", "there is no size `huge`. "),
            (
                "2xlarge",
                "there is no size `2xlarge`; did you mean `xlarge`? ",
            ),
            (
                "BUILD_GENERAL1_LARGE",
                "there is no size `BUILD_GENERAL1_LARGE`; did you mean `large`? ",
            ),
        ] {
            assert_eq!(no_such_size(word), format!("{begin}{all}"));
        }
    }
}
