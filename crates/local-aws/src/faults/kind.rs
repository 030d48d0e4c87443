//! The kinds of misbehaviour, and who can suffer which.

use std::str::FromStr;

use crate::{Call, Moment, RUN_COMMANDS};

/// A kind of misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The caller is told to slow down.
    Throttled,
    /// A status of 500 or above, and nothing has happened.
    Failed,
    /// A status of 500 or above, and yet it has happened.
    FailedAfterEffect,
    /// No answer until the caller gives up, and nothing has happened.
    TimedOut,
    /// No answer until the caller gives up, and yet it has happened.
    TimedOutAfterEffect,
    /// The connection closes, and nothing has happened.
    Lost,
    /// The connection closes, and yet it has happened.
    AnswerLost,
    /// The answer breaks off in its middle.
    AnswerTruncated,
    /// It takes a while.
    Slow,
    /// The connection closes, and it happens some time later.
    EffectLate,
    /// A read sees what was there before the last change.
    StaleRead,
    /// A function's process ends in the middle of its work.
    HandlerKilled,
    /// An event never arrives.
    EventLost,
    /// An event arrives twice.
    EventTwice,
    /// An event arrives late.
    EventLate,
    /// An event is overtaken by the one behind it.
    EventReordered,
    /// A build ends as FAULT before its first command.
    BuildFaulted,
    /// A build ends as FAULT after its last command, whatever came of that.
    BuildFaultedAtEnd,
    /// A build's processes are killed.
    BuildKilled,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Throttled,
        Self::Failed,
        Self::FailedAfterEffect,
        Self::TimedOut,
        Self::TimedOutAfterEffect,
        Self::Lost,
        Self::AnswerLost,
        Self::AnswerTruncated,
        Self::Slow,
        Self::EffectLate,
        Self::StaleRead,
        Self::HandlerKilled,
        Self::EventLost,
        Self::EventTwice,
        Self::EventLate,
        Self::EventReordered,
        Self::BuildFaulted,
        Self::BuildFaultedAtEnd,
        Self::BuildKilled,
    ];

    /// Its name in tables and on a command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Failed => "failed",
            Self::FailedAfterEffect => "failed-after-effect",
            Self::TimedOut => "timed-out",
            Self::TimedOutAfterEffect => "timed-out-after-effect",
            Self::Lost => "lost",
            Self::AnswerLost => "answer-lost",
            Self::AnswerTruncated => "answer-truncated",
            Self::Slow => "slow",
            Self::EffectLate => "effect-late",
            Self::StaleRead => "stale-read",
            Self::HandlerKilled => "handler-killed",
            Self::EventLost => "event-lost",
            Self::EventTwice => "event-twice",
            Self::EventLate => "event-late",
            Self::EventReordered => "event-reordered",
            Self::BuildFaulted => "build-faulted",
            Self::BuildFaultedAtEnd => "build-faulted-at-end",
            Self::BuildKilled => "build-killed",
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|fault| fault.word() == text)
            .ok_or_else(|| format!("there is no fault `{text}`"))
    }
}

/// Who suffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    Read,
    /// A read that nobody promises to be consistent.
    LooseRead,
    Write,
    /// A function that a state machine waits for.
    Task,
    /// A function that a rule has invoked.
    Event,
    Build,
}

impl Victim {
    /// `None` for people and for the deployment.
    pub(super) fn of(call: &Call) -> Option<Self> {
        if call.operation == RUN_COMMANDS {
            return Some(Self::Build);
        }
        match (&call.function, &call.state) {
            (Some(_), Some(_)) => return Some(Self::Task),
            (Some(_), None) => {
                return (call.caller == "events.amazonaws.com").then_some(Self::Event);
            }
            (None, _) => {}
        }
        if !call.caller.contains(":assumed-role/") {
            return None;
        }
        let reads = ["Get", "List", "Describe", "BatchGet", "Evaluate"];
        Some(match call.operation.as_str() {
            "GetPullRequest" | "GetBranch" => Self::LooseRead,
            operation if reads.iter().any(|read| operation.starts_with(read)) => Self::Read,
            _ => Self::Write,
        })
    }

    /// How much more often it suffers than a read: there are that many fewer of its kind.
    pub(super) fn times(self) -> f64 {
        match self {
            Self::Read | Self::LooseRead => 1.0,
            Self::Write | Self::Task => 2.0,
            Self::Event | Self::Build => 5.0,
        }
    }
}

/// What can befall the victim, and how likely each is. Whoever waits for silence to end holds up a handler for long.
pub(super) fn possible(victim: Victim, moment: Moment) -> &'static [(Fault, u32)] {
    use Fault::{
        AnswerLost, AnswerTruncated, BuildFaulted, BuildFaultedAtEnd, BuildKilled, EffectLate,
        EventLate, EventLost, EventReordered, EventTwice, Failed, FailedAfterEffect, HandlerKilled,
        Lost, Slow, StaleRead, Throttled, TimedOut, TimedOutAfterEffect,
    };
    match (victim, moment) {
        (Victim::Read, Moment::Before) => &[
            (Throttled, 20),
            (Failed, 20),
            (Lost, 20),
            (Slow, 20),
            (TimedOut, 1),
        ],
        (Victim::LooseRead, Moment::Before) => &[
            (Throttled, 10),
            (Failed, 10),
            (Lost, 10),
            (Slow, 10),
            (TimedOut, 1),
            (StaleRead, 40),
        ],
        (Victim::Read | Victim::LooseRead, Moment::After) => &[
            (AnswerLost, 20),
            (AnswerTruncated, 20),
            (TimedOutAfterEffect, 1),
        ],
        (Victim::Write, Moment::Before) => &[
            (Throttled, 20),
            (Failed, 20),
            (Lost, 20),
            (Slow, 20),
            (EffectLate, 20),
            (TimedOut, 2),
        ],
        (Victim::Write, Moment::After) => &[
            (FailedAfterEffect, 20),
            (AnswerLost, 20),
            (AnswerTruncated, 20),
            (TimedOutAfterEffect, 2),
        ],
        (Victim::Task, Moment::Before) => &[
            (Throttled, 10),
            (Failed, 10),
            (Lost, 10),
            (Slow, 10),
            (HandlerKilled, 60),
        ],
        (Victim::Task | Victim::Event, Moment::After) => {
            &[(FailedAfterEffect, 10), (AnswerLost, 10)]
        }
        (Victim::Event, Moment::Before) => &[
            (EventLost, 10),
            (EventTwice, 10),
            (EventLate, 10),
            (EventReordered, 10),
            (HandlerKilled, 10),
            (Throttled, 2),
            (Failed, 2),
        ],
        (Victim::Build, Moment::Before) => &[(BuildFaulted, 10), (BuildKilled, 10), (Slow, 10)],
        (Victim::Build, Moment::After) => &[(BuildFaultedAtEnd, 10)],
    }
}
