//! Flags that people give, allow and give reasons for.

use crate::{APPROVED, HELD, RED, check, masked, with_rules};

/// A build, and tests that fail.
fn rules(more: &str) -> String {
    [
        check("build", "true", ""),
        check("unit", "false", "kind = \"test\""),
        more.to_owned(),
    ]
    .concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_by_command_has_an_author_and_counts_for_one_revision() {
    let (stage, id) = with_rules(&rules(""), "2\n", "Change").await;
    stage.verdict_like(&id, RED).await;
    let reply = stage
        .ask_as("bob", &id, "/gate skip-tests: hotfix for #12")
        .await;
    assert_eq!(
        reply,
        "`[skip-tests]` takes effect for this revision, as if it were in the title."
    );
    let green = stage.verdict_like(&id, APPROVED).await;
    insta::assert_snapshot!("skip_tests_by_command", masked(&green));
    assert!(stage.approved(&id).await);
    stage.copy.push("change", "", &[("value", "3\n")]);
    stage.verdict_like(&id, RED).await;
    stage.quiet().await;
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_flag_of_the_title_waits_until_somebody_allowed_allows_it() {
    let bound = "[flags.skip-tests]\nallow = [\"arn:aws:iam::*:user/bob\"]\n";
    let (stage, id) = with_rules(&rules(bound), "2\n", "Quick [skip-tests]").await;
    let held = stage.verdict_like(&id, HELD).await;
    insta::assert_snapshot!("flag_waits", masked(&held));
    assert!(
        stage.builds().await.is_empty(),
        "nothing is built meanwhile"
    );
    let refused = stage
        .ask(&id, "/gate allow skip-tests\n/gate skip-tests")
        .await;
    insta::assert_snapshot!("flag_forbidden", refused);
    let allowed = stage.ask_as("bob", &id, "/gate allow skip-tests").await;
    assert_eq!(
        allowed,
        "`[skip-tests]` of the title takes effect for this revision."
    );
    let green = stage.verdict_like(&id, APPROVED).await;
    assert!(
        green.contains(
            "- `[skip-tests]` is in the title, allowed by `user/bob`: tests were not asked for"
        ),
        "{green}"
    );
    assert!(stage.approved(&id).await);
    stage.copy.push("change", "", &[("value", "3\n")]);
    stage.verdict_like(&id, HELD).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_without_the_reason_that_the_rules_ask_for_does_nothing() {
    let bound = "[flags.skip-tests]\nreason = true\n";
    let (stage, id) = with_rules(&rules(bound), "2\n", "Quick [skip-tests]").await;
    let red = stage.verdict_like(&id, RED).await;
    assert!(
        red.contains(
            "- `[skip-tests]` in the title did nothing: `gate.toml` asks for a reason, as in `[skip-tests: hotfix for #12]`"
        ),
        "{red}"
    );
    let refused = stage.ask(&id, "/gate skip-tests").await;
    assert_eq!(
        refused,
        "By `gate.toml` this takes a reason: write, for example, `/gate skip-tests: hotfix for #12`."
    );
    let title = stage.code_commit("ann").update_pull_request_title();
    let title = title
        .pull_request_id(&id)
        .title("Quick [skip-tests: hotfix]");
    title.send().await.unwrap();
    stage.ask(&id, "/gate retry").await;
    let green = stage.verdict_like(&id, APPROVED).await;
    assert!(
        green.contains("- `[skip-tests: hotfix]` is in the title: tests were not asked for"),
        "{green}"
    );
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leave_is_for_the_value_that_was_allowed_and_another_one_waits_again() {
    let bound = "[flags.only]\nallow = [\"arn:aws:iam::*:user/bob\"]\n";
    let rules = [
        check("build", "true", ""),
        check("docs", "true", ""),
        check("unit", "true", "kind = \"test\""),
        bound.to_owned(),
    ]
    .concat();
    let (stage, id) = with_rules(&rules, "2\n", "Quick [only=unit,docs]").await;
    let held = stage.verdict_like(&id, HELD).await;
    assert!(
        held.contains("writes `/gate allow only=unit,docs`."),
        "{held}"
    );
    let retitle = async |title: &str| {
        let update = stage.code_commit("ann").update_pull_request_title();
        let update = update.pull_request_id(&id).title(title).send().await;
        update.unwrap();
    };
    // Between what Bob reads and what he writes: he named the value, so nothing else is allowed.
    retitle("Quick [only=docs]").await;
    let refused = stage.ask_as("bob", &id, "/gate allow only=unit,docs").await;
    assert_eq!(
        refused,
        "Nothing was done: the title has `[only=docs]`, and not `[only=unit,docs]`. If you mean that, write it once more in a new \
         comment."
    );
    retitle("Quick [only=unit,docs]").await;
    let allowed = stage.ask_as("bob", &id, "/gate allow only").await;
    assert_eq!(
        allowed,
        "`[only=unit,docs]` of the title takes effect for this revision. With another value or reason it waits again."
    );
    stage.verdict_like(&id, "### ✅").await;
    assert!(stage.approved(&id).await);
    retitle("Quick [only=docs]").await;
    stage.ask(&id, "/gate retry").await;
    let held = stage.verdict_like(&id, HELD).await;
    assert!(
        held.contains(
            "`user/bob` allowed `[only=unit,docs]`; the title has `[only=docs]` now. By `gate.toml` the flag takes effect once \
             `arn:aws:iam::*:user/bob` writes `/gate allow only=docs`."
        ),
        "{held}"
    );
    stage.quiet().await;
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}
