//! Coverage, its difference to the destination, and the files in which it changed most.

use std::{collections::HashMap, fmt::Write as _};

use super::{Facts, detail::Detail};
use crate::report::{Coverage, FileCoverage};
use crate::text::{count, difference_of_percent};

/// Files named at most.
const FILES: usize = 5;

/// Percentage points from which a file's change is worth a line.
const NOTABLE: f64 = 0.1;

pub(super) fn section(facts: &Facts<'_>, detail: &Detail) -> Option<String> {
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
    let Some(before) = before.filter(|before| !before.files.is_empty()) else {
        return Some(text);
    };
    let changed = changed(coverage, before);
    let shown = detail.names.min(FILES);
    for (file, before) in changed.iter().take(shown) {
        let now = file.percent().unwrap_or_default();
        let difference = match before {
            Some(before) => difference_of_percent(now, *before),
            None => " (new)".to_owned(),
        };
        let name = detail.name(&file.path);
        let _ = write!(text, "\n- {name} {now:.1} %{difference}");
    }
    if shown > 0 && changed.len() > shown {
        let more = count((changed.len() - shown) as u64);
        let _ = write!(text, "\n- and {more} more files");
    }
    Some(text)
}

/// Files whose coverage changed, the largest change first; of a new file what it leaves uncovered counts.
fn changed<'a>(now: &'a Coverage, before: &Coverage) -> Vec<(&'a FileCoverage, Option<f64>)> {
    let before: HashMap<&str, Option<f64>> = before
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.percent()))
        .collect();
    let mut changed: Vec<_> = now
        .files
        .iter()
        .filter_map(|file| {
            let percent = file.percent()?;
            let known = before.get(file.path.as_str()).copied().flatten();
            let change = known.unwrap_or(100.0) - percent;
            (known.is_none() || change.abs() >= NOTABLE).then_some((change, file, known))
        })
        .collect();
    changed.sort_by(|one, other| other.0.abs().total_cmp(&one.0.abs()));
    changed
        .into_iter()
        .map(|(_, file, known)| (file, known))
        .collect()
}
