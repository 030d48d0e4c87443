//! What a run says in the end: one sentence, the output of its execution. Its first word is what people are notified by
//! (`statemachine/notifications.json`); nothing that others wrote stands before it.

use crate::{
    id::{PullRequestId, RepositoryName},
    partition,
    verdict::VerdictKind,
};

/// The pull request that a sentence is about, and where it can be read.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The Region of the repository.
    pub region: &'a str,
    /// The repository.
    pub repository: &'a RepositoryName,
    /// The pull request.
    pub pull_request: &'a PullRequestId,
}

/// The sentence about a verdict, with the comment's headline.
pub fn of_verdict(subject: Subject<'_>, verdict: VerdictKind, headline: &str) -> String {
    let word = match verdict {
        VerdictKind::Approve => "passed",
        VerdictKind::Reject => "rejected",
        VerdictKind::Hold => "held",
        VerdictKind::NotGated => "not gated",
    };
    sentence(subject, word, headline)
}

/// The sentence about overridden rules.
pub fn of_override(subject: Subject<'_>, by: &str) -> String {
    let what = format!("{by} overrode its approval rules");
    sentence(subject, "overridden", &what)
}

fn sentence(subject: Subject<'_>, word: &str, what: &str) -> String {
    let Subject {
        region,
        repository,
        pull_request,
    } = subject;
    let console = partition::of(region).console;
    format!(
        "{word}: pull request {pull_request} of {repository}, {what}, \
         https://{region}.{console}/codesuite/codecommit/repositories/{repository}/pull-requests/{pull_request}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_comes_first_then_what_it_is_about_and_where_to_read_on() {
        let (repository, pull_request) = (RepositoryName::new("shop"), PullRequestId::new("7"));
        let subject = Subject {
            region: "eu-central-1",
            repository: &repository,
            pull_request: &pull_request,
        };
        assert_eq!(
            of_verdict(
                subject,
                VerdictKind::Reject,
                "not approved, 2 test failures"
            ),
            "rejected: pull request 7 of shop, not approved, 2 test failures, \
             https://eu-central-1.console.aws.amazon.com/codesuite/codecommit/repositories/shop/pull-requests/7"
        );
        let in_china = Subject {
            region: "cn-north-1",
            ..subject
        };
        assert!(
            of_verdict(in_china, VerdictKind::Hold, "")
                .contains("https://cn-north-1.console.amazonaws.cn/codesuite/")
        );
        let words = [
            (VerdictKind::Approve, "passed: "),
            (VerdictKind::Hold, "held: "),
            (VerdictKind::NotGated, "not gated: "),
        ];
        for (verdict, word) in words {
            assert!(of_verdict(subject, verdict, "").starts_with(word));
        }
        let arn = "arn:aws:iam::123456789012:user/bob";
        let overridden = of_override(subject, arn);
        let begin =
            format!("overridden: pull request 7 of shop, {arn} overrode its approval rules, ");
        assert!(overridden.starts_with(&begin), "{overridden}");
    }
}
