//! The stage for stories: the whole system on a free port, a repository, people who push and open pull requests.
//!
//! Everything crosses HTTP: pull requests through the AWS SDK, pushes through the `git` program.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a story ends where something is not as it must be"
)]

mod blow;
mod crowd;
mod git;
mod judge;
mod ledger;
mod mallory;
mod people;
mod router;
mod stage;
pub mod tools;
mod trouble;
mod wishes;
mod words;

pub use blow::{Blow, Deed, Place, Record, closes, pushes};
pub use crowd::{play_all, play_all_at_once};
pub use git::WorkingCopy;
pub use ledger::{End, Ledger};
pub use mallory::{Instead, Mallory};
pub use people::People;
pub use router::pull_request_event;
pub use stage::{Scene, Stage, StageOptions, THE_GATE};
pub use trouble::{Trouble, is_delivery};
pub use words::{without_commits, without_what_differs};

/// A buildspec whose tests are one shell script that writes a JUnit report.
pub const BUILDSPEC: &str = "\
version: 0.2
phases:
  build:
    commands:
      - sh test.sh
reports:
  unit:
    files: [report.xml]
    file-format: JUNITXML
";

/// `test.sh`: one test that passes while `value` is less than `limit`, named by the file `name`.
pub const TEST_SCRIPT: &str = r#"
value=$(cat value) limit=$(cat limit) name=$(cat name)
if [ "$value" -lt "$limit" ]; then verdict= status=0
else verdict="<failure message='$value is not below $limit'/>" status=1; fi
echo "<testsuite name='limits'><testcase name='$name' time='0.01'>$verdict</testcase></testsuite>" > report.xml
exit $status
"#;

/// A repository that is green: the value 1 is below the limit 10.
pub fn green_files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("buildspec.yml", BUILDSPEC),
        ("test.sh", TEST_SCRIPT),
        ("value", "1\n"),
        ("limit", "10\n"),
        ("name", "stays_below_the_limit\n"),
    ]
}
