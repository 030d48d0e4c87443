//! Pull requests that wait for their turn to be tested again.

use super::*;

fn main_branch() -> BranchName {
    BranchName::new("main")
}

#[test]
fn an_approved_one_loses_its_headline_and_keeps_its_results() {
    let (plan, results) = passed_with(green_cases(12));
    let before = comment(&plan, &results);
    let after = deferred(&before, VerdictKind::Approve, &main_branch());
    insta::assert_snapshot!(after);
    assert_eq!(
        deferred(&after, VerdictKind::Approve, &main_branch()),
        after,
        "a second time changes nothing"
    );
}

#[test]
fn a_rejected_one_keeps_its_headline_and_its_failures() {
    let mut cases = green_cases(12);
    cases.push(failure("rejects_empty_password", "11 is not below 10"));
    let (plan, results) = red(cases);
    let before = comment(&plan, &results);
    insta::assert_snapshot!(deferred(&before, VerdictKind::Reject, &main_branch()));
}

#[test]
fn what_does_not_fit_any_more_is_left_out() {
    let long = format!(
        "### ❌ Mergegate: not approved\n\n{}\n\nMergegate · run x",
        "x".repeat(LIMIT - 60)
    );
    let after = deferred(&long, VerdictKind::Reject, &main_branch());
    assert!(after.chars().count() <= LIMIT);
    assert!(after.ends_with("\n\nMergegate · run x"), "{after}");
}

#[test]
fn what_passed_with_an_older_destination_is_not_approved_and_says_so() {
    let (plan, results) = passed_with(green_cases(12));
    let candidate = candidate();
    insta::assert_snapshot!(said(
        Some(&candidate),
        Some(&plan),
        &results,
        Earlier::NotAsked,
        Some(REPORT),
        Stage::Deferred
    ));
}
