//! Details in which a tool tells where a case failed and what it said, each in a form of its own.

/// A file, a line in it, and what was said there.
pub(super) type Placed<'a> = (&'a str, u32, String);

/// What the details say, if they have such a form.
pub(super) fn placed(details: &str) -> Option<Placed<'_>> {
    panic(details)
        .or_else(|| boost(details))
        .or_else(|| bats(details))
}

/// Where a Rust test panicked and what it said, from `thread 'x' panicked at src/lib.rs:20:9:` and the lines behind it.
fn panic(details: &str) -> Option<Placed<'_>> {
    let (_, report) = details.strip_prefix("thread '")?.split_once("' ")?;
    let (before, report) = report.split_once("panicked at ")?;
    let is_thread = before.is_empty() || before.starts_with('(');
    let (place, said) = report.split_once('\n').filter(|_| is_thread)?;
    let mut parts = place.trim_end_matches(':').rsplitn(3, ':');
    let (_column, line, file) = (parts.next()?, parts.next()?, parts.next()?);
    let said: Vec<&str> = said
        .lines()
        .take_while(|line| !line.starts_with("note: ") && !line.starts_with("stack backtrace:"))
        .collect();
    let said = said.join("\n").trim().to_owned();
    let line = line.parse().ok().filter(|&line| line > 0)?;
    Some((file, line, said)).filter(|(.., said)| !said.is_empty())
}

/// What a check of Boost.Test said, in lines such as `- file   : cart.cc`. An exception is known by the last check before it.
fn boost(details: &str) -> Option<Placed<'_>> {
    let details = details.trim_start();
    let is_exception = details.starts_with("UNCAUGHT EXCEPTION:");
    if !is_exception && !details.starts_with("ASSERTION FAILURE:") {
        return None;
    }
    let values = |key: &'static str| {
        details.lines().filter_map(move |line| {
            let (name, value) = line.strip_prefix("- ")?.split_once(':')?;
            (name.trim_end() == key).then(|| value.trim())
        })
    };
    let places = values("file").zip(values("line"));
    let (file, line) = places
        .filter_map(|(file, line)| Some((file, line.parse().ok()?)))
        .find(|&(_, line)| line > 0)?;
    let said = if is_exception {
        let (_, stack) = details.split_once("EXCEPTION STACK TRACE:")?;
        let mut lines = stack.lines().skip(1).map(str::trim);
        lines.find(|line| !line.is_empty())?
    } else {
        values("message").next()?
    };
    Some((file, line, said.to_owned()))
}

/// The command that failed in a test of Bats, behind `(in test file cart.bats, line 4)`.
fn bats(details: &str) -> Option<Placed<'_>> {
    let (place, said) = details.trim_start().strip_prefix('(')?.split_once(")\n")?;
    let (_, place) = place.split_once("in test file ")?;
    let (file, line) = place.rsplit_once(", line ")?;
    let said = said.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some((file, line.parse().ok()?, said.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_has_a_place_and_words() {
        let details = "thread 'a::b' (12) panicked at src/lib.rs:20:9:\nleft is not right\n  left: 1\nnote: run with\n";
        let said = "left is not right\n  left: 1".to_owned();
        assert_eq!(panic(details), Some(("src/lib.rs", 20, said)));
        for other in [
            "thread 'a' panicked at",
            "it panicked at src/lib.rs:1:2:\nx",
            "thread 'a' panicked at lib.rs:x:y:\nz",
        ] {
            assert_eq!(panic(other), None, "{other}");
        }
    }

    #[test]
    fn a_form_that_is_broken_is_none() {
        for details in [
            "ASSERTION FAILURE:\n- file   : b.cc\n- line   : 0\n- message: no\n",
            "ASSERTION FAILURE:\n- file   : b.cc\n",
            "UNCAUGHT EXCEPTION:\n- file: a\n- line: 3\n",
            "(in test file a.bats, line x)\n  `false' failed",
            "(a)\nb",
        ] {
            assert_eq!(placed(details), None, "{details}");
        }
    }
}
