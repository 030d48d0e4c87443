//! What a run will do with a candidate: which checks it builds and which it leaves out, or why it builds none.
//!
//! [`choose`] decides whose rules count, the destination's or, where it never had any, the pull request's own; [`plan`] what they
//! ask of this candidate.

mod caches;
mod filter;
mod flags;
mod rules;
mod ruleset;
mod select;
mod size;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    conversation::{Allowed, Conversation},
    host::MergeOutcome,
    id::{BranchName, CheckName, CommitId},
    rules::{BuildSettings, BuildspecSource, CommentRules, Demands, FileFault, Kind, Retry, Rules},
    secret,
    title::{Flag, Flags},
};

use filter::Answers;

pub(crate) use filter::is_for;
pub use flags::skips_all;
pub use rules::{ChosenRules, RuleSides, choose};
pub use ruleset::{Instead, RuleFiles, Ruleset};

/// One check of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCheck {
    /// Its name.
    pub name: CheckName,
    /// Whether it must pass.
    pub required: bool,
    /// What it does.
    #[serde(default)]
    pub kind: Kind,
    /// The reports its buildspec promises.
    pub reports: Vec<String>,
    /// Those of `reports` that hold coverage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coverage_reports: Vec<String>,
    /// Planned checks that must have passed before it starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<CheckName>,
    /// What it runs.
    #[serde(default)]
    pub buildspec: BuildspecSource,
    /// Which side's buildspec it runs.
    #[serde(default)]
    pub side: Side,
    /// What its reports must say.
    #[serde(default, skip_serializing_if = "Demands::is_empty")]
    pub demands: Demands,
    /// How often it is built again.
    #[serde(default, skip_serializing_if = "Retry::is_usual")]
    pub retry: Retry,
    /// How it is built.
    #[serde(default)]
    pub settings: BuildSettings,
    /// Why CodeBuild takes no build of it, in its words; known once the run has tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl PlannedCheck {
    /// A required check that runs the destination's `buildspec.yml`, which promises `reports`.
    pub fn new(name: CheckName, reports: Vec<String>) -> Self {
        Self {
            name,
            required: true,
            kind: Kind::default(),
            reports,
            coverage_reports: Vec::new(),
            after: Vec::new(),
            buildspec: BuildspecSource::default(),
            side: Side::default(),
            demands: Demands::default(),
            refused: None,
            retry: Retry::default(),
            settings: BuildSettings::default(),
        }
    }
}

/// A side of the merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The destination commit: where rules come from.
    #[default]
    Destination,
    /// The commit merging makes: where they come from if the destination never had any.
    Merged,
    /// The commit of [`Plan::kept`]: where they come from if the destination has none any more.
    Kept,
}

/// A check that does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its name.
    pub name: CheckName,
    /// Whether it must pass where it runs.
    pub required: bool,
    /// Why.
    pub why: Why,
}

/// Why a check does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// No changed file is among those it is for.
    NotNeeded {
        /// Its globs; empty if only its exclusions decided.
        paths: Vec<String>,
    },
    /// It is for other destination branches.
    OtherBranch {
        /// Its globs.
        branches: Vec<String>,
    },
    /// A flag in the title leaves it out.
    Flag {
        /// Which.
        flag: Flag,
    },
}

/// What a run builds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What is built.
    pub checks: Vec<PlannedCheck>,
    /// Variables of every build; a check's own go before them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// The commit whose rules count in place of the destination's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<CommitId>,
    /// What the rules name and this candidate does not need.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// Flags in effect when the run began, of the title and of commands.
    pub flags: Flags,
    /// What people had asked of the gate; renewed before the verdict.
    #[serde(default)]
    pub conversation: Conversation,
    /// Patterns of those who may lift a hold; empty if everybody may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_unhold: Vec<String>,
    /// Flags in effect with which the rules let nothing be approved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<Flag>,
    /// What the reader should know besides the verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Whether an approval is given only while the destination's tip is the commit that was tested with.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retest: bool,
    /// Once so many runs of a candidate failed, no command has it tested again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_failed_runs: Option<u32>,
    /// How much the gate says.
    #[serde(default, skip_serializing_if = "CommentRules::is_usual")]
    pub comment: CommentRules,
    /// Set when nothing is built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_build: Option<NoBuild>,
}

/// Why nothing is built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NoBuild {
    /// Pull requests to this branch are not gated.
    NotGated {
        /// Those that are.
        gated: Vec<String>,
    },
    /// `[skip-ci]`.
    SkipCi,
    /// A flag of the title waits for somebody's leave.
    WaitsForLeave {
        /// Which.
        flag: Flag,
        /// With its value and reason.
        #[serde(default)]
        typed: String,
        /// Who may give it: patterns of ARNs.
        allow: Vec<String>,
        /// The last leave for it with another value or reason, which the title had before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Allowed>,
    },
    /// Somebody stopped this revision's builds.
    Stopped {
        /// ARN of who did.
        by: String,
    },
    /// Merging needs a person.
    Conflict {
        /// The files, as many as anybody reads.
        files: Vec<String>,
        /// How many there are besides.
        #[serde(default, skip_serializing_if = "is_none")]
        more: u64,
    },
    /// A branch that somebody made is where the gate's own has to be.
    BranchInTheWay {
        /// Its name.
        branch: String,
    },
    /// The code host could not compute the merge.
    NotComputable {
        /// Its reason.
        reason: String,
    },
    /// There are no rules on either side.
    NoBuildspec {
        /// What is missing above all.
        path: String,
    },
    /// After the merge the destination would have rules that cannot be used, or none any more.
    InvalidRules {
        /// Everything that is wrong with them.
        faults: Vec<FileFault>,
    },
}

/// What the reader should know besides the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// The destination has no buildspec of this path: the pull request's own is used this once.
    FirstBuildspec {
        /// Its path.
        path: String,
    },
    /// The destination's buildspec is broken: the pull request's own is used, so that it can mend it.
    BrokenBuildspec {
        /// What is wrong with the destination's, with its path.
        fault: String,
    },
    /// The pull request changes a buildspec; the destination's was used.
    ChangesBuildspec {
        /// Its path.
        path: String,
    },
    /// The destination has no rules at all: the pull request's own `gate.toml` is used this once.
    FirstRules,
    /// The destination's rules cannot be used: others are, such as the one check of a repository without a `gate.toml`, so that
    /// they can be mended.
    BrokenRules {
        /// Everything that is wrong with them.
        faults: Vec<FileFault>,
        /// What counts in their place.
        used: Used,
    },
    /// The destination has no rules any more that can be used: those that it had are.
    KeptRules {
        /// The commit they stand at.
        commit: CommitId,
    },
    /// The pull request changes the rules: what would differ for it after the merge.
    ChangesRules {
        /// Checks that would run and do not.
        added: Vec<CheckName>,
        /// Checks that run and would not.
        removed: Vec<CheckName>,
        /// Checks that would run in another way.
        changed: Vec<CheckName>,
    },
    /// The pull request brings or changes rules, and these globs in them match no file of the merge.
    IdleGlobs {
        /// Some of them, each with its check.
        globs: Vec<(CheckName, String)>,
        /// How many more there are.
        more: u64,
    },
    /// The rules ask for a cache, and CodeBuild keeps none where the deployment builds.
    NoCache,
    /// A flag of the title did nothing: the rules ask for a reason.
    NoReason {
        /// Which.
        flag: Flag,
    },
    /// Builds of an earlier run count: they built the very commit that is tested.
    TakenOver {
        /// Their checks.
        checks: Vec<CheckName>,
    },
    /// Builds of an earlier run could have counted, but do not.
    BuiltAgain {
        /// Why.
        why: WhyAgain,
    },
    /// `[only=…]` names a check that the rules do not have.
    NoSuchCheck {
        /// Its name as typed.
        name: String,
        /// Those there are.
        known: Vec<CheckName>,
    },
}

/// What counts in place of rules that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Used {
    /// The one check of a repository without a `gate.toml`.
    DefaultCheck,
    /// Rules that the destination had.
    Kept,
    /// The pull request's own.
    Own,
}

/// Why nothing of an earlier run counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyAgain {
    /// There is none with a verdict about this revision.
    NothingBefore,
    /// It was tested with another destination commit.
    DestinationMoved,
    /// Its merge commit is gone.
    CommitGone,
    /// Its plan was another.
    OtherPlan,
    /// The verdict would rest on builds of too many runs.
    TooManyRuns,
}

impl Plan {
    /// A plan that builds nothing.
    pub fn none(flags: Flags, no_build: NoBuild) -> Self {
        Self {
            flags,
            no_build: Some(no_build),
            ..Self::default()
        }
    }

    /// Whether broken rules of the destination may be to blame for the outcome.
    pub fn stands_on_broken_rules(&self) -> bool {
        let broken = |note: &Note| matches!(note, Note::BrokenRules { .. });
        matches!(self.no_build, Some(NoBuild::InvalidRules { .. })) || self.notes.iter().any(broken)
    }

    /// Whether anything is to be built.
    pub fn builds(&self) -> bool {
        self.no_build.is_none() && !self.checks.is_empty()
    }
}

/// As much of CodeBuild's words is kept of a build that it refuses, in characters: about what the build would take in a run's state.
const LONGEST_REFUSAL: usize = 250;

/// CodeBuild takes no build of this check: what is wrong is the rules', and the check does not pass.
pub fn refuse(plan: &mut Plan, check: &CheckName, words: &str) {
    let words: String = secret::hide(words).chars().take(LONGEST_REFUSAL).collect();
    for planned in &mut plan.checks {
        if planned.name == *check {
            planned.refused = Some(words.clone());
        }
    }
}

/// As many files of a conflict are named, and as many bytes of their names: the plan travels with the run.
const MOST_CONFLICTS: usize = 100;
const MOST_BYTES_OF_CONFLICTS: usize = 16 * 1024;

/// As much of the code host's reason is kept, in characters.
const LONGEST_REASON: usize = 1_000;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_none(number: &u64) -> bool {
    *number == 0
}

fn conflict(all: &[String]) -> NoBuild {
    let mut bytes = 0;
    let has_room = |file: &&String| {
        bytes += file.len();
        bytes <= MOST_BYTES_OF_CONFLICTS
    };
    let files = all.iter().take(MOST_CONFLICTS).take_while(has_room);
    let files: Vec<_> = files.cloned().collect();
    NoBuild::Conflict {
        more: (all.len() - files.len()) as u64,
        files,
    }
}

/// Why a candidate with this merge preview is not built, whatever the rules say.
pub fn unbuildable(outcome: &MergeOutcome) -> Option<NoBuild> {
    match outcome {
        MergeOutcome::Conflict { files } => Some(conflict(files)),
        MergeOutcome::NotComputable { reason } => Some(NoBuild::NotComputable {
            reason: reason.chars().take(LONGEST_REASON).collect(),
        }),
        MergeOutcome::FastForward | MergeOutcome::Merged { .. } => None,
    }
}

/// What decides which checks a candidate needs.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The branch it goes to.
    pub destination: &'a BranchName,
    /// Files that differ between the destination commit and the commit merging makes, under their names on both sides; those of
    /// submodules end with a slash.
    pub changed: &'a [String],
    /// What people asked of the gate.
    pub conversation: &'a Conversation,
}

/// Plans a candidate with the flags of its title under the chosen rules.
pub fn plan(title: &Flags, mut chosen: ChosenRules, subject: Subject<'_>) -> Plan {
    let mut notes = std::mem::take(&mut chosen.notes);
    let after_merge = chosen.after_merge.take();
    let own = chosen.own;
    let rules = &chosen.rules;
    let in_effect = flags::in_effect(title, subject.conversation, &rules.flags);
    let flags = in_effect.flags;
    notes.extend(in_effect.notes);
    if let Some(flag) = in_effect.waiting.first() {
        let waits = flags::waits_for_leave(title, subject.conversation, &rules.flags, *flag);
        return Plan {
            notes,
            ..Plan::none(flags, waits)
        };
    }
    let both: Vec<&Rules> = [Some(rules), after_merge.as_ref()]
        .into_iter()
        .flatten()
        .collect();
    let answers = Answers::of(&both, subject);
    let now = select::select(rules, &flags, &answers);
    let planned = now.run.iter().filter_map(|rule| chosen.planned(rule));
    let mut checks: Vec<_> = planned.collect();
    let names: Vec<CheckName> = now.run.iter().map(|rule| rule.name.clone()).collect();
    for check in &mut checks {
        check.after.retain(|before| names.contains(before));
        check.settings.compute = flags.compute.or(check.settings.compute);
        check.settings.privileged |= flags.has(Flag::Container);
    }
    if let Some(after) = &after_merge {
        let then = select::select(after, &flags, &answers);
        notes.push(rules::difference((rules, &now.run), (after, &then.run)));
    }
    notes.extend(select::no_such_check(rules, &flags));
    let holds = |flag: &Flag| rules.flags.get(flag).is_some_and(|rule| !rule.may_approve);
    Plan {
        held_by: flags.known.iter().copied().filter(holds).collect(),
        checks,
        environment: rules.environment.clone(),
        kept: chosen.kept.clone(),
        left_out: now.left_out,
        flags,
        conversation: subject.conversation.clone(),
        may_unhold: rules.who_may_unhold(),
        notes,
        retest: own.merge.retests(),
        most_failed_runs: Some(own.limits.failed_runs),
        comment: own.comment,
        no_build: None,
    }
}

#[cfg(test)]
mod never_dropped;
#[cfg(test)]
mod tests;
