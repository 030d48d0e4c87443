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
    let merge = format!(
        "codecommit merge-pull-request-by-three-way --pull-request-id {id} --repository-name shop"
    );
    let refusal = ann.aws_refuses(&merge);
    assert!(
        refusal.contains("PullRequestApprovalRulesNotSatisfiedException"),
        "{refusal}"
    );
    assert!(ann.aws("s3 ls").ends_with(" mergegate-artifacts"));
    assert!(ann.aws("s3 ls s3://mergegate-artifacts").contains("PRE "));
    let page = front_page(gate.url());
    let title = "<td>Express_shipping</td><td>shop: express</td><td>main</td><td>OPEN</td>";
    assert!(page.contains(title), "{page}");
    assert!(page.contains("❌ Mergegate: not approved"), "{page}");

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

    ann.aws(&merge);
    eventually("everything made for the pull request to be gone", || {
        let projects = ann.aws("codebuild list-projects --query projects --output text");
        let branches = ann.git("ls-remote --heads origin mergegate/*");
        (projects.is_empty() && branches.is_empty()).then_some(())
    });
    assert_eq!(ann.git("ls-remote --heads origin").lines().count(), 2);
}

#[test]
fn the_gate_works_on_a_codecommit_that_is_elsewhere() {
    let (here, there) = (folder(), folder());
    // Somebody else's: it has services, and neither rules nor functions; who the gate's functions are it is told.
    let callers = ["router", "environment", "builder", "reporter"].map(|function| {
        let name = format!("mergegate-{function}");
        format!("--caller={name}=arn:aws:sts::000000000000:assumed-role/{name}-us-east-1/{name}")
    });
    let mut options = vec!["--no-engine"];
    options.extend(callers.iter().map(String::as_str));
    let foreign = GateLocal::start(there.path(), &options);
    let elsewhere = [("AWS_ENDPOINT_URL_CODECOMMIT", foreign.url())];
    let gate = GateLocal::start_with(here.path(), &["--wait-scale", "0.2"], &elsewhere);
    let ann = Person::new("ann", foreign.url());

    ann.aws("codecommit create-repository --repository-name shop");
    ann.clone("shop");
    ann.take_example("python-unittest");
    ann.commit_and_push("main", "A price calculator");
    ann.git("checkout --quiet -b express");
    ann.apply_patch("failing.patch");
    ann.commit_and_push("express", "Express shipping");
    // What diverges is not believed to be a fast-forward.
    ann.git("checkout --quiet main");
    ann.git("commit --quiet --allow-empty --message Meanwhile");
    ann.git("push --quiet origin main");
    ann.git("checkout --quiet express");
    let id = ann.open("shop", "express", "Express shipping");
    let red = ann.verdict(&id, 1);
    assert!(red.starts_with("### ❌"), "{red}");
    assert!(red.contains(TEST), "{red}");

    ann.replace(
        "shop/bill.py",
        "net <= FREE_SHIPPING",
        "net < FREE_SHIPPING",
    );
    ann.commit_and_push("express", "Fifty exactly ships free");
    let green = ann.verdict(&id, 2);
    assert!(green.starts_with("### ✅"), "{green}");
    assert!(!green.contains("fast-forward"), "{green}");
    ann.aws(&format!(
        "codecommit merge-pull-request-by-three-way --pull-request-id {id} --repository-name shop"
    ));
    let laptop = Person::new("ann", gate.url());
    eventually("everything made for the pull request to be gone", || {
        let projects = laptop.aws("codebuild list-projects --query projects --output text");
        let branches = ann.git("ls-remote --heads origin mergegate/*");
        (projects.is_empty() && branches.is_empty()).then_some(())
    });
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// What a browser is shown at the endpoint's own address.
fn front_page(url: &str) -> String {
    use std::io::{Read, Write};
    let host = url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(host).expect("the endpoint listens");
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: none\r\nConnection: close\r\n\r\n"
    )
    .expect("a request");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("an answer");
    page
}

/// A name that no code can know.
fn random_name() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("test_{:016x}", RandomState::new().hash_one(0))
}
