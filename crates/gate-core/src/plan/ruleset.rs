//! Rules as they are used: `gate.toml` together with the buildspecs it names, at one commit.
//!
//! A set can be used only if every check of it can be built, left-out ones included, and nothing in it meets a limit of AWS
//! later: what is wrong is found here, where it is a verdict with its place, and not when a build is to be started.

use std::collections::{BTreeMap, BTreeSet};

use super::size;
use crate::{
    buildspec::{self, Buildspec},
    id::BranchName,
    rules::{self, BuildspecSource, CheckRule, FileFault, Places, Rules},
};

/// More than anybody mends at once.
const MOST_FAULTS: usize = 50;

/// Report groups of one pull request: each is made, and removed again, by a call of its own.
const MOST_REPORT_GROUPS: usize = 100;

/// What is at a path in place of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Instead {
    /// Nothing.
    #[default]
    Nothing,
    /// A folder.
    Folder,
    /// A submodule.
    Submodule,
    /// A symbolic link, which nobody follows.
    Link,
}

impl Instead {
    fn words(self) -> &'static str {
        match self {
            Self::Nothing => "it is missing",
            Self::Folder => "it is a folder, where a file must be",
            Self::Submodule => "it is a submodule, where a file must be",
            Self::Link => "it is a symbolic link, which is not followed: a file must be there",
        }
    }
}

/// The files that rules consist of, as they are at one commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFiles {
    /// `gate.toml`; `None` where it is no file.
    pub gate_toml: Option<Vec<u8>>,
    /// Buildspecs by their paths, as far as they are files.
    pub buildspecs: BTreeMap<String, Vec<u8>>,
    /// What is there in place of a file, as far as anybody looked.
    pub instead: BTreeMap<String, Instead>,
}

impl RuleFiles {
    /// The buildspecs to be read beside a `gate.toml`: those it names, and the one that stands for rules that cannot be used.
    pub fn buildspec_paths(gate_toml: Option<&[u8]>) -> BTreeSet<String> {
        let mut paths = gate_toml.map(Self::named_by).unwrap_or_default();
        paths.insert(buildspec::PATH.to_owned());
        paths
    }

    pub(super) fn named_by(gate_toml: &[u8]) -> BTreeSet<String> {
        Rules::buildspecs_named_by(gate_toml)
    }

    /// In short: two of the same digest are the same rules.
    pub fn digest(&self) -> String {
        let parts = serde_json::to_string(&(&self.gate_toml, &self.buildspecs));
        crate::names::hash(&[&parts.unwrap_or_default()], 32)
    }

    /// Whether there is neither a `gate.toml` nor a `buildspec.yml`.
    pub(super) fn is_empty(&self) -> bool {
        self.gate_toml.is_none() && !self.buildspecs.contains_key(buildspec::PATH)
    }

    /// What is wrong with a `gate.toml`, and with the buildspecs that it names all the same.
    fn faulty(&self, gate_toml: &[u8], faults: Vec<rules::Fault>) -> Faulty {
        let mut faults: Vec<_> = faults.into_iter().map(FileFault::of_rules).collect();
        for path in Self::named_by(gate_toml) {
            faults.extend(self.buildspec(&path).err().into_iter().flatten());
        }
        faults.truncate(MOST_FAULTS);
        Faulty {
            rules: None,
            by_buildspecs: false,
            faults,
        }
    }

    /// The buildspec at a path.
    pub(super) fn buildspec(&self, path: &str) -> Result<Buildspec, Vec<FileFault>> {
        match self.buildspecs.get(path) {
            Some(bytes) => Buildspec::parse(path, bytes),
            None => Err(vec![self.lacks(path)]),
        }
    }

    /// The fault of a file that is none.
    pub(super) fn lacks(&self, path: &str) -> FileFault {
        let instead = self.instead.get(path).copied().unwrap_or_default();
        FileFault::of_file(path, instead.words())
    }
}

/// Rules that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruleset {
    /// The rules.
    pub rules: Rules,
    /// The buildspecs they name, by path.
    pub(super) files: BTreeMap<String, Buildspec>,
}

/// Rules that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Faulty {
    /// What `gate.toml` says, if that can be read.
    pub(super) rules: Option<Rules>,
    /// Whether nothing but buildspecs are to blame.
    pub(super) by_buildspecs: bool,
    pub(super) faults: Vec<FileFault>,
}

impl Ruleset {
    /// Reads the rules of some files for pull requests to a branch, or to any; every fault at once.
    pub fn read(files: &RuleFiles, branch: Option<&BranchName>) -> Result<Self, Vec<FileFault>> {
        Self::try_read(files, branch).map_err(|faulty| faulty.faults)
    }

    #[expect(
        clippy::result_large_err,
        reason = "it is read once or twice for each run"
    )]
    pub(super) fn try_read(files: &RuleFiles, branch: Option<&BranchName>) -> Result<Self, Faulty> {
        let (rules, places) = match &files.gate_toml {
            None => (Rules::of_one_build(), Places::new()),
            Some(bytes) => {
                Rules::parse_with_places(bytes).map_err(|faults| files.faulty(bytes, faults))?
            }
        };
        let mut faults = Vec::new();
        let mut parsed = BTreeMap::new();
        for path in rules.buildspec_files() {
            match files.buildspec(path) {
                Ok(buildspec) => {
                    parsed.insert(path.to_owned(), buildspec);
                }
                Err(found) => faults.extend(found),
            }
        }
        let mut of_all = Vec::new();
        if let Some(branch) = branch.filter(|branch| !rules.requires_anything_on(branch)) {
            let words = format!(
                "no check for `{branch}` is required, so nothing would have to pass: make one `required`"
            );
            of_all.push(FileFault::of_file(rules::PATH, words));
        }
        let set = Self {
            rules,
            files: parsed,
        };
        if faults.is_empty() {
            of_all.extend(set.faults_of_all(&places));
        }
        let by_buildspecs = of_all.is_empty();
        faults.extend(of_all);
        faults.truncate(MOST_FAULTS);
        if faults.is_empty() {
            return Ok(set);
        }
        Err(Faulty {
            rules: Some(set.rules),
            by_buildspecs,
            faults,
        })
    }

    /// A set of other buildspecs than those that stand beside its `gate.toml`.
    pub(super) fn with_files(rules: Rules, files: BTreeMap<String, Buildspec>) -> Option<Self> {
        let set = Self { rules, files };
        set.faults_of_all(&Places::new()).is_empty().then_some(set)
    }

    /// The buildspec of a check.
    pub(super) fn of_check(&self, check: &CheckRule) -> Option<Buildspec> {
        match &check.buildspec {
            BuildspecSource::File(path) => self.files.get(path).cloned(),
            BuildspecSource::Inline(text) => Buildspec::parse(rules::PATH, text.as_bytes()).ok(),
        }
    }

    /// What only all checks together show.
    fn faults_of_all(&self, places: &Places) -> Vec<FileFault> {
        let mut faults = Vec::new();
        let mut groups: BTreeMap<String, (bool, &CheckRule)> = BTreeMap::new();
        for (number, check) in self.rules.checks.iter().enumerate() {
            let Some(buildspec) = self.of_check(check) else {
                continue;
            };
            for report in buildspec.reports {
                let coverage = buildspec.coverage_reports.contains(&report);
                let name = check.name.as_str();
                match groups.get(&report) {
                    Some((other, first)) if *other != coverage => {
                        let words = format!(
                            "the report `{report}` is one of coverage in one of the checks `{}` and `{name}`, and one of tests in the other: \
                             CodeBuild has one report group for both, so give it two names",
                            first.name
                        );
                        faults.push(Self::at(places, number, words));
                    }
                    Some(_) => {}
                    None => {
                        groups.insert(report, (coverage, check));
                        if groups.len() == MOST_REPORT_GROUPS + 1 {
                            let words = format!(
                                "with `{name}` there are more than {MOST_REPORT_GROUPS} reports of different names"
                            );
                            faults.push(Self::at(places, number, words));
                        }
                    }
                }
            }
        }
        if let Some((number, words)) = size::too_large(self) {
            faults.push(Self::at(places, number, words));
        }
        faults
    }

    fn at(places: &Places, check: usize, words: String) -> FileFault {
        match places.get(check) {
            Some((line, column)) => FileFault::at(rules::PATH, *line, *column, words),
            None => FileFault::of_file(rules::PATH, words),
        }
    }
}
