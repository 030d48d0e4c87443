//! What people asked of the gate about one pull request, and what of it holds now.
//!
//! Every comment with commands that were accepted leaves a record that nobody changes: what its author makes of the comment
//! later counts for nothing. The records together, in the order of their comments, are the conversation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    command::{Command, Retry},
    id::{CommentId, CommitId, RevisionId},
    names,
    protocol::{fits, shorten},
    title::{Flag, Flags},
};

/// The accepted commands of one comment; written once, by the reporter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRecord {
    /// 1.
    pub version: u32,
    /// The comment.
    pub comment: CommentId,
    /// The revision it was written under.
    pub revision: RevisionId,
    /// That revision's source commit.
    pub source_commit: CommitId,
    /// ARN of its author.
    pub by: String,
    /// When it was written: RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// In the order of its lines.
    pub commands: Vec<Command>,
}

impl CommandRecord {
    /// The record as a parameter has room for it, with shorter reasons where it must be; `None` if that does not do.
    pub fn fitted(mut self) -> Option<Self> {
        for length in [200, 100, 50, 25] {
            if fits(&self) {
                break;
            }
            for reason in self.commands.iter_mut().flat_map(Command::reasons) {
                shorten(reason, length);
            }
        }
        fits(&self).then_some(self)
    }
}

/// A hold that nobody has lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// ARN of who asked for it.
    pub by: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A flag that somebody gave by a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// ARN of who gave it.
    pub by: String,
    /// The one flag.
    pub flags: Flags,
}

/// A flag of the title that somebody let take effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// ARN of who did.
    pub by: String,
    /// Which.
    pub flag: Flag,
    /// With the value and the reason that the title had then: another value has nobody's leave.
    #[serde(default)]
    pub typed: String,
}

impl Allowed {
    /// Whether it is the leave for the flag as `title` has it.
    pub fn is_for(&self, title: &Flags, flag: Flag) -> bool {
        self.flag == flag && self.typed == title.as_typed(flag)
    }
}

/// A retry that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retried {
    /// When: a build of a run that began before does not do.
    pub at: String,
    /// Of what.
    pub what: Retry,
}

/// What holds for one revision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Until somebody lifts it, whatever is pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// ARN of who stopped this revision's builds, until a retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<String>,
    /// Flags by command for this revision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Given>,
    /// Flags of the title that may take effect under this revision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<Allowed>,
    /// Retries under this revision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retried: Vec<Retried>,
}

impl Conversation {
    /// What holds for `revision` after all of `records`, in whatever order they were read.
    pub fn of(mut records: Vec<CommandRecord>, revision: &RevisionId) -> Self {
        records.sort_by(|one, other| {
            let order = |record: &CommandRecord| (record.at.clone(), record.comment.clone());
            order(one).cmp(&order(other))
        });
        let mut conversation = Self::default();
        for record in records {
            let is_live = record.revision == *revision;
            for command in record.commands {
                conversation.take(command, (&record.by, &record.at), is_live);
            }
        }
        conversation
    }

    /// In short, to see whether a verdict knew of it all; `None` if nobody asked for anything.
    pub fn fingerprint(&self) -> Option<String> {
        let said = *self != Self::default();
        let text = || serde_json::to_string(self).unwrap_or_default();
        said.then(|| names::hash(&[&text()], 16))
    }

    fn take(&mut self, command: Command, (by, at): (&str, &str), is_live: bool) {
        let by = by.to_owned();
        match command {
            Command::Hold { reason } => self.hold = Some(Hold { by, reason }),
            Command::Unhold => self.hold = None,
            Command::Stop if is_live => self.stopped_by = Some(by),
            Command::Retry { what } if is_live => {
                let at = at.to_owned();
                self.stopped_by = None;
                // The latest retry of the same is the one that builds are measured by.
                self.retried.retain(|retried| retried.what != what);
                self.retried.push(Retried { at, what });
                if self.retried.len() > MOST_OF_A_KIND {
                    // Rather one test too many than a result that somebody wanted anew.
                    self.retried.remove(0);
                    self.retried[0].what = Retry::All;
                }
            }
            Command::Give { flags } if is_live => {
                remember(&mut self.given, Given { by, flags }, gives_the_same);
            }
            Command::Allow { flag, typed } if is_live => {
                // Of an earlier release, which did not write it down.
                let typed = typed.unwrap_or_else(|| flag.to_string());
                remember(
                    &mut self.allowed,
                    Allowed { by, flag, typed },
                    PartialEq::eq,
                );
            }
            Command::Help
            | Command::Status
            | Command::Stop
            | Command::Retry { .. }
            | Command::Give { .. }
            | Command::Allow { .. } => {}
        }
    }
}

/// A run hands the conversation from step to step: however much people write, it is of a bounded size.
const MOST_OF_A_KIND: usize = 20;

/// Adds what was said last in place of the same said before, and forgets what is oldest where there is too much.
fn remember<T>(all: &mut Vec<T>, said: T, is_same: fn(&T, &T) -> bool) {
    all.retain(|before| !is_same(before, &said));
    all.push(said);
    let superfluous = all.len().saturating_sub(MOST_OF_A_KIND);
    all.drain(..superfluous);
}

/// Whether one makes the other superfluous: the same flags of the same person, for whatever reason.
fn gives_the_same(one: &Given, other: &Given) -> bool {
    let flags = |given: &Given| Flags {
        reasons: BTreeMap::new(),
        ..given.flags.clone()
    };
    one.by == other.by && flags(one) == flags(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CheckName;

    fn record(at: &str, revision: &str, commands: Vec<Command>) -> CommandRecord {
        CommandRecord {
            version: 1,
            comment: CommentId::new(format!("comment-{at}")),
            revision: RevisionId::new(revision),
            source_commit: CommitId::new("a".repeat(40)),
            by: format!("arn:aws:iam::000000000000:user/{at}"),
            at: format!("2026-11-20T10:00:0{at}.000Z"),
            commands,
        }
    }

    fn fold(records: Vec<CommandRecord>) -> Conversation {
        Conversation::of(records, &RevisionId::new("live"))
    }

    fn hold() -> Command {
        Command::Hold { reason: None }
    }

    #[test]
    fn commands_that_fit_into_a_comment_fit_into_a_parameter_or_are_not_taken() {
        let reason = "理\u{7b}\u{7b}".repeat(60);
        let hold = Command::Hold {
            reason: Some(reason.clone()),
        };
        let flags = Flags::parse(&format!("[skip-tests: {reason}]"));
        let short = record("1", "live", vec![hold.clone()]);
        assert_eq!(short.clone().fitted(), Some(short));
        let long = record("1", "live", vec![hold; 9]);
        let mut all = long.clone();
        all.commands.push(Command::Give { flags });
        for record in [long, all] {
            assert!(!fits(&record));
            let fitted = record.fitted().unwrap();
            let Command::Hold { reason: Some(kept) } = &fitted.commands[0] else {
                panic!("{fitted:?}");
            };
            assert!(kept.ends_with('…') && reason.starts_with(kept.trim_end_matches('…')));
            assert!(fits(&fitted));
        }
        let check = CheckName::new("理".repeat(390));
        let retry = Command::Retry {
            what: Retry::Check(check),
        };
        assert_eq!(record("1", "live", vec![retry; 10]).fitted(), None);
    }

    #[test]
    fn a_hold_lasts_over_pushes_until_it_is_lifted_in_the_order_of_the_comments() {
        let held = fold(vec![record("1", "older", vec![hold()])]);
        assert_eq!(
            held.hold.map(|hold| hold.by),
            Some("arn:aws:iam::000000000000:user/1".to_owned())
        );
        let lifted = fold(vec![
            record("2", "older", vec![Command::Unhold]),
            record("1", "older", vec![hold()]),
        ]);
        assert_eq!(lifted, Conversation::default());
        let again = fold(vec![
            record("3", "live", vec![hold()]),
            record("2", "older", vec![Command::Unhold]),
            record("1", "older", vec![hold()]),
        ]);
        assert!(again.hold.is_some());
    }

    #[test]
    fn everything_else_is_bound_to_the_revision_it_was_written_under() {
        let flags = Flags::parse("[skip-tests]");
        let all = || {
            vec![
                Command::Stop,
                Command::Give {
                    flags: flags.clone(),
                },
                Command::Allow {
                    flag: Flag::Only,
                    typed: Some("[only=web]".to_owned()),
                },
            ]
        };
        assert_eq!(
            fold(vec![record("1", "older", all())]),
            Conversation::default()
        );
        let live = fold(vec![record("1", "live", all())]);
        assert!(live.stopped_by.is_some());
        assert_eq!(live.given[0].flags, flags);
        assert!(live.allowed[0].is_for(&Flags::parse("x [only=web]"), Flag::Only));
    }

    #[test]
    fn however_much_people_write_a_run_can_carry_it() {
        let reason = "r".repeat(200);
        let mut records = Vec::new();
        for number in 0..300 {
            let check = CheckName::new(format!("{number:0>60}"));
            let mut record = record("1", "live", Vec::new());
            record.comment = CommentId::new(format!("{number:04}"));
            record.by = format!("arn:aws:iam::000000000000:user/{}", number % 7);
            for flags in [
                format!("[skip-tests: {reason}{number}]"),
                format!("[only={check}]"),
            ] {
                let typed = Some(flags.clone());
                let flags = Flags::parse(&flags);
                record.commands.push(Command::Give { flags });
                let flag = Flag::Only;
                record.commands.push(Command::Allow { flag, typed });
            }
            record.commands.push(Command::Retry {
                what: Retry::Check(check),
            });
            records.push(record);
        }
        let said = fold(records);
        let bytes = serde_json::to_string(&said).unwrap().len();
        assert!(bytes < 20_000, "{bytes}");
        assert_eq!(said.retried[0].what, Retry::All);
        assert_eq!(said.retried.len(), MOST_OF_A_KIND);
    }

    #[test]
    fn a_retry_ends_a_stop() {
        let retry = Command::Retry { what: Retry::All };
        let after = fold(vec![
            record("1", "live", vec![Command::Stop]),
            record("2", "live", vec![retry]),
        ]);
        assert_eq!(after.stopped_by, None);
    }

    #[test]
    fn a_verdict_that_did_not_know_of_a_retry_is_another_one() {
        let what = Retry::Failed;
        let retry = || vec![Command::Retry { what: what.clone() }];
        let after = fold(vec![record("2", "live", retry())]);
        let retried = Retried {
            at: "2026-11-20T10:00:02.000Z".to_owned(),
            what: Retry::Failed,
        };
        assert_eq!(after.retried, [retried]);
        assert!(after.fingerprint().is_some());
        assert_eq!(
            fold(vec![record("2", "older", retry())]).fingerprint(),
            None
        );
    }

    #[test]
    fn a_record_reads_as_it_was_written() {
        let written = record(
            "1",
            "live",
            vec![
                Command::Hold {
                    reason: Some("wait".to_owned()),
                },
                Command::Give {
                    flags: Flags::parse("[only=web: text]"),
                },
            ],
        );
        let text = serde_json::to_string(&written).unwrap();
        let read: CommandRecord = serde_json::from_str(&text).unwrap();
        assert_eq!(read, written);
    }
}
