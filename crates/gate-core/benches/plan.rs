//! What a plan costs in a large repository: 200 checks with their globs, 20,000 changed files, rules read from their text; once
//! with the rules as they are, once for a pull request that changes them, so that both are asked.

use std::{fmt::Write as _, hint::black_box};

use criterion::{Criterion, criterion_group, criterion_main};
use gate_core::{
    conversation::Conversation,
    id::BranchName,
    plan::{Plan, RuleFiles, RuleSides, Subject, choose, plan},
    title::Flags,
};

const CHECKS: usize = 200;
const FILES: usize = 20_000;

/// A check for each service, its library, and what all share.
fn rules(timeout: u32) -> Vec<u8> {
    let mut text = format!("[build]\ntimeout_minutes = {timeout}\n");
    for service in 0..CHECKS {
        let _ = write!(
            text,
            "[[check]]\nname = \"service-{service}\"\n\
             paths = [\"services/service-{service}/**\", \"libraries/*-{service}/src/**\", \"proto/**/*.proto\", \"Cargo.lock\"]\n\
             exclude = [\"**/*.md\", \"services/*/docs/**\"]\n\
             branches = [\"main\", \"release/*\"]\n"
        );
    }
    text.into_bytes()
}

/// Files of every second service, so that no check is decided early by all.
fn changed() -> Vec<String> {
    let file = |number: usize| {
        let service = number % CHECKS / 2 * 2;
        let kind = ["src/deep/module", "tests/cases", "docs/pages"][number % 3];
        let ending = ["rs", "json", "md"][number % 7 % 3];
        format!("services/service-{service}/{kind}-{number}/file.{ending}")
    };
    (0..FILES).map(file).collect()
}

fn planned(sides: &RuleSides, changed: &[String]) -> Option<Plan> {
    let main = BranchName::new("main");
    let chosen = choose(sides, &main).ok()?;
    let subject = Subject {
        destination: &main,
        changed,
        conversation: &Conversation::default(),
    };
    Some(plan(&Flags::default(), chosen, subject))
}

fn files(timeout: u32) -> RuleFiles {
    let buildspec = b"version: 0.2\nphases: {build: {commands: [make]}}".to_vec();
    RuleFiles {
        gate_toml: Some(rules(timeout)),
        buildspecs: [("buildspec.yml".to_owned(), buildspec)].into(),
        ..RuleFiles::default()
    }
}

fn plans(criterion: &mut Criterion) {
    let changed = changed();
    for (name, after_merge) in [("rules as they are", 60), ("rules that change", 30)] {
        let sides = RuleSides {
            destination: files(60),
            merged: files(after_merge),
            kept: None,
        };
        let checks = planned(&sides, &changed).map_or(0, |plan| plan.checks.len());
        assert_eq!(checks, CHECKS / 2);
        criterion.bench_function(
            &format!("{CHECKS} checks, {FILES} files, {name}"),
            |bencher| {
                bencher.iter(|| planned(black_box(&sides), black_box(&changed)));
            },
        );
    }
}

criterion_group!(benches, plans);
criterion_main!(benches);
