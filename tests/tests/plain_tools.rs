//! A team that has nothing but `aws` and `git`: no code of ours between them and the endpoint.

#![allow(
    clippy::expect_used,
    reason = "a story ends where something is not as it must be"
)]

use mergegate_tests::tools::{GateLocal, Person, eventually};

/// The test that `failing.patch` breaks.
const TEST: &str = "test_fifty_exactly_ships_free";

#[test]
fn a_team_with_nothing_but_aws_and_git_is_gated() {
    let data = tempfile::tempdir().expect("a temporary directory");
    // Waits stretched: "running" stays to be seen even where the `aws` program takes seconds to start.
    let gate = GateLocal::start(data.path(), &["--wait-scale", "2"]);
    let ann = Person::new("ann", gate.url());
    let test = random_name();

    ann.aws("codecommit create-repository --repository-name shop");
    ann.clone("shop");
    ann.take_example("python-unittest");
    ann.replace("tests/test_bill.py", TEST, &test);
    ann.commit_and_push("main", "A price calculator");
    require_the_gate(&ann, gate.pool_member());

    ann.git("checkout --quiet -b express");
    ann.apply_patch("failing.patch");
    ann.commit_and_push("express", "Express shipping");
    let id = ann.open("shop", "express", "Express shipping");
    ann.waits_for(&id, "says that it runs", |comments| {
        comments.iter().any(|comment| comment.starts_with("### ⏳"))
    });
    let red = ann.verdict(&id, 1);
    assert!(red.starts_with("### ❌"), "{red}");
    assert!(red.contains(&test), "{red}");
    assert!(!ann.is_satisfied(&id));

    ann.replace(
        "shop/bill.py",
        "net <= FREE_SHIPPING",
        "net < FREE_SHIPPING",
    );
    ann.commit_and_push("express", "Fifty exactly ships free");
    let green = ann.verdict(&id, 2);
    assert!(green.starts_with("### ✅"), "{green}");
    assert!(ann.is_satisfied(&id));

    ann.replace(
        "shop/bill.py",
        "EXPRESS_CENTS = 990",
        "EXPRESS_CENTS = = 990",
    );
    ann.commit_and_push("express", "A slip");
    let broken = ann.verdict(&id, 3);
    assert!(broken.starts_with("### ❌"), "{broken}");
    assert!(
        broken.contains("import shop.bill"),
        "the command that failed: {broken}"
    );
    assert!(
        !ann.is_satisfied(&id),
        "the approval was for the revision before"
    );

    ann.replace(
        "shop/bill.py",
        "EXPRESS_CENTS = = 990",
        "EXPRESS_CENTS = 990",
    );
    ann.commit_and_push("express", "Take the slip back");
    let green = ann.verdict(&id, 4);
    assert!(green.starts_with("### ✅"), "{green}");
    assert!(ann.is_satisfied(&id));

    ann.aws(&format!(
        "codecommit merge-pull-request-by-three-way --pull-request-id {id} --repository-name shop"
    ));
    eventually("everything made for the pull request to be gone", || {
        let projects = ann.aws("codebuild list-projects --query projects --output text");
        let branches = ann.git("ls-remote --heads origin mergegate/*");
        (projects.is_empty() && branches.is_empty()).then_some(())
    });
    assert_eq!(ann.git("ls-remote --heads origin").lines().count(), 2);
}

/// A rule on every pull request that only the gate can satisfy.
fn require_the_gate(person: &Person, pool_member: &str) {
    let rule = format!(
        r#"{{"Version":"2018-11-08","Statements":[{{"Type":"Approvers","NumberOfApprovalsNeeded":1,"ApprovalPoolMembers":["{pool_member}"]}}]}}"#
    );
    person.aws(&format!(
        "codecommit create-approval-rule-template --approval-rule-template-name gate \
         --approval-rule-template-content {rule}"
    ));
    person.aws(
        "codecommit associate-approval-rule-template-with-repository \
         --approval-rule-template-name gate --repository-name shop",
    );
}

/// A name that no code can know.
fn random_name() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("test_{:016x}", RandomState::new().hash_one(0))
}
