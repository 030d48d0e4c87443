//! Flags in a pull request's title: `[skip-tests]`, anywhere, in any case, with a reason if one is asked for: `[skip-tests: hotfix]`.
//! A title proves nobody, so a flag is only ever "in the title"; a command has an author.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{arn, inert, rules::Compute, text::code};

/// A flag this release knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// `[only=<check>]`: the other checks do not run.
    Only,
    /// `[compute=small|medium|large|xlarge]`: how large a machine builds get.
    Compute,
}

impl Flag {
    const PLAIN: [Self; 4] = [
        Self::SkipTests,
        Self::SkipCi,
        Self::Container,
        Self::NoCache,
    ];
    const WITH_VALUE: [Self; 2] = [Self::Only, Self::Compute];
    /// Every flag.
    pub const ALL: [Self; 6] = [
        Self::SkipTests,
        Self::SkipCi,
        Self::Container,
        Self::NoCache,
        Self::Only,
        Self::Compute,
    ];

    /// The flag of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }

    /// The flag that a lower-case word resembles.
    pub fn nearest(word: &str) -> Option<Self> {
        nearest(word)
    }

    /// An example of how it is written between the brackets, with its value.
    pub fn example(self) -> &'static str {
        match self {
            Self::Only => "only=unit",
            Self::Compute => "compute=large",
            plain => plain.name(),
        }
    }

    /// As it is written between the brackets.
    pub fn name(self) -> &'static str {
        match self {
            Self::SkipTests => "skip-tests",
            Self::SkipCi => "skip-ci",
            Self::Container => "container",
            Self::NoCache => "no-cache",
            Self::Only => "only",
            Self::Compute => "compute",
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
    /// Names of checks as `[only=…]` gives them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// What `[compute=…]` gives; the last one counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<Compute>,
    /// Why, where it is said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<Flag, String>,
    /// Those that a command gave: ARN of who did.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<Flag, String>,
    /// Those of `by` that the title has, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_title_too: Vec<Flag>,
    /// Those of the title that somebody had to allow: ARN of who did.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub allowed: BTreeMap<Flag, String>,
    /// What resembles a flag: to be named in the comment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownFlag>,
}

impl Flags {
    /// Reads the flags of a title. A bracketed word counts as a mistyped flag if it resembles one: `[JIRA-12]` and `[WIP]` are left alone.
    pub fn parse(title: &str) -> Self {
        let mut flags = Self::default();
        for word in bracketed(title) {
            if flags.take(word).is_none() {
                flags.note_mistyped(word);
            }
        }
        flags.known.sort();
        flags.known.dedup();
        flags
    }

    /// The one flag of a word as it stands between brackets; `None` if it is none.
    pub fn of_word(word: &str) -> Option<Self> {
        let mut flags = Self::default();
        flags.take(word.trim())?;
        Some(flags)
    }

    /// Takes a known flag; `None` if `word` is none.
    fn take(&mut self, word: &str) -> Option<()> {
        let (word, reason) = match word.split_once(':') {
            Some((word, reason)) => (word.trim_end(), reason.trim()),
            None => (word, ""),
        };
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim())),
            None => (word, None),
        };
        let flag = match (name.to_lowercase().replace('_', "-").as_str(), value) {
            ("only", Some(checks)) => {
                let names = checks.split(',').map(str::trim);
                let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
                if names.is_empty() {
                    return None;
                }
                for name in names {
                    if !self.only.iter().any(|only| only == name) {
                        self.only.push(name.to_owned());
                    }
                }
                Flag::Only
            }
            ("compute", Some(size)) => {
                self.compute = Some(Compute::from_name(&size.to_lowercase())?);
                Flag::Compute
            }
            (name, None) => Flag::PLAIN.into_iter().find(|flag| flag.name() == name)?,
            (_, Some(_)) => return None,
        };
        self.known.push(flag);
        if inert::shows(reason) {
            self.reasons.insert(flag, reason.to_owned());
        }
        Some(())
    }

    /// Keeps a word that resembles a flag.
    fn note_mistyped(&mut self, word: &str) {
        if word.chars().count() > LONGEST_MISTYPED {
            return;
        }
        let name = word.split(['=', ':']).next().unwrap_or(word);
        let lower = name.trim().to_lowercase().replace('_', "-");
        let with_value = name.len() < word.len();
        let nearest = nearest(&lower).or_else(|| with_value.then(|| nearest_with_value(&lower))?);
        if nearest.is_none() && !lower.starts_with("skip") {
            return;
        }
        let unknown = UnknownFlag {
            word: word.chars().take(40).collect(),
            nearest,
        };
        if !self.unknown.contains(&unknown) {
            self.unknown.push(unknown);
        }
    }

    /// Whether `flag` is among them.
    pub fn has(&self, flag: Flag) -> bool {
        self.known.contains(&flag)
    }

    /// Takes a flag out.
    pub fn remove(&mut self, flag: Flag) {
        self.known.retain(|known| *known != flag);
        self.reasons.remove(&flag);
        match flag {
            Flag::Only => self.only.clear(),
            Flag::Compute => self.compute = None,
            Flag::SkipTests | Flag::SkipCi | Flag::Container | Flag::NoCache => {}
        }
    }

    /// Adds what somebody gave by a command.
    pub fn give(&mut self, given: &Self, by: &str) {
        for flag in &given.known {
            if self.known.contains(flag) && !self.by.contains_key(flag) {
                self.in_title_too.push(*flag);
            }
            self.by.insert(*flag, by.to_owned());
        }
        self.known.extend(&given.known);
        self.known.sort();
        self.known.dedup();
        let new = |name: &&String| !self.only.contains(name);
        let new: Vec<_> = given.only.iter().filter(new).cloned().collect();
        self.only.extend(new);
        self.compute = given.compute.or(self.compute);
        self.reasons.extend(given.reasons.clone());
    }

    /// A flag with its value and reason, as a title has it.
    pub fn as_typed(&self, flag: Flag) -> String {
        let value = match (flag, self.compute) {
            (Flag::Only, _) => format!("={}", self.only.join(",")),
            (Flag::Compute, Some(size)) => format!("={}", size.name()),
            _ => String::new(),
        };
        let reason = self.reasons.get(&flag);
        let reason = reason
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        format!("[{}{value}{reason}]", flag.name())
    }

    /// What follows "`[skip-tests]`" in a sentence: where it comes from.
    pub fn origin(&self, flag: Flag) -> String {
        let who = |arn: &String| code(arn::name(arn), 80);
        match (self.by.get(&flag), self.allowed.get(&flag)) {
            (Some(by), _) if self.in_title_too.contains(&flag) => {
                format!("is in the title and was given by {}", who(by))
            }
            (Some(by), _) => format!("was given by {}", who(by)),
            (None, Some(by)) => format!("is in the title, allowed by {}", who(by)),
            (None, None) => "is in the title".to_owned(),
        }
    }
}

/// What a flag about the size of machines names, as it stands between brackets; `None` if it is another flag or names nothing.
pub(crate) fn mistyped_size(word: &str) -> Option<&str> {
    let (flag, _) = word.split_once(':').unwrap_or((word, ""));
    let (name, size) = flag.split_once('=')?;
    let is_compute = name.trim().eq_ignore_ascii_case(Flag::Compute.name());
    let size = size.trim();
    let is_size = Compute::from_name(&size.to_lowercase()).is_some();
    (is_compute && !size.is_empty() && !is_size).then_some(size)
}

fn bracketed(title: &str) -> impl Iterator<Item = &str> {
    title.split('[').skip(1).filter_map(|rest| {
        let (word, _) = rest.split_once(']')?;
        let word = word.trim();
        (!word.is_empty() && word.chars().count() <= LONGEST).then_some(word)
    })
}

/// A title has no more characters (CodeCommit's service model).
const LONGEST: usize = 150;
/// A longer word in brackets is a remark, not a mistyped flag.
const LONGEST_MISTYPED: usize = 60;

fn nearest(word: &str) -> Option<Flag> {
    if let Some(flag) = Flag::WITH_VALUE
        .into_iter()
        .find(|flag| flag.name() == word)
    {
        return Some(flag);
    }
    let distance = |flag: &Flag| strsim::damerau_levenshtein(word, flag.name());
    let all = Flag::PLAIN.into_iter().chain([Flag::Compute]);
    let flag = all.min_by_key(distance)?;
    (distance(&flag) <= 2 && word.len() > 4).then_some(flag)
}

/// The name is short: only what stands before a value is a slip of it, not any word of four letters.
fn nearest_with_value(word: &str) -> Option<Flag> {
    let mut flags = Flag::WITH_VALUE.into_iter();
    flags.find(|flag| strsim::damerau_levenshtein(word, flag.name()) == 1)
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
        let flags = Flags::parse(
            "Fix [skip-test] and [JIRA-12] [WIP] [compute=huge] [only=] [onyl=web] [ony=a] [once] [one=1 two=2]",
        );
        assert_eq!(flags.known, []);
        let words: Vec<_> = flags
            .unknown
            .iter()
            .map(|unknown| (unknown.word.as_str(), unknown.nearest))
            .collect();
        assert_eq!(
            words,
            [
                ("skip-test", Some(Flag::SkipTests)),
                ("compute=huge", Some(Flag::Compute)),
                ("only=", Some(Flag::Only)),
                ("onyl=web", Some(Flag::Only)),
                ("ony=a", Some(Flag::Only)),
            ]
        );
    }

    #[test]
    fn flags_with_a_value_name_checks_and_a_size() {
        let flags = Flags::parse("[ONLY=web, docs] [only=web] [Compute = Large] menu");
        assert_eq!(flags.known, [Flag::Only, Flag::Compute]);
        assert_eq!(flags.only, ["web", "docs"]);
        assert_eq!(flags.compute, Some(Compute::Large));
        assert_eq!(flags.unknown, []);
    }

    #[test]
    fn a_flag_may_give_its_reason() {
        let flags = Flags::parse(
            "[skip-tests: hotfix for #12] [only=web : text] [container:] [compute: large]",
        );
        assert_eq!(flags.known, [Flag::SkipTests, Flag::Container, Flag::Only]);
        let reasons = [
            (Flag::SkipTests, "hotfix for #12".to_owned()),
            (Flag::Only, "text".to_owned()),
        ];
        assert_eq!(flags.reasons, BTreeMap::from(reasons));
        assert_eq!(flags.unknown[0].nearest, Some(Flag::Compute));
    }

    #[test]
    fn a_title_of_brackets_and_backticks_is_harmless() {
        let title = "[`]`[[`".repeat(21);
        assert_eq!(Flags::parse(&title), Flags::default());
    }
}
