//! What the gate does about the commands of one comment.
//!
//! Nothing is changed, and no run loses its say, before it is settled that the author may ask for it under the live revision.

use super::{Candidacy, Claim, ClaimStep, ResultRecord, claim, failed_runs, is_asked};
use crate::{
    command::{self, Command, Line, Name, Retry, Unclear},
    conversation::Conversation,
    host::Comment,
    id::{CheckName, CommitId},
    naming, plan,
    pull_request::PullRequest,
    rules::{LimitRules, Rules},
    title::{Flag, Flags},
};

/// All that the answer depends on.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The comment.
    pub comment: &'a Comment,
    /// The pull request now; `None` if it is gone.
    pub live: Option<&'a PullRequest>,
    /// What the run was made for.
    pub candidacy: &'a Candidacy,
    /// The destination's rules; `None` if it has none that can be read.
    pub rules: Option<&'a Rules>,
    /// What was asked before.
    pub conversation: &'a Conversation,
    /// What the gate said last.
    pub result: Option<&'a ResultRecord>,
    /// Checks that were built for it; where there are no rules that can be read, no others are known.
    pub built: &'a [CheckName],
    /// Whether the commands were accepted by an earlier try: then whatever came of them since refuses none.
    pub recorded: bool,
    /// Whether a hold that was written before may be written down at any moment; see [`awaits_hold`].
    pub awaits_hold: bool,
}

/// Whether a comment before this one asks for a hold and has no answer yet. What holds in the end goes by the order of comments,
/// not by that of their answers. `comments` are the pull request's, oldest first.
pub fn awaits_hold(comments: &[Comment], asked: &Comment, reporter: &str) -> bool {
    let holds = |comment: &Comment| {
        let lines = command::parse(&comment.content).unwrap_or_default();
        let mut commands = lines.into_iter().filter_map(|line| line.command.ok());
        commands.any(|command| matches!(command, Command::Hold { .. }))
    };
    comments
        .iter()
        .take_while(|earlier| earlier.id != asked.id)
        .filter(|earlier| is_asked(Some(earlier), reporter).is_ok())
        .any(|earlier| holds(earlier) && !is_answered(comments, earlier, reporter))
}

/// Whether the gate has replied to a comment.
pub(super) fn is_answered(comments: &[Comment], asked: &Comment, reporter: &str) -> bool {
    let is_reply =
        |said: &Comment| said.author == reporter && said.in_reply_to.as_ref() == Some(&asked.id);
    comments.iter().any(is_reply)
}

/// The gate's answer to one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The line as typed, without `/gate`.
    pub line: String,
    /// The command, if it is one.
    pub command: Option<Command>,
    /// What is said.
    pub said: Said,
}

/// What is said to one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The list of commands.
    Help,
    /// How the pull request stands.
    Status,
    /// It is done, and this follows.
    Done(Done),
    /// It is not done.
    Refused(Refusal),
}

/// What follows from a command that is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Everything is tested again.
    RetryAll,
    /// These are tested again, and what comes after them.
    RetrySome(Vec<CheckName>),
    /// Builds are stopped.
    Stopped,
    /// Nothing is approved until somebody of these patterns lifts it; everybody if there are none.
    Held(Vec<String>),
    /// The hold is lifted.
    Unheld,
    /// A flag of the title takes effect.
    Allowed {
        /// Which.
        flag: Flag,
        /// As the title has it, and only so.
        typed: String,
    },
    /// A flag takes effect.
    Given(Flag),
}

/// Why a command is not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is none.
    Unclear(Unclear),
    /// Only these may.
    Forbidden(Vec<String>),
    /// It was written under another source commit than the live one, or the live one is being replaced.
    OtherRevision {
        /// Under which.
        written: Option<CommitId>,
        /// The live one.
        live: CommitId,
    },
    /// The pull request is closed.
    Closed,
    /// There is nothing to stop.
    NothingRuns,
    /// Some checks can be tested again once there is a verdict.
    NoVerdictYet,
    /// Every check passed.
    NothingFailed,
    /// There are no such checks.
    NoSuchCheck {
        /// As typed.
        names: Vec<String>,
        /// Those there are.
        known: Vec<CheckName>,
    },
    /// The check is for other destination branches.
    OtherBranches {
        /// Which.
        check: CheckName,
        /// Its globs.
        branches: Vec<String>,
    },
    /// Nobody holds the pull request.
    NotHeld,
    /// The title does not ask for the flag.
    NotInTitle(Flag),
    /// The title has the flag with another value or reason than the one named.
    OtherInTitle {
        /// As named.
        named: String,
        /// As it stands in the title.
        typed: String,
    },
    /// The flag of the title takes effect without anybody's leave.
    NoLeaveNeeded(Flag),
    /// The rules ask for a reason.
    NoReason(Flag),
    /// So many runs of the candidate failed that it is not tested again.
    FailedTooOften(u32),
}

impl Refusal {
    /// The stable word for the log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unclear(_) => "unclear",
            Self::Forbidden(_) => "forbidden",
            Self::OtherRevision { .. } => "other-revision",
            Self::Closed => "closed",
            Self::NothingRuns => "nothing-runs",
            Self::NoVerdictYet => "no-verdict-yet",
            Self::NothingFailed => "nothing-failed",
            Self::NoSuchCheck { .. } => "no-such-check",
            Self::OtherBranches { .. } => "other-branches",
            Self::NotHeld => "not-held",
            Self::NotInTitle(_) => "not-in-title",
            Self::OtherInTitle { .. } => "other-in-title",
            Self::NoLeaveNeeded(_) => "no-leave-needed",
            Self::NoReason(_) => "no-reason",
            Self::FailedTooOften(_) => "failed-too-often",
        }
    }
}

/// What is done about a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The answer to each line.
    pub answers: Vec<Answered>,
    /// What is to be remembered.
    pub accepted: Vec<Command>,
    /// Whether an approval is taken back at once, before anything else.
    pub withdraws: bool,
}

/// What is read once the accepted commands are written down.
///
/// Whoever gives a verdict reads the commands after it is recorded, and whoever prepares a run after it has claimed: what they
/// did not hear of yet shows in what is read here.
#[derive(Clone, Copy, Debug)]
pub struct Afterwards<'a> {
    /// The pull request; `None` if it is gone.
    pub live: Option<&'a PullRequest>,
    /// What the run was made for.
    pub candidacy: &'a Candidacy,
    /// What the gate said last.
    pub result: Option<&'a ResultRecord>,
    /// Who holds the claim.
    pub claim: Option<&'a Claim>,
    /// The own place in the order of runs.
    pub own: &'a Claim,
}

impl Afterwards<'_> {
    /// Whether an earlier attempt of this run has the say: it was to give the verdict, and did not.
    fn follows_itself(&self) -> bool {
        let request = |claim: &Claim| Some(claim.run.as_str().rsplit_once('-')?.0.to_owned());
        let earlier = self.claim.filter(|claim| claim.run != self.own.run);
        earlier.is_some_and(|earlier| request(earlier) == request(self.own))
    }
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Nothing, or a run that is on its way does it.
    Nothing,
    /// The run goes on to test and to give a verdict.
    Run,
    /// A run that began later has the say and may have been prepared without these commands: a further attempt of this run
    /// must follow.
    Overtaken,
}

impl Decision {
    /// Decides what follows from it.
    pub fn follow(&self, now: Afterwards<'_>) -> Follow {
        let is_left_to_nobody = has_verdict(now.live, now.result) || now.follows_itself();
        let wants_run = self.answers.iter().any(|answered| match &answered.said {
            Said::Done(done) => goes_on(done, is_left_to_nobody),
            Said::Help | Said::Status | Said::Refused(_) => false,
        });
        if !wants_run {
            return Follow::Nothing;
        }
        let is_live = now
            .live
            .is_some_and(|live| live.is_open() && live.revision == now.candidacy.revision);
        if is_live && claim(now.claim, now.own) == ClaimStep::Lost {
            return Follow::Overtaken;
        }
        Follow::Run
    }
}

/// Decides about the lines of a comment, one after the other.
pub fn answer(asked: Asked<'_>, lines: Vec<Line>) -> Decision {
    let mut decision = Decision {
        answers: Vec::new(),
        accepted: Vec::new(),
        withdraws: false,
    };
    for Line { text, command } in lines {
        let command = command.map(|command| by_known_names(asked, command));
        let said = match &command {
            Err(unclear) => Said::Refused(Refusal::Unclear(unclear.clone())),
            Ok(command) => match said(asked, command) {
                Ok(said) => said,
                Err(refusal) => Said::Refused(refusal),
            },
        };
        let command = command.ok();
        if let (Said::Done(done), Some(command)) = (&said, &command) {
            decision.accepted.push(as_accepted(command, done));
            decision.withdraws |= matches!(done, Done::Held(_) | Done::Stopped);
        }
        decision.answers.push(Answered {
            line: text,
            command,
            said,
        });
    }
    decision
}

/// A command as it is remembered: a leave is for what stood in the title when it was given.
fn as_accepted(command: &Command, done: &Done) -> Command {
    match done {
        Done::Allowed { flag, typed } => Command::Allow {
            flag: *flag,
            typed: Some(typed.clone()),
        },
        _ => command.clone(),
    }
}

/// A command with its checks by the names they have.
fn by_known_names(asked: Asked<'_>, mut command: Command) -> Command {
    let known = known_checks(asked);
    let named = |word: &str| naming::check(word, known.iter().copied());
    match &mut command {
        Command::Retry {
            what: Retry::Check(name),
        } => {
            if let Some(known) = named(name.as_str()) {
                *name = known.clone();
            }
        }
        Command::Give { flags } => {
            for name in &mut flags.only {
                if let Some(known) = named(name) {
                    known.as_str().clone_into(name);
                }
            }
        }
        _ => {}
    }
    command
}

/// The checks that a name can mean, as far as they are known.
fn known_checks(asked: Asked<'_>) -> Vec<&CheckName> {
    match asked.rules {
        Some(rules) => rules.checks.iter().map(|rule| &rule.name).collect(),
        None => asked.built.iter().collect(),
    }
}

/// Whether these are checks that can run for the pull request. What was accepted before is not looked at again, and where no
/// check is known yet, the run will tell.
fn are_checks(asked: Asked<'_>, live: &PullRequest, names: &[&str]) -> Result<(), Refusal> {
    let known = known_checks(asked);
    if asked.recorded || known.is_empty() {
        return Ok(());
    }
    let is_known = |name: &str| known.iter().any(|known| known.as_str() == name);
    let unknown: Vec<String> = names
        .iter()
        .filter(|name| !is_known(name))
        .map(|name| (*name).to_owned())
        .collect();
    if !unknown.is_empty() {
        return Err(Refusal::NoSuchCheck {
            names: unknown,
            known: known.into_iter().cloned().collect(),
        });
    }
    let rules = asked.rules.map_or(&[][..], |rules| &rules.checks);
    let for_others = rules
        .iter()
        .find(|rule| names.contains(&rule.name.as_str()) && !plan::is_for(rule, &live.destination));
    match for_others {
        Some(rule) => Err(Refusal::OtherBranches {
            check: rule.name.clone(),
            branches: rule.branches.clone(),
        }),
        None => Ok(()),
    }
}

/// Whether a run is needed to make a command come true. Whoever gives the verdict looks at holds right before and after it:
/// if none was given yet, the run that will give it is on its way, unless it is left to nobody.
fn goes_on(done: &Done, is_left_to_nobody: bool) -> bool {
    match done {
        Done::Held(_) | Done::Unheld => is_left_to_nobody,
        Done::RetryAll
        | Done::RetrySome(_)
        | Done::Stopped
        | Done::Allowed { .. }
        | Done::Given(_) => true,
    }
}

/// Whether the last word about the live revision is a verdict.
fn has_verdict(live: Option<&PullRequest>, result: Option<&ResultRecord>) -> bool {
    result.is_some_and(|result| {
        result.verdict.is_some() && live.is_some_and(|live| live.revision == result.revision)
    })
}

impl Asked<'_> {
    /// Whether nothing runs that a verdict is to come from.
    fn has_verdict(&self) -> bool {
        has_verdict(self.live, self.result)
    }
}

fn said(asked: Asked<'_>, command: &Command) -> Result<Said, Refusal> {
    if *command == Command::Help {
        return Ok(Said::Help);
    }
    let Some(live) = asked.live.filter(|live| live.is_open()) else {
        return Err(Refusal::Closed);
    };
    if *command == Command::Status {
        return Ok(Said::Status);
    }
    may(asked, command)?;
    is_of_live_revision(asked, live, command)?;
    may_test_again(asked, command)?;
    let done = match command {
        Command::Help => return Ok(Said::Help),
        Command::Status => return Ok(Said::Status),
        Command::Retry { what } => retry(asked, live, what)?,
        Command::Stop if asked.has_verdict() && !asked.recorded => {
            return Err(Refusal::NothingRuns);
        }
        Command::Stop => Done::Stopped,
        Command::Hold { .. } => Done::Held(lifted_by(asked.rules)),
        Command::Unhold
            if asked.conversation.hold.is_none() && !asked.recorded && !asked.awaits_hold =>
        {
            return Err(Refusal::NotHeld);
        }
        Command::Unhold => Done::Unheld,
        Command::Allow { flag, typed } => allow(asked, live, *flag, typed.as_deref())?,
        Command::Give { flags } => give(asked, live, flags)?,
    };
    Ok(Said::Done(done))
}

/// Patterns of those who may lift a hold; empty if everybody may.
fn lifted_by(rules: Option<&Rules>) -> Vec<String> {
    rules.map(Rules::who_may_unhold).unwrap_or_default()
}

/// Whether the author may use the command. A flag that the rules bind is a matter of those they name for it.
fn may(asked: Asked<'_>, command: &Command) -> Result<(), Refusal> {
    let Some(rules) = asked.rules else {
        return Ok(());
    };
    let of_flag = |flag: &Flag| rules.flags.get(flag).and_then(|rule| rule.allow.as_deref());
    let patterns = match command {
        Command::Allow { flag, .. } => of_flag(flag),
        Command::Give { flags } => {
            let own = flags.known.first().and_then(of_flag);
            own.or_else(|| rules.commands.allow(Name::Flag))
        }
        other => rules.commands.allow(other.name()),
    };
    let Some(patterns) = patterns else {
        return Ok(());
    };
    let author = &asked.comment.author;
    if patterns.iter().any(|pattern| pattern.matches(author)) {
        return Ok(());
    }
    let patterns = patterns.iter().map(|pattern| pattern.as_str().to_owned());
    Err(Refusal::Forbidden(patterns.collect()))
}

/// A hold is for every revision; everything else is for the one whose source the comment stands beside.
fn is_of_live_revision(
    asked: Asked<'_>,
    live: &PullRequest,
    command: &Command,
) -> Result<(), Refusal> {
    if matches!(command, Command::Hold { .. }) {
        return Ok(());
    }
    let written = asked.comment.after.as_ref();
    let same_source = written.is_none_or(|commit| *commit == live.source_commit);
    if same_source && asked.candidacy.revision == live.revision {
        return Ok(());
    }
    Err(Refusal::OtherRevision {
        written: written.filter(|_| !same_source).cloned(),
        live: live.source_commit.clone(),
    })
}

/// Whether the candidate has not failed too often for one more test, if the command asks for one: for the sake of a flag it would
/// be built again, too.
fn may_test_again(asked: Asked<'_>, command: &Command) -> Result<(), Refusal> {
    let tests = match command {
        Command::Retry { .. } => true,
        Command::Allow { flag, .. } => *flag != Flag::SkipCi,
        Command::Give { flags } => !flags.has(Flag::SkipCi),
        Command::Help
        | Command::Status
        | Command::Stop
        | Command::Hold { .. }
        | Command::Unhold => false,
    };
    let failed = failed_runs(asked.result, asked.candidacy);
    if tests && !asked.recorded && failed >= LimitRules::of(asked.rules).failed_runs {
        return Err(Refusal::FailedTooOften(failed));
    }
    Ok(())
}

fn retry(asked: Asked<'_>, live: &PullRequest, what: &Retry) -> Result<Done, Refusal> {
    if let Retry::Check(name) = what {
        are_checks(asked, live, &[name.as_str()])?;
    }
    let failed = || asked.result.map_or(&[][..], |result| &result.failed);
    match what {
        Retry::All => Ok(Done::RetryAll),
        Retry::Failed | Retry::Check(_) if !asked.has_verdict() && !asked.recorded => {
            Err(Refusal::NoVerdictYet)
        }
        Retry::Failed if asked.result.is_some_and(|result| result.too_many_failed) => {
            Ok(Done::RetryAll)
        }
        Retry::Failed if failed().is_empty() && !asked.recorded => Err(Refusal::NothingFailed),
        Retry::Failed => Ok(Done::RetrySome(failed().to_vec())),
        Retry::Check(name) => Ok(Done::RetrySome(vec![name.clone()])),
    }
}

fn allow(
    asked: Asked<'_>,
    live: &PullRequest,
    flag: Flag,
    named: Option<&str>,
) -> Result<Done, Refusal> {
    if let Some(typed) = named.filter(|_| asked.recorded) {
        // What the title has become since does not change what was allowed.
        let typed = typed.to_owned();
        return Ok(Done::Allowed { flag, typed });
    }
    let rule = asked.rules.and_then(|rules| rules.flags.get(&flag));
    if rule.is_none_or(|rule| rule.allow.is_none()) {
        return Err(Refusal::NoLeaveNeeded(flag));
    }
    let title = Flags::parse(&live.title);
    if !title.has(flag) {
        return Err(Refusal::NotInTitle(flag));
    }
    let typed = title.as_typed(flag);
    let mut unexplained = title;
    unexplained.reasons.clear();
    // Who names the value may leave the reason out.
    match named.filter(|named| *named != typed && *named != unexplained.as_typed(flag)) {
        Some(named) => Err(Refusal::OtherInTitle {
            named: named.to_owned(),
            typed,
        }),
        None => Ok(Done::Allowed { flag, typed }),
    }
}

fn give(asked: Asked<'_>, live: &PullRequest, flags: &Flags) -> Result<Done, Refusal> {
    let Some(flag) = flags.known.first().copied() else {
        return Err(Refusal::Unclear(Unclear::Superfluous {
            command: command::Name::Flag,
        }));
    };
    let only: Vec<_> = flags.only.iter().map(String::as_str).collect();
    are_checks(asked, live, &only)?;
    let rule = asked.rules.and_then(|rules| rules.flags.get(&flag));
    if rule.is_some_and(|rule| rule.reason) && !flags.reasons.contains_key(&flag) {
        return Err(Refusal::NoReason(flag));
    }
    Ok(Done::Given(flag))
}

#[cfg(test)]
mod tests;
