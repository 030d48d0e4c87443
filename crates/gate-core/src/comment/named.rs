//! What the tests of a run are called: each by the shortest name that no other of its check has, and by its check where
//! tests of several checks are told together.

use std::collections::BTreeSet;

use test_names::{Names, Test};

use crate::{
    findings::{Changes, RanTest, tests},
    report::ReportContent,
    verdict::CheckResult,
};

/// Tests by what they are called.
pub(crate) struct Named {
    names: Names,
    of_several_checks: bool,
}

/// A name that is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shown {
    pub(crate) name: String,
    /// Said where there are several.
    pub(crate) check: Option<String>,
}

impl Named {
    /// Takes in the tests that ran and those that did before.
    pub(super) fn of(results: &[CheckResult], changes: &Changes<'_>) -> Self {
        let mut names = Names::default();
        for test in tests(results) {
            names.add(test.identity());
        }
        for test in &changes.removed {
            names.add(*test);
        }
        let has_tests = |result: &&CheckResult| {
            let mut reports = result.reports.iter();
            reports.any(|report| matches!(report.content, ReportContent::Tests(_)))
        };
        let checks = results.iter().filter(has_tests);
        let checks: BTreeSet<_> = checks.map(|result| &result.check.name).collect();
        Self {
            names,
            of_several_checks: checks.len() > 1,
        }
    }

    /// What a test that ran is called.
    pub(crate) fn ran(&self, test: RanTest<'_>) -> Shown {
        self.shown(test.identity())
    }

    /// What a test is called.
    pub(crate) fn shown(&self, test: Test<'_>) -> Shown {
        Shown {
            name: self.names.shown(test),
            check: self.of_several_checks.then(|| test.space.to_owned()),
        }
    }
}
