//! China and GovCloud are partitions of their own: what runs or is deployed there names none, but for the one place that
//! knows them.

use std::{fs, path::Path};

use mergegate_tests::tools;

/// What holds in one partition only.
const WORDS: [&str; 4] = [
    "arn:aws:",
    "amazonaws.",
    "console.aws.",
    "starts_with(\"cn-",
];

/// The one place, and what is for tests alone.
const SPARED: [&str; 3] = ["partition.rs", "testing.rs", "samples.rs"];

/// The account of examples, which people read.
const EXAMPLE: &str = "123456789012";

#[test]
fn nothing_that_runs_or_is_deployed_is_of_one_partition() {
    let mut found = Vec::new();
    for folder in [
        "crates/gate-core/src",
        "crates/gate-aws/src",
        "crates/gate-lambda/src",
        "lambdas",
        "statemachine",
    ] {
        search(&tools::root().join(folder), &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}

fn search(path: &Path, found: &mut Vec<String>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder of ours").flatten() {
            search(&entry.path(), found);
        }
        return;
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    let tests = path.components().any(|part| part.as_os_str() == "tests") || name == "tests.rs";
    let read = name.ends_with(".rs") || name.ends_with(".json");
    if !read || tests || SPARED.contains(&name.as_ref()) {
        return;
    }
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let wrong = code
        .lines()
        .filter(|line| WORDS.iter().any(|word| line.contains(word)))
        .filter(|line| !line.contains(EXAMPLE));
    found.extend(wrong.map(|line| format!("{name}: {}", line.trim())));
}
