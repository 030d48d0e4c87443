//! Reads test and coverage reports into one model.
//!
//! [`read`] streams: it recognises the format by its content and hands every case and every file's coverage to a
//! [`Sink`] as soon as it is complete, so memory does not grow with the file ([`limits`] has the bounds). [`parse`]
//! collects one file into a [`Report`]; [`Summary`] adds up many files, and a broken one among them is a problem that
//! hides none of the others.
//!
//! A report comes from code under test and is not trusted: no entity of a DOCTYPE is resolved, nothing outside the
//! file is opened, nesting and lengths are bounded. What only looks odd is read as its tool meant it; what could hide
//! a failure is an error with line and column.
//!
//! `window` is the part of the text that is in memory, `xml` and `json` read it piece by piece, [`Format`] names the
//! formats, `format` recognises them, and `formats` has a module for each. What is recognised and cannot be read, such
//! as TAP, is refused by its name.

mod coverage;
mod error;
mod format;
mod formats;
mod json;
pub mod limits;
mod lines;
mod model;
mod place;
mod seconds;
mod suites;
mod summary;
mod text;
mod window;
mod xml;

use std::io::BufRead;

pub use coverage::{Coverage, FileCoverage};
pub use error::ReadError;
pub use format::Format;
pub use model::{Case, Counts, Outcome, Report, Sink};
pub use place::Place;
pub use summary::{Failure, Problem, Summary};

/// Reads one report and hands what it says to `sink`, in the order of the file.
///
/// After an error the sink keeps what was read before the fault.
pub fn read(source: impl BufRead, sink: &mut impl Sink) -> Result<Format, ReadError> {
    let recognised = format::recognise(source)?;
    let format = recognised.format;
    formats::read(recognised, sink)?;
    Ok(format)
}

/// Reads one report whole.
pub fn parse(source: impl BufRead) -> Result<Report, ReadError> {
    let mut collected = Report::new();
    collected.format = read(source, &mut collected)?;
    if collected.format.is_coverage() {
        collected.coverage.get_or_insert_default();
    }
    Ok(collected)
}

/// Says which format the content has, without reading further than its first element.
pub fn detect(source: impl BufRead) -> Result<Format, ReadError> {
    Ok(format::recognise(source)?.format)
}
