//! Whatever rules the gate accepts, a run under them meets no limit of AWS; whatever rules a destination has, a pull request that
//! mends them has something to build.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use gate_core::{
    buildspec::with_report_groups,
    conversation::Conversation,
    id::{BranchName, BuildId, CommitId, PullRequestId, RepositoryName, RevisionId},
    names,
    plan::{NoBuild, Note, Plan, PlannedCheck, RuleFiles, RuleSides, Side, Subject, choose, plan},
    protocol::{Candidacy, Request, Run, StartedBuild, State},
    rules::BuildspecSource,
    title::Flags,
};

/// Step Functions takes so many bytes from one step to the next; a failure's cause may have 32,768 characters of them.
const MOST_STATE_BYTES: usize = 262_144 - 2 * 32_768;

const GOOD: &[u8] = b"version: 0.2\nphases: {build: {commands: [make]}}\n";

fn made_up(seed: u64) -> RuleFiles {
    let mut files: BTreeMap<String, Vec<u8>> = fuzz::rule_files(seed)
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect();
    RuleFiles {
        gate_toml: files.remove("gate.toml"),
        buildspecs: files,
        ..RuleFiles::default()
    }
}

fn good() -> RuleFiles {
    RuleFiles {
        buildspecs: [("buildspec.yml".to_owned(), GOOD.to_vec())].into(),
        ..RuleFiles::default()
    }
}

fn planned(destination: &RuleFiles, merged: &RuleFiles) -> Result<Plan, NoBuild> {
    let sides = RuleSides {
        destination: destination.clone(),
        merged: merged.clone(),
        kept: None,
    };
    let main = BranchName::new("main");
    let chosen = choose(&sides, &main)?;
    let subject = Subject {
        destination: &main,
        changed: &["value".to_owned()],
        conversation: &Conversation::default(),
    };
    Ok(plan(&Flags::default(), chosen, subject))
}

fn text_of(check: &PlannedCheck, destination: &RuleFiles, merged: &RuleFiles) -> String {
    let path = match &check.buildspec {
        BuildspecSource::Inline(text) => return text.clone(),
        BuildspecSource::File(path) => path,
    };
    let side = match check.side {
        Side::Merged => merged,
        Side::Destination | Side::Kept => destination,
    };
    String::from_utf8(side.buildspecs[path].clone()).unwrap()
}

/// Everything that AWS will be given for the plan is what AWS takes.
fn fits(seed: u64, plan: Plan, destination: &RuleFiles, merged: &RuleFiles) {
    let project = names::project(&"s".repeat(32), &PullRequestId::new("1".repeat(11)));
    let mut groups = BTreeMap::new();
    let mut builds = Vec::new();
    for check in &plan.checks {
        for report in check
            .reports
            .iter()
            .filter(|report| !report.starts_with("arn:"))
        {
            let group = names::report_group(&project, report);
            let usual = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            assert!(
                group.len() <= 128 && group.chars().all(usual),
                "rules {seed}: {group}"
            );
            let arn = format!("arn:aws:codebuild:ap-southeast-1:123456789012:report-group/{group}");
            groups.insert(report.clone(), arn);
        }
        let text = text_of(check, destination, merged);
        let with_groups = with_report_groups(&text, &groups);
        let placed = check.reports.iter().filter_map(|report| groups.get(report));
        for arn in placed {
            assert!(
                with_groups.contains(arn.as_str()),
                "rules {seed}: {arn} in {with_groups}"
            );
        }
        let mut variables = plan.environment.clone();
        variables.extend(check.settings.environment.clone());
        for (name, value) in &variables {
            assert!(
                !name.is_empty() && !name.contains(['=', '\0']),
                "rules {seed}: {name}"
            );
            assert!(!value.contains('\0'), "rules {seed}: {name}");
        }
        let minutes = check.settings.timeout_minutes.unwrap_or(60);
        assert!((5..=2160).contains(&minutes), "rules {seed}: {minutes}");
        let attempts = 1 + check.retry.faults + u32::from(check.retry.failed_tests);
        builds.extend((1..=attempts).map(|attempt| StartedBuild {
            check: check.name.clone(),
            attempt,
            id: BuildId::new(format!("{project}:01234567-89ab-cdef-0123-456789abcdef")),
            log_url: Some("https://console.aws.amazon.com/cloudwatch/".repeat(10)),
            tried_again: true,
        }));
    }
    let candidacy = Candidacy {
        repository: RepositoryName::new("r".repeat(100)),
        pull_request: PullRequestId::new("1".repeat(11)),
        revision: RevisionId::new("f".repeat(64)),
        source_commit: CommitId::new("a".repeat(40)),
        destination_commit: CommitId::new("b".repeat(40)),
    };
    let passes = plan.checks.iter().map(|_| vec![123_456; 5]).collect();
    let mut state = State::of(Request::Gate(candidacy.clone()));
    state.run = Some(Run {
        candidacy: Some(candidacy),
        candidate: None,
        plan,
        project,
        containers: None,
        badge: None,
        made: None,
        report_groups: groups,
        builds,
        fingerprint: "f".repeat(32),
        continues: Vec::new(),
        report_looks: 0,
        passes,
    });
    let bytes = state.into_output().to_string().len();
    assert!(
        bytes <= MOST_STATE_BYTES,
        "rules {seed}: the state has {bytes} bytes"
    );
}

fn is_about_broken_rules(note: &Note) -> bool {
    matches!(
        note,
        Note::BrokenRules { .. } | Note::BrokenBuildspec { .. } | Note::FirstBuildspec { .. }
    )
}

#[test]
fn any_rules_are_refused_with_their_faults_or_leave_a_gate_that_works() {
    let (mut accepted, mut refused) = (0, 0);
    let cases = if std::env::var_os("MERGEGATE_LONG").is_some() {
        50_000
    } else {
        2_000
    };
    for seed in 0..cases {
        let files = made_up(seed);
        match planned(&good(), &files) {
            Ok(_) => {
                accepted += 1;
                let next = planned(&files, &files).unwrap();
                assert!(
                    !next.notes.iter().any(is_about_broken_rules),
                    "rules {seed}: {:?}",
                    next.notes
                );
                fits(seed, next, &files, &files);
            }
            Err(NoBuild::InvalidRules { faults }) => {
                refused += 1;
                assert!(!faults.is_empty(), "rules {seed}");
                for fault in faults {
                    let words = fault.to_string();
                    assert!(
                        !words.contains('\n') && words.len() < 1_000,
                        "rules {seed}: {words}"
                    );
                }
            }
            Err(other) => panic!("rules {seed}: {other:?}"),
        }
        // Whatever stands at the destination, however it came there: who brings good rules has something to pass.
        let mends = planned(&files, &good()).unwrap();
        assert!(
            mends.checks.iter().any(|check| check.required) || !mends.left_out.is_empty(),
            "rules {seed}: {mends:?}"
        );
        fits(seed, mends, &files, &good());
    }
    println!("{accepted} accepted, {refused} refused");
    assert!(
        accepted > cases / 5 && refused > cases / 10,
        "the search is blind"
    );
}
