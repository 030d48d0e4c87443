//! Line coverage added up: parts of one report are summed, repeated reports of one file are not.

use std::collections::HashMap;

use serde::Serialize;

/// Line coverage of one source file, or of a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileCoverage {
    /// Path with `/`, relative to the source folder where the report tells it.
    pub path: String,
    /// Lines that ran at least once.
    pub lines_covered: u64,
    /// Lines that could have run.
    pub lines_total: u64,
}

/// Line coverage of many files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Lines that ran at least once.
    pub lines_covered: u64,
    /// Lines that could have run.
    pub lines_total: u64,
    /// Every file once, in the order in which they came.
    pub files: Vec<FileCoverage>,
    places: Places,
}

/// Where each path is in [`Coverage::files`].
#[derive(Debug, Clone, Default)]
struct Places(HashMap<String, usize>);

/// An index says nothing that the files do not say.
impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Places {}

impl Coverage {
    /// Covered lines of a hundred, or `None` where there are no lines.
    #[allow(clippy::cast_precision_loss, reason = "line counts are far below 2^52")]
    pub fn percent(&self) -> Option<f64> {
        (self.lines_total > 0).then(|| self.lines_covered as f64 * 100.0 / self.lines_total as f64)
    }

    /// Adds a part of the same report: lines of a path that came before are further lines.
    pub(crate) fn add(&mut self, file: FileCoverage) {
        self.lines_covered += file.lines_covered;
        self.lines_total += file.lines_total;
        match self.known(&file.path) {
            Some(known) => {
                known.lines_covered += file.lines_covered;
                known.lines_total += file.lines_total;
            }
            None => self.push(file),
        }
    }

    /// Adds another report: of a path that both have, the better covered one counts, because which lines the two
    /// share is not known. That is never more than what both together cover.
    pub(crate) fn merge(&mut self, other: Self) {
        for file in other.files {
            match self.known(&file.path) {
                Some(known) if is_better(&file, known) => *known = file,
                Some(_) => {}
                None => self.push(file),
            }
        }
        self.lines_covered = self.files.iter().map(|file| file.lines_covered).sum();
        self.lines_total = self.files.iter().map(|file| file.lines_total).sum();
    }

    fn known(&mut self, path: &str) -> Option<&mut FileCoverage> {
        let index = *self.places.0.get(path)?;
        self.files.get_mut(index)
    }

    fn push(&mut self, file: FileCoverage) {
        self.places.0.insert(file.path.clone(), self.files.len());
        self.files.push(file);
    }
}

/// Whether `candidate` covers the larger share of its lines.
fn is_better(candidate: &FileCoverage, known: &FileCoverage) -> bool {
    u128::from(candidate.lines_covered) * u128::from(known.lines_total)
        > u128::from(known.lines_covered) * u128::from(candidate.lines_total)
}
