//! What is said to a comment with commands: one reply, a paragraph for each line.

mod status;

use crate::{
    command::{LONGEST_LINE, MOST, Name, TooMany, Unclear},
    comment::LIMIT,
    id::{CheckName, CommentId},
    names, naming,
    protocol::{Answered, Done, Refusal, Said},
    text::{code, count, plural},
};

pub use status::{Standing, status};

/// The token that makes a second reply to the same comment find the first.
pub fn token(comment: &CommentId) -> String {
    names::hash(&["answer", comment.as_str()], 64)
}

/// The reply to all lines of a comment. `status` is said where a line asks for it.
pub fn reply(answers: &[Answered], status: Option<&str>) -> String {
    let several = answers.len() > 1;
    let paragraph = |answered: &Answered| {
        let words = words(answered, status);
        if several {
            let line = code(&format!("/gate {}", answered.line), 60);
            format!("{line}: {words}")
        } else {
            words
        }
    };
    let paragraphs: Vec<_> = answers.iter().map(paragraph).collect();
    paragraphs.join("\n\n").chars().take(LIMIT).collect()
}

/// The reply to a comment with more commands than anybody means.
pub fn too_many(TooMany { found }: TooMany) -> String {
    format!(
        "Nothing was done: the comment has {} commands, and the gate takes {MOST} at once.",
        count(found as u64)
    )
}

/// The reply to commands that cannot be remembered together.
pub fn too_long() -> String {
    "Nothing was done: what the commands of this comment name is too long to be remembered. Write shorter ones, or a comment for each."
        .to_owned()
}

/// Those whom patterns of ARNs mean, as the subject of a sentence; everybody who can comment if there are none.
pub(crate) fn people(patterns: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<_> = patterns
        .iter()
        .take(SHOWN)
        .map(|pattern| code(pattern, 120))
        .collect();
    match (shown.as_slice(), patterns.len()) {
        ([], _) => "somebody".to_owned(),
        ([one], 1) => one.clone(),
        (several, all) if all > SHOWN => {
            format!("one of {} and {} more", several.join(", "), all - SHOWN)
        }
        (several, _) => format!("one of {}", several.join(", ")),
    }
}

fn words(answered: &Answered, status: Option<&str>) -> String {
    match &answered.said {
        Said::Help => HELP.to_owned(),
        Said::Status => status.unwrap_or_default().to_owned(),
        Said::Done(done) => done_words(done),
        Said::Refused(refusal) => refusal_words(refusal),
    }
}

const HELP: &str = "\
Commands, each on a line of its own:

- `/gate status`, or `why`: what the gate waits for, what each check did, why it approved or not
- `/gate retry`: everything is tested again; `/gate retry failed` or `/gate retry <check>`: only that, and what comes after it
- `/gate stop`: stops the builds, until a push or `/gate retry`
- `/gate hold <reason>`: nothing is approved, whatever is pushed, until `/gate unhold`
- `/gate skip-tests`, `skip-ci`, `container`, `no-cache`, `only=<check>`, `compute=<size>`: as in the title, for this revision; a \
reason may follow after a colon
- `/gate allow <flag>`: lets a flag of the title take effect that waits for somebody's leave, as `allow only=unit` with this value alone

A command counts for the revision it is written under. `gate.toml` may say who may use which.";

fn done_words(done: &Done) -> String {
    match done {
        Done::RetryAll => "Everything is tested again.".to_owned(),
        Done::RetrySome(checks) => format!(
            "Tested again: {}, and what comes after. What else was tested on this very merge commit is kept, if it can be.",
            listed(checks)
        ),
        Done::Stopped => {
            "The builds are stopped. Nothing is built or approved until somebody pushes or writes `/gate retry`.".to_owned()
        }
        Done::Held(patterns) => format!(
            "Nothing is approved from now on, whatever is pushed, until {} writes `/gate unhold`. Builds go on.",
            people(patterns)
        ),
        Done::Unheld => "The hold is lifted: what the builds say counts again.".to_owned(),
        Done::Allowed { flag, typed } => {
            let as_it_is = if *typed == flag.to_string() {
                ""
            } else {
                " With another value or reason it waits again."
            };
            format!(
                "{} of the title takes effect for this revision.{as_it_is}",
                code(typed, 200)
            )
        }
        Done::Given(flag) => {
            format!("`{flag}` takes effect for this revision, as if it were in the title.")
        }
    }
}

fn refusal_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unclear(unclear) => unclear_words(unclear),
        Refusal::Forbidden(patterns) => format!(
            "This is not yours to ask: by `{}` it takes {}.",
            crate::rules::PATH,
            people(patterns)
        ),
        Refusal::OtherRevision { written, live } => {
            let written = written
                .as_ref()
                .map_or("another revision".to_owned(), |commit| {
                    code(commit.short(7), 10)
                });
            format!(
                "Nothing was done: this was written under {written}, and the source is at {} now. If you mean that, write it once more \
                 in a new comment.",
                code(live.short(7), 10)
            )
        }
        Refusal::Closed => "Nothing was done: the pull request is closed.".to_owned(),
        Refusal::NothingRuns => {
            "Nothing runs. `/gate hold` keeps the pull request from being approved.".to_owned()
        }
        Refusal::NoVerdictYet => {
            "There is no verdict yet: wait for it, or write `/gate retry all` to begin anew."
                .to_owned()
        }
        Refusal::NothingFailed => {
            "No check failed. `/gate retry all` tests everything again.".to_owned()
        }
        Refusal::NoSuchCheck { names, known } => refused(&naming::no_such_check(names, known)),
        Refusal::OtherBranches { check, branches } => refused(&format!(
            "{} is for other branches: {}.",
            code(check.as_str(), 60),
            crate::text::listed(branches.iter().map(|glob| code(glob, 60)), 5)
        )),
        Refusal::NotHeld => "Nobody holds this pull request.".to_owned(),
        Refusal::NotInTitle(flag) => {
            format!("`{flag}` is not in the title: there is nothing to allow.")
        }
        Refusal::OtherInTitle { named, typed } => format!(
            "Nothing was done: the title has {}, and not {}. If you mean that, write it once more in a new comment.",
            code(typed, 200),
            code(named, 200)
        ),
        Refusal::NoLeaveNeeded(flag) => {
            format!("`{flag}` needs nobody's leave: in the title it takes effect by itself.")
        }
        Refusal::NoReason(flag) => format!(
            "By `{}` this takes a reason: write, for example, `/gate {}: hotfix for #12`.",
            crate::rules::PATH,
            flag.example()
        ),
        Refusal::FailedTooOften(times) => format!(
            "Nothing was done: {} failed of this very candidate, and by `limits.failed_runs` of `{}` it is not tested again. Push a \
             fix; with another commit of the destination it is another candidate, too.",
            plural((*times).into(), "run"),
            crate::rules::PATH
        ),
    }
}

fn unclear_words(unclear: &Unclear) -> String {
    let see = "`/gate help` lists them.";
    match unclear {
        Unclear::Unknown { word, nearest } => {
            let word = code(word, 40);
            match nearest {
                Some(nearest) => format!(
                    "{word} is no command of this gate; did you mean `/gate {nearest}`? {see}"
                ),
                None => format!("{word} is no command of this gate. {see}"),
            }
        }
        Unclear::NoFlag { word, nearest } => {
            let meant = nearest.map(|flag| format!(" Did you mean `/gate allow {}`?", flag.name()));
            let meant = meant.unwrap_or_default();
            if word.is_empty() {
                "Allow which flag? Write, for example, `/gate allow skip-tests`.".to_owned()
            } else {
                format!("{} is no flag of this gate.{meant}", code(word, 40))
            }
        }
        Unclear::BadFlag { flag } => {
            format!("`{flag}` is written `/gate {}`.", flag.example())
        }
        Unclear::NoSize { word } => refused(&naming::no_such_size(word)),
        Unclear::Superfluous { command } => match command {
            Name::Retry => {
                "Nothing was done: `/gate retry` takes `all`, `failed` or the name of one check."
                    .to_owned()
            }
            command => format!(
                "Nothing was done: nothing may follow `/gate {}` on its line.",
                command.as_str()
            ),
        },
        Unclear::TooLong => {
            format!("Nothing was done: no command has more than {LONGEST_LINE} characters.")
        }
    }
}

fn refused(why: &str) -> String {
    format!("Nothing was done: {why}")
}

fn listed(checks: &[CheckName]) -> String {
    let names = checks.iter().map(|name| code(name.as_str(), 60));
    crate::text::listed(names, 10)
}

#[cfg(test)]
mod tests;
