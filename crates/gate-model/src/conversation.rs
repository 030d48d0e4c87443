//! What people ask of the gate in comments, as they mean it and as `gate-core` reads it.

use gate_core::{
    command::{self, Command, Line},
    conversation::{CommandRecord, Conversation},
    host,
    id::CommentId,
};

use crate::{
    calls::number,
    numbers,
    world::{Event, RunId, Title, World},
};

/// Comments that people write at most.
pub const COMMENTS: usize = 2;

/// The revision under which the commands of each comment are recorded, by comment; 0 where they are not.
pub type Accepted = [u8; COMMENTS];

/// What somebody asks for.
#[allow(missing_docs, reason = "named after the commands")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    Hold,
    Unhold,
    Stop,
    Retry,
    RetryFailed,
    Allow,
    SkipTests,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Author {
    /// The rules name them wherever they name anybody.
    Member,
    /// They name them nowhere.
    Stranger,
}

/// A comment with one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The command.
    pub wish: Wish,
    /// Its author.
    pub by: Author,
    /// The revision it was written under.
    pub written: u8,
    /// The first run that can begin after it.
    pub before: RunId,
    /// The number of builds that were started before it.
    pub built: u8,
}

impl Wish {
    /// What stands in the comment.
    pub fn text(self) -> &'static str {
        match self {
            Self::Hold => "/gate hold",
            Self::Unhold => "/gate unhold",
            Self::Stop => "/gate stop",
            Self::Retry => "/gate retry",
            Self::RetryFailed => "/gate retry failed",
            Self::Allow => "/gate allow skip-tests",
            Self::SkipTests => "/gate skip-tests",
        }
    }

    /// Read as the gate reads it.
    pub fn commands(self) -> Vec<Command> {
        self.lines()
            .into_iter()
            .filter_map(|line| line.command.ok())
            .collect()
    }

    /// The same, line by line.
    pub fn lines(self) -> Vec<Line> {
        command::parse(self.text()).unwrap_or_default()
    }
}

impl Author {
    /// The ARN.
    pub fn arn(self) -> &'static str {
        match self {
            Self::Member => "arn:aws:iam::000000000000:user/bob",
            Self::Stranger => "arn:aws:iam::000000000000:user/eve",
        }
    }
}

/// A comment's id.
pub fn comment_id(comment: u8) -> CommentId {
    CommentId::new(format!("comment-{comment}"))
}

/// The number in a comment's id.
pub fn comment_number(id: &CommentId) -> u8 {
    let digits = id.as_str().rsplit('-').next();
    digits
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(u8::MAX)
}

/// Comments are written one after the other, between the starts of runs.
fn created(comment: u8, asked: Asked) -> String {
    numbers::time(u32::from(asked.before) * 10 + 1 + u32::from(comment))
}

/// A comment as CodeCommit shows it.
pub fn shown(comment: u8, asked: Asked) -> host::Comment {
    host::Comment {
        id: comment_id(comment),
        author: asked.by.arn().to_owned(),
        token: None,
        content: asked.wish.text().to_owned(),
        deleted: false,
        created: created(comment, asked),
        edited: false,
        after: Some(numbers::source(asked.written)),
        in_reply_to: None,
    }
}

/// The records of all comments but `except`, as the parameters hold them.
pub fn records(asked: &[Asked], accepted: Accepted, except: Option<u8>) -> Vec<CommandRecord> {
    let recorded = (0..).zip(asked).zip(accepted);
    let recorded =
        recorded.filter(|((comment, _), revision)| *revision > 0 && Some(*comment) != except);
    recorded
        .map(|((comment, asked), revision)| CommandRecord {
            version: 1,
            comment: comment_id(comment),
            revision: numbers::revision(revision),
            source_commit: numbers::source(revision),
            by: asked.by.arn().to_owned(),
            at: created(comment, *asked),
            commands: asked.wish.commands(),
        })
        .collect()
}

/// What holds for a revision, as the gate reads it.
pub fn of(asked: &[Asked], accepted: Accepted, revision: u8) -> Conversation {
    if accepted == Accepted::default() {
        return Conversation::default();
    }
    Conversation::of(records(asked, accepted, None), &numbers::revision(revision))
}

/// The model's own reading of what was recorded, to judge the gate by.
impl World {
    fn recorded(&self) -> impl Iterator<Item = (u8, Wish, u8)> {
        let recorded = (0..).zip(&self.asked).zip(self.accepted);
        recorded
            .filter(|(_, revision)| *revision > 0)
            .map(|((comment, asked), revision)| (comment, asked.wish, revision))
    }

    /// Whether nobody has lifted a hold.
    pub fn is_held(&self) -> bool {
        let holds = self
            .recorded()
            .filter(|(_, wish, _)| matches!(wish, Wish::Hold | Wish::Unhold));
        holds.last().is_some_and(|(_, wish, _)| wish == Wish::Hold)
    }

    /// Whether the live revision's builds are stopped.
    pub fn is_stopped(&self) -> bool {
        let stops = self.recorded().filter(|(_, wish, revision)| {
            let about_it = matches!(wish, Wish::Stop | Wish::Retry | Wish::RetryFailed);
            about_it && *revision == self.live.revision
        });
        stops.last().is_some_and(|(_, wish, _)| wish == Wish::Stop)
    }

    /// Whether somebody let the tests of a revision be skipped.
    pub fn may_skip_tests(&self, revision: u8) -> bool {
        self.recorded()
            .any(|(_, wish, of)| matches!(wish, Wish::Allow | Wish::SkipTests) && of == revision)
    }

    /// Whether the last run to claim is about the live revision. One of an older revision that begins late takes the say from a
    /// run that is on its way: that is left to the sweep.
    pub fn is_spoken_for(&self) -> bool {
        self.claim.is_some_and(|run| {
            let commit = self.runs[usize::from(run)].request.commit();
            commit.is_some_and(|commit| commit.revision == self.live.revision)
        })
    }

    /// Whether by its title nothing is approved, or nothing before somebody gives leave.
    pub fn waits_for_leave(&self) -> bool {
        let bound = self.budget.rules.bind_flags() && !self.may_skip_tests(self.live.revision);
        self.live.title == Title::SkipCi || self.live.title == Title::SkipTests && bound
    }

    /// Of each retry of the live revision, how many builds there were before it.
    pub fn retries(&self) -> impl Iterator<Item = u8> {
        self.recorded()
            .filter(|(_, wish, revision)| {
                matches!(wish, Wish::Retry | Wish::RetryFailed) && *revision == self.live.revision
            })
            .map(|(comment, ..)| self.asked[usize::from(comment)].built)
    }

    /// Somebody writes a comment.
    pub fn ask(&mut self, wish: Wish, by: Author) {
        let comment = number(self.asked.len());
        let last = self.asked.last();
        // When exactly matters of retries only.
        let (before, built) = match wish {
            Wish::Retry | Wish::RetryFailed => (number(self.runs.len()), number(self.builds.len())),
            _ => (last.map_or(0, |asked| asked.before), 0),
        };
        self.asked.push(Asked {
            wish,
            by,
            written: self.live.revision,
            before,
            built,
        });
        self.emit(Event::Comment(comment));
    }

    /// Records the commands of a comment, and compares that with who wrote them when.
    pub fn record_commands(&mut self, comment: u8, revision: u8) {
        let place = usize::from(comment);
        let asked = self.asked[place];
        let is_late = asked.wish != Wish::Hold && asked.written != revision;
        self.broken.obeyed |= asked.by == Author::Stranger || is_late;
        self.accepted[place] = revision;
    }
}
