//! What nobody could confirm about AWS is a switch of the local endpoint: the gate is right under every setting.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::fmt;

use local_aws::{
    Assumptions, CloseEvents, DeleteProject, Initiator, MergeCommits, Moment, RawReportKeys,
};
use mergegate_tests::{
    BUILDSPEC, Blow, People, Place, Stage, StageOptions, closes, green_files, play_all, pushes,
};

/// One switch away from the default, or all of them.
struct Setting {
    name: &'static str,
    assumptions: Assumptions,
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

fn settings() -> Vec<Setting> {
    let usual = Assumptions::default();
    let all = Assumptions {
        destination_move_renews_revision: true,
        destination_commit_follows_branch: false,
        all_takes_large_results: false,
        close_events: CloseEvents::Two,
        delete_project: DeleteProject::Refused,
        stale_reads: 3,
        raw_report_keys: RawReportKeys::Otherwise,
        initiator: Initiator::Otherwise,
        merge_commits: MergeCommits::Hidden,
    };
    let settings = [
        ("usual", usual),
        (
            "a move of the destination renews the revision",
            Assumptions {
                destination_move_renews_revision: true,
                ..usual
            },
        ),
        (
            "destinationCommit stays what it was",
            Assumptions {
                destination_commit_follows_branch: false,
                ..usual
            },
        ),
        (
            "both of these",
            Assumptions {
                destination_move_renews_revision: true,
                destination_commit_follows_branch: false,
                ..usual
            },
        ),
        (
            "States.ALL leaves results that are too large",
            Assumptions {
                all_takes_large_results: false,
                ..usual
            },
        ),
        (
            "a merge emits two events",
            Assumptions {
                close_events: CloseEvents::Two,
                ..usual
            },
        ),
        (
            "DeleteProject stops builds",
            Assumptions {
                delete_project: DeleteProject::StopsBuilds,
                ..usual
            },
        ),
        (
            "DeleteProject is refused while builds run",
            Assumptions {
                delete_project: DeleteProject::Refused,
                ..usual
            },
        ),
        (
            "three reads are stale",
            Assumptions {
                stale_reads: 3,
                ..usual
            },
        ),
        (
            "a merge commit without a branch is hidden",
            Assumptions {
                merge_commits: MergeCommits::Hidden,
                ..usual
            },
        ),
        ("all at once", all),
    ];
    settings
        .into_iter()
        .map(|(name, assumptions)| Setting { name, assumptions })
        .collect()
}

impl Setting {
    async fn stage(&self, files: &[(&str, &str)]) -> Stage {
        let options = StageOptions {
            assumptions: self.assumptions,
            ..StageOptions::default()
        };
        Stage::set_with(options, files).await
    }
}

/// All is as it should be; an event that met stale reads three times is a dead letter, and the sweep has made up for it.
async fn assert_right(stage: &Stage, id: &str, setting: &Setting) {
    People::assert_right(stage, id).await;
    let reads_lag = setting.assumptions.stale_reads > 0;
    for letter in stage.system.account().dead_letters() {
        let made_up_for = reads_lag && letter.error.starts_with("ReadsBehind: ");
        assert!(made_up_for, "{letter:#?}");
    }
}

/// Reads may be behind for people too: what they did is what they wait to see.
async fn shown(stage: &Stage, id: &str, branch: &str) {
    let pushed = stage.copy.git(&["rev-parse", branch]);
    stage
        .eventually("the push to be shown", async || {
            let live = stage.pull_request(id).await;
            let source = live.pull_request_targets()[0].source_commit()?.to_owned();
            (source == pushed).then_some(())
        })
        .await;
}

#[test]
fn red_then_fixed_then_merged_then_cleaned() {
    play_all(settings(), async |setting| {
        let stage = setting.stage(&green_files()).await;
        stage.copy.push("raise", "main", &[("value", "11\n")]);
        let id = stage.open("raise", "Raise the value").await;
        let red = stage.verdict(&id).await;
        assert!(
            red.starts_with("### ❌ Mergegate: not approved, 1 test failure\n"),
            "{red}"
        );
        assert!(!stage.approved(&id).await);

        stage.copy.push("raise", "main", &[("value", "9\n")]);
        shown(&stage, &id, "raise").await;
        let green = stage.verdict(&id).await;
        assert!(green.starts_with("### ✅ Mergegate: approved\n"), "{green}");
        stage.quiet().await;
        assert_right(&stage, &id, setting).await;

        stage.merge(&id).await;
        stage.cleaned().await;
        stage.swept().await;
        assert_right(&stage, &id, setting).await;
        stage.strike().await;
    });
}

#[test]
fn the_destination_moves_under_an_approved_pull_request() {
    play_all(settings(), async |setting| {
        let stage = setting.stage(&green_files()).await;
        stage.copy.push("raise", "main", &[("value", "5\n")]);
        let id = stage.open("raise", "Raise the value").await;
        stage.verdict(&id).await;
        stage.quiet().await;
        assert!(stage.approved(&id).await);
        // Still green once merged: whether or not it is tested anew, it is approved in the end.
        stage.copy.push("main", "", &[("limit", "8\n")]);
        stage.swept().await;
        stage.pull_request(&id).await;
        stage.swept().await;
        assert_right(&stage, &id, setting).await;

        stage.copy.push("raise", "main", &[("value", "8\n")]);
        shown(&stage, &id, "raise").await;
        stage.swept().await;
        assert_right(&stage, &id, setting).await;

        stage.close(&id).await;
        stage.swept().await;
        assert_right(&stage, &id, setting).await;
        stage.strike().await;
    });
}

#[test]
fn a_close_while_a_build_runs() {
    let mut files = green_files();
    let endless = BUILDSPEC.replace("- sh test.sh", "- sleep 600");
    files[0].1 = &endless;
    play_all(settings(), async |setting| {
        let stage = setting.stage(&files).await;
        stage.copy.push("change", "main", &[("note", "x\n")]);
        stage.copy.push("main", "", &[("limit", "8\n")]);
        let id = stage.open("change", "Change").await;
        stage.running_build().await;
        stage.close(&id).await;
        stage.swept().await;
        assert_right(&stage, &id, setting).await;
        stage.strike().await;
    });
}

/// Where a commit without a branch is hidden its files are read by way of the run's branch; that goes again though nothing is built.
#[test]
fn a_merge_that_cannot_be_built_leaves_no_branch() {
    play_all(settings(), async |setting| {
        let stage = setting.stage(&green_files()).await;
        let broken = [("gate.toml", "[[check]]\nnmae = \"unit\"\n")];
        stage.copy.push("break", "main", &broken);
        stage.copy.push("main", "", &[("limit", "8\n")]);
        let id = stage.open("break", "Break the rules").await;
        let said = stage.verdict(&id).await;
        assert!(said.contains("nmae"), "{said}");
        stage.quiet().await;
        let heads = stage.copy.git(&["ls-remote", "--heads", "origin"]);
        assert!(!heads.contains("refs/heads/mergegate/"), "{heads}");
        stage.strike().await;
    });
}

/// Something that happens at a moment around the approval, under a setting.
struct Around {
    setting: Setting,
    moment: Moment,
    push: bool,
}

impl fmt::Display for Around {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.push { "push" } else { "close" };
        write!(formatter, "{what} {:?}, {}", self.moment, self.setting)
    }
}

fn around_the_approval() -> Vec<Around> {
    let mut scenarios = Vec::new();
    for push in [true, false] {
        for moment in [Moment::Before, Moment::After] {
            scenarios.extend(settings().into_iter().map(|setting| Around {
                setting,
                moment,
                push,
            }));
        }
    }
    scenarios
}

#[test]
fn a_push_or_a_close_around_the_approval() {
    play_all(around_the_approval(), async |around| {
        let Around {
            setting,
            moment,
            push,
        } = around;
        let stage = setting.stage(&green_files()).await;
        stage.copy.push("change", "main", &[("value", "5\n")]);
        stage.copy.push("main", "", &[("limit", "8\n")]);
        stage.copy.commit("change", "", &[("value", "9\n")]);
        let deed = if *push {
            pushes(&stage, "change")
        } else {
            closes(&stage, "1")
        };
        let approval = Place {
            state: "Report".to_owned(),
            operation: "UpdatePullRequestApprovalState".to_owned(),
            nth: 1,
        };
        let blow = Blow::new(approval, *moment, deed);
        stage.system.account().observe(blow.observer());
        let id = stage.open("change", "Change").await;
        stage
            .eventually("the strike", async || blow.has_struck().then_some(()))
            .await;
        if *push {
            shown(&stage, &id, "change").await;
        }
        stage.swept().await;
        assert_right(&stage, &id, setting).await;
        stage.strike().await;
    });
}
