use super::*;
use crate::{
    command::parse,
    conversation::Hold,
    id::RunName,
    protocol::{ApprovalRecord, one_more},
    samples::{candidacy, closed, commit, execution, live},
    verdict::VerdictKind,
};

const ANN: &str = "arn:aws:iam::000000000000:user/ann";
const BOB: &str = "arn:aws:sts::000000000000:assumed-role/Release/bob";

const RULES: &str = r#"
[[check]]
name = "unit"
[[check]]
name = "docs"
[flags.skip-tests]
allow = ["arn:aws:iam::*:role/Release"]
[flags.only]
reason = true
[commands.unhold]
allow = ["arn:aws:iam::*:role/Release"]
"#;

fn comment(by: &str, after: Option<CommitId>) -> Comment {
    Comment {
        author: by.to_owned(),
        after,
        ..crate::samples::comment("")
    }
}

fn result(verdict: Option<VerdictKind>, failed: &[&str]) -> ResultRecord {
    ResultRecord {
        verdict,
        approval: ApprovalRecord::NotGiven,
        failed: failed.iter().map(|name| CheckName::new(*name)).collect(),
        ..ResultRecord::spoken(execution().name, live().revision, None)
    }
}

/// A world in which everything may be asked for.
struct World {
    comment: Comment,
    live: PullRequest,
    rules: Option<Rules>,
    conversation: Conversation,
    result: Option<ResultRecord>,
    built: Vec<CheckName>,
    recorded: bool,
    awaits_hold: bool,
}

impl World {
    fn new() -> Self {
        Self {
            comment: comment(ANN, Some(live().source_commit)),
            live: live(),
            rules: Some(Rules::parse(RULES.as_bytes()).unwrap()),
            conversation: Conversation::default(),
            result: Some(result(Some(VerdictKind::Reject), &["unit"])),
            built: Vec::new(),
            recorded: false,
            awaits_hold: false,
        }
    }

    fn decide(&self, text: &str) -> Decision {
        let asked = Asked {
            comment: &self.comment,
            live: Some(&self.live),
            candidacy: &candidacy(),
            rules: self.rules.as_ref(),
            conversation: &self.conversation,
            result: self.result.as_ref(),
            built: &self.built,
            recorded: self.recorded,
            awaits_hold: self.awaits_hold,
        };
        answer(asked, parse(text).unwrap())
    }

    /// What follows, if nothing has changed since and this run holds the claim.
    fn follow(&self, text: &str, claim: Option<&Claim>) -> Follow {
        let own = Claim::from(&execution());
        self.decide(text).follow(Afterwards {
            live: Some(&self.live),
            candidacy: &candidacy(),
            result: self.result.as_ref(),
            claim: claim.or(Some(&own)),
            own: &own,
        })
    }

    fn done(&self, text: &str) -> Done {
        let decision = self.decide(text);
        match &decision.answers[..] {
            [
                Answered {
                    said: Said::Done(done),
                    ..
                },
            ] => done.clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn refused(&self, text: &str) -> Refusal {
        let decision = self.decide(text);
        assert!(decision.accepted.is_empty() && !decision.withdraws);
        assert_eq!(self.follow(text, None), Follow::Nothing);
        match &decision.answers[..] {
            [
                Answered {
                    said: Said::Refused(refusal),
                    ..
                },
            ] => refusal.clone(),
            other => panic!("{text}: {other:?}"),
        }
    }
}

fn names(names: &[&str]) -> Vec<CheckName> {
    names.iter().map(|name| CheckName::new(*name)).collect()
}

#[test]
fn after_a_verdict_a_retry_tests_all_or_what_failed_or_what_is_named() {
    let world = World::new();
    assert_eq!(world.done("/gate retry"), Done::RetryAll);
    let unit = Done::RetrySome(names(&["unit"]));
    assert_eq!(world.done("/gate retry failed"), unit);
    assert_eq!(
        world.done("/gate retry docs"),
        Done::RetrySome(names(&["docs"]))
    );
    assert_eq!(world.follow("/gate retry", None), Follow::Run);
    let green = World {
        result: Some(result(Some(VerdictKind::Approve), &[])),
        ..World::new()
    };
    assert_eq!(green.refused("/gate retry failed"), Refusal::NothingFailed);
}

/// The refusal of names that are none.
fn no_such_check(typed: &[&str], known: &[&str]) -> Refusal {
    Refusal::NoSuchCheck {
        names: typed.iter().map(|name| (*name).to_owned()).collect(),
        known: names(known),
    }
}

#[test]
fn refuses_checks_that_there_are_not_with_those_there_are() {
    let mut world = World::new();
    let known = ["unit", "docs", "release"];
    let with_branches =
        format!("{RULES}[[check]]\nname = \"release\"\nbranches = [\"release/*\"]\n");
    world.rules = Some(Rules::parse(with_branches.as_bytes()).unwrap());
    for result in [world.result.clone(), None] {
        world.result = result;
        assert_eq!(
            world.refused("/gate retry nosuch"),
            no_such_check(&["nosuch"], &known)
        );
        assert_eq!(
            world.refused("/gate only=unti,unit,nosuch: why not"),
            no_such_check(&["unti", "nosuch"], &known)
        );
        let for_others = Refusal::OtherBranches {
            check: CheckName::new("release"),
            branches: vec!["release/*".to_owned()],
        };
        for line in ["/gate retry release", "/gate only=release: why not"] {
            assert_eq!(world.refused(line), for_others, "{line}");
        }
    }
}

#[test]
fn where_no_rules_can_be_read_the_checks_are_those_that_were_built() {
    let mut world = World::new();
    world.rules = None;
    world.built = names(&["build"]);
    for line in ["/gate retry nosuch", "/gate only=nosuch"] {
        let refusal = no_such_check(&["nosuch"], &["build"]);
        assert_eq!(world.refused(line), refusal, "{line}");
    }
    let build = Done::RetrySome(names(&["build"]));
    assert_eq!(world.done("/gate retry build"), build);
}

#[test]
fn a_check_is_meant_in_whatever_case_it_is_written_and_remembered_by_its_name() {
    let world = World::new();
    let unit = Done::RetrySome(names(&["unit"]));
    assert_eq!(world.done("/gate retry UNIT"), unit);
    assert_eq!(world.done("/gate retry `unit`"), unit);
    let given = world.decide("/gate only=Unit,DOCS: why not").accepted;
    let expected = Flags::parse("[only=unit,docs: why not]");
    let [Command::Give { flags }] = &given[..] else {
        panic!("{given:?}");
    };
    assert_eq!(*flags, expected);
}

#[test]
fn before_the_verdict_only_all_can_be_retried_and_after_it_nothing_can_be_stopped() {
    let mut world = World::new();
    assert_eq!(world.refused("/gate stop"), Refusal::NothingRuns);
    for unfinished in [None, Some(result(None, &[]))] {
        world.result = unfinished;
        assert_eq!(world.done("/gate stop"), Done::Stopped);
        assert!(world.decide("/gate stop").withdraws);
        assert_eq!(world.done("/gate retry all"), Done::RetryAll);
        assert_eq!(world.refused("/gate retry failed"), Refusal::NoVerdictYet);
        assert_eq!(world.refused("/gate retry unit"), Refusal::NoVerdictYet);
    }
}

#[test]
fn a_hold_needs_a_run_of_its_own_only_after_the_verdict_and_takes_the_approval_back_at_once() {
    let release = vec!["arn:aws:iam::*:role/Release".to_owned()];
    let mut world = World::new();
    assert_eq!(world.done("/gate hold"), Done::Held(release));
    assert!(world.decide("/gate hold").withdraws);
    assert_eq!(world.follow("/gate hold", None), Follow::Run);
    world.result = None;
    assert_eq!(world.follow("/gate hold", None), Follow::Nothing);
    let decision = world.decide("/gate hold");
    assert!(decision.withdraws);
    assert_eq!(decision.accepted, [Command::Hold { reason: None }]);
}

#[test]
fn what_was_written_down_is_carried_out_by_a_second_try_whatever_came_meanwhile() {
    let green = || Some(result(Some(VerdictKind::Approve), &[]));
    let after = |result: Option<ResultRecord>| World {
        recorded: true,
        result,
        ..World::new()
    };
    assert_eq!(after(green()).done("/gate stop"), Done::Stopped);
    let mut by_bob = after(green());
    by_bob.comment.author = BOB.to_owned();
    assert_eq!(by_bob.done("/gate unhold"), Done::Unheld);
    let retried = Done::RetrySome(Vec::new());
    assert_eq!(after(green()).done("/gate retry failed"), retried);
    let named = Done::RetrySome(names(&["unit"]));
    assert_eq!(after(None).done("/gate retry unit"), named);
    assert_eq!(after(Some(failed(10))).done("/gate retry"), Done::RetryAll);
    let mut pushed = after(green());
    pushed.live.revision = crate::id::RevisionId::new("newer");
    assert!(matches!(
        pushed.refused("/gate stop"),
        Refusal::OtherRevision { .. }
    ));
}

#[test]
fn a_run_that_was_overtaken_before_its_commands_were_written_down_comes_again() {
    let claim = |start_time: &str| Claim {
        start_time: start_time.to_owned(),
        run: RunName::new("pr-7-3f2a91c0d1e2-bbbbbbbb-1"),
    };
    let (older, newer) = (
        claim("2026-11-20T09:00:00.000Z"),
        claim("2026-11-20T11:00:00.000Z"),
    );
    let mut world = World::new();
    assert_eq!(world.follow("/gate retry", Some(&older)), Follow::Run);
    assert_eq!(world.follow("/gate retry", Some(&newer)), Follow::Overtaken);
    world.result = None;
    assert_eq!(world.follow("/gate stop", Some(&newer)), Follow::Overtaken);
    assert_eq!(
        world.follow("/gate hold", Some(&newer)),
        Follow::Nothing,
        "the newer one looks at holds"
    );
}

#[test]
fn a_hold_whose_own_earlier_attempt_was_to_give_the_verdict_is_followed_by_a_run() {
    let own = Claim::from(&execution());
    let (request, _) = own.run.as_str().rsplit_once('-').unwrap();
    let by = |run: String| Claim {
        start_time: "2026-11-20T09:00:00.000Z".to_owned(),
        run: RunName::new(run),
    };
    let mut world = World::new();
    world.result = None;
    let died = by(format!("{request}-0"));
    assert_ne!(died.run, own.run);
    assert_eq!(world.follow("/gate hold", Some(&died)), Follow::Run);
    let another = by("pr-7-3f2a91c0d1e2-bbbbbbbb-1".to_owned());
    assert_eq!(world.follow("/gate hold", Some(&another)), Follow::Nothing);
}

#[test]
fn a_hold_is_lifted_by_those_who_may() {
    let mut world = World::new();
    world.comment.author = BOB.to_owned();
    assert_eq!(world.refused("/gate unhold"), Refusal::NotHeld);
    world.conversation.hold = Some(Hold {
        by: ANN.to_owned(),
        reason: None,
    });
    assert_eq!(world.done("/gate unhold"), Done::Unheld);
    world.comment.author = ANN.to_owned();
    assert!(matches!(
        world.refused("/gate unhold"),
        Refusal::Forbidden(_)
    ));
}

#[test]
fn refuses_what_was_written_under_another_revision_but_a_hold() {
    let mut world = World::new();
    world.comment.after = Some(commit('9'));
    let refusal = Refusal::OtherRevision {
        written: Some(commit('9')),
        live: live().source_commit,
    };
    for command in ["retry", "stop", "unhold", "skip-ci"] {
        world.comment.author = BOB.to_owned();
        assert_eq!(world.refused(&format!("/gate {command}")), refusal);
    }
    assert!(matches!(world.done("/gate hold"), Done::Held(_)));
    world.comment.after = None;
    assert_eq!(world.done("/gate retry"), Done::RetryAll);
    world.live.revision = crate::id::RevisionId::new("newer");
    assert!(matches!(
        world.refused("/gate retry"),
        Refusal::OtherRevision { written: None, .. }
    ));
}

#[test]
fn refuses_everything_but_help_on_a_closed_pull_request() {
    let world = World {
        live: closed(),
        ..World::new()
    };
    for command in ["status", "retry", "stop", "hold", "skip-tests"] {
        assert_eq!(world.refused(&format!("/gate {command}")), Refusal::Closed);
    }
    assert_eq!(world.decide("/gate help").answers[0].said, Said::Help);
}

#[test]
fn a_bound_flag_is_allowed_and_given_only_by_those_the_rules_name() {
    let mut world = World::new();
    world.live.title = "Quick [skip-tests]".to_owned();
    let release = Refusal::Forbidden(vec!["arn:aws:iam::*:role/Release".to_owned()]);
    assert_eq!(world.refused("/gate allow skip-tests"), release);
    assert_eq!(world.refused("/gate skip-tests"), release);
    world.comment.author = BOB.to_owned();
    assert_eq!(
        world.done("/gate allow skip-tests"),
        Done::Allowed {
            flag: Flag::SkipTests,
            typed: "[skip-tests]".to_owned(),
        }
    );
    assert_eq!(world.done("/gate skip-tests"), Done::Given(Flag::SkipTests));
    assert_eq!(
        world.refused("/gate allow container"),
        Refusal::NoLeaveNeeded(Flag::Container)
    );
    world.live.title = "Quick".to_owned();
    assert_eq!(
        world.refused("/gate allow skip-tests"),
        Refusal::NotInTitle(Flag::SkipTests)
    );
}

#[test]
fn a_leave_is_for_the_value_and_the_reason_that_the_title_has_when_it_is_given() {
    let mut world = World::new();
    world.comment.author = BOB.to_owned();
    world.live.title = "Quick [skip-tests: hotfix]".to_owned();
    let as_it_stands = Done::Allowed {
        flag: Flag::SkipTests,
        typed: "[skip-tests: hotfix]".to_owned(),
    };
    for line in [
        "/gate allow skip-tests",
        "/gate allow skip-tests: hotfix",
        "/gate allow [skip-tests: hotfix]",
    ] {
        assert_eq!(world.done(line), as_it_stands, "{line}");
        let Command::Allow { typed, .. } = &world.decide(line).accepted[0] else {
            panic!("a leave is remembered")
        };
        assert_eq!(typed.as_deref(), Some("[skip-tests: hotfix]"), "{line}");
    }
    assert_eq!(
        world.refused("/gate allow skip-tests: something else"),
        Refusal::OtherInTitle {
            named: "[skip-tests: something else]".to_owned(),
            typed: "[skip-tests: hotfix]".to_owned(),
        }
    );
}

#[test]
fn a_flag_that_needs_a_reason_is_refused_without_one() {
    let world = World::new();
    assert_eq!(
        world.refused("/gate only=unit"),
        Refusal::NoReason(Flag::Only)
    );
    assert_eq!(
        world.done("/gate only=unit: docs are broken on main"),
        Done::Given(Flag::Only)
    );
}

#[test]
fn without_rules_everybody_may_everything() {
    let mut world = World::new();
    world.rules = None;
    assert_eq!(world.done("/gate skip-tests"), Done::Given(Flag::SkipTests));
    assert_eq!(world.done("/gate hold"), Done::Held(Vec::new()));
    assert_eq!(
        world.done("/gate retry web"),
        Done::RetrySome(names(&["web"]))
    );
}

#[test]
fn each_line_is_answered_and_what_is_refused_is_not_remembered() {
    let decision = World::new().decide("/gate status\n/gate hold\n/gate unhold\n/gate nonsense");
    assert_eq!(decision.answers.len(), 4);
    assert_eq!(decision.accepted, [Command::Hold { reason: None }]);
}

/// A record of so many failed runs of the candidate.
fn failed(times: u32) -> ResultRecord {
    let mut record = result(Some(VerdictKind::Reject), &["unit"]);
    for number in 0..times {
        let run = crate::id::RunName::new(format!("run-{number}"));
        record.failures = Some(one_more(Some(&record), &candidacy(), &run));
    }
    record
}

#[test]
fn refuses_to_test_again_what_failed_too_often_until_it_is_another_candidate() {
    let mut world = World::new();
    let limited = format!("{RULES}[limits]\nfailed_runs = 3\n");
    world.rules = Some(Rules::parse(limited.as_bytes()).unwrap());
    world.comment.author = BOB.to_owned();
    world.live.title = "Quick [skip-tests]".to_owned();
    world.result = Some(failed(2));
    assert_eq!(world.done("/gate retry"), Done::RetryAll);
    world.result = Some(failed(3));
    for command in [
        "retry",
        "retry failed",
        "retry unit",
        "no-cache",
        "skip-tests",
        "only=unit: why not",
        "allow skip-tests",
    ] {
        let refusal = world.refused(&format!("/gate {command}"));
        assert_eq!(refusal, Refusal::FailedTooOften(3), "{command}");
    }
    assert!(matches!(world.done("/gate hold"), Done::Held(_)));
    assert_eq!(world.done("/gate skip-ci"), Done::Given(Flag::SkipCi));
    assert_eq!(world.decide("/gate status").answers[0].said, Said::Status);
    let failures = world.result.as_mut().unwrap().failures.as_mut().unwrap();
    failures.destination_commit = commit('e');
    assert_eq!(world.done("/gate retry"), Done::RetryAll);
}

#[test]
fn without_a_word_in_the_rules_ten_runs_may_fail() {
    let mut world = World::new();
    for rules in [None, world.rules.clone()] {
        world.rules = rules;
        world.result = Some(failed(9));
        assert_eq!(world.done("/gate retry"), Done::RetryAll);
        world.result = Some(failed(10));
        let refusal = Refusal::FailedTooOften(10);
        assert_eq!(world.refused("/gate retry"), refusal);
    }
}

#[test]
fn a_hold_that_is_answered_after_its_end_was_asked_for_does_not_outlast_it() {
    let world = World {
        awaits_hold: true,
        ..World::new()
    };
    let by_bob = World {
        comment: comment(BOB, Some(live().source_commit)),
        ..world
    };
    assert_eq!(by_bob.done("/gate unhold"), Done::Unheld);
}

#[test]
fn a_hold_is_awaited_until_it_is_answered() {
    const REPORTER: &str = "arn:aws:sts::000000000000:assumed-role/reporter/reporter";
    let said = |id: &str, content: &str| Comment {
        id: crate::id::CommentId::new(id),
        ..crate::samples::comment(content)
    };
    let reply = Comment {
        author: REPORTER.to_owned(),
        in_reply_to: Some(crate::id::CommentId::new("1")),
        ..said("3", "Nothing is approved from now on.")
    };
    let (hold, unhold) = (said("1", "/gate hold"), said("2", "/gate unhold"));
    let awaits = |comments: &[Comment]| awaits_hold(comments, &unhold, REPORTER);
    assert!(awaits(&[hold.clone(), unhold.clone()]));
    assert!(!awaits(&[hold.clone(), unhold.clone(), reply]));
    assert!(!awaits(&[unhold.clone(), hold.clone()]), "written later");
    assert!(!awaits(&[said("1", "/gate retry"), unhold.clone()]));
    let deleted = Comment {
        deleted: true,
        ..hold
    };
    assert!(!awaits(&[deleted, unhold.clone()]));
}
