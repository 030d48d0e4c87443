//! `gate.toml`: the rules of a repository, as they stand at the destination commit.
//!
//! [`Document`] is the file, key by key; [`Rules`] is what follows from it, with every default filled in. A file with a fault
//! gives no rules at all but every fault, each with its place.

mod cache;
mod comment;
mod demands;
mod document;
mod fault;
mod image;
mod limits;
mod merge;
mod order;
mod read;
mod retry;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use globset::GlobSetBuilder;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::{
    arn::ArnPattern,
    command::Name,
    id::{BranchName, CheckName},
    title::Flag,
};

pub use cache::CacheMode;
pub use comment::{CheckLines, CommentRules};
pub use demands::{Demands, Percent};
pub use document::Document;
pub use fault::{Fault, FileFault};
pub use limits::LimitRules;
pub use merge::{MergeRules, Strategy, WhenDestinationMoves};
pub use retry::Retry;
pub(crate) use values::glob;
pub use values::{Compute, Kind};

/// Where a repository keeps it.
pub const PATH: &str = "gate.toml";

/// What holds for a destination branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// In the order of the file; never empty.
    pub checks: Vec<CheckRule>,
    /// Variables of every build; a check's own go before them.
    pub environment: BTreeMap<String, String>,
    /// Flags that the destination binds; those that are missing work as typed.
    pub flags: BTreeMap<Flag, FlagRule>,
    /// What holds once the destination has moved.
    pub merge: MergeRules,
    /// Where the gate stops testing the same candidate again.
    pub limits: LimitRules,
    /// How much the gate says.
    pub comment: CommentRules,
    /// Who may use which command.
    pub commands: CommandRules,
}

/// Line and column of each check, in the order of the file; empty where the file names none.
pub(crate) type Places = Vec<(usize, usize)>;

/// One `[[check]]`, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRule {
    /// Its name, unique in the file.
    pub name: CheckName,
    /// What is run.
    pub buildspec: BuildspecSource,
    /// Globs of changed files that make it needed; empty means any.
    pub paths: Vec<String>,
    /// Globs of changed files that do not count.
    pub exclude: Vec<String>,
    /// Globs of destination branches it is for; empty means all.
    pub branches: Vec<String>,
    /// Whether it must pass.
    pub required: bool,
    /// What it does.
    pub kind: Kind,
    /// Checks that must have passed before it starts.
    pub after: Vec<CheckName>,
    /// What its reports must say.
    pub demands: Demands,
    /// How often it is built again.
    pub retry: Retry,
    /// How it is built.
    pub settings: BuildSettings,
}

/// Where a check's buildspec is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuildspecSource {
    /// A file of the repository, read from the trusted commit.
    File(String),
    /// The text itself.
    Inline(String),
}

impl Default for BuildspecSource {
    fn default() -> Self {
        Self::File(crate::buildspec::PATH.to_owned())
    }
}

/// How one check is built, where that differs from the deployment's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildSettings {
    /// Image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// How large a machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute: Option<Compute>,
    /// How long it may run, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_minutes: Option<u32>,
    /// Whether it may run Docker.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// What is kept for later builds of the same pull request; `None` where the rules do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<BTreeSet<CacheMode>>,
    /// Variables beside those of every build, none of them secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
}

/// What the destination says about a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagRule {
    /// Whether a candidate with this flag can be approved; if not it is held.
    pub may_approve: bool,
    /// Who may let it take effect; `None` if a title alone does.
    pub allow: Option<Vec<ArnPattern>>,
    /// Whether it takes effect only with a reason.
    pub reason: bool,
}

impl FlagRule {
    /// Whether somebody may give the flag by a command.
    pub fn lets(&self, by: &str, with_reason: bool) -> bool {
        let who = self.allow.as_ref();
        let may = who.is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches(by)));
        may && (with_reason || !self.reason)
    }
}

/// Who may use which command. What only asks is for everybody who can comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandRules {
    /// For commands without a word of their own; `None` means everybody who can comment.
    pub all: Option<Vec<ArnPattern>>,
    /// For single commands.
    pub each: BTreeMap<Name, Vec<ArnPattern>>,
}

impl CommandRules {
    /// The patterns one of which somebody must match to use a command; `None` means everybody.
    pub fn allow(&self, command: Name) -> Option<&[ArnPattern]> {
        if matches!(command, Name::Help | Name::Status) {
            return None;
        }
        let own = self.each.get(&command).map(Vec::as_slice);
        own.or(self.all.as_deref())
    }
}

impl Rules {
    /// Reads the file's bytes; every fault at once, in the order of their places.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        Self::parse_with_places(bytes).map(|(rules, _)| rules)
    }

    /// The same, with the places of the checks.
    pub(crate) fn parse_with_places(bytes: &[u8]) -> Result<(Self, Places), Vec<Fault>> {
        let document = read::document(bytes)?;
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let checks = document.check.iter();
        let places = checks.map(|check| Fault::at(text, check.span(), ""));
        let places = places.map(|place| (place.line, place.column)).collect();
        Ok((document.into_rules(), places))
    }

    /// The buildspecs that a file names, as far as it can be read: what is wrong with them is told together with what is wrong with it.
    pub fn buildspecs_named_by(bytes: &[u8]) -> BTreeSet<String> {
        let read = read::whatever(bytes);
        let Some(document) = read.document else {
            return BTreeSet::new();
        };
        if !read.faults.is_empty() {
            // A check may have lost what it said of its buildspec: only one that is spelt out counts then.
            let checks = document.check.iter().map(Spanned::get_ref);
            let spelt_out = checks.filter_map(|check| check.buildspec.as_ref());
            return spelt_out.map(ToString::to_string).collect();
        }
        let rules = document.into_rules();
        rules.buildspec_files().map(str::to_owned).collect()
    }

    /// The variables of a check's builds.
    pub fn environment_of<'a>(&'a self, check: &'a CheckRule) -> BTreeMap<&'a str, &'a str> {
        let all = self.environment.iter().chain(&check.settings.environment);
        all.map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// Whether something must pass before a pull request to this branch is approved.
    pub fn requires_anything_on(&self, branch: &BranchName) -> bool {
        let is_for = |check: &CheckRule| {
            let mut globs = check.branches.iter().filter_map(|branch| glob(branch).ok());
            check.branches.is_empty()
                || globs.any(|glob| glob.compile_matcher().is_match(branch.as_str()))
        };
        self.checks
            .iter()
            .any(|check| check.required && is_for(check))
    }

    /// The rules of a repository without a `gate.toml`: one required check, `build`, from `buildspec.yml`.
    pub fn of_one_build() -> Self {
        Document::default().into_rules()
    }

    /// Patterns of those who may lift a hold; empty if everybody may.
    pub fn who_may_unhold(&self) -> Vec<String> {
        let patterns = self.commands.allow(Name::Unhold).unwrap_or_default();
        let patterns = patterns.iter();
        patterns
            .map(|pattern| pattern.as_str().to_owned())
            .collect()
    }

    /// Globs of paths and exclusions, with their check, that match none of `files`.
    pub fn idle_globs<'a>(&self, files: impl Iterator<Item = &'a str>) -> Vec<(&CheckName, &str)> {
        let all = self.checks.iter().flat_map(|check| {
            let globs = check.paths.iter().chain(&check.exclude);
            globs.map(|glob| (&check.name, glob.as_str()))
        });
        let mut all: Vec<_> = all.collect();
        let mut set = GlobSetBuilder::new();
        for (_, pattern) in &all {
            // Rules with a glob that cannot be read are refused.
            let Ok(glob) = glob(pattern) else {
                return Vec::new();
            };
            set.add(glob);
        }
        let Ok(set) = set.build() else {
            return Vec::new();
        };
        let mut idle = vec![true; all.len()];
        let mut matches = Vec::new();
        for file in files {
            set.matches_into(file, &mut matches);
            for &glob in &matches {
                idle[glob] = false;
            }
        }
        let mut idle = idle.into_iter();
        all.retain(|_| idle.next() == Some(true));
        all
    }

    /// The buildspec files of all checks, each once.
    pub fn buildspec_files(&self) -> impl Iterator<Item = &str> {
        let mut seen = BTreeSet::new();
        self.checks
            .iter()
            .filter_map(|check| match &check.buildspec {
                BuildspecSource::File(path) => Some(path.as_str()),
                BuildspecSource::Inline(_) => None,
            })
            .filter(move |path| seen.insert(*path))
    }
}

#[cfg(test)]
mod tests;
