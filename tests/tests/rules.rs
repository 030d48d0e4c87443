//! What a team's `gate.toml` makes of their pull requests.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::{collections::BTreeMap, fmt::Write as _};

use gate_core::{id::PullRequestId, protocol::ResultRecord};
use mergegate_tests::{Stage, green_files, without_commits, without_what_differs};

/// A check that runs one command.
fn check(name: &str, command: &str, more: &str) -> String {
    format!(
        "[[check]]\nname = \"{name}\"\n\
         inline = '{{version: 0.2, phases: {{build: {{commands: [{command:?}]}}}}}}'\n{more}\n"
    )
}

/// Twelve services with a check each. A check waits for two others: alone, or after each other, they would never pass.
fn mono_repository(meeting: &str) -> Vec<(String, String)> {
    let mut rules = format!("[build.environment]\nMEETING = \"{meeting}\"\n");
    let mut files = vec![("meet.sh".to_owned(), MEET.to_owned())];
    for service in 0..12 {
        let paths = format!("paths = [\"service-{service}/**\"]\nexclude = [\"**/*.md\"]");
        let name = format!("service-{service}");
        rules.push_str(&check(&name, &format!("sh meet.sh {name}"), &paths));
        files.push((format!("{name}/source"), "1\n".to_owned()));
    }
    files.push(("gate.toml".to_owned(), rules));
    files
}

const MEET: &str = r#"
touch "$MEETING/$1"
for turn in $(seq 300); do
  [ "$(ls "$MEETING" | wc -l)" -ge 3 ] && exit 0
  sleep 0.1
done
exit 1
"#;

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = files.iter();
    pairs
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twelve_services_the_three_that_changed_are_checked_side_by_side() {
    let meeting = tempfile::tempdir().unwrap();
    let files = mono_repository(meeting.path().to_str().unwrap());
    let stage = Stage::set(&borrowed(&files)).await;
    let changes = [
        ("service-1/source", "2\n"),
        ("service-4/source", "2\n"),
        ("service-7/deep/new", "2\n"),
        ("service-9/readme.md", "words\n"),
    ];
    stage.copy.push("change", "main", &changes);
    let id = stage.open("change", "Three services").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ✅ Mergegate: approved\n"),
        "{verdict}"
    );
    assert!(stage.approved(&id).await);
    for service in 0..12 {
        let line = if [1, 4, 7].contains(&service) {
            format!("- ✅ **service-{service}** passed in ")
        } else {
            format!(
                "- ⚪ **service-{service}** not needed: nothing under `service-{service}/**` changed\n"
            )
        };
        assert!(verdict.contains(&line), "{line}: {verdict}");
    }
    assert_eq!(stage.builds().await.len(), 3);
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_no_check_is_for_is_approved_and_says_so() {
    let mut files = green_files();
    let rules = check("unit", "sh test.sh", "paths = [\"value\"]");
    files.push(("gate.toml", &rules));
    let stage = Stage::set(&files).await;
    stage
        .copy
        .push("change", "main", &[("readme.md", "words\n")]);
    let id = stage.open("change", "Words").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict
            .starts_with("### ✅ Mergegate: approved, no required check is for what it changes\n"),
        "{verdict}"
    );
    assert!(
        verdict.contains("- ⚪ **unit** not needed: nothing under `value` changed"),
        "{verdict}"
    );
    assert!(stage.approved(&id).await);
    assert!(stage.builds().await.is_empty());
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_failed_check_does_not_run_and_an_optional_one_blocks_nothing() {
    let mut rules = String::new();
    rules.push_str(&check("lint", "test $(cat value) -lt 10", ""));
    rules.push_str(&check("unit", "test -e value", "after = [\"lint\"]"));
    rules.push_str(&check("deploy", "true", "after = [\"unit\"]"));
    rules.push_str(&check("docs", "false", "required = false"));
    let mut files = green_files();
    files.push(("gate.toml", &rules));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "11\n")]);
    let id = stage.open("change", "In order").await;
    let red = stage.verdict(&id).await;
    assert!(
        red.starts_with("### ❌ Mergegate: not approved, `lint` failed\n"),
        "{red}"
    );
    for line in [
        "- ❌ **lint** failed in ",
        "- ⚪ **unit** did not run: `lint` did not pass",
        "- ⚪ **deploy** did not run: `unit` did not pass",
        "- ❌ **docs** (optional) failed in ",
    ] {
        assert!(red.contains(line), "{line}: {red}");
    }
    assert!(!stage.approved(&id).await);
    stage.copy.push("change", "", &[("value", "2\n")]);
    let green = stage.verdict(&id).await;
    assert!(green.starts_with("### ✅ Mergegate: approved\n"), "{green}");
    assert!(green.contains("- ✅ **deploy** passed in "), "{green}");
    assert!(stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_that_the_rules_bind_holds_what_would_be_approved() {
    let mut rules = check("build", "true", "");
    rules.push_str(&check("unit", "false", "kind = \"test\""));
    write!(rules, "[flags.skip-tests]\nmay_approve = false\n").unwrap();
    let mut files = green_files();
    files.push(("gate.toml", &rules));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let id = stage.open("change", "Quick [skip-tests]").await;
    let held = stage.verdict(&id).await;
    assert!(
        held.starts_with(
            "### ⏸ Mergegate: on hold, `[skip-tests]` is in the title, and by `gate.toml` nothing is approved with it\n"
        ),
        "{held}"
    );
    assert!(
        held.contains("- ⚪ **unit** skipped: `[skip-tests]` is in the title"),
        "{held}"
    );
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_cannot_free_itself_from_the_rules_it_changes() {
    let mut files = green_files();
    let rules = check("unit", "test $(cat value) -lt 10", "compute = \"medium\"");
    files.push(("gate.toml", &rules));
    let stage = Stage::set(&files).await;
    let lenient = check("lint", "true", "");
    let changes = [("gate.toml", lenient.as_str()), ("value", "11\n")];
    stage.copy.push("change", "main", &changes);
    let id = stage.open("change", "Be lenient [compute=large]").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ❌ Mergegate: not approved, `unit` failed\n"),
        "{verdict}"
    );
    assert!(
        verdict.contains(
            "- this pull request changes the rules, which takes effect after the merge: then `lint` would run, `unit` would not run\n"
        ),
        "{verdict}"
    );
    assert!(!stage.approved(&id).await);
    let build = stage.builds().await.pop().unwrap();
    let environment = build.environment().unwrap();
    assert_eq!(environment.compute_type().as_str(), "BUILD_GENERAL1_LARGE");
    stage.strike().await;
}

/// Type and modes of the caches of the last three builds, by check.
async fn caches(stage: &Stage) -> BTreeMap<String, Vec<String>> {
    let builds = stage.builds().await.into_iter().take(3);
    let of = |build: aws_sdk_codebuild::types::Build| {
        let variables = build.environment().unwrap().environment_variables();
        let mut names = variables.iter();
        let check = names.find(|variable| variable.name() == "MERGEGATE_CHECK");
        let cache = build.cache().unwrap();
        let mut words = vec![cache.r#type().as_str().to_owned()];
        words.extend(cache.modes().iter().map(|mode| mode.as_str().to_owned()));
        (check.unwrap().value().to_owned(), words)
    };
    builds.map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_check_has_the_cache_that_the_rules_give_it_unless_the_title_takes_it_away() {
    let rules = [
        "[build]\ncache = [\"source\", \"custom\"]\n".to_owned(),
        check("unit", "true", ""),
        check("image", "true", "privileged = true\ncache = [\"docker\"]"),
        check("release", "true", "cache = []"),
    ];
    let rules = rules.concat();
    let mut files = green_files();
    files.push(("gate.toml", &rules));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let id = stage.open("change", "Quick").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ✅ Mergegate: approved\n"),
        "{verdict}"
    );
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let kept = [
        ("image", words(&["LOCAL", "LOCAL_DOCKER_LAYER_CACHE"])),
        ("release", words(&["NO_CACHE"])),
        (
            "unit",
            words(&["LOCAL", "LOCAL_SOURCE_CACHE", "LOCAL_CUSTOM_CACHE"]),
        ),
    ];
    let kept = kept.map(|(check, words): (&str, Vec<String>)| (check.to_owned(), words));
    assert_eq!(caches(&stage).await, BTreeMap::from(kept));
    stage.close(&id).await;
    stage.cleaned().await;

    stage.copy.push("fresh", "main", &[("value", "3\n")]);
    let id = stage.open("fresh", "Fresh [no-cache]").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.contains("- `[no-cache]` is in the title: the build starts without its cache\n"),
        "{verdict}"
    );
    let caches = caches(&stage).await;
    let none: Vec<String> = words(&["NO_CACHE"]);
    assert!(caches.values().all(|cache| *cache == none), "{caches:?}");
    stage.strike().await;
}

/// Comments of the gate's runs.
async fn said(stage: &Stage, id: &str) -> Vec<String> {
    let mut comments = stage.comments(id).await;
    comments.retain(|comment| comment.starts_with("### "));
    comments
}

/// What the gate remembers of the pull request, once its latest run looks at builds.
async fn announced(stage: &Stage, id: &str) {
    let clients = stage.clients();
    let name = clients.names().result(&PullRequestId::new(id));
    stage
        .eventually("a run that looks at its builds", async || {
            let record: Option<ResultRecord> = clients.parameters.get(&name).await.unwrap();
            record.filter(|record| record.verdict.is_none())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_announcement_the_comment_comes_with_the_verdict_and_a_retry_is_said_in_it() {
    let door = tempfile::tempdir().unwrap();
    let open = door.path().join("open");
    let command = format!(
        "until test -e {}; do sleep 0.05; done; test $(cat value) -lt 10",
        open.display()
    );
    let rules = format!(
        "[comment]\nannounce = false\n{}",
        check("unit", &command, "")
    );
    let mut files = green_files();
    files.push(("gate.toml", &rules));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "11\n")]);
    let id = stage.open("change", "Quiet").await;
    stage.running_build().await;
    announced(&stage, &id).await;
    assert_eq!(said(&stage, &id).await, Vec::<String>::new());
    std::fs::write(&open, "").unwrap();
    let red = stage.verdict(&id).await;
    assert!(
        red.starts_with("### ❌ Mergegate: not approved, `unit` failed\n"),
        "{red}"
    );
    stage.quiet().await;

    std::fs::remove_file(&open).unwrap();
    stage.ask(&id, "/gate retry").await;
    announced(&stage, &id).await;
    let testing = said(&stage, &id).await;
    assert!(
        testing.len() == 1 && testing[0].starts_with("### ⏳ Mergegate: "),
        "{testing:?}"
    );
    std::fs::write(&open, "").unwrap();
    stage.quiet().await;
    let red = said(&stage, &id).await;
    assert!(
        red.len() == 1 && red[0].starts_with("### ❌ Mergegate: not approved, `unit` failed\n"),
        "{red:?}"
    );

    stage.copy.push("change", "", &[("value", "2\n")]);
    let green = stage.verdict(&id).await;
    assert!(green.starts_with("### ✅ Mergegate: approved\n"), "{green}");
    assert_eq!(said(&stage, &id).await.len(), 2, "one for each revision");
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_that_is_closed_before_an_unannounced_verdict_has_no_comment() {
    let rules = format!(
        "[comment]\nannounce = false\n{}",
        check("unit", "sleep 600", "")
    );
    let mut files = green_files();
    files.push(("gate.toml", &rules));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let id = stage.open("change", "Quiet").await;
    stage.running_build().await;
    announced(&stage, &id).await;
    stage.close(&id).await;
    stage.cleaned().await;
    assert_eq!(said(&stage, &id).await, Vec::<String>::new());
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_is_as_short_as_the_rules_want_it() {
    let rules = [
        "[comment]\nlog_lines = 1\nchecks = \"failed\"\n".to_owned(),
        check("unit", "echo one; echo two; false", ""),
        check("docs", "true", ""),
        check("lint", "true", ""),
        check("web", "true", "paths = [\"web/**\"]"),
        check("server", "true", "paths = [\"server/**\"]"),
    ];
    let rules = rules.concat();
    let mut files = green_files();
    files.push(("gate.toml", &rules));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let id = stage.open("change", "Short").await;
    let verdict = stage.verdict(&id).await;
    insta::assert_snapshot!(
        "short_comment",
        without_commits(&without_what_differs(&verdict))
    );
    stage.strike().await;
}

/// A test that fails as long as the file named by `MARK` is not there, and writes it.
const FLAKY: &str = r#"
if [ -e "$MARK" ]; then verdict= status=0
else verdict="<failure message='no answer in time'/>" status=1; fi
touch "$MARK"
echo "<testsuite name='mail'><testcase name='is_sent' time='0.01'>$verdict</testcase></testsuite>" > report.xml
exit $status
"#;

async fn with_flaky_test(mark: &std::path::Path, more: &str) -> Stage {
    let rules = format!(
        "[build.environment]\nMARK = \"{}\"\n[[check]]\nname = \"unit\"\n{more}\n",
        mark.display()
    );
    let mut files = green_files();
    files[1].1 = FLAKY;
    files.push(("gate.toml", &rules));
    Stage::set(&files).await
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_tests_that_pass_when_tried_once_more_are_flaky_and_block_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let stage = with_flaky_test(&mark, "rerun_failed = true").await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let id = stage.open("change", "Flaky").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ✅ Mergegate: approved\n"),
        "{verdict}"
    );
    assert!(
        verdict.contains("- ✅ **unit** passed at the second attempt in "),
        "{verdict}"
    );
    assert!(
        verdict.contains("- flaky, passed when tried again: `mail > is_sent`"),
        "{verdict}"
    );
    assert!(stage.approved(&id).await);
    let builds = stage.builds().await;
    assert_eq!(builds.len(), 2);
    let commits: std::collections::BTreeSet<_> = builds
        .iter()
        .map(|build| build.resolved_source_version.clone())
        .collect();
    assert_eq!(commits.len(), 1, "both built the very same commit");
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_tests_are_not_tried_again_unless_the_rules_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let stage = with_flaky_test(&folder.path().join("mark"), "").await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let id = stage.open("change", "Flaky").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ❌ Mergegate: not approved, 1 test failure\n"),
        "{verdict}"
    );
    assert_eq!(stage.builds().await.len(), 1);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_that_fail_twice_are_rejected_after_two_builds() {
    let mut files = green_files();
    files.push((
        "gate.toml",
        "[[check]]\nname = \"unit\"\nrerun_failed = true\n",
    ));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "11\n")]);
    let id = stage.open("change", "Red").await;
    let verdict = stage.verdict(&id).await;
    assert!(
        verdict.starts_with("### ❌ Mergegate: not approved, 1 test failure\n"),
        "{verdict}"
    );
    assert!(
        verdict.contains("- ❌ **unit** failed at the second attempt in "),
        "{verdict}"
    );
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), 2);
    stage.strike().await;
}
