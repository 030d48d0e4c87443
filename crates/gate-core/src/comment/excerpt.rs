//! What is kept of a long message: the lines that say what failed, wherever a tool puts them, before the source and the
//! traces around them.

use crate::inert::clean;

/// Stands where lines are left out.
const GAP: &str = "…";

/// Words with a colon behind them that begin a line about what was expected and what came.
const LABELS: [&str; 9] = [
    "expected", "received", "actual", "got", "want", "left", "right", "diff", "message",
];

/// How little a line says of what failed; the least is kept first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// What was asserted, what was expected, what came.
    Assertion,
    /// The name of an error with what it says.
    Error,
    First,
    Other,
}

/// `message` in at most `lines` lines and `characters` characters: whole if it fits, else its best lines in their order.
pub(super) fn excerpt(message: &str, lines: usize, characters: usize) -> String {
    let cleaned = clean(message);
    let all: Vec<&str> = cleaned.trim_end().lines().map(str::trim_end).collect();
    let length = all
        .iter()
        .map(|line| line.chars().count() + 1)
        .sum::<usize>();
    let ranks: Vec<Rank> = all
        .iter()
        .enumerate()
        .map(|(at, line)| rank(at, line))
        .collect();
    let told = |from: usize| ranks.iter().skip(from).any(|rank| *rank == Rank::Assertion);
    // What is cut at its end anyway loses nothing that matters.
    let fits = all.len() <= lines && length <= characters + 1;
    let end = within(&all, lines, characters);
    if fits || !(told(end) || ranks.iter().skip(end).any(|rank| *rank == Rank::Error)) {
        return all.join("\n");
    }
    let mut order: Vec<usize> = (0..all.len()).filter(|&at| !all[at].is_empty()).collect();
    order.sort_by_key(|&at| ranks[at]);
    let mut kept = Vec::new();
    let mut room = characters;
    // A gap on both sides of each line is the most that is added.
    for at in order.into_iter().take(lines.div_ceil(2).max(1)) {
        let needed = all[at].chars().count() + 3;
        if needed > room && !kept.is_empty() {
            break;
        }
        room = room.saturating_sub(needed);
        kept.push(at);
    }
    kept.sort_unstable();
    in_order(&all, &kept, lines)
}

/// How many lines from the first are within the bounds.
fn within(all: &[&str], lines: usize, characters: usize) -> usize {
    let mut room = characters + 1;
    let fitting = all.iter().take(lines).take_while(|line| {
        let needed = line.chars().count() + 1;
        let fits = needed <= room;
        room = room.saturating_sub(needed);
        fits
    });
    fitting.count()
}

/// The kept lines, with a mark where there are gaps between them and room for it.
fn in_order(all: &[&str], kept: &[usize], lines: usize) -> String {
    let mut told: Vec<&str> = Vec::new();
    let mut next = 0;
    for (done, &at) in kept.iter().enumerate() {
        let left = kept.len() - done;
        if at > next && told.len() + left < lines {
            told.push(GAP);
        }
        told.push(all[at]);
        next = at + 1;
    }
    if next < all.len() && told.len() < lines {
        told.push(GAP);
    }
    told.join("\n")
}

fn rank(at: usize, line: &str) -> Rank {
    let text = line.trim_start();
    if line.starts_with("E  ") || is_labelled(text) || is_assertion(text) {
        Rank::Assertion
    } else if is_error(text) {
        Rank::Error
    } else if at == 0 {
        Rank::First
    } else {
        Rank::Other
    }
}

/// `Expected: 3`, `Received has type:  number`, `actual  : 2`, `left: 1`.
fn is_labelled(text: &str) -> bool {
    let Some((label, said)) = text.split_once(':') else {
        return false;
    };
    let word = label.split_whitespace().next().unwrap_or_default();
    let is_known = LABELS.iter().any(|known| word.eq_ignore_ascii_case(known));
    label.len() < 40 && !said.is_empty() && is_known
}

/// `assertion \`left == right\` failed`, `AssertionError: …`, `expected 2 to be 3`, `Failed asserting that …`.
fn is_assertion(text: &str) -> bool {
    let words = [
        "assertion ",
        "assertionerror",
        "assert ",
        "expected ",
        "failed asserting",
        "not equal",
    ];
    let begins = |word: &&str| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    words.iter().any(begins) && !text.ends_with([';', '{'])
}

/// `ValueError: no`, `java.lang.IllegalStateException: no`, `Error: no`, `panic: no`, `thread 'x' panicked at`.
fn is_error(text: &str) -> bool {
    let (name, said) = text.split_once(':').unwrap_or((text, ""));
    let one_word = !name.contains(char::is_whitespace) && !said.is_empty();
    let ends = [
        "Error",
        "Exception",
        "Failure",
        "Failed",
        "panic",
        "error",
        "fatal",
    ];
    (one_word && ends.iter().any(|end| name.ends_with(end))) || text.contains("' panicked at ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_pytest() -> String {
        let source = "    cart.add(Price(1))\n".repeat(30);
        format!(
            "def test_total():\n{source}>   assert cart.total() == 3\nE   assert 2 == 3\nE    +  where 2 = total()\n\ntests/test_cart.py:33: AssertionError"
        )
    }

    #[test]
    fn pytests_lines_are_kept_however_long_the_source_is() {
        assert_eq!(
            excerpt(&long_pytest(), 12, 1000)
                .lines()
                .filter(|line| line.starts_with('E'))
                .collect::<Vec<_>>(),
            ["E   assert 2 == 3", "E    +  where 2 = total()"]
        );
        assert_eq!(
            excerpt(&long_pytest(), 4, 250),
            "…\nE   assert 2 == 3\nE    +  where 2 = total()\n…"
        );
        assert_eq!(excerpt(&long_pytest(), 1, 100), "E   assert 2 == 3");
    }

    #[test]
    fn what_jest_expected_is_kept() {
        let frames = "    at Object.x (node_modules/jest/run.js:1:2)\n".repeat(20);
        let message = format!(
            "Error: expect(received).toBe(expected) // Object.is equality\n\nIt was this:\n\n{}\n\nExpected: 3\nReceived: 2\n{frames}",
            "a line of a long text\n".repeat(10)
        );
        assert_eq!(excerpt(&message, 4, 250), "…\nExpected: 3\nReceived: 2\n…");
        let kept = excerpt(&message, 12, 1000);
        assert!(kept.starts_with("Error: expect(received)"), "{kept}");
        assert!(kept.contains("Expected: 3\nReceived: 2"), "{kept}");
    }

    #[test]
    fn what_fits_and_what_says_no_more_behind_is_as_it_is() {
        assert_eq!(excerpt("one\ntwo\n", 2, 7), "one\ntwo");
        let lines = "a line\n".repeat(50);
        assert_eq!(excerpt(&lines, 4, 100), lines.trim_end());
    }
}
