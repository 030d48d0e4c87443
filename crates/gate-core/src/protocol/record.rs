//! What the gate remembers in Parameter Store. Each record carries a version and has one writer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Failures;
use crate::{
    build::Build,
    id::{BranchName, CheckName, CommentId, CommitId, RevisionId, RunName, TreeId},
    verdict::VerdictKind,
};

/// A standard parameter of Parameter Store has at most so many bytes.
const LARGEST_PARAMETER: usize = 4096;

/// What two opening braces cost besides, which Parameter Store takes only with an escape.
const BRACES: usize = 5;

/// Whether a record fits into a parameter.
pub fn fits<T: Serialize>(record: &T) -> bool {
    let text = serde_json::to_string(record).unwrap_or_default();
    text.len() + BRACES * text.matches("\u{7b}\u{7b}").count() <= LARGEST_PARAMETER
}

/// Cuts a text to so many characters, of which the last says that there were more.
pub(crate) fn shorten(text: &mut String, length: usize) {
    if text.chars().count() > length {
        *text = text.chars().take(length.saturating_sub(1)).collect();
        text.push('…');
    }
}

/// Project and badge of an open pull request; written by environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentRecord {
    /// 1.
    pub version: u32,
    /// The repository.
    pub repository: crate::id::RepositoryName,
    /// The CodeBuild project.
    pub project: String,
    /// Its badge, if CodeBuild gave one.
    pub badge_url: Option<String>,
}

/// Where the gate last saw usable rules on a gated branch; written by environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesRecord {
    /// 1.
    pub version: u32,
    /// The branch.
    pub branch: BranchName,
    /// The commit.
    pub commit: CommitId,
    /// Of the rules' files, as `RuleFiles::digest` has it.
    pub digest: String,
}

/// What stands on the pull request by the gate's hand; written by the reporter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRecord {
    /// 1.
    pub version: u32,
    /// The run that spoke last.
    pub run: RunName,
    /// Of which revision.
    pub revision: RevisionId,
    /// The comment about it; `None` when CodeCommit takes none.
    pub comment: Option<CommentId>,
    /// The verdict; `None` while it runs.
    pub verdict: Option<VerdictKind>,
    /// What was done with the approval.
    pub approval: ApprovalRecord,
    /// What was tested.
    pub tested_commit: Option<CommitId>,
    /// Its tree.
    pub tested_tree: Option<TreeId>,
    /// Set while the pull request waits for its turn to be tested again, the destination having moved: what the verdict was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred: Option<VerdictKind>,
    /// Whether the destination's rules were broken: whatever they say about its moves, the next one is another test.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rules_broken: bool,
    /// The verdict in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// The destination commit it was tested with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_commit: Option<CommitId>,
    /// Checks that did not pass, required or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<CheckName>,
    /// Whether there are too many of them to be named.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub too_many_failed: bool,
    /// Why the gate itself failed at the revision, in words, until there is a verdict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate_failure: Option<String>,
    /// The fingerprint of the conversation that the verdict knew of; `None` if nobody had asked for anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<String>,
    /// The fingerprint of its plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The runs whose builds the verdict rests on, oldest first; the last is `run`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunName>,
    /// How often the candidate failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<Failures>,
}

impl ResultRecord {
    /// A run spoke about a revision, without a verdict yet.
    pub fn spoken(run: RunName, revision: RevisionId, comment: Option<CommentId>) -> Self {
        Self {
            version: 1,
            run,
            revision,
            comment,
            verdict: None,
            approval: ApprovalRecord::NotGiven,
            tested_commit: None,
            tested_tree: None,
            headline: None,
            destination_commit: None,
            failed: Vec::new(),
            too_many_failed: false,
            gate_failure: None,
            deferred: None,
            rules_broken: false,
            heard: None,
            plan: None,
            runs: Vec::new(),
            failures: None,
        }
    }

    /// What is written over `earlier`: of the same revision, what failed stays known, and until there is a verdict, why the gate
    /// did.
    #[must_use]
    pub fn over(self, earlier: Option<&Self>) -> Self {
        let known = earlier
            .and_then(|earlier| earlier.failures.clone())
            .filter(|failures| failures.revision == self.revision);
        let explained = earlier
            .filter(|earlier| earlier.revision == self.revision && self.verdict.is_none())
            .and_then(|earlier| earlier.gate_failure.clone());
        Self {
            failures: self.failures.or(known),
            gate_failure: self.gate_failure.or(explained),
            ..self
        }
    }

    /// The record as a parameter has room for it: of what it only tells to people, as much as fits.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        if !fits(&self) {
            self.too_many_failed |= !self.failed.is_empty();
            self.failed.clear();
        }
        for length in [400, 200, 100, 0] {
            if fits(&self) {
                break;
            }
            for words in [&mut self.headline, &mut self.gate_failure]
                .into_iter()
                .flatten()
            {
                shorten(words, length);
            }
        }
        self
    }

    /// How late the run comes among those whose builds it rests on; `None` if it is none of them.
    pub fn place_of(&self, run: &RunName) -> Option<usize> {
        let own = (*run == self.run).then_some(self.runs.len());
        own.or_else(|| self.runs.iter().position(|other| other == run))
    }

    /// The checks among `builds` that it rests on.
    pub fn built<'a>(&self, builds: impl IntoIterator<Item = &'a Build>) -> Vec<CheckName> {
        let purposes = builds.into_iter().filter(|build| build.own);
        let purposes = purposes.filter_map(|build| build.purpose.as_ref());
        let own = purposes.filter(|purpose| self.place_of(&purpose.run).is_some());
        let checks: BTreeSet<_> = own.map(|purpose| purpose.check.clone()).collect();
        checks.into_iter().collect()
    }

    /// Whether its comment says that a verdict is to come.
    pub fn promises_more(&self) -> bool {
        self.verdict.is_none() && matches!(self.deferred, None | Some(VerdictKind::Approve))
    }
}

/// What was done with the approval of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalRecord {
    /// The gate approves it.
    Given,
    /// It does not.
    NotGiven,
}

/// How long the checks of a repository took when they last passed; written by the reporter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    /// 1.
    pub version: u32,
    /// Seconds by check, oldest first, at most [`Durations::KEPT`] each.
    pub checks: std::collections::BTreeMap<String, Vec<u64>>,
}

impl Durations {
    /// Passes kept per check.
    pub const KEPT: usize = 10;

    /// Adds a pass.
    pub fn add(&mut self, check: &str, seconds: u64) {
        self.version = 1;
        let passes = self.checks.entry(check.to_owned()).or_default();
        passes.push(seconds);
        if passes.len() > Self::KEPT {
            passes.remove(0);
        }
    }

    /// Forgets checks that the rules do not have any more, and of the others what a parameter has no room for: first older passes, then
    /// the checks that are soonest done, since of them there is least to expect.
    pub fn fit<'a>(&mut self, known: impl IntoIterator<Item = &'a str>) {
        let known: BTreeSet<&str> = known.into_iter().collect();
        self.checks
            .retain(|check, _| known.contains(check.as_str()));
        for kept in [5, 3, 1] {
            if fits(self) {
                return;
            }
            for passes in self.checks.values_mut() {
                passes.drain(..passes.len().saturating_sub(kept));
            }
        }
        let mut by_time: Vec<(u64, String)> = self
            .checks
            .iter()
            .map(|(check, passes)| (passes.last().copied().unwrap_or_default(), check.clone()))
            .collect();
        by_time.sort();
        for (_, check) in by_time {
            if fits(self) {
                return;
            }
            self.checks.remove(&check);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{execution, live};

    /// As long as a check's name may be.
    fn name(prefix: &str, number: usize) -> String {
        format!("{prefix}-{number:03}-{}", "n".repeat(50))
    }

    #[test]
    fn durations_of_any_number_of_checks_fit_into_a_parameter_and_the_longest_are_kept() {
        for number in [36, 64, 130, 500] {
            let names: Vec<_> = (0..number).map(|check| name("check", check)).collect();
            let mut durations = Durations::default();
            for (check, seconds) in names.iter().zip(1_000..) {
                for _ in 0..12 {
                    durations.add(check, seconds);
                }
            }
            durations.fit(names.iter().map(String::as_str));
            assert!(fits(&durations), "{number}");
            assert!(durations.checks.len() >= number.min(50), "{number}");
            assert!(durations.checks.contains_key(&names[number - 1]));
        }
    }

    #[test]
    fn checks_that_were_renamed_are_forgotten() {
        let mut durations = Durations::default();
        durations.add("old", 7);
        durations.add("kept", 8);
        durations.add("new", 9);
        durations.fit(["kept", "new"]);
        let names: Vec<_> = durations.checks.keys().collect();
        assert_eq!(names, ["kept", "new"]);
    }

    #[test]
    fn a_result_fits_into_a_parameter_whatever_failed_and_whatever_was_said() {
        let spoken = || ResultRecord::spoken(execution().name, live().revision, None);
        let some = ResultRecord {
            failed: vec![CheckName::new("unit")],
            headline: Some("not approved".to_owned()),
            ..spoken()
        };
        assert_eq!(some.clone().fitted(), some);
        let failed = (0..64).map(|number| CheckName::new(name("check", number)));
        let long = ResultRecord {
            failed: failed.collect(),
            headline: Some("理\u{7b}\u{7b}".repeat(2_000)),
            gate_failure: Some("\u{1}".repeat(5_000)),
            runs: vec![RunName::new("x".repeat(80)); 20],
            ..spoken()
        };
        let fitted = long.fitted();
        assert!(fits(&fitted) && fitted.too_many_failed, "{fitted:?}");
    }

    #[test]
    fn why_the_gate_failed_stays_known_until_there_is_a_verdict() {
        let spoken = |revision: &str| {
            ResultRecord::spoken(execution().name, RevisionId::new(revision), None)
        };
        let failed = ResultRecord {
            gate_failure: Some("no settings".to_owned()),
            ..spoken("r")
        };
        assert_eq!(
            spoken("r").over(Some(&failed)).gate_failure,
            failed.gate_failure
        );
        assert_eq!(spoken("other").over(Some(&failed)).gate_failure, None);
        let verdict = ResultRecord {
            verdict: Some(VerdictKind::Approve),
            ..spoken("r")
        };
        assert_eq!(verdict.over(Some(&failed)).gate_failure, None);
    }
}
