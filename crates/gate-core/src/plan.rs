//! What a run will do with a candidate: which checks it builds, or why it builds none.
//!
//! Until `gate.toml` is read there is one required check, `build`, from `buildspec.yml` at the destination.

use serde::{Deserialize, Serialize};

use crate::{
    buildspec::{Buildspec, BuildspecFault},
    host::MergeOutcome,
    id::CheckName,
    title::{Flag, Flags},
};

/// One check of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCheck {
    /// Its name.
    pub name: CheckName,
    /// Whether it must pass.
    pub required: bool,
    /// The reports its buildspec promises.
    pub reports: Vec<String>,
}

/// What a run builds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What is built.
    pub checks: Vec<PlannedCheck>,
    /// Flags of the title when the run began.
    pub flags: Flags,
    /// What the reader should know besides the verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
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
    /// Merging needs a person.
    Conflict {
        /// The files.
        files: Vec<String>,
    },
    /// The code host could not compute the merge.
    NotComputable {
        /// Its reason.
        reason: String,
    },
    /// Neither side has a buildspec.
    NoBuildspec,
    /// After the merge the destination would have a buildspec that CodeBuild cannot read.
    InvalidBuildspec {
        /// What is wrong with it.
        fault: String,
    },
}

/// What the reader should know besides the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// The destination has no buildspec: the pull request's own is used this once.
    FirstBuildspec,
    /// The destination's buildspec is broken: the pull request's own is used, so that it can mend it.
    BrokenBuildspec {
        /// What is wrong with the destination's.
        fault: String,
    },
    /// The pull request changes the buildspec; the destination's was used.
    ChangesBuildspec,
}

/// The buildspecs of both sides: `None` where the file is missing.
#[derive(Clone, Debug)]
pub struct Buildspecs<'a> {
    /// At the destination commit: the rules.
    pub destination: Option<&'a [u8]>,
    /// At the commit merging makes: the rules after the merge.
    pub merged: Option<&'a [u8]>,
}

/// Plans a candidate whose preview is `outcome`; the buildspec to use comes with a plan that builds.
pub fn plan(
    flags: Flags,
    outcome: &MergeOutcome,
    buildspecs: &Buildspecs<'_>,
) -> (Plan, Option<Buildspec>) {
    let none = |flags, no_build| {
        (
            Plan {
                flags,
                no_build: Some(no_build),
                ..Plan::default()
            },
            None,
        )
    };
    if flags.has(Flag::SkipCi) {
        return none(flags, NoBuild::SkipCi);
    }
    match outcome {
        MergeOutcome::Conflict { files } => {
            return none(
                flags,
                NoBuild::Conflict {
                    files: files.clone(),
                },
            );
        }
        MergeOutcome::NotComputable { reason } => {
            return none(
                flags,
                NoBuild::NotComputable {
                    reason: reason.clone(),
                },
            );
        }
        MergeOutcome::FastForward | MergeOutcome::Merged { .. } => {}
    }
    match rules(buildspecs) {
        Err(no_build) => none(flags, no_build),
        Ok((buildspec, notes)) => {
            let check = PlannedCheck {
                name: CheckName::new("build"),
                required: true,
                reports: buildspec.reports.clone(),
            };
            let plan = Plan {
                checks: vec![check],
                flags,
                notes,
                no_build: None,
            };
            (plan, Some(buildspec))
        }
    }
}

/// Which side's buildspec counts: the destination's, unless it has none that CodeBuild can read.
fn rules(buildspecs: &Buildspecs<'_>) -> Result<(Buildspec, Vec<Note>), NoBuild> {
    let destination = buildspecs.destination.map(Buildspec::parse);
    let merged = buildspecs.merged.map(Buildspec::parse);
    let invalid = |fault: &BuildspecFault| NoBuild::InvalidBuildspec {
        fault: fault.to_string(),
    };
    match (destination, merged) {
        (Some(Ok(_)), Some(Err(fault))) => Err(invalid(&fault)),
        (Some(Ok(rules)), merged) => {
            let same = matches!(&merged, Some(Ok(after)) if *after == rules);
            let notes = if same {
                Vec::new()
            } else {
                vec![Note::ChangesBuildspec]
            };
            Ok((rules, notes))
        }
        (None, Some(Ok(first))) => Ok((first, vec![Note::FirstBuildspec])),
        (Some(Err(fault)), Some(Ok(mended))) => Ok((
            mended,
            vec![Note::BrokenBuildspec {
                fault: fault.to_string(),
            }],
        )),
        (_, Some(Err(fault))) => Err(invalid(&fault)),
        (_, None) => Err(NoBuild::NoBuildspec),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[u8] = b"version: 0.2\nphases:\n  build:\n    commands: [make]\n";
    const OTHER: &[u8] = b"version: 0.2\nphases:\n  build:\n    commands: ['true']\n";
    const BROKEN: &[u8] = b"version: [";

    fn planned(destination: Option<&[u8]>, merged: Option<&[u8]>) -> (Plan, Option<Buildspec>) {
        plan(
            Flags::default(),
            &MergeOutcome::FastForward,
            &Buildspecs {
                destination,
                merged,
            },
        )
    }

    #[test]
    fn the_destinations_buildspec_rules_and_a_change_to_it_is_noted() {
        let (plan, buildspec) = planned(Some(GOOD), Some(OTHER));
        assert_eq!(buildspec.unwrap().text.as_bytes(), GOOD);
        assert_eq!(plan.notes, [Note::ChangesBuildspec]);
        assert_eq!(planned(Some(GOOD), Some(GOOD)).0.notes, []);
    }

    #[test]
    fn a_pull_request_that_deletes_the_buildspec_is_still_gated_by_it() {
        let (plan, buildspec) = planned(Some(GOOD), None);
        assert_eq!(buildspec.unwrap().text.as_bytes(), GOOD);
        assert_eq!(plan.notes, [Note::ChangesBuildspec]);
    }

    #[test]
    fn a_destination_without_rules_takes_the_first_and_a_broken_one_can_be_mended() {
        assert_eq!(planned(None, Some(GOOD)).0.notes, [Note::FirstBuildspec]);
        let (plan, buildspec) = planned(Some(BROKEN), Some(GOOD));
        assert_eq!(buildspec.unwrap().text.as_bytes(), GOOD);
        assert!(
            matches!(&plan.notes[..], [Note::BrokenBuildspec { fault }] if fault.contains("cannot be read"))
        );
    }

    #[test]
    fn refuses_a_merge_whose_rules_would_be_broken_or_missing() {
        assert!(matches!(
            planned(Some(GOOD), Some(BROKEN)).0.no_build,
            Some(NoBuild::InvalidBuildspec { .. })
        ));
        assert!(matches!(
            planned(None, Some(b"")).0.no_build,
            Some(NoBuild::InvalidBuildspec { .. })
        ));
        assert_eq!(planned(None, None).0.no_build, Some(NoBuild::NoBuildspec));
    }

    #[test]
    fn a_conflict_is_not_built() {
        let outcome = MergeOutcome::Conflict {
            files: vec!["a.txt".to_owned()],
        };
        let specs = Buildspecs {
            destination: Some(GOOD),
            merged: None,
        };
        let (plan, buildspec) = plan(Flags::default(), &outcome, &specs);
        assert_eq!(
            plan.no_build,
            Some(NoBuild::Conflict {
                files: vec!["a.txt".to_owned()]
            })
        );
        assert_eq!(buildspec, None);
    }
}
