//! What meets a limit of AWS or of git ends in a verdict with words, never in a gate that gives up.

use std::fmt::Write as _;

use aws_sdk_ssm::types::ParameterType;
use gate_core::id::RepositoryName;
use mergegate_tests::{BUILDSPEC, Stage, Trouble, green_files};

use crate::{with, words};

const APPROVED: &str = "### ✅ Mergegate: approved";

/// What the gate remembers of how long checks took.
async fn durations(stage: &Stage) -> String {
    let names = stage.clients();
    let parameter = names.names().durations(&RepositoryName::new("demo"));
    names
        .parameters
        .get_text(&parameter)
        .await
        .unwrap()
        .unwrap_or_default()
}

async fn remember(stage: &Stage, durations: &str) {
    let clients = stage.clients();
    let put = stage.parameter_store().put_parameter();
    put.name(clients.names().durations(&RepositoryName::new("demo")))
        .value(durations)
        .r#type(ParameterType::String)
        .overwrite(true)
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_that_were_renamed_are_forgotten_and_a_broken_statistic_fails_no_report() {
    let stage = Stage::set(&green_files()).await;
    let mut old = "{\"version\":1,\"checks\":{".to_owned();
    for number in 0..48 {
        let comma = if number > 0 { "," } else { "" };
        let _ = write!(
            old,
            "{comma}\"old-{number:02}-{}\":[10,11,12]",
            "n".repeat(60)
        );
    }
    old.push_str("}}");
    assert!((3_900..4_096).contains(&old.len()), "{}", old.len());
    for (value, before) in [("2\n", &*old), ("3\n", "no record at all")] {
        remember(&stage, before).await;
        stage.copy.push("change", "main", &[("value", value)]);
        let id = stage.open("change", "Change").await;
        assert!(stage.verdict(&id).await.starts_with(APPROVED));
        assert!(stage.approved(&id).await);
        stage.quiet().await;
        let after = durations(&stage).await;
        assert!(!after.contains("old-"), "{after}");
        stage.close(&id).await;
    }
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_codebuild_refuses_for_what_the_rules_ask_is_a_verdict_and_the_next_one_heals_it()
 {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let trouble = Trouble::begin(&stage, "InvalidInputException", |call| {
        call.operation == "StartBuild"
    });
    let id = stage.open("change", "Change").await;
    let words = stage.verdict(&id).await;
    assert!(
        words.starts_with("### ❌ Mergegate: not approved, CodeBuild refuses to build `build`\n"),
        "{words}"
    );
    assert!(
        words.contains("CodeBuild says `there is trouble`"),
        "{words}"
    );
    assert!(!stage.approved(&id).await);
    trouble.end();
    stage.ask(&id, "/gate retry").await;
    stage.quiet().await;
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_rules_and_a_buildspec_that_are_larger_than_codecommit_hands_out() {
    let stage = Stage::set(&green_files()).await;
    let large = "# a comment\n".repeat(600_000);
    for (path, expected) in [
        (
            "gate.toml",
            "gate.toml: line 1, column 1: `gate.toml` has 6291457 bytes, more than 262144",
        ),
        (
            "buildspec.yml",
            "buildspec.yml: it has 6291457 bytes, more than the 65536 the gate passes on",
        ),
    ] {
        let branch = format!("large-{path}");
        stage.copy.push(&branch, "main", &[(path, &large)]);
        let id = stage.open(&branch, "Large").await;
        let verdict = stage.verdict(&id).await;
        assert!(
            verdict.starts_with("### ❌ Mergegate: not approved"),
            "{verdict}"
        );
        assert!(verdict.contains(expected), "{verdict}");
        stage.close(&id).await;
    }
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_conflicts_is_told_in_a_comment_of_the_usual_size() {
    let stage = Stage::set(&green_files()).await;
    let names: Vec<_> = (0..1_500)
        .map(|number| format!("many/{number:04}-{}", "x".repeat(200)))
        .collect();
    let at = |text: &'static str| {
        names
            .iter()
            .map(|name| (name.as_str(), text))
            .collect::<Vec<_>>()
    };
    stage.copy.push("change", "main", &at("theirs\n"));
    stage.copy.push("main", "", &at("ours\n"));
    let id = stage.open("change", "Many").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ❌ Mergegate: not approved, it conflicts with the destination"),
        "{verdict}"
    );
    assert!(verdict.contains("- and 1,480 more"), "{verdict}");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_where_the_gates_own_have_to_be_is_named_and_holds() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("mergegate", "main", &[]);
    stage.copy.push("change", "main", &[("value", "2\n")]);
    stage.copy.push("main", "", &[("other", "x\n")]);
    let id = stage.open("change", "Change").await;
    let verdict = words(&stage, &id).await;
    insta::assert_snapshot!("branch_in_the_way", verdict);
    assert!(!stage.approved(&id).await);
    stage.copy.git(&["push", "--quiet", "origin", ":mergegate"]);
    stage.copy.git(&["branch", "--quiet", "-D", "mergegate"]);
    stage.quiet().await;
    stage.ask(&id, "/gate retry").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.close(&id).await;
    stage.cleaned().await;
    let id = "2";
    stage
        .copy
        .push(&format!("mergegate/pr-{id}"), "main", &[("more", "x\n")]);
    stage.copy.push("other", "main", &[("value", "3\n")]);
    stage.copy.push("main", "", &[("another", "x\n")]);
    assert_eq!(stage.open("other", "Other").await, id);
    let verdict = stage.verdict(id).await;
    assert!(
        verdict.contains("the branch `mergegate/pr-2` is in the way"),
        "{verdict}"
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_explained_stays_the_last_word_of_a_gate_that_gave_up() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    let clients = stage.clients();
    let settings = clients.names().settings(&RepositoryName::new("demo"));
    let delete = stage.parameter_store().delete_parameter().name(&settings);
    delete.send().await.unwrap();
    stage.copy.push("change", "", &[("value", "3\n")]);
    let gave_up = "### ⚠️ Mergegate: the gate gave up, nothing is approved";
    let verdict = stage.verdict_like(&id, gave_up).await;
    assert!(
        verdict.contains(&format!(
            "the parameter `{settings}` is not usable: it does not exist"
        )),
        "{verdict}"
    );
    assert!(!verdict.contains("ended as FAILED"), "{verdict}");
    stage.quiet().await;
    let status = stage.ask(&id, "/gate status").await;
    assert!(
        status.contains("the gate gave up, nothing is approved. The gate itself failed: "),
        "{status}"
    );
    assert!(
        status.contains("is not usable: it does not exist"),
        "{status}"
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_that_somebody_deletes_is_written_anew() {
    let door = tempfile::tempdir().unwrap();
    let door = door.path().join("open");
    let slow = BUILDSPEC.replace(
        "- sh test.sh",
        &format!(
            "- 'while ! [ -e {} ]; do sleep 0.1; done; sh test.sh'",
            door.display()
        ),
    );
    let mut files = green_files();
    files[0].1 = &slow;
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let id = stage.open("change", "Change").await;
    let announced = async || stage.comments(&id).await.pop();
    stage.eventually("the announcement", announced).await;
    stage.delete_what_the_gate_says(&id).await;
    std::fs::write(&door, "").unwrap();
    stage.verdict_like(&id, APPROVED).await;
    // A verdict that goes as well is given again with the next one.
    stage.quiet().await;
    stage.delete_what_the_gate_says(&id).await;
    stage.ask(&id, "/gate retry").await;
    stage.verdict_like(&id, APPROVED).await;
    stage.quiet().await;
    stage.delete_what_the_gate_says(&id).await;
    stage.ask(&id, "/gate hold").await;
    stage.verdict_like(&id, "### ⏸ Mergegate: on hold").await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_of_equal_commits_gets_its_word() {
    let stage = Stage::set(&green_files()).await;
    stage.copy.push("main", "", &[("value", "2\n")]);
    stage.copy.git(&["push", "--quiet", "origin", "main:same"]);
    let id = stage.open("same", "Nothing").await;
    let verdict = stage.verdict(&id).await;
    assert!(verdict.starts_with("### "), "{verdict}");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submodule_counts_for_the_globs_of_the_folder_that_it_stands_in() {
    let rules = "\
[[check]]\nname = \"web\"\npaths = [\"web/**\"]\ninline = '{version: 0.2, phases: {build: {commands: [\"true\"]}}}'\n\
[[check]]\nname = \"inner\"\npaths = [\"web/lib/**\"]\ninline = '{version: 0.2, phases: {build: {commands: [\"true\"]}}}'\n\
[[check]]\nname = \"docs\"\npaths = [\"docs/**\"]\ninline = '{version: 0.2, phases: {build: {commands: [\"true\"]}}}'\n";
    let stage = Stage::set(&with("gate.toml", rules)).await;
    stage
        .copy
        .git(&["checkout", "--quiet", "-b", "bump", "main"]);
    let link = format!(
        "160000,{},web/lib",
        "3f2a91c0d1e24b5a6978877665544332211000ff"
    );
    stage
        .copy
        .git(&["update-index", "--add", "--cacheinfo", &link]);
    stage.copy.git(&["commit", "--quiet", "--message", "Bump"]);
    stage.copy.send("bump");
    let id = stage.open("bump", "Bump").await;
    let verdict = stage.verdict(&id).await;
    assert!(verdict.starts_with(APPROVED), "{verdict}");
    for check in ["web", "inner"] {
        assert!(
            verdict.contains(&format!("- ✅ **{check}** passed")),
            "{verdict}"
        );
    }
    assert!(verdict.contains("**docs** not needed"), "{verdict}");
    stage.strike().await;
}
