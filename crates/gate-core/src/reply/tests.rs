use super::*;
use crate::{
    build::{Build, BuildStatus, Purpose},
    command::{Line, parse},
    conversation::{Allowed, Conversation, Given, Hold},
    id::{BuildId, CommitId},
    protocol::{Failures, ResultRecord},
    rules::Rules,
    samples::{build, candidacy, commit, execution, live},
    title::{Flag, Flags},
    verdict::VerdictKind,
};

const BOB: &str = "arn:aws:sts::000000000000:assumed-role/Release/bob";

fn answered(line: &str, said: Said) -> Answered {
    Answered {
        line: line.to_owned(),
        command: None,
        said,
    }
}

fn refused(line: &str) -> String {
    let lines = parse(line).unwrap();
    let [
        Line {
            text,
            command: Err(unclear),
        },
    ] = &lines[..]
    else {
        panic!("{lines:?}")
    };
    let said = Said::Refused(Refusal::Unclear(unclear.clone()));
    reply(&[answered(text, said)], None)
}

#[test]
fn help_is_a_short_list() {
    let help = reply(&[answered("help", Said::Help)], None);
    insta::assert_snapshot!(help);
}

#[test]
fn one_line_gets_a_plain_answer_and_several_get_one_each() {
    let hold = answered("hold", Said::Done(Done::Held(Vec::new())));
    let closed = answered("stop", Said::Refused(Refusal::Closed));
    assert_eq!(
        reply(std::slice::from_ref(&hold), None),
        "Nothing is approved from now on, whatever is pushed, until somebody writes `/gate unhold`. Builds go on."
    );
    assert_eq!(
        reply(&[hold, closed], None),
        "`/gate hold`: Nothing is approved from now on, whatever is pushed, until somebody writes `/gate unhold`. Builds go on.\n\n\
         `/gate stop`: Nothing was done: the pull request is closed."
    );
}

#[test]
fn every_refusal_says_what_to_do() {
    let say = |refusal| reply(&[answered("x", Said::Refused(refusal))], None);
    let patterns = ["arn:aws:iam::1:role/Release", "arn:aws:iam::1:user/ann"];
    let patterns: Vec<String> = patterns.map(str::to_owned).to_vec();
    let all = [
        say(Refusal::Forbidden(patterns)),
        say(Refusal::OtherRevision {
            written: Some(commit('9')),
            live: commit('a'),
        }),
        say(Refusal::OtherRevision {
            written: None,
            live: commit('a'),
        }),
        say(Refusal::Closed),
        say(Refusal::NothingRuns),
        say(Refusal::NoVerdictYet),
        say(Refusal::NothingFailed),
        say(Refusal::NoSuchCheck {
            names: vec!["unti".to_owned()],
            known: vec![CheckName::new("unit"), CheckName::new("docs")],
        }),
        say(Refusal::OtherBranches {
            check: CheckName::new("release"),
            branches: vec!["release/*".to_owned()],
        }),
        say(Refusal::NotHeld),
        say(Refusal::NotInTitle(Flag::SkipTests)),
        say(Refusal::NoLeaveNeeded(Flag::Container)),
        say(Refusal::NoReason(Flag::Only)),
        say(Refusal::FailedTooOften(5)),
        refused("/gate retyr"),
        refused("/gate merge"),
        refused("/gate allow"),
        refused("/gate allow skip-test"),
        refused("/gate compute=huge"),
        refused("/gate retry a b"),
        refused("/gate stop now"),
        refused(&format!("/gate {}", "x ".repeat(5000))),
        too_many(TooMany { found: 1853 }),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn what_people_typed_stays_inert() {
    let nasty = "x`\n# heading\n![i](https://evil) \u{202e}AKIAIOSFODNN7EXAMPLE";
    let said = Said::Refused(Refusal::Unclear(Unclear::Unknown {
        word: nasty.to_owned(),
        nearest: None,
    }));
    let reply = reply(
        &[answered(nasty, said.clone()), answered(nasty, said)],
        None,
    );
    assert!(
        !reply.contains("\n#") && !reply.contains('\u{202e}'),
        "{reply}"
    );
    assert!(reply.contains("``/gate x` # heading"), "{reply}");
}

fn built(check: &str, status: BuildStatus) -> Build {
    Build {
        id: BuildId::new(check),
        purpose: Some(Purpose {
            run: execution().name,
            run_started: execution().start_time,
            check: CheckName::new(check),
            attempt: 1,
        }),
        ..build(status)
    }
}

fn shown(result: Option<&ResultRecord>, conversation: &Conversation, tip: CommitId) -> String {
    let mut candidacy = candidacy();
    candidacy.destination_commit = tip;
    let mut live = live();
    live.title = "Fix [skip-tests: hotfix]".to_owned();
    let rules = "[[check]]\nname = \"unit\"\n[[check]]\nname = \"docs\"\nrequired = false\n";
    let rules = Rules::parse(rules.as_bytes()).unwrap();
    let builds = [
        built("unit", BuildStatus::Succeeded),
        built("docs", BuildStatus::Failed),
        built("web", BuildStatus::InProgress),
        Build {
            purpose: None,
            ..build(BuildStatus::Failed)
        },
    ];
    status(Standing {
        live: &live,
        candidacy: &candidacy,
        result,
        builds: &builds,
        conversation,
        rules: Some(&rules),
    })
}

#[test]
fn the_status_says_what_is_waited_for_what_was_found_and_who_asked_for_what() {
    let none = Conversation::default();
    let talk = Conversation {
        hold: Some(Hold {
            by: BOB.to_owned(),
            reason: Some("the `release`".to_owned()),
        }),
        stopped_by: Some(BOB.to_owned()),
        given: vec![Given {
            by: BOB.to_owned(),
            flags: Flags::parse("[only=web: text]"),
        }],
        allowed: vec![Allowed {
            by: BOB.to_owned(),
            flag: Flag::SkipTests,
            typed: "[skip-tests: hotfix]".to_owned(),
        }],
        retried: Vec::new(),
    };
    let running = ResultRecord::spoken(execution().name, live().revision, None);
    let ended = ResultRecord {
        verdict: Some(VerdictKind::Reject),
        headline: Some("not approved, `unit` ran no test".to_owned()),
        destination_commit: Some(commit('b')),
        tested_commit: Some(commit('c')),
        failed: vec![CheckName::new("docs"), CheckName::new("unit")],
        ..running.clone()
    };
    let given_up = ResultRecord {
        failures: Some(Failures {
            revision: live().revision,
            destination_commit: commit('b'),
            times: 10,
            runs: vec![execution().name],
        }),
        ..ended.clone()
    };
    let stopped = ResultRecord {
        verdict: Some(VerdictKind::Hold),
        headline: Some("on hold, stopped by `Release/bob`".to_owned()),
        destination_commit: Some(commit('b')),
        ..running.clone()
    };
    let deferred = ResultRecord {
        deferred: Some(VerdictKind::Approve),
        ..running.clone()
    };
    let stop = Conversation {
        stopped_by: Some(BOB.to_owned()),
        ..Conversation::default()
    };
    let all = [
        shown(None, &none, commit('b')),
        shown(Some(&running), &none, commit('b')),
        shown(Some(&ended), &none, commit('b')),
        shown(Some(&ended), &talk, commit('d')),
        shown(Some(&given_up), &none, commit('b')),
        shown(Some(&running), &stop, commit('b')),
        shown(Some(&stopped), &stop, commit('b')),
        shown(Some(&deferred), &none, commit('d')),
    ];
    insta::assert_snapshot!(all.join("\n\n---\n\n"));
}
