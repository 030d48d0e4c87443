//! Comments without what differs from run to run, so that a story can hold their whole text.

/// Units of [`gate_core`]'s durations: `953 ms`, `4.2 s`, `4 min 12 s`, `1 h 3 min`.
const UNITS: [&str; 4] = ["ms", "s", "min", "h"];

/// A comment without durations, addresses, ARNs of reports, the run's name and the commit of the merge preview, which the code host makes.
pub fn without_what_differs(comment: &str) -> String {
    let lines: Vec<_> = comment.lines().map(line_without_what_differs).collect();
    lines.join("\n")
}

fn line_without_what_differs(line: &str) -> String {
    if line.starts_with("Mergegate · run ") {
        return "Mergegate · run RUN".to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut after_merged = false;
    for word in line.split(' ') {
        let unit = word.trim_end_matches([',', ':']);
        let counted = words.last().is_some_and(|last| last.parse::<f64>().is_ok());
        if counted && UNITS.contains(&unit) {
            words.pop();
            if words.last().is_some_and(|before| before == "TIME") {
                words.pop();
            }
            words.push(format!("TIME{}", &word[unit.len()..]));
            continue;
        }
        let address = ["[log](", "results]("]
            .into_iter()
            .find_map(|opens| Some((word.split_once(opens)?.0, opens)));
        words.push(match address {
            Some((before, opens)) => format!("{before}{opens}LINK)"),
            None if word.starts_with("arn:aws:codebuild:") => "ARN".to_owned(),
            None if after_merged && is_commit(bare(word)) => word.replace(bare(word), "COMMIT"),
            None => word.to_owned(),
        });
        after_merged = word == "merged";
    }
    words.join(" ")
}

/// A comment without any short commit id.
pub fn without_commits(comment: &str) -> String {
    let line = |line: &str| {
        let words: Vec<_> = line.split(' ').map(without_commit).collect();
        words.join(" ")
    };
    let lines: Vec<_> = comment.lines().map(line).collect();
    lines.join("\n")
}

fn without_commit(word: &str) -> String {
    if is_commit(bare(word)) {
        word.replace(bare(word), "COMMIT")
    } else {
        word.to_owned()
    }
}

fn bare(word: &str) -> &str {
    word.trim_matches(['(', ')', ','])
}

fn is_commit(word: &str) -> bool {
    word.len() == 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_left_out() {
        let line = "`a` 3f2a91c → `main` 81c0d2e, tested as merged (a77e1b0), 412 ms";
        let words = "`a` 3f2a91c → `main` 81c0d2e, tested as merged (COMMIT), TIME";
        assert_eq!(without_what_differs(line), words);
        assert_eq!(
            without_commits(words),
            "`a` COMMIT → `main` COMMIT, tested as merged (COMMIT), TIME"
        );
        assert_eq!(
            without_what_differs("- ✅ **build** passed in 1 min 2 s: [log](http://127.0.0.1/x)"),
            "- ✅ **build** passed in TIME: [log](LINK)"
        );
        assert_eq!(
            without_what_differs("Push. [All results](http://127.0.0.1/x)\n\nMergegate · run pr-1"),
            "Push. [All results](LINK)\n\nMergegate · run RUN"
        );
    }
}
