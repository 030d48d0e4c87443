//! Which lines of a source file could have run, and which did: two bits a line.

use std::collections::{BTreeMap, HashMap};

use crate::coverage::FileCoverage;
use crate::limits::{BLOCKS_PER_REPORT, LINES_PER_FILE, PATH_BYTES_PER_REPORT};
use crate::model::Sink;

/// The lines of one source file, in blocks of 64; only blocks with lines in them take room. A line that is told of more
/// than once is one line, covered if it once was.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    blocks: BTreeMap<u32, Block>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Block {
    known: u64,
    hit: u64,
}

impl Lines {
    /// Takes in one line; an error says why not. Tools write a line 0 for a file that has none: it is no line.
    pub(crate) fn add(&mut self, number: u32, hit: bool) -> Result<(), String> {
        if number == 0 {
            return Ok(());
        }
        if number > LINES_PER_FILE {
            return Err(format!("has a line {number}: above {LINES_PER_FILE}"));
        }
        let bit = 1 << (number % u64::BITS);
        let block = self.blocks.entry(number / u64::BITS).or_default();
        block.known |= bit;
        block.hit |= if hit { bit } else { 0 };
        Ok(())
    }

    /// Takes in the lines of a part whose `own` lines and whose `inner` ones are told apart. Inner lines alone count if
    /// there are no own ones.
    pub(crate) fn add_part(&mut self, own: &Self, inner: &Self) {
        let (told, other) = if own.blocks.is_empty() {
            (inner, own)
        } else {
            (own, inner)
        };
        for (&number, told) in &told.blocks {
            let other = other.blocks.get(&number).copied().unwrap_or_default();
            let block = self.blocks.entry(number).or_default();
            block.known |= told.known;
            block.hit |= told.known & (told.hit | other.hit);
        }
    }

    /// What the lines come to.
    pub(crate) fn coverage_of(&self, path: String) -> FileCoverage {
        let sum = |count: fn(&Block) -> u32| self.blocks.values().map(count).map(u64::from).sum();
        FileCoverage {
            path,
            lines_covered: sum(|block| block.hit.count_ones()),
            lines_total: sum(|block| block.known.count_ones()),
        }
    }
}

/// The lines of all files of a report that tells of one file in several places.
#[derive(Debug, Default)]
pub(crate) struct AllLines {
    places: HashMap<String, usize>,
    files: Vec<(String, Lines)>,
    /// How many blocks of lines and bytes of paths there are.
    blocks: usize,
    path_bytes: usize,
}

impl AllLines {
    /// The number under which the lines of `path` are added.
    pub(crate) fn file(&mut self, path: String) -> Result<usize, String> {
        if let Some(&index) = self.places.get(&path) {
            return Ok(index);
        }
        self.path_bytes += path.len();
        if self.path_bytes > PATH_BYTES_PER_REPORT {
            return Err(format!(
                "the paths in it are longer than {PATH_BYTES_PER_REPORT} bytes together"
            ));
        }
        let index = self.files.len();
        self.places.insert(path.clone(), index);
        self.files.push((path, Lines::default()));
        Ok(index)
    }

    /// Takes in one line of a file.
    pub(crate) fn add(&mut self, file: usize, number: u32, hit: bool) -> Result<(), String> {
        let Some((path, lines)) = self.files.get_mut(file) else {
            return Ok(());
        };
        let before = lines.blocks.len();
        lines
            .add(number, hit)
            .map_err(|why| format!("`{path}` {why}"))?;
        self.blocks += lines.blocks.len() - before;
        if self.blocks > BLOCKS_PER_REPORT {
            return Err("the files in it have too many lines together".to_owned());
        }
        Ok(())
    }

    /// Hands over every file.
    pub(crate) fn finish(self, sink: &mut impl Sink) {
        for (path, lines) in self.files {
            sink.file_coverage(lines.coverage_of(path));
        }
    }
}
