//! The part of a build's log that tells why a phase failed: what its last command said.
//!
//! CodeBuild marks its own lines with `[Container]` and a time, and goes on with later phases after one that failed.

/// Lines kept at most.
const LINES: usize = 60;

const MARK: &str = "[Container] ";
const COMMAND: &str = "Running command ";
const UNSUCCESSFUL: &str = "Command did not exit successfully ";

/// The end of `lines` up to where `phase` failed, from its last command on; `None` of an empty log.
pub fn end_of_phase(lines: &[String], phase: Option<&str>) -> Option<String> {
    let complete = phase.map(|phase| format!("Phase complete: {phase} State: "));
    let end = complete.and_then(|words| {
        lines
            .iter()
            .rposition(|line| is_own(line) && line.contains(&words))
    });
    let lines = lines.get(..end.unwrap_or(lines.len()))?;
    // Commands of `finally` run after the one that failed: what CodeBuild says of that one ends the part that tells.
    let failed = lines
        .iter()
        .rposition(|line| own_words(line).is_some_and(|words| words.starts_with(UNSUCCESSFUL)));
    let lines = failed.map_or(lines, |at| lines.get(..at).unwrap_or(lines));
    let command = lines
        .iter()
        .rposition(|line| own_words(line).is_some_and(|words| words.starts_with(COMMAND)));
    let first = lines.len().saturating_sub(LINES);
    let first = first.max(command.unwrap_or_default());
    let told: Vec<String> = lines.get(first..)?.iter().map(|line| told(line)).collect();
    let text = told.join("\n");
    let text = text.trim_matches('\n');
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// A line as a person would have seen it on a terminal.
fn told(line: &str) -> String {
    match own_words(line) {
        Some(words) => match words.strip_prefix(COMMAND) {
            Some(command) => format!("$ {command}"),
            None => words.to_owned(),
        },
        None => shown(line),
    }
}

/// What of a line a terminal would show in the end: a bar that moves begins its line anew at each carriage return, and colours are
/// no text.
fn shown(line: &str) -> String {
    let line = without_escapes(line);
    let mut parts = line.split('\r').rev();
    let last = parts.find(|part| !part.trim().is_empty());
    last.unwrap_or_default().to_owned()
}

/// A line without the sequences that command a terminal (ECMA-48: CSI … final byte, OSC … BEL or ST, two-character escapes).
fn without_escapes(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\u{1b}' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('[') => {
                let _final = characters.find(|character| ('@'..='~').contains(character));
            }
            Some(']') => {
                while let Some(character) = characters.next() {
                    if character == '\u{7}' {
                        break;
                    }
                    if character == '\u{1b}' {
                        characters.next_if_eq(&'\\');
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    text
}

fn is_own(line: &str) -> bool {
    own_words(line).is_some()
}

/// What CodeBuild says in a line of its own: `[Container] 2026/11/20 10:00:00.123456 words`.
fn own_words(line: &str) -> Option<&str> {
    let mut parts = line.strip_prefix(MARK)?.splitn(3, ' ');
    let (date, time) = (parts.next()?, parts.next()?);
    let is_time = date.contains('/') && time.contains(':');
    is_time.then(|| parts.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let own = |line: &str| match line.strip_prefix("> ") {
            Some(words) => format!("[Container] 2026/11/20 10:00:00.123456 {words}"),
            None => line.to_owned(),
        };
        text.lines().map(own).collect()
    }

    #[test]
    fn the_last_command_of_the_phase_that_failed_tells() {
        let log = lines(
            "> Entering phase INSTALL\n> Running command npm ci\nadded 3 packages\n> Phase complete: INSTALL State: SUCCEEDED\n\
             > Entering phase BUILD\n> Running command make\ncc -o shop main.c\nmain.c:7:5: error\n\
             > Phase complete: BUILD State: FAILED\n> Phase context status code: COMMAND_EXECUTION_ERROR\n\
             > Entering phase POST_BUILD\n> Phase complete: POST_BUILD State: SUCCEEDED\n",
        );
        assert_eq!(
            end_of_phase(&log, Some("BUILD")).as_deref(),
            Some("$ make\ncc -o shop main.c\nmain.c:7:5: error")
        );
    }

    #[test]
    fn what_finally_says_does_not_hide_the_command_that_failed() {
        let log = lines(
            "> Running command make\nmain.c:7:5: error\n> Command did not exit successfully make exit status 2\n\
             > Running command tar czf logs.tgz logs\nlogs/\n> Phase complete: BUILD State: FAILED\n",
        );
        assert_eq!(
            end_of_phase(&log, Some("BUILD")).as_deref(),
            Some("$ make\nmain.c:7:5: error")
        );
    }

    #[test]
    fn a_bar_that_moves_and_colours_hide_no_reason() {
        let bar = (1..=3000)
            .map(|done| format!("\rdownloading {done} of 3000"))
            .collect::<Vec<_>>()
            .concat();
        let log = lines(&format!(
            "> Running command npm ci\n\u{1b}[31merror:\u{1b}[0m the reason\n{bar}\n\u{1b}]8;;https://example.com\u{1b}\\link\u{1b}]8;;\u{7}\rdone\r"
        ));
        assert_eq!(
            end_of_phase(&log, None).as_deref(),
            Some("$ npm ci\nerror: the reason\ndownloading 3000 of 3000\ndone")
        );
    }

    #[test]
    fn of_a_phase_that_never_ended_and_of_a_long_command_the_end_is_kept() {
        let log = lines("> Running command make\n1\n2");
        assert_eq!(
            end_of_phase(&log, Some("BUILD")).as_deref(),
            Some("$ make\n1\n2")
        );
        let endless: Vec<String> = (0..500).map(|number| number.to_string()).collect();
        let end = end_of_phase(&endless, None).unwrap();
        assert!(end.starts_with("440\n") && end.ends_with("\n499"));
    }

    #[test]
    fn nothing_is_said_of_an_empty_log_and_a_test_cannot_speak_as_codebuild() {
        assert_eq!(end_of_phase(&[], Some("BUILD")), None);
        assert_eq!(end_of_phase(&lines("\n\n"), None), None);
        let log = lines(
            "> Running command make\n[Container] Phase complete: BUILD State: FAILED\nreason",
        );
        assert_eq!(
            end_of_phase(&log, Some("BUILD")).as_deref(),
            Some("$ make\n[Container] Phase complete: BUILD State: FAILED\nreason")
        );
    }
}
