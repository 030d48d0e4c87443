//! Whatever comes in, a person finds words that name the thing, the place and the next step.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod buildspecs;
mod events;
mod names;
mod rules;
mod secrets;
mod titles;

use mergegate_tests::{Stage, green_files};

/// The comment once it holds a verdict, without what differs from run to run: commits, times, addresses, the run's name.
async fn words(stage: &Stage, id: &str) -> String {
    let verdict = stage.verdict(id).await;
    verdict.lines().map(plain).collect::<Vec<_>>().join("\n")
}

fn plain(line: &str) -> String {
    if line.starts_with("Mergegate · run ") {
        return "Mergegate · run RUN".to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        let unit = word.trim_end_matches([',', ':']);
        let is_unit = ["ms", "s"]
            .iter()
            .any(|known| unit == *known || unit.starts_with(&format!("{known}:")));
        let counted = words.last().is_some_and(|last| last.parse::<f64>().is_ok());
        if is_unit && counted {
            words.pop();
            words.push(format!("TIME{}", &word[unit.len()..]));
            continue;
        }
        let bare = word.trim_matches(['(', ')', ',']);
        let is_commit = bare.len() == 7 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        let address = ["[log](", "results]("]
            .into_iter()
            .find_map(|opens| Some((word.split_once(opens)?.0, opens)));
        words.push(match address {
            Some((before, opens)) => format!("{before}{opens}LINK)"),
            None if is_commit => word.replace(bare, "COMMIT"),
            None => word.to_owned(),
        });
    }
    words.join(" ")
}

/// The usual repository with one file in another state.
fn with(path: &'static str, content: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut files = green_files();
    files.retain(|(name, _)| *name != path);
    files.push((path, content));
    files
}

/// The usual repository without one file.
fn without(path: &str) -> Vec<(&'static str, &'static str)> {
    let mut files = green_files();
    files.retain(|(name, _)| *name != path);
    files
}

#[test]
fn what_differs_from_run_to_run_is_left_out() {
    assert_eq!(
        plain("`a` 3f2a91c → `main` 81c0d2e, tested as merged (a77e1b0), 412 ms"),
        "`a` COMMIT → `main` COMMIT, tested as merged (COMMIT), TIME"
    );
    assert_eq!(
        plain("- ✅ **build** passed in 1.2 s: [log](http://127.0.0.1/x)"),
        "- ✅ **build** passed in TIME: [log](LINK)"
    );
    assert_eq!(
        plain("Push. [All results](http://127.0.0.1/x)"),
        "Push. [All results](LINK)"
    );
}
