//! Whose rules count: the destination's. Where it has none, or none that can be used, those that it had when the gate last saw
//! usable ones; and only where it never saw any, the pull request's own.

use std::collections::BTreeMap;

use super::{
    NoBuild, Note, PlannedCheck, Side, Used,
    ruleset::{Faulty, Instead, RuleFiles, Ruleset},
};
use crate::{
    buildspec::{self, Buildspec},
    id::{BranchName, CommitId},
    rules::{
        self, BuildspecSource, CheckRule, CommentRules, FileFault, LimitRules, MergeRules, Rules,
    },
};

/// The rules' files on both sides of a merge, and as they were.
#[derive(Clone, Debug, Default)]
pub struct RuleSides {
    /// At the destination commit.
    pub destination: RuleFiles,
    /// At the commit merging makes.
    pub merged: RuleFiles,
    /// At the commit at which the gate last saw usable rules on this branch; asked for only by [`RuleSides::need_kept`].
    pub kept: Option<(CommitId, RuleFiles)>,
}

impl RuleSides {
    /// Whether the destination's own rules cannot be used, so that those it had matter.
    pub fn need_kept(&self, branch: &BranchName) -> bool {
        Ruleset::try_read(&self.destination, Some(branch)).is_err()
    }

    /// Files that the rules would lack after the merge: somebody should look what is there in their place.
    pub fn missing_after_merge(&self) -> Vec<String> {
        let merged = &self.merged;
        let named = match &merged.gate_toml {
            Some(bytes) => RuleFiles::named_by(bytes),
            None if merged.is_empty() => [rules::PATH, buildspec::PATH].map(str::to_owned).into(),
            None if self.destination.gate_toml.is_some() => [rules::PATH.to_owned()].into(),
            None => return Vec::new(),
        };
        let mut missing: Vec<_> = named.into_iter().collect();
        missing.retain(|path| !merged.buildspecs.contains_key(path));
        missing
    }
}

/// What the destination's own rules say, whoever's checks run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Own {
    pub(super) merge: MergeRules,
    pub(super) limits: LimitRules,
    pub(super) comment: CommentRules,
}

/// The rules that count for a candidate.
#[derive(Clone, Debug)]
pub struct ChosenRules {
    pub(super) rules: Rules,
    /// The side they come from.
    pub(super) side: Side,
    /// The buildspec files they name, each with the side it is taken from.
    files: BTreeMap<String, (Side, Buildspec)>,
    /// What [`Side::Kept`] is.
    pub(super) kept: Option<CommitId>,
    /// The rules as they would be after the merge; `None` if they are the same.
    pub(super) after_merge: Option<Rules>,
    pub(super) own: Own,
    pub(super) notes: Vec<Note>,
}

impl ChosenRules {
    /// The rules that the pull request brings or changes, if they look at files.
    fn new_rules(&self) -> Option<&Rules> {
        let first = (self.side == Side::Merged).then_some(&self.rules);
        let new = self.after_merge.as_ref().or(first)?;
        looks_at_files(new).then_some(new)
    }

    /// Whether [`Self::note_idle_globs`] wants to know the files of the merge.
    pub fn looks_at_all_files(&self) -> bool {
        self.new_rules().is_some()
    }

    /// Notes globs of new rules that match none of `files`, all those of the merge: most likely they are mistyped.
    pub fn note_idle_globs(&mut self, files: &[String]) {
        const SHOWN: usize = 10;
        let files = files.iter().map(String::as_str);
        let idle = self.new_rules().map(|rules| rules.idle_globs(files));
        let idle = idle.unwrap_or_default();
        let more = idle.len().saturating_sub(SHOWN) as u64;
        let shown = idle.into_iter().take(SHOWN);
        let globs: Vec<_> = shown
            .map(|(check, glob)| (check.clone(), glob.to_owned()))
            .collect();
        if !globs.is_empty() {
            self.notes.push(Note::IdleGlobs { globs, more });
        }
    }

    /// Whether the changed files decide anything.
    pub fn looks_at_changed_files(&self) -> bool {
        let mut all = self.after_merge.iter().chain([&self.rules]);
        all.any(looks_at_files)
    }

    /// The check with its buildspec; `None` never, since no rules are chosen whose buildspecs cannot be read.
    pub(super) fn planned(&self, rule: &CheckRule) -> Option<PlannedCheck> {
        let (side, spec) = match &rule.buildspec {
            BuildspecSource::Inline(text) => {
                let parsed = Buildspec::parse(rules::PATH, text.as_bytes());
                (self.side, parsed.ok()?)
            }
            BuildspecSource::File(path) => self.files.get(path)?.clone(),
        };
        Some(PlannedCheck {
            name: rule.name.clone(),
            required: rule.required,
            kind: rule.kind,
            reports: spec.reports,
            coverage_reports: spec.coverage_reports,
            after: rule.after.clone(),
            buildspec: rule.buildspec.clone(),
            side,
            demands: rule.demands.clone(),
            retry: rule.retry,
            settings: rule.settings.clone(),
            refused: None,
        })
    }
}

fn looks_at_files(rules: &Rules) -> bool {
    let filtered = |check: &CheckRule| !check.paths.is_empty() || !check.exclude.is_empty();
    rules.checks.iter().any(filtered)
}

/// Chooses for a pull request to `branch`. A merge after which the branch could not be gated any more is none to be tested.
pub fn choose(sides: &RuleSides, branch: &BranchName) -> Result<ChosenRules, NoBuild> {
    let RuleSides {
        destination,
        merged,
        kept,
    } = sides;
    let kept = kept.as_ref().and_then(|(commit, files)| {
        let set = Ruleset::read(files, Some(branch)).ok()?;
        Some((commit, set))
    });
    let after = after_merge(sides, kept.is_some(), branch)?;
    let now = Ruleset::try_read(destination, Some(branch));
    let own = match &now {
        Ok(set) => own(&set.rules),
        Err(faulty) => faulty.rules.as_ref().map(own).unwrap_or_default(),
    };
    let mut chosen = match now {
        Ok(set) => whole(set, Side::Destination),
        Err(faulty) => instead_of(sides, faulty, kept, &after),
    };
    chosen.own = own;
    for (path, (side, used)) in &chosen.files {
        let then = after
            .files
            .get(path)
            .cloned()
            .or_else(|| merged.buildspec(path).ok());
        let differs = *side == Side::Destination && then.as_ref() != Some(used);
        if differs {
            let path = path.clone();
            chosen.notes.push(Note::ChangesBuildspec { path });
        }
    }
    chosen.after_merge = (after.rules != chosen.rules).then_some(after.rules);
    Ok(chosen)
}

fn own(rules: &Rules) -> Own {
    Own {
        merge: rules.merge,
        limits: rules.limits,
        comment: rules.comment,
    }
}

/// The rules as the merge would leave them.
fn after_merge(sides: &RuleSides, has_kept: bool, branch: &BranchName) -> Result<Ruleset, NoBuild> {
    let merged = &sides.merged;
    let instead = merged.instead.get(rules::PATH).copied().unwrap_or_default();
    let replaced = sides.destination.gate_toml.is_some()
        && merged.gate_toml.is_none()
        && instead != Instead::Nothing;
    if replaced {
        // Somebody who takes the rules away on purpose deletes them.
        let faults = vec![merged.lacks(rules::PATH)];
        return Err(NoBuild::InvalidRules { faults });
    }
    if !merged.is_empty() {
        return Ruleset::read(merged, Some(branch))
            .map_err(|faults| NoBuild::InvalidRules { faults });
    }
    if sides.destination.is_empty() && !has_kept {
        let path = buildspec::PATH.to_owned();
        return Err(NoBuild::NoBuildspec { path });
    }
    let faults = [rules::PATH, buildspec::PATH].map(|path| merged.lacks(path));
    Err(NoBuild::InvalidRules {
        faults: faults.into(),
    })
}

/// All of a set, from one side.
fn whole(set: Ruleset, side: Side) -> ChosenRules {
    let files = set.files.into_iter();
    ChosenRules {
        files: files.map(|(path, spec)| (path, (side, spec))).collect(),
        rules: set.rules,
        side,
        kept: None,
        after_merge: None,
        own: Own::default(),
        notes: Vec::new(),
    }
}

/// What counts where the destination's rules cannot be used: of them as much as can, then those it had, then the pull request's.
fn instead_of(
    sides: &RuleSides,
    unusable: Faulty,
    kept: Option<(&CommitId, Ruleset)>,
    after: &Ruleset,
) -> ChosenRules {
    let has_rules = sides.destination.gate_toml.is_some();
    let has_none = sides.destination.is_empty();
    if !has_none && let Some(chosen) = with_other_buildspecs(sides, &unusable, kept.as_ref(), after)
    {
        return chosen;
    }
    let faults = unusable.faults;
    let broken = |used| Note::BrokenRules {
        faults: faults.clone(),
        used,
    };
    if has_rules && let Ok(default) = sides.destination.buildspec(buildspec::PATH) {
        let files = [(buildspec::PATH.to_owned(), default)].into();
        if let Some(set) = Ruleset::with_files(Rules::of_one_build(), files) {
            let mut chosen = whole(set, Side::Destination);
            chosen.notes.push(broken(Used::DefaultCheck));
            return chosen;
        }
    }
    if let Some((commit, set)) = kept {
        let mut chosen = whole(set, Side::Kept);
        chosen.kept = Some(commit.clone());
        chosen.notes.extend((!has_none).then(|| broken(Used::Kept)));
        chosen.notes.push(Note::KeptRules {
            commit: commit.clone(),
        });
        return chosen;
    }
    let mut chosen = whole(after.clone(), Side::Merged);
    chosen.notes.push(if has_rules {
        broken(Used::Own)
    } else if !has_none {
        let fault = joined(&faults);
        Note::BrokenBuildspec { fault }
    } else if sides.merged.gate_toml.is_some() {
        Note::FirstRules
    } else {
        let path = buildspec::PATH.to_owned();
        Note::FirstBuildspec { path }
    });
    chosen
}

/// The destination's `gate.toml`, with those of its buildspecs that cannot be used taken from elsewhere.
fn with_other_buildspecs(
    sides: &RuleSides,
    unusable: &Faulty,
    kept: Option<&(&CommitId, Ruleset)>,
    after: &Ruleset,
) -> Option<ChosenRules> {
    let rules = unusable.rules.as_ref().filter(|_| unusable.by_buildspecs)?;
    let mut files = BTreeMap::new();
    let mut notes = Vec::new();
    let mut kept_commit = None;
    for path in rules.buildspec_files() {
        let found = match sides.destination.buildspec(path) {
            Ok(spec) => {
                files.insert(path.to_owned(), (Side::Destination, spec));
                continue;
            }
            Err(faults) => faults,
        };
        let missing = !sides.destination.buildspecs.contains_key(path);
        let (side, spec) = match kept {
            Some((commit, set)) => {
                kept_commit = Some((*commit).clone());
                (Side::Kept, set.files.get(path)?.clone())
            }
            None => (Side::Merged, after.files.get(path)?.clone()),
        };
        notes.push(match (side, missing) {
            (Side::Merged, true) => Note::FirstBuildspec {
                path: path.to_owned(),
            },
            (Side::Merged, false) => Note::BrokenBuildspec {
                fault: joined(&found),
            },
            _ => Note::BrokenRules {
                faults: found,
                used: Used::Kept,
            },
        });
        files.insert(path.to_owned(), (side, spec));
    }
    if let Some(commit) = &kept_commit {
        notes.push(Note::KeptRules {
            commit: commit.clone(),
        });
    }
    let specs = files.iter();
    let specs = specs.map(|(path, (_, spec))| (path.clone(), spec.clone()));
    let set = Ruleset::with_files(rules.clone(), specs.collect())?;
    Some(ChosenRules {
        rules: set.rules,
        side: Side::Destination,
        files,
        kept: kept_commit,
        after_merge: None,
        own: Own::default(),
        notes,
    })
}

fn joined(faults: &[FileFault]) -> String {
    let words: Vec<_> = faults.iter().take(5).map(ToString::to_string).collect();
    words.join("; ")
}

/// What would differ for this candidate after the merge. Of each, the checks that run.
pub(super) fn difference(
    (before, now): (&Rules, &[&CheckRule]),
    (after, then): (&Rules, &[&CheckRule]),
) -> Note {
    let lacks = |checks: &[&CheckRule], rule: &CheckRule| {
        !checks.iter().any(|other| other.name == rule.name)
    };
    let names = |rules: Vec<&&CheckRule>| rules.into_iter().map(|rule| rule.name.clone()).collect();
    let same = |other: &CheckRule, rule: &CheckRule| {
        let mut alike = other.clone();
        alike
            .settings
            .environment
            .clone_from(&rule.settings.environment);
        alike == *rule && before.environment_of(other) == after.environment_of(rule)
    };
    let differs = |rule: &CheckRule| {
        now.iter()
            .any(|other| other.name == rule.name && !same(other, rule))
    };
    Note::ChangesRules {
        added: names(then.iter().filter(|rule| lacks(now, rule)).collect()),
        removed: names(now.iter().filter(|rule| lacks(then, rule)).collect()),
        changed: names(then.iter().filter(|rule| differs(rule)).collect()),
    }
}
