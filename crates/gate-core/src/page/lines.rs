//! Coverage on the page: every file, the least covered first.

use std::fmt::Write as _;

use std::collections::HashMap;

use super::markup::{
    Head::{Number, Words},
    bar, escaped, section, table,
};
use crate::{
    comment::Facts,
    text::{count, difference_of_percent},
};

/// Files in the table.
const FILES: usize = 2000;

pub(super) fn coverage(facts: &Facts<'_>) -> Option<String> {
    let coverage = facts.coverage.as_ref()?;
    let before: HashMap<&str, f64> = facts
        .before
        .and_then(|before| before.coverage.as_ref())
        .map(|coverage| coverage.files.as_slice())
        .unwrap_or_default()
        .iter()
        .filter_map(|file| Some((file.path.as_str(), file.percent()?)))
        .collect();
    let mut files: Vec<_> = coverage
        .files
        .iter()
        .filter_map(|file| Some((file.percent()?, file)))
        .collect();
    files.sort_by(|one, other| {
        one.0
            .total_cmp(&other.0)
            .then_with(|| one.1.path.cmp(&other.1.path))
    });
    let mut rows = String::new();
    for (percent, file) in files.iter().take(FILES) {
        let difference = match before.get(file.path.as_str()) {
            Some(before) => difference_of_percent(*percent, *before),
            None if before.is_empty() => String::new(),
            None => "(new)".to_owned(),
        };
        let _ = writeln!(
            rows,
            "<tr><td><code>{}</code></td><td class=\"number\">{percent:.1} %</td><td class=\"number\">{}</td><td>{}</td><td class=\"number\">{} of {}</td></tr>",
            escaped(&file.path),
            escaped(difference.trim()),
            bar(*percent),
            count(file.covered),
            count(file.total)
        );
    }
    if rows.is_empty() {
        return None;
    }
    let rows = table(
        "lines",
        &[
            Words("File"),
            Number("Covered"),
            Number("Change"),
            Words(""),
            Number("Lines"),
        ],
        &rows,
    );
    Some(section("coverage", "Coverage by file", &rows))
}
