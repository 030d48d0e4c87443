//! What reaches the gate from outside, mutated: nothing makes it panic or hang, and every refusal is a sentence.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};

use fuzz::search;
use gate_core::{
    buildspec::Buildspec,
    command::{Line, MOST, is_in, parse},
    conversation::{CommandRecord, Conversation},
    event::{Event, PullRequestEvent, RulesOverridden},
    host::Comment,
    id::{BranchName, CommentId, CommitId, PullRequestId, RepositoryName, RevisionId},
    names::{self, RunPurpose},
    protocol::{Asked, Candidacy, Decision, Invocation, State, answer},
    pull_request::{PullRequest, PullRequestStatus},
    reply,
    rules::Rules,
    secret,
    settings::RepositorySettings,
    title::Flags,
};
use serde_json::Value;

/// Texts that mean something in JSON, in events and in the gate's own states.
const JSON: [&str; 32] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\",
    "\\u0000",
    "\\ud83d",
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "0.2",
    "🐢",
    "\u{202e}",
    "\0",
    "detail",
    "detail-type",
    "pullRequestId",
    "pullRequestCreated",
    "pullRequestStatusChanged",
    "Closed",
    "input",
    "status",
    "FAILED",
    "{\"action\":\"close\"}",
    "revision",
    "version",
    "request",
];

/// Texts that mean something in YAML and in buildspecs.
const YAML: [&str; 34] = [
    ":",
    "- ",
    "\n",
    "\n  ",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "&a",
    "*a",
    "<<: *a",
    "!!binary ",
    "!!map ",
    "!x ",
    "|",
    ">-",
    "'",
    "\"",
    "#",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "? ",
    "~",
    ".inf",
    "0x10",
    "1e999",
    "\u{feff}",
    "\0",
    "phases",
    "commands",
    "version: 0.2",
    "reports",
];

const TITLE: [&str; 16] = [
    "[",
    "]",
    "skip-tests",
    "SKIP_CI",
    "[container]",
    "[no-cache",
    "=",
    "`",
    " ",
    "\u{202e}",
    "\0",
    "İ",
    "ß",
    "🐢",
    "\n",
    "only=",
];

/// Texts that mean something in comments to the gate.
const COMMENT: [&str; 27] = [
    "/gate ",
    "/GATE",
    "\n/gate ",
    "\r\n",
    "```\n",
    "~~~",
    "help",
    "why",
    "retry ",
    "failed",
    "all",
    "stop",
    "hold ",
    "unhold",
    "allow ",
    "[skip-tests]",
    "skip-tests: ",
    "only=",
    "compute=large",
    "[",
    "]",
    "`",
    "\u{202e}",
    "\0",
    "İ",
    "🐢",
    "\u{2028}",
];

/// Texts that mean something in TOML and in `gate.toml`.
const TOML: [&str; 37] = [
    "[",
    "]",
    "[[check]]\n",
    "[check.coverage]\n",
    "[check.reports]\n",
    "[merge]\n",
    "[commands]\n",
    "allow = [\"arn:aws:iam::*:role/a*\"]\n",
    "reason = true\n",
    "retries = 3\n",
    "minimum = 80.0\n",
    "[build]\n",
    "cache = [\"docker\", \"custom\"]\n",
    "[limits]\nfailed_runs = 100\n",
    "[comment]\nannounce = false\n",
    "[flags.only]\n",
    "=",
    ".",
    ",",
    "{",
    "}",
    "\"",
    "\"\"\"",
    "'",
    "#",
    "\n",
    "\\",
    "\0",
    "inf",
    "1979-05-27",
    "-9223372036854775808",
    "name",
    "after = [\"a\"]\n",
    "paths",
    "**/[a-",
    "{a,{b,",
    "🐢",
];

const SECRET: [&str; 22] = [
    "AKIAABCDEFGHIJKLMNOP",
    "ASIA",
    "://",
    "@",
    ":",
    "=",
    "\"",
    "\\\"",
    "password",
    "Authorization: Bearer ",
    "basic ",
    "-----BEGIN ",
    "PRIVATE KEY-----",
    "-----END ",
    "AWS_SESSION_TOKEN",
    "eyJ",
    ".eyJ",
    "ghp_",
    "IQoJb3JpZ2lu",
    "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00",
    "İ",
    "🐢",
];

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(target)
}

/// Everything that a request from outside is given names by.
fn name_everything(state: &State) {
    let pull_request = state.request.pull_request();
    if let Some(candidacy) = state.request.candidacy() {
        let purpose = RunPurpose::Gate {
            revision: &candidacy.revision,
            destination: &candidacy.destination_commit,
        };
        let run = names::run(pull_request, purpose, 1);
        assert_eq!(names::attempt(&run), Some(1));
        names::preview_branch(pull_request, &run);
        names::revision_prefix(pull_request, &candidacy.revision);
    }
    names::run(pull_request, RunPurpose::Close, 1);
    names::project("mergegate", pull_request);
    assert!(State::input_text(&state.request).starts_with('{'));
}

#[test]
fn any_event_is_read_or_ignored_with_a_reason() {
    search(&corpus("events"), &JSON, |input| {
        let Ok(payload) = serde_json::from_slice::<Value>(input) else {
            return;
        };
        match Event::parse(payload) {
            Ok(
                Event::PullRequest(PullRequestEvent { pull_request, .. })
                | Event::RulesOverridden(RulesOverridden { pull_request, .. }),
            ) => {
                let id = pull_request.as_str();
                assert!(!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
            }
            Ok(Event::Comment(posted)) => {
                let id = posted.pull_request.as_str();
                assert!(!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
            }
            Ok(Event::RunDied(died)) => {
                names::attempt(&died.run);
                if let Ok(state) = serde_json::from_str::<State>(&died.input) {
                    name_everything(&state);
                }
            }
            Ok(Event::RunEnded(ended)) => {
                if let Ok(state) = serde_json::from_str::<State>(&ended.input) {
                    name_everything(&state);
                }
            }
            Ok(Event::BranchMoved(_) | Event::Sweep) => {}
            Err(ignored) => assert!(!ignored.to_string().is_empty()),
        }
    });
}

#[test]
fn any_title_has_flags_that_a_comment_can_show() {
    search(&corpus("titles"), &TITLE, |input| {
        let title = String::from_utf8_lossy(input);
        let flags = Flags::parse(&title);
        assert!(flags.known.len() <= 6);
        for unknown in &flags.unknown {
            assert!((1..=40).contains(&unknown.word.chars().count()));
        }
    });
}

/// Rules that bind flags and commands to people and reasons.
const BOUND: &str = "\
[flags.skip-tests]
allow = [\"arn:aws:iam::*:user/ann\"]
reason = true

[flags.only]
allow = [\"arn:aws:iam::*:user/bob\"]

[commands.unhold]
allow = [\"arn:aws:iam::*:user/bob\"]

[limits]
failed_runs = 1
";

fn pull_request() -> PullRequest {
    PullRequest {
        id: PullRequestId::new("7"),
        title: "Add a thing [skip-tests] [only=build]".to_owned(),
        status: PullRequestStatus::Open,
        author: "arn:aws:iam::000000000000:user/cid".to_owned(),
        revision: RevisionId::new("f".repeat(64)),
        repository: RepositoryName::new("shop"),
        source: BranchName::new("thing"),
        destination: BranchName::new("main"),
        source_commit: CommitId::new("a".repeat(40)),
        destination_commit: CommitId::new("b".repeat(40)),
        merge: None,
        has_approval_rules: true,
    }
}

fn comment(content: &str) -> Comment {
    Comment {
        id: CommentId::new("comment"),
        author: "arn:aws:iam::000000000000:user/ann".to_owned(),
        token: None,
        content: content.to_owned(),
        deleted: false,
        created: "2026-11-20T10:00:00.000Z".to_owned(),
        edited: false,
        after: Some(CommitId::new("a".repeat(40))),
        in_reply_to: None,
    }
}

/// What the gate makes of these lines of a comment, if it is asked for the first time or once more.
fn decide(content: &str, lines: Vec<Line>, recorded: bool) -> Decision {
    let (live, rules) = (pull_request(), Rules::parse(BOUND.as_bytes()).unwrap());
    let candidacy = Candidacy {
        repository: live.repository.clone(),
        pull_request: live.id.clone(),
        revision: live.revision.clone(),
        source_commit: live.source_commit.clone(),
        destination_commit: live.destination_commit.clone(),
    };
    let asked = Asked {
        comment: &comment(content),
        live: Some(&live),
        candidacy: &candidacy,
        rules: Some(&rules),
        conversation: &Conversation::default(),
        result: None,
        built: &[],
        recorded,
        awaits_hold: false,
    };
    answer(asked, lines)
}

/// What was accepted is written down, read again and accepted again, whoever tries it.
fn remember(content: &str, decision: &Decision) {
    let (live, comment) = (pull_request(), comment(content));
    let record = CommandRecord {
        version: 1,
        comment: comment.id,
        revision: live.revision.clone(),
        source_commit: live.source_commit,
        by: comment.author,
        at: comment.created,
        commands: decision.accepted.clone(),
    };
    let written = serde_json::to_string(&record).unwrap();
    let read: CommandRecord = serde_json::from_str(&written).unwrap();
    assert_eq!(read, record);
    let lines = read.commands.iter().map(Line::of).collect();
    assert_eq!(decide(content, lines, true).accepted, record.commands);
    Conversation::of(vec![read], &live.revision).fingerprint();
}

#[test]
fn any_comment_gets_commands_and_one_reply_that_fits() {
    search(&corpus("comments"), &COMMENT, |input| {
        let content = String::from_utf8_lossy(input);
        let lines = match parse(&content) {
            Ok(lines) => lines,
            Err(too_many) => {
                assert!(too_many.found > MOST && !reply::too_many(too_many).is_empty());
                return;
            }
        };
        assert_eq!(is_in(&content), !lines.is_empty());
        let decision = decide(&content, lines, false);
        let reply = reply::reply(&decision.answers, None);
        assert!(reply.chars().count() <= 10_240 && !reply.contains(['\0', '\u{202e}']));
        remember(&content, &decision);
    });
}

#[test]
fn any_buildspec_is_read_or_refused_in_one_line() {
    search(
        &corpus("buildspecs"),
        &YAML,
        |input| match Buildspec::parse("buildspec.yml", input) {
            Ok(buildspec) => assert_eq!(buildspec.text.as_bytes(), input),
            Err(faults) => {
                assert!(!faults.is_empty());
                for words in faults.iter().map(ToString::to_string) {
                    assert!(words.starts_with("buildspec.yml: "), "{words}");
                    assert!(!words.contains('\n'), "{words}");
                }
            }
        },
    );
}

#[test]
fn any_rules_are_read_or_refused_with_places_within_them() {
    search(&corpus("rules"), &TOML, |input| match Rules::parse(input) {
        Ok(rules) => assert!(!rules.checks.is_empty()),
        Err(faults) => {
            assert!(!faults.is_empty());
            let lines = String::from_utf8_lossy(input).matches('\n').count() + 1;
            for fault in &faults {
                assert!((1..=lines).contains(&fault.line), "{fault}");
                assert!(!fault.message.is_empty());
            }
        }
    });
}

#[test]
fn any_input_of_a_step_is_read_or_refused_by_its_word() {
    search(&corpus("steps"), &JSON, |input| {
        let Ok(payload) = serde_json::from_slice::<Value>(input) else {
            return;
        };
        match Invocation::parse(payload) {
            Ok(invocation) => {
                name_everything(&invocation.state);
                if let Some(failure) = &invocation.state.failure {
                    failure.message();
                }
                let written = invocation.state.clone().into_output();
                assert_eq!(
                    serde_json::from_value::<State>(written).unwrap(),
                    invocation.state
                );
            }
            Err(error) => assert_eq!(error.word(), "InvalidInput"),
        }
    });
}

#[test]
fn any_settings_are_read_or_refused_in_words() {
    search(&corpus("settings"), &JSON, |input| {
        let text = String::from_utf8_lossy(input);
        match RepositorySettings::parse(&text) {
            Ok(settings) => assert_eq!(settings.version, 1),
            Err(words) => assert!(!words.is_empty()),
        }
    });
}

#[test]
fn of_any_text_the_secrets_are_hidden_once_and_for_all() {
    search(&corpus("secrets"), &SECRET, |input| {
        let text = String::from_utf8_lossy(input);
        let hidden = secret::hide(&text).into_owned();
        assert_eq!(secret::hide(&hidden), hidden.as_str());
        assert!(!hidden.contains("AKIAABCDEFGHIJKLMNOP"), "{hidden}");
    });
}
