//! Whose rules count: the destination's. Where it has none, or broken ones, the pull request can bring or mend them.

use std::collections::{BTreeMap, BTreeSet};

use super::{NoBuild, Note, PlannedCheck, Side};
use crate::{
    buildspec::{self, Buildspec, BuildspecFault},
    rules::{BuildspecSource, CheckRule, CommentRules, LimitRules, MergeRules, Rules},
};

/// A file as it stands on both sides; `None` where it is missing.
#[derive(Clone, Debug, Default)]
pub struct BothSides {
    /// At the destination commit.
    pub destination: Option<Vec<u8>>,
    /// At the commit merging makes.
    pub merged: Option<Vec<u8>>,
}

/// The buildspecs that the chosen rules name, by their paths.
pub type Buildspecs = BTreeMap<String, BothSides>;

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
    /// The rules as they would be after the merge; `None` if they are the same.
    pub(super) after_merge: Option<Rules>,
    pub(super) own: Own,
    pub(super) notes: Vec<Note>,
}

impl ChosenRules {
    /// The files to read on both sides.
    pub fn buildspec_files(&self) -> BTreeSet<String> {
        let all = self.after_merge.iter().chain([&self.rules]);
        all.flat_map(Rules::buildspec_files)
            .map(str::to_owned)
            .collect()
    }

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
}

fn looks_at_files(rules: &Rules) -> bool {
    let filtered = |check: &CheckRule| !check.paths.is_empty() || !check.exclude.is_empty();
    rules.checks.iter().any(filtered)
}

/// Chooses from the `gate.toml` of both sides; `has_default_buildspec` tells whether the destination has a `buildspec.yml`.
pub fn choose(gate_toml: &BothSides, has_default_buildspec: bool) -> Result<ChosenRules, NoBuild> {
    let destination = gate_toml.destination.as_deref().map(Rules::parse);
    let merged = match &gate_toml.merged {
        None => Rules::of_one_build(),
        Some(bytes) => Rules::parse(bytes).map_err(|faults| NoBuild::InvalidRules { faults })?,
    };
    let own = match &destination {
        Some(Ok(rules)) => Own {
            merge: rules.merge,
            limits: rules.limits,
            comment: rules.comment,
        },
        Some(Err(_)) | None => Own::default(),
    };
    let brings_rules = gate_toml.merged.is_some();
    let (rules, side, notes) = match destination {
        Some(Ok(rules)) => (rules, Side::Destination, Vec::new()),
        None if has_default_buildspec || !brings_rules => {
            (Rules::of_one_build(), Side::Destination, Vec::new())
        }
        None => (merged.clone(), Side::Merged, vec![Note::FirstRules]),
        Some(Err(faults)) => (
            Rules::of_one_build(),
            Side::Destination,
            vec![Note::BrokenRules { faults }],
        ),
    };
    Ok(ChosenRules {
        after_merge: (merged != rules).then_some(merged),
        rules,
        side,
        own,
        notes,
    })
}

/// The check with its buildspec: the destination's, unless it has none that CodeBuild can read.
pub(super) fn resolve(
    rule: &CheckRule,
    side: Side,
    buildspecs: &Buildspecs,
    notes: &mut Vec<Note>,
) -> Result<PlannedCheck, NoBuild> {
    let (side, spec) = match &rule.buildspec {
        BuildspecSource::Inline(text) => {
            let parsed = Buildspec::parse(buildspec::INLINE, text.as_bytes());
            (side, parsed.map_err(|fault| invalid(&fault))?)
        }
        BuildspecSource::File(path) => {
            let missing = BothSides::default();
            let both = buildspecs.get(path).unwrap_or(&missing);
            let (side, spec, note) = resolve_file(path, side, both)?;
            if let Some(note) = note.filter(|note| !notes.contains(note)) {
                notes.push(note);
            }
            (side, spec)
        }
    };
    Ok(PlannedCheck {
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
    })
}

fn invalid(fault: &BuildspecFault) -> NoBuild {
    NoBuild::InvalidBuildspec {
        fault: fault.to_string(),
    }
}

fn resolve_file(
    path: &str,
    side: Side,
    both: &BothSides,
) -> Result<(Side, Buildspec, Option<Note>), NoBuild> {
    let parse =
        |bytes: &Option<Vec<u8>>| bytes.as_deref().map(|bytes| Buildspec::parse(path, bytes));
    let merged = parse(&both.merged)
        .transpose()
        .map_err(|fault| invalid(&fault))?;
    let path = path.to_owned();
    if side == Side::Merged {
        let buildspec = merged.ok_or(NoBuild::NoBuildspec { path })?;
        return Ok((side, buildspec, None));
    }
    match (parse(&both.destination), merged) {
        (Some(Ok(rules)), merged) => {
            let same = merged.is_some_and(|after| after == rules);
            let note = (!same).then_some(Note::ChangesBuildspec { path });
            Ok((Side::Destination, rules, note))
        }
        (None, Some(first)) => Ok((Side::Merged, first, Some(Note::FirstBuildspec { path }))),
        (Some(Err(fault)), Some(mended)) => {
            let fault = fault.to_string();
            Ok((Side::Merged, mended, Some(Note::BrokenBuildspec { fault })))
        }
        (_, None) => Err(NoBuild::NoBuildspec { path }),
    }
}

/// Why the destination could not be gated any more after the merge: a `gate.toml` that this pull request brings or changes names
/// a buildspec that is missing or broken then.
pub(super) fn faulty_after_merge(
    after_merge: Option<&Rules>,
    buildspecs: &Buildspecs,
) -> Option<NoBuild> {
    let after = after_merge.filter(|after| **after != Rules::of_one_build())?;
    after.buildspec_files().find_map(|path| {
        let merged = buildspecs.get(path).and_then(|both| both.merged.as_deref());
        match merged.map(|bytes| Buildspec::parse(path, bytes)) {
            None => Some(NoBuild::NoBuildspec {
                path: path.to_owned(),
            }),
            Some(Err(fault)) => Some(invalid(&fault)),
            Some(Ok(_)) => None,
        }
    })
}

/// What would differ for this candidate after the merge.
pub(super) fn difference(now: &[&CheckRule], then: &[&CheckRule]) -> Note {
    let lacks = |checks: &[&CheckRule], rule: &CheckRule| {
        !checks.iter().any(|other| other.name == rule.name)
    };
    let names = |rules: Vec<&&CheckRule>| rules.into_iter().map(|rule| rule.name.clone()).collect();
    let differs = |rule: &CheckRule| {
        now.iter()
            .any(|other| other.name == rule.name && **other != *rule)
    };
    Note::ChangesRules {
        added: names(then.iter().filter(|rule| lacks(now, rule)).collect()),
        removed: names(now.iter().filter(|rule| lacks(then, rule)).collect()),
        changed: names(then.iter().filter(|rule| differs(rule)).collect()),
    }
}
