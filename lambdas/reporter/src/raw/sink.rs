//! What raw files say, gathered within bounds: every case counts, failed and flaky ones are kept with their messages first.

use gate_core::report::{Outcome, TestCase, Tests};
use test_reports::{Case, FileCoverage, Sink};

/// Cases kept by name; more are counted.
const MOST_CASES: usize = 100_000;
/// Cases kept with what they said.
const MOST_MESSAGES: usize = 1000;
/// As much CodeBuild keeps of a message, too (user guide, limits).
const MESSAGE_CHARACTERS: usize = 5000;

/// Everything so far.
#[derive(Default)]
pub(super) struct Gathered {
    counts: test_reports::Counts,
    failed: Vec<TestCase>,
    others: Vec<TestCase>,
    messages: usize,
}

impl Gathered {
    pub(super) fn into_tests(self) -> Tests {
        let mut cases = self.failed;
        cases.extend(self.others);
        cases.truncate(MOST_CASES);
        Tests {
            total: self.counts.tests,
            passed: self.counts.passed,
            failed: self.counts.failed + self.counts.errors,
            skipped: self.counts.skipped,
            flaky: self.counts.flaky,
            untold: None,
            cases,
        }
    }
}

impl Sink for Gathered {
    fn suite(&mut self, _name: &str) {}

    fn case(&mut self, case: Case) {
        self.counts.add(&case);
        let speaks = case.outcome.is_failure() || case.flaky;
        let kept = if speaks {
            &mut self.failed
        } else {
            &mut self.others
        };
        if kept.len() >= MOST_CASES {
            return;
        }
        let with_message = speaks && self.messages < MOST_MESSAGES;
        self.messages += usize::from(with_message);
        kept.push(convert(case, with_message));
    }

    fn file_coverage(&mut self, _file: FileCoverage) {}
}

fn convert(case: Case, with_message: bool) -> TestCase {
    let own_file = case.own_file(None);
    // Of others no place is shown.
    let place = case.place(None).filter(|_| with_message);
    let (file, line) = place.map_or((None, None), |place| (Some(place.file), place.line));
    let message = match (case.message, case.details) {
        (Some(message), Some(details))
            if !details.contains(&message) || details.chars().nth(MESSAGE_CHARACTERS).is_some() =>
        {
            Some(format!("{message}\n{details}"))
        }
        (message, details) => details.or(message),
    };
    TestCase {
        suite: Some(case.suite).filter(|suite| !suite.is_empty()),
        class: case.class_name,
        name: case.name,
        own_file,
        outcome: match case.outcome {
            test_reports::Outcome::Passed => Outcome::Passed,
            test_reports::Outcome::Skipped => Outcome::Skipped,
            test_reports::Outcome::Failed | test_reports::Outcome::Error => Outcome::Failed,
        },
        flaky: case.flaky,
        message: message.filter(|_| with_message).map(cut),
        file,
        line,
        duration: case.duration,
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MESSAGE_CHARACTERS) {
        text.truncate(end);
        text.shrink_to_fit();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(text: &str) -> Tests {
        let mut gathered = Gathered::default();
        test_reports::read(text.as_bytes(), &mut gathered).unwrap();
        gathered.into_tests()
    }

    #[test]
    fn failed_tests_come_first_with_place_and_message_and_flaky_ones_are_known() {
        let tests = gathered(
            r#"<testsuite name="shop">
                <testcase name="counts" classname="shop.Cart" time="0.5"/>
                <testcase name="pays" file="src/pay.rs" line="7"><failure message="no money">at src/pay.rs:7</failure></testcase>
                <testcase name="mails"><flakyFailure message="refused"/></testcase>
                <testcase name="prints"><skipped message="no printer"/></testcase>
            </testsuite>"#,
        );
        assert_eq!(
            (
                tests.total,
                tests.passed,
                tests.failed,
                tests.skipped,
                tests.flaky
            ),
            (4, 2, 1, 1, 1)
        );
        let names: Vec<_> = tests.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, ["pays", "mails", "counts", "prints"]);
        let counts = &tests.cases[2];
        assert_eq!(
            (counts.suite.as_deref(), counts.class.as_deref()),
            (Some("shop"), Some("shop.Cart"))
        );
        let pays = &tests.cases[0];
        assert_eq!(pays.message.as_deref(), Some("no money\nat src/pay.rs:7"));
        assert_eq!(
            (pays.file.as_deref(), pays.line),
            (Some("src/pay.rs"), Some(7))
        );
        assert!(tests.cases[1].flaky && tests.cases[2].message.is_none());
    }

    #[test]
    fn of_very_many_cases_all_count_and_the_failed_ones_are_kept() {
        let mut text = "<testsuite name='s'>".to_owned();
        text += &"<testcase name='a'/>".repeat(MOST_CASES + 5);
        text += "<testcase name='b'><failure/></testcase></testsuite>";
        let tests = gathered(&text);
        assert_eq!(tests.total, MOST_CASES as u64 + 6);
        assert_eq!(
            (tests.cases.len(), tests.cases[0].name.as_str()),
            (MOST_CASES, "b")
        );
    }
}
