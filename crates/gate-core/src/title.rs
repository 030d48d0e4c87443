//! Flags in a pull request's title: `[skip-tests]`, anywhere, in any case. A title proves nobody, so a flag is only ever "in the title".

use serde::{Deserialize, Serialize};

/// A flag this release knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// Checks of kind test do not run; every build gets `MERGEGATE_SKIP_TESTS=true`.
    SkipTests,
    /// Nothing runs and nothing is approved.
    SkipCi,
    /// The build may run Docker (privileged mode).
    Container,
    /// The build starts without its cache.
    NoCache,
}

impl Flag {
    const ALL: [Self; 4] = [
        Self::SkipTests,
        Self::SkipCi,
        Self::Container,
        Self::NoCache,
    ];

    /// As it is written between the brackets.
    pub fn name(self) -> &'static str {
        match self {
            Self::SkipTests => "skip-tests",
            Self::SkipCi => "skip-ci",
            Self::Container => "container",
            Self::NoCache => "no-cache",
        }
    }
}

impl std::fmt::Display for Flag {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "[{}]", self.name())
    }
}

/// A word in brackets that looks like a flag and is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownFlag {
    /// As it stands in the title, without brackets, at most 40 characters.
    pub word: String,
    /// The known flag that it resembles.
    pub nearest: Option<Flag>,
}

/// What a title asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    /// Known flags, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Flag>,
    /// What resembles a flag: to be named in the comment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownFlag>,
}

impl Flags {
    /// Reads the flags of a title. A bracketed word counts as a mistyped flag if it resembles one: `[JIRA-12]` and `[WIP]` are left alone.
    pub fn parse(title: &str) -> Self {
        let mut flags = Self::default();
        for word in bracketed(title) {
            let lower = word.to_lowercase().replace('_', "-");
            if let Some(flag) = Flag::ALL.into_iter().find(|flag| flag.name() == lower) {
                if !flags.known.contains(&flag) {
                    flags.known.push(flag);
                }
            } else if let Some(nearest) = nearest(&lower) {
                let unknown = UnknownFlag {
                    word: word.chars().take(40).collect(),
                    nearest: Some(nearest),
                };
                if !flags.unknown.contains(&unknown) {
                    flags.unknown.push(unknown);
                }
            } else if lower
                .split_once('=')
                .is_some_and(|(name, _)| ["compute", "only"].contains(&name))
                || lower.starts_with("skip")
            {
                let word = word.chars().take(40).collect();
                flags.unknown.push(UnknownFlag {
                    word,
                    nearest: None,
                });
            }
        }
        flags.known.sort();
        flags
    }

    /// Whether `flag` is in the title.
    pub fn has(&self, flag: Flag) -> bool {
        self.known.contains(&flag)
    }
}

fn bracketed(title: &str) -> impl Iterator<Item = &str> {
    title.split('[').skip(1).filter_map(|rest| {
        let (word, _) = rest.split_once(']')?;
        let word = word.trim();
        (!word.is_empty() && word.chars().count() <= 60).then_some(word)
    })
}

fn nearest(word: &str) -> Option<Flag> {
    let distance = |flag: &Flag| strsim::damerau_levenshtein(word, flag.name());
    let flag = Flag::ALL.into_iter().min_by_key(distance)?;
    (distance(&flag) <= 2 && word.len() > 4).then_some(flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_anywhere_in_any_case_and_once() {
        let cases: [(&str, &[Flag]); 7] = [
            ("Fix login [skip-tests]", &[Flag::SkipTests]),
            ("[SKIP-CI] Docs", &[Flag::SkipCi]),
            (
                "[container][No_Cache] image [container]",
                &[Flag::Container, Flag::NoCache],
            ),
            ("[ skip-tests ] spaces", &[Flag::SkipTests]),
            ("skip-tests without brackets", &[]),
            ("[[skip-tests]] nested", &[Flag::SkipTests]),
            ("unclosed [skip-tests", &[]),
        ];
        for (title, expected) in cases {
            assert_eq!(Flags::parse(title).known, expected, "{title}");
        }
    }

    #[test]
    fn a_mistyped_flag_is_named_with_the_nearest_known_one() {
        let flags = Flags::parse("Fix [skip-test] and [JIRA-12] [WIP] [only=web]");
        assert_eq!(flags.known, []);
        let words: Vec<_> = flags
            .unknown
            .iter()
            .map(|unknown| (unknown.word.as_str(), unknown.nearest))
            .collect();
        assert_eq!(
            words,
            [("skip-test", Some(Flag::SkipTests)), ("only=web", None)]
        );
    }

    #[test]
    fn a_title_of_brackets_and_backticks_is_harmless() {
        let title = "[`]`[[`".repeat(21);
        assert_eq!(Flags::parse(&title), Flags::default());
    }
}
