//! `gate check`.

use std::process::Stdio;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{Place, Said, eventually, runs};

/// Passes unless there is a file `broken`.
const BUILDSPEC: &str = "version: 0.2
phases:
  build:
    commands:
      - echo 'looking for what is broken'
      - test ! -e broken
";

/// A repository whose branch `topic` is one commit ahead of `main`.
fn with_topic(buildspec: &str, files: &[(&str, &str)]) -> Place {
    let place = Place::new();
    place.repository("repo", &[("buildspec.yml", buildspec)]);
    place.git("repo", &["switch", "--quiet", "--create", "topic"]);
    place.commit("repo", files, "Add a file");
    place
}

fn check(place: &Place, arguments: &[&str]) -> Said {
    place.gate(&[&["check", "--repo", "repo"], arguments].concat())
}

fn refused(place: &Place, arguments: &[&str]) -> String {
    let said = check(place, arguments);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (2, ""),
        "{}",
        said.stderr
    );
    place.assert_clean();
    let repo = place.path("repo").display().to_string();
    said.stderr.replace(&repo, "repo")
}

#[test]
fn a_branch_whose_merge_passes_is_approved_and_the_repository_is_left_as_it_was() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    let before =
        place.git("repo", &["for-each-ref"]) + &place.git("repo", &["config", "--list", "--local"]);
    let said = check(&place, &[]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(
        said.stdout
            .starts_with("### ✅ Mergegate: approved\n\n`topic` "),
        "{}",
        said.stdout
    );
    assert!(
        said.stderr
            .starts_with("gating `topic` → `main`\nnote: builds run on this machine as you, without a sandbox; this is said once\nbuild: runs\nbuild: passed after "),
        "{}",
        said.stderr
    );
    assert!(!said.stdout.contains("http"), "{}", said.stdout);
    let after =
        place.git("repo", &["for-each-ref"]) + &place.git("repo", &["config", "--list", "--local"]);
    assert_eq!(before, after);
    place.assert_clean();
    let again = check(&place, &[]);
    assert!(!again.stderr.contains("sandbox"), "{}", again.stderr);
    assert!(
        again
            .stderr
            .contains("build: runs, expected to take about 1 s\n"),
        "{}",
        again.stderr
    );
}

#[test]
fn a_failing_build_is_rejected_and_its_log_is_shown() {
    let place = with_topic(BUILDSPEC, &[("broken", "")]);
    let said = check(&place, &[]);
    assert_eq!(said.code, 1);
    assert!(
        said.stdout.starts_with("### ❌ Mergegate: not approved"),
        "{}",
        said.stdout
    );
    assert!(
        said.stderr.contains("── build: where it failed ──\n"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("\n$ test ! -e broken\n"),
        "{}",
        said.stderr
    );
    place.assert_clean();
}

#[test]
fn two_green_sides_with_a_red_merge_are_rejected() {
    let both =
        "version: 0.2\nphases:\n  build:\n    commands:\n      - test ! -e left -o ! -e right\n";
    let place = with_topic(both, &[("left", "")]);
    place.git("repo", &["switch", "--quiet", "main"]);
    place.commit("repo", &[("right", "")], "Add the right");
    place.git("repo", &["switch", "--quiet", "topic"]);
    let said = check(&place, &["--json"]);
    let object: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.code, object["verdict"].as_str()), (1, Some("reject")));
    let candidate = &object["candidate"];
    assert_ne!(candidate["tested_commit"], candidate["source_commit"]);
}

#[test]
fn json_tells_the_candidate_the_checks_and_the_tests() {
    let buildspec = "version: 0.2
phases:
  build:
    commands:
      - printf '<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"><failure message=\"no\"/></testcase></testsuite>' > junit.xml
reports:
  unit:
    files: [junit.xml]
";
    let place = with_topic(buildspec, &[("new", "1")]);
    let said = check(&place, &["--json", "--title", "Try [no-cache]"]);
    let object: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.code, object["verdict"].as_str()), (1, Some("reject")));
    assert_eq!(object["candidate"]["source"], "topic");
    assert_eq!(object["candidate"]["destination"], "main");
    assert_eq!(
        object["candidate"]["tested_commit"],
        place.git("repo", &["rev-parse", "HEAD"])
    );
    assert_eq!(object["checks"][0]["name"], "build");
    assert_eq!(object["checks"][0]["status"], "passed");
    assert!(
        object["checks"][0]["log"]
            .as_str()
            .unwrap()
            .contains("Entering phase BUILD")
    );
    assert_eq!(
        (
            object["tests"]["total"].as_u64(),
            object["tests"]["failed"].as_u64()
        ),
        (Some(2), Some(1))
    );
    assert_eq!(object["tests"]["failures"][0]["name"], "b");
    assert!(
        object["comment"]
            .as_str()
            .unwrap()
            .contains("`[no-cache]` is in the title")
    );
}

#[test]
fn a_repository_without_a_buildspec_is_rejected_and_told_what_to_add() {
    let place = Place::new();
    place.repository("repo", &[]);
    place.git("repo", &["switch", "--quiet", "--create", "topic"]);
    place.commit("repo", &[("new", "1")], "Add a file");
    let said = check(&place, &[]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(
        said.stdout.contains("Neither side has a `buildspec.yml`."),
        "{}",
        said.stdout
    );
}

#[test]
fn a_branch_with_quotes_and_a_title_of_brackets_are_gated_like_any_other() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    place.git("repo", &["branch", "--move", "topic", "it's-\"quoted\""]);
    let said = check(&place, &["--title", &"[`".repeat(75)]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(
        said.stdout.contains("\n`it's-\"quoted\"` "),
        "{}",
        said.stdout
    );
}

#[test]
fn a_flag_in_the_title_that_skips_everything_holds_the_pull_request() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    let said = check(&place, &["--json", "--title", "Try [skip-ci]"]);
    let object: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((said.code, object["verdict"].as_str()), (1, Some("hold")));
    assert_eq!(object["checks"], serde_json::json!([]));
    assert_eq!(object["plan"]["no_build"]["kind"], "skip_ci");
}

#[test]
fn uncommitted_changes_are_counted_and_not_part_of_the_check() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    std::fs::write(place.path("repo").join("broken"), "").unwrap();
    std::fs::write(place.path("repo").join("new"), "2").unwrap();
    let said = check(&place, &[]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let warning = "warning: 2 files have changes that are not committed: not part of the check\n";
    assert!(said.stderr.contains(warning), "{}", said.stderr);
}

#[test]
fn the_base_is_what_origin_calls_its_default_branch() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    place.git("repo", &["branch", "--move", "main", "trunk"]);
    place.git("repo", &["switch", "--quiet", "trunk"]);
    place.git("", &["clone", "--quiet", "repo", "copy"]);
    place.git("copy", &["switch", "--quiet", "topic"]);
    let said = place.gate(&["check", "--repo", "copy"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(
        said.stderr
            .starts_with("gating `topic` → `trunk` (as `origin/trunk` has it)\n"),
        "{}",
        said.stderr
    );
}

#[test]
fn ctrl_c_and_a_closed_terminal_end_the_build_and_leave_nothing_behind() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGHUP, 129)] {
        ends_the_build(signal, code);
    }
}

fn ends_the_build(signal: Signal, code: i32) {
    let mark = format!("6173.{}{code}", std::process::id());
    let place = with_topic(
        &format!("version: 0.2\nphases:\n  build:\n    commands: [sleep {mark}]\n"),
        &[("new", "1")],
    );
    let running = place
        .command(&["check", "--repo", "repo"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("the build begins", || runs(&mark));
    kill(Pid::from_raw(running.id().try_into().unwrap()), signal).unwrap();
    let said = Said::from(running.wait_with_output().unwrap());
    assert_eq!((said.code, said.stdout.as_str()), (code, ""));
    eventually("the build ends", || !runs(&mark));
    place.assert_clean();
}

#[test]
fn refuses_a_directory_that_is_no_repository() {
    let place = Place::new();
    let nowhere = refused(&place, &[]);
    assert_eq!(
        nowhere,
        "error: there is no directory `repo`\nhelp: name a git repository with `--repo`\n"
    );
    std::fs::create_dir(place.path("repo")).unwrap();
    assert_eq!(
        refused(&place, &[]),
        "error: `repo` is not a git repository\nhelp: name one with `--repo`\n"
    );
}

#[test]
fn refuses_a_repository_without_commits() {
    let place = Place::new();
    std::fs::create_dir(place.path("repo")).unwrap();
    place.git("repo", &["init", "--quiet", "--initial-branch=main"]);
    assert_eq!(
        refused(&place, &[]),
        "error: the branch `main` of `repo` has no commit\nhelp: commit something first\n"
    );
}

#[test]
fn a_work_tree_on_no_branch_is_gated_under_its_commits_name() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    place.git("repo", &["switch", "--quiet", "--detach"]);
    let commit = place.git("repo", &["rev-parse", "HEAD"]);
    let said = check(&place, &[]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let first = format!("gating `detached-{}` → `main`\n", &commit[..12]);
    assert!(said.stderr.starts_with(&first), "{}", said.stderr);
}

#[test]
fn refuses_a_partial_clone_that_lacks_objects() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    place.git("repo", &["config", "uploadpack.allowFilter", "true"]);
    place.commit("repo", &[("new", "2")], "Change the file");
    let address = format!("file://{}", place.path("repo").display());
    let clone = [
        "clone",
        "--quiet",
        "--filter=blob:none",
        "--branch=topic",
        &address,
        "copy",
    ];
    place.git("", &clone);
    let said = place.gate(&["check", "--repo", "copy", "--base", "main"]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (2, ""),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.ends_with(
            "is a partial clone: 1 of the objects of its history are not here\nhelp: run `git fetch --refetch --no-filter`, or clone without `--filter`\n"
        ),
        "{}",
        said.stderr
    );
    place.git("copy", &["fetch", "--quiet", "--refetch", "--no-filter"]);
    let whole = place.gate(&["check", "--repo", "copy", "--base", "main"]);
    assert_eq!(whole.code, 0, "{}", whole.stderr);
}

#[test]
fn refuses_a_shallow_clone() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    let address = format!("file://{}", place.path("repo").display());
    place.git(
        "",
        &[
            "clone",
            "--quiet",
            "--depth=1",
            "--branch=topic",
            &address,
            "copy",
        ],
    );
    let said = place.gate(&["check", "--repo", "copy", "--base", "topic"]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.ends_with(
            "is a shallow clone: its history breaks off\nhelp: run `git fetch --unshallow`\n"
        ),
        "{}",
        said.stderr
    );
}

#[test]
fn refuses_when_there_is_nothing_to_merge_or_nothing_to_merge_into() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    assert_eq!(
        refused(&place, &["--base", "release"]),
        "error: there is no branch `release`, here or at `origin`\nhelp: fetch it, or name another with `--base`\n"
    );
    assert_eq!(
        refused(&place, &["--base", "topic"]),
        "error: the current branch `topic` is the base branch itself\nhelp: switch to the branch that is to be merged, or name another base with `--base`\n"
    );
    place.git("repo", &["switch", "--quiet", "--create", "behind", "main"]);
    assert_eq!(
        refused(&place, &[]),
        "error: there is nothing to merge: `main` has every commit of `behind`\nhelp: commit to the branch, or name another base with `--base`\n"
    );
    place.git("repo", &["branch", "--move", "main", "trunk"]);
    assert_eq!(
        refused(&place, &[]),
        "error: no base branch was found: `origin` names none, and there is neither `main` nor `master`\nhelp: name the branch to merge into with `--base`\n"
    );
}

#[test]
fn refuses_a_title_that_codecommit_would_not_take() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    let long = refused(&place, &["--title", &"é".repeat(151)]);
    assert_eq!(
        long,
        "error: the title has 151 characters, CodeCommit takes 150\nhelp: shorten it\n"
    );
}

/// One test that passes while there is no file `broken`, with a report.
const REPORTING: &str = "version: 0.2
phases:
  build:
    commands:
      - if [ -e broken ]; then said='<failure message=\"it is broken\"/>'; fi
      - echo \"<testsuite name='shop'><testcase name='sells' file='shop.py' line='7'>$said</testcase></testsuite>\" > unit.xml
      - test ! -e broken
reports:
  unit:
    files: [unit.xml]
";

#[test]
fn after_a_conflict_the_page_of_an_earlier_check_does_not_stay() {
    let place = with_topic(REPORTING, &[("new", "1")]);
    let page = place.path("page.html");
    let html = page.display().to_string();
    let green = check(&place, &["--html", &html]);
    assert_eq!(green.code, 0, "{}", green.stderr);
    place.git("repo", &["switch", "--quiet", "main"]);
    place.commit("repo", &[("new", "2")], "Another one");
    place.git("repo", &["switch", "--quiet", "topic"]);
    let conflict = check(&place, &["--html", &html]);
    assert_eq!(conflict.code, 1, "{}", conflict.stderr);
    let page = std::fs::read_to_string(page).unwrap();
    for part in [
        "<h1>Not approved, it conflicts with the destination</h1>",
        "Both sides changed:\n\n- `new`",
    ] {
        assert!(page.contains(part), "{page}");
    }
    assert!(!page.contains("Log of"), "{page}");
    place.assert_clean();
}

#[test]
fn a_check_is_compared_with_what_was_found_in_the_base_and_a_page_has_all_of_it() {
    let place = with_topic(REPORTING, &[("new", "1")]);
    let first = check(&place, &[]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let nothing =
        "No differences are shown: nothing that was gated has been merged into `main` yet.";
    assert!(first.stdout.contains(nothing), "{}", first.stdout);
    place.git("repo", &["switch", "--quiet", "main"]);
    place.git("repo", &["merge", "--quiet", "--ff-only", "topic"]);
    place.git("repo", &["switch", "--quiet", "--create", "second"]);
    place.commit("repo", &[("broken", "")], "Break it");

    let page = place.path("page.html");
    let second = check(&place, &["--html", &page.display().to_string()]);
    assert_eq!(second.code, 1, "{}", second.stderr);
    let lines = [
        "### ❌ Mergegate: not approved, 1 new test failure\n",
        "**Tests** 1: 0 passed (−1), **1 failed** (+1)\n\nNew failures\n- `shop > sells` at `shop.py:7`\n",
        "\nDifferences are to `main` at ",
    ];
    for line in lines {
        assert!(second.stdout.contains(line), "{line}\n{}", second.stdout);
    }
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!doctype html>\n"), "{page}");
    assert!(
        page.contains("<h1>Not approved, 1 new test failure</h1>"),
        "{page}"
    );
    assert!(page.contains("it is broken"), "{page}");
    assert!(page.contains("<p class=\"subject\">Break it</p>"), "{page}");
    assert!(
        page.contains("<a href=\"#log-0\" rel=\"noreferrer\">log</a>"),
        "{page}"
    );
    assert!(page.contains("Entering phase BUILD"), "{page}");
    assert!(!page.contains("127.0.0.1"), "{page}");
    place.assert_clean();
}

#[test]
fn refuses_a_page_that_has_no_place_before_anything_is_built() {
    let place = with_topic(BUILDSPEC, &[("new", "1")]);
    assert_eq!(
        refused(&place, &["--html", "no/such/folder/page.html"]),
        "error: there is no directory `no/such/folder` for the page `no/such/folder/page.html`\n\
         help: make it first, or name another file with `--html`\n"
    );
    assert_eq!(
        refused(&place, &["--html", "repo"]),
        "error: `repo` is a directory\nhelp: name a file for the page with `--html`\n"
    );
}

/// Two checks, of which `unit` looks for what is broken.
const TWO_CHECKS: &str = "[[check]]
name = \"unit\"
inline = '{version: 0.2, phases: {build: {commands: [\"test ! -e broken\"]}}}'

[[check]]
name = \"docs\"
inline = '{version: 0.2, phases: {build: {commands: [\"echo said to $WHOM\"]}}}'
";

#[test]
fn the_rules_of_a_branch_can_be_tried_before_they_are_merged() {
    let place = with_topic(
        "version: 0.2\nphases: {build: {commands: [\"false\"]}}\n",
        &[],
    );
    place.commit(
        "repo",
        &[("gate.toml", TWO_CHECKS), ("new", "1")],
        "Two checks",
    );
    let by_base = check(&place, &[]);
    assert_eq!(by_base.code, 1, "{}", by_base.stdout);
    let by_head = check(&place, &["--rules-from", "head"]);
    assert_eq!(by_head.code, 0, "{}{}", by_head.stdout, by_head.stderr);
    let said = "the rules are the branch's own (gate.toml): until they are merged, pull requests are gated by those of `main`\n";
    assert!(by_head.stderr.contains(said), "{}", by_head.stderr);
    let base = place.git("repo", &["rev-parse", "--short=7", "main"]);
    let line = format!("→ `main` {} with the rules of the branch, ", base.trim());
    assert!(by_head.stdout.contains(&line), "{}", by_head.stdout);
    for check in ["**unit** passed", "**docs** passed"] {
        assert!(by_head.stdout.contains(check), "{}", by_head.stdout);
    }
}

#[test]
fn one_check_runs_alone_with_a_variable_and_what_it_writes_is_shown_at_once() {
    let place = Place::new();
    place.repository("repo", &[("gate.toml", TWO_CHECKS)]);
    place.git("repo", &["switch", "--quiet", "--create", "topic"]);
    place.commit("repo", &[("broken", "")], "Break it");
    let options = ["--check", "docs", "--env", "WHOM=you all", "--follow"];
    let said = check(&place, &options);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    assert!(
        said.stderr.contains("docs │ said to you all\n"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("unit"), "{}", said.stderr);
    // Nobody wrote a flag into a title.
    assert!(!said.stdout.contains("in the title"), "{}", said.stdout);
    assert!(
        said.stdout
            .contains("**unit** skipped: `--check` names others\n"),
        "{}",
        said.stdout
    );
    let unknown = refused(&place, &["--check", "docs", "--check", "nope"]);
    assert_eq!(
        unknown,
        "gating `topic` → `main`\nerror: there is no check `nope`\nhelp: the rules have `unit`, `docs`\n"
    );
    let unset = refused(&place, &["--env", "NO_SUCH_VARIABLE"]);
    assert_eq!(
        unset,
        "error: the variable `NO_SUCH_VARIABLE` is not set here\nhelp: set it, or write `--env NO_SUCH_VARIABLE=VALUE`\n"
    );
    assert!(
        refused(&place, &["--env", "1=2"])
            .starts_with("error: `1` cannot be the name of a variable\n")
    );
}

#[test]
fn a_program_that_this_machine_lacks_is_said_to_be_missing_here() {
    let spec = "version: 0.2\nphases: {build: {commands: [\"no-such-compiler build\"]}}\n";
    let place = with_topic(spec, &[("new", "1")]);
    let said = check(&place, &[]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    let help = "help: `no-such-compiler` is not installed on this machine, or not on the PATH: builds here use what this machine has, not an image\n";
    assert!(said.stderr.contains(help), "{}", said.stderr);
}

#[test]
fn commands_of_an_image_whose_shell_is_bash_run_with_bash() {
    let spec =
        "version: 0.2\nphases: {build: {commands: [\"[[ a == a* ]]\", \"set -o pipefail\"]}}\n";
    let place = with_topic(spec, &[("new", "1")]);
    let said = check(&place, &[]);
    assert_eq!(said.code, 0, "{}", said.stderr);
}
