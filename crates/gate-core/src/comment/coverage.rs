//! Coverage, its difference to the destination, and that of the files that the pull request changes; where those are not
//! known, of the files in which it changed most.

use std::{collections::HashMap, fmt::Write as _};

use super::{Facts, Stage, View, detail::Detail};
use crate::report::{Coverage, FileCoverage};
use crate::text::{code, count, difference_of_percent, listed};

/// Files named at most.
const FILES: usize = 5;

/// Percentage points from which a file's change is worth a line.
const NOTABLE: f64 = 0.1;

/// Rules about a drop that could not be judged.
pub(super) fn unjudged(view: &View<'_>) -> Option<String> {
    if !matches!(view.stage, Stage::Finished { .. }) {
        return None;
    }
    let names: Vec<String> = view
        .results
        .iter()
        .filter(|result| result.check.demands.maximum_drop.is_some())
        .filter(|result| result.coverage().is_some() && result.coverage_before.is_none())
        .map(|result| code(result.check.name.as_str(), 60))
        .collect();
    if names.is_empty() {
        return None;
    }
    Some(format!(
        "Whether coverage fell was not judged for {}: it is not known what it was on {}.",
        listed(names.into_iter(), 5),
        code(view.destination.as_str(), 80)
    ))
}

pub(super) fn section(view: &View<'_>, facts: &Facts<'_>, detail: &Detail) -> Option<String> {
    let coverage = facts.coverage.as_ref()?;
    let percent = coverage.percent()?;
    let before = facts.before.and_then(|before| before.coverage.as_ref());
    let difference = before
        .and_then(Coverage::percent)
        .map(|before| difference_of_percent(percent, before))
        .unwrap_or_default();
    let mut text = format!(
        "**Coverage** {percent:.1} %{difference}, {} of {} lines",
        count(coverage.covered),
        count(coverage.total)
    );
    let files = match (view.changed, before) {
        (Some(changed), before) => touched(coverage, before, changed),
        (None, Some(before)) if !before.files.is_empty() => changed(coverage, before),
        (None, _) => Vec::new(),
    };
    let shown = detail.names.min(FILES);
    for Moved { name, file, before } in files.iter().take(shown) {
        let now = file.percent().unwrap_or_default();
        let difference = match before {
            Some(before) => difference_of_percent(now, *before),
            None if facts.before.is_some() => " (new)".to_owned(),
            None => String::new(),
        };
        let name = detail.name(name);
        let _ = write!(text, "\n- {name} {now:.1} %{difference}");
    }
    if shown > 0 && files.len() > shown {
        let more = count((files.len() - shown) as u64);
        let _ = write!(text, "\n- and {more} more files");
    }
    Some(text)
}

/// A file, and its coverage at the destination in per cent.
struct Moved<'a> {
    name: &'a str,
    file: &'a FileCoverage,
    before: Option<f64>,
}

impl Moved<'_> {
    /// By how many points it fell; of a new file what it leaves uncovered counts.
    fn change(&self) -> f64 {
        self.before.unwrap_or(100.0) - self.file.percent().unwrap_or_default()
    }
}

/// Files of the pull request, the largest change first.
fn touched<'a>(
    now: &'a Coverage,
    before: Option<&Coverage>,
    changed: &'a [String],
) -> Vec<Moved<'a>> {
    let before = before.map(by_path).unwrap_or_default();
    let mut names: HashMap<&str, Vec<&str>> = HashMap::new();
    for path in changed {
        names.entry(last(path)).or_default().push(path);
    }
    let touched = now.files.iter().filter_map(|file| {
        let mut same = names.get(last(&file.path))?.iter();
        let name = same.find(|path| names_same_file(path, &file.path))?;
        moved(name, file, &before)
    });
    sorted(touched.collect())
}

/// A report may name its files by their absolute paths, or from a folder within the repository.
fn names_same_file(path: &str, reported: &str) -> bool {
    let (path, reported) = (
        path.trim_start_matches("./"),
        reported.trim_start_matches("./"),
    );
    let ends = |long: &str, short: &str| {
        let rest = long.strip_suffix(short);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '\\']))
    };
    ends(reported, path) || ends(path, reported)
}

fn last(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Files whose coverage changed, the largest change first.
fn changed<'a>(now: &'a Coverage, before: &Coverage) -> Vec<Moved<'a>> {
    let before = by_path(before);
    let files = now.files.iter();
    let files = files.filter_map(|file| moved(&file.path, file, &before));
    sorted(
        files
            .filter(|moved| moved.before.is_none() || moved.change().abs() >= NOTABLE)
            .collect(),
    )
}

fn by_path(coverage: &Coverage) -> HashMap<&str, Option<f64>> {
    let files = coverage.files.iter();
    files
        .map(|file| (file.path.as_str(), file.percent()))
        .collect()
}

fn moved<'a>(
    name: &'a str,
    file: &'a FileCoverage,
    before: &HashMap<&str, Option<f64>>,
) -> Option<Moved<'a>> {
    file.percent()?;
    let before = before.get(file.path.as_str()).copied().flatten();
    Some(Moved { name, file, before })
}

fn sorted(mut files: Vec<Moved<'_>>) -> Vec<Moved<'_>> {
    files.sort_by(|one, other| other.change().abs().total_cmp(&one.change().abs()));
    files
}

#[cfg(test)]
mod tests {
    use super::names_same_file;

    #[test]
    fn a_report_may_name_a_file_from_elsewhere() {
        for reported in [
            "src/login.rs",
            "./src/login.rs",
            "/codebuild/output/src1/src/login.rs",
            "login.rs",
        ] {
            assert!(names_same_file("src/login.rs", reported), "{reported}");
        }
        for reported in ["src/my_login.rs", "test/login.rs", "login.rs.bak"] {
            assert!(!names_same_file("src/login.rs", reported), "{reported}");
        }
    }
}
