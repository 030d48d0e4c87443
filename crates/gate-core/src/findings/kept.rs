//! The tests of a run as they are kept: grouped, because most tests share all but their name with others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use test_names::Test;

use super::{Counts, tests};
use crate::{id::CheckName, report::Outcome, verdict::CheckResult};

/// More cases than this are not kept by name: the object would outgrow what a function should read in one go.
const MOST_CASES: usize = 100_000;

/// The tests of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestFindings {
    /// All of them, counted.
    pub counts: Counts,
    /// By what they belong to, as far as they are known. What earlier releases kept instead is not read.
    #[serde(default)]
    pub groups: Vec<TestGroup>,
    /// Whether `groups` holds all.
    pub complete: bool,
}

/// The tests of one check, suite, class and file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestGroup {
    /// The check they ran in.
    pub check: CheckName,
    /// Their suites, joined by `" > "`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suite: String,
    /// Class, module or package.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// The source file that the report names as theirs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// By name. Of cases of one name the worst outcome and the longest time.
    pub tests: BTreeMap<String, CaseFinding>,
}

/// Outcome and milliseconds of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFinding(pub Outcome, pub u64);

impl TestFindings {
    pub(super) fn new(counts: Counts, results: &[CheckResult]) -> Self {
        let mut groups: BTreeMap<Test<'_>, TestGroup> = BTreeMap::new();
        let mut known = 0;
        for test in tests(results).take(MOST_CASES) {
            known += 1;
            let identity = test.identity();
            let group = Test {
                name: "",
                ..identity
            };
            let group = groups.entry(group).or_insert_with(|| TestGroup {
                check: test.check.clone(),
                suite: identity.suite.to_owned(),
                class: identity.class.to_owned(),
                file: identity.file.to_owned(),
                tests: BTreeMap::new(),
            });
            let case = test.case;
            let milliseconds = case.duration.map_or(0, |time| time.as_millis());
            let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
            let found = CaseFinding(case.outcome, milliseconds);
            let kept = group.tests.entry(case.name.clone()).or_insert(found);
            kept.0 = kept.0.max(case.outcome);
            kept.1 = kept.1.max(milliseconds);
        }
        Self {
            counts,
            groups: groups.into_values().collect(),
            complete: known == counts.total,
        }
    }

    /// Every test that is known.
    pub fn tests(&self) -> impl Iterator<Item = (Test<'_>, CaseFinding)> {
        self.groups.iter().flat_map(|group| {
            group.tests.iter().map(|(name, finding)| {
                let test = Test {
                    space: group.check.as_str(),
                    suite: &group.suite,
                    class: &group.class,
                    name,
                    file: &group.file,
                };
                (test, *finding)
            })
        })
    }
}
