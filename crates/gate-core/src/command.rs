//! Commands in comments: lines that begin with `/gate` and that the host shows as text. Comments are Markdown, and read as such.
//!
//! Reading them never fails as a whole: each line becomes a command or the reason why it is none, and a comment with more
//! lines than anybody means is refused in one word.

mod html;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};

use crate::{
    id::CheckName,
    inert,
    title::{self, Flag, Flags},
};

/// What a line begins with.
const PREFIX: &str = "/gate";
/// More commands in one comment are a mistake.
pub const MOST: usize = 10;
/// A longer line is a mistake, in characters.
pub const LONGEST_LINE: usize = 400;
/// As much of a reason is kept, in characters.
const LONGEST_REASON: usize = 200;

/// Something that a person asks of the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Which commands there are.
    Help,
    /// What the gate waits for, what each check did, why it approved or not.
    Status,
    /// Test once more.
    Retry {
        /// What.
        what: Retry,
    },
    /// Stop the builds.
    Stop,
    /// Approve nothing until somebody lifts it, whatever is pushed.
    Hold {
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Lift a hold.
    Unhold,
    /// Let a flag of the title take effect.
    Allow {
        /// Which.
        flag: Flag,
        /// With its value and reason: as the command names them, and once it is accepted as they stood in the title then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        typed: Option<String>,
    },
    /// Give a flag, as the title does.
    Give {
        /// The one flag.
        flags: Flags,
    },
}

/// What is to be tested once more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// Every check.
    All,
    /// Those that did not pass.
    Failed,
    /// One.
    Check(CheckName),
}

/// The name of a command, as rules and logs have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// `help`.
    Help,
    /// `status`, `why`.
    Status,
    /// `retry`.
    Retry,
    /// `stop`.
    Stop,
    /// `hold`.
    Hold,
    /// `unhold`.
    Unhold,
    /// `allow`.
    Allow,
    /// A flag.
    Flag,
}

impl Name {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Help => "help",
            Self::Status => "status",
            Self::Retry => "retry",
            Self::Stop => "stop",
            Self::Hold => "hold",
            Self::Unhold => "unhold",
            Self::Allow => "allow",
            Self::Flag => "flag",
        }
    }
}

impl Command {
    /// Why it was asked for.
    pub(crate) fn reasons(&mut self) -> Vec<&mut String> {
        match self {
            Self::Hold { reason } => reason.iter_mut().collect(),
            Self::Give { flags } => flags.reasons.values_mut().collect(),
            Self::Help
            | Self::Status
            | Self::Retry { .. }
            | Self::Stop
            | Self::Unhold
            | Self::Allow { .. } => Vec::new(),
        }
    }

    /// Its name.
    pub fn name(&self) -> Name {
        match self {
            Self::Help => Name::Help,
            Self::Status => Name::Status,
            Self::Retry { .. } => Name::Retry,
            Self::Stop => Name::Stop,
            Self::Hold { .. } => Name::Hold,
            Self::Unhold => Name::Unhold,
            Self::Allow { .. } => Name::Allow,
            Self::Give { .. } => Name::Flag,
        }
    }

    /// Whether it only asks.
    pub fn only_asks(&self) -> bool {
        matches!(self, Self::Help | Self::Status)
    }
}

/// Why a line is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// Its first word is no command.
    Unknown {
        /// As typed, shortened.
        word: String,
        /// What it resembles.
        nearest: Option<&'static str>,
    },
    /// `allow` with something that is no flag.
    NoFlag {
        /// As typed, shortened; empty if nothing follows.
        word: String,
        /// What it resembles.
        nearest: Option<Flag>,
    },
    /// A flag without a value that it takes, or with one it does not.
    BadFlag {
        /// Which.
        flag: Flag,
    },
    /// `compute=` with something that is no size.
    NoSize {
        /// As typed, shortened.
        word: String,
    },
    /// Words follow a command that takes none.
    Superfluous {
        /// The command.
        command: Name,
    },
    /// The line is longer than [`LONGEST_LINE`].
    TooLong,
}

/// One line: as typed, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As typed, without `/gate`.
    pub text: String,
    /// The command, or why there is none.
    pub command: Result<Command, Unclear>,
}

impl Line {
    /// The line of a command that was read before.
    pub fn of(command: &Command) -> Self {
        Self {
            text: command.name().as_str().to_owned(),
            command: Ok(command.clone()),
        }
    }
}

/// A comment has more commands than [`MOST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// How many.
    pub found: usize,
}

/// Whether one of the lines names a check.
pub fn names_checks(lines: &[Line]) -> bool {
    let mut commands = lines.iter().filter_map(|line| line.command.as_ref().ok());
    commands.any(|command| match command {
        Command::Retry { what } => matches!(what, Retry::Check(_)),
        Command::Give { flags } => flags.has(Flag::Only),
        _ => false,
    })
}

/// Whether a comment has a command, or something that was meant as one.
pub fn is_in(comment: &str) -> bool {
    !lines(comment).is_empty()
}

/// The commands of a comment, in their order.
pub fn parse(comment: &str) -> Result<Vec<Line>, TooMany> {
    let lines = lines(comment);
    if lines.len() > MOST {
        return Err(TooMany { found: lines.len() });
    }
    let line = |text: &str| Line {
        command: parse_line(text),
        text: text.chars().take(LONGEST_LINE).collect(),
    };
    Ok(lines.into_iter().map(line).collect())
}

/// What follows `/gate` on each line that begins so where the host shows plain text of its author's: no code, no HTML and no comment of
/// it, nothing quoted, folded up or hidden, no description of a picture.
fn lines(comment: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut inert = 0;
    let mut html = html::Open::default();
    for (event, range) in Parser::new(comment).into_offset_iter() {
        match event {
            Event::Start(
                Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::BlockQuote(_) | Tag::Image { .. },
            ) => inert += 1,
            Event::End(
                TagEnd::CodeBlock | TagEnd::HtmlBlock | TagEnd::BlockQuote(_) | TagEnd::Image,
            ) => inert -= 1,
            Event::Html(text) | Event::InlineHtml(text) => html.read(&text),
            Event::Text(_) if inert == 0 && html.shows_text() => {
                found.extend(line_at(comment, range.start));
            }
            _ => {}
        }
    }
    found
}

/// The command of the line whose text begins here.
fn line_at(comment: &str, start: usize) -> Option<&str> {
    const ENDS: [char; 2] = ['\n', '\r'];
    let before = comment[..start].rsplit(ENDS).next().unwrap_or_default();
    let line = comment[start..].split(ENDS).next().unwrap_or_default();
    let rest = strip_prefix(line.trim()).filter(|_| before.trim().is_empty())?;
    let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
    ends.then(|| rest.trim())
}

fn strip_prefix(line: &str) -> Option<&str> {
    let (start, rest) = line.split_at_checked(PREFIX.len())?;
    start.eq_ignore_ascii_case(PREFIX).then_some(rest)
}

fn parse_line(text: &str) -> Result<Command, Unclear> {
    if text.chars().count() > LONGEST_LINE {
        return Err(Unclear::TooLong);
    }
    let (word, rest) = text
        .split_once(char::is_whitespace)
        .map_or((text, ""), |(word, rest)| (word, rest.trim()));
    let lower = word.to_lowercase();
    let alone = |command: Command| {
        let name = command.name();
        if rest.is_empty() {
            Ok(command)
        } else {
            Err(Unclear::Superfluous { command: name })
        }
    };
    match lower.as_str() {
        "" | "help" => alone(Command::Help),
        "status" | "why" => alone(Command::Status),
        "retry" => retry(rest),
        "stop" => alone(Command::Stop),
        "hold" => Ok(Command::Hold {
            reason: reason(rest),
        }),
        "unhold" => alone(Command::Unhold),
        "allow" => allow(rest),
        _ => give(text, word, rest),
    }
}

fn retry(rest: &str) -> Result<Command, Unclear> {
    let what = match rest.to_lowercase().as_str() {
        "" | "all" => Retry::All,
        "failed" => Retry::Failed,
        _ if rest.contains(char::is_whitespace) => {
            return Err(Unclear::Superfluous {
                command: Name::Retry,
            });
        }
        _ => Retry::Check(CheckName::new(rest)),
    };
    Ok(Command::Retry { what })
}

fn allow(rest: &str) -> Result<Command, Unclear> {
    let word = rest.trim_start_matches('[').trim_end_matches(']');
    let lower = word.to_lowercase().replace('_', "-");
    if let Some(flag) = Flag::from_name(&lower) {
        return Ok(Command::Allow { flag, typed: None });
    }
    let named = Flags::of_word(word);
    match named.and_then(|named| Some((*named.known.first()?, named))) {
        Some((flag, named)) => Ok(Command::Allow {
            flag,
            typed: Some(named.as_typed(flag)),
        }),
        None => Err(no_size(word).unwrap_or_else(|| Unclear::NoFlag {
            word: shortened(rest),
            nearest: Flag::nearest(&lower),
        })),
    }
}

/// A flag, as it is written between brackets in a title; of one without a value the reason needs no colon.
fn give(text: &str, word: &str, rest: &str) -> Result<Command, Unclear> {
    let typed = text.trim_start_matches('[').trim_end_matches(']');
    let with_colon = format!("{word}: {rest}");
    let read = Flags::of_word(typed).or_else(|| Flags::of_word(&with_colon));
    if let Some(flags) = read {
        return Ok(Command::Give { flags });
    }
    if let Some(no_size) = no_size(typed) {
        return Err(no_size);
    }
    let name: String = word
        .chars()
        .take_while(|character| !"=:".contains(*character))
        .collect();
    let name = name
        .trim_start_matches('[')
        .to_lowercase()
        .replace('_', "-");
    match Flag::from_name(&name) {
        Some(flag) => Err(Unclear::BadFlag { flag }),
        None => Err(Unclear::Unknown {
            word: shortened(word),
            nearest: nearest(&name),
        }),
    }
}

/// What `compute=…` names, if that is no size.
fn no_size(typed: &str) -> Option<Unclear> {
    let word = title::mistyped_size(typed)?;
    Some(Unclear::NoSize {
        word: shortened(word),
    })
}

fn reason(rest: &str) -> Option<String> {
    let reason: String = rest.chars().take(LONGEST_REASON).collect();
    inert::shows(&reason).then_some(reason)
}

fn shortened(word: &str) -> String {
    word.chars().take(40).collect()
}

/// The command or flag that a word resembles.
fn nearest(word: &str) -> Option<&'static str> {
    let commands = [
        "help", "status", "why", "retry", "stop", "hold", "unhold", "allow",
    ];
    let known = commands
        .into_iter()
        .chain(Flag::ALL.into_iter().map(Flag::name));
    let distance = |name: &&str| strsim::damerau_levenshtein(word, name);
    let name = known.min_by_key(distance)?;
    (distance(&name) <= 1 + name.len() / 5 && word.len() > 2).then_some(name)
}

#[cfg(test)]
mod tests;
