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
//! One module per format: [`Format`] names them all, `format` recognises them, `junit` and `cobertura` read theirs.
//! A format that is recognised and has no reader yet is refused by its name.

mod cobertura;
mod coverage;
mod error;
mod format;
mod junit;
pub mod limits;
mod model;
mod seconds;
mod summary;
mod text;
mod xml;

use std::io::BufRead;

pub use coverage::{Coverage, FileCoverage};
pub use error::ReadError;
pub use format::Format;
pub use model::{Case, Counts, Outcome, Report, Sink};
pub use summary::{Failure, Problem, Summary};

use error::Position;
use format::{Recognised, Recognition};

/// Reads one report and hands what it says to `sink`, in the order of the file.
///
/// After an error the sink keeps what was read before the fault.
pub fn read(source: impl BufRead, sink: &mut impl Sink) -> Result<Format, ReadError> {
    let Recognised {
        format,
        root,
        mut document,
    } = match format::recognise(source)? {
        Recognition::Xml(recognised) => *recognised,
        Recognition::Json(format) => return Err(not_supported(Position::START, format)),
    };
    match format {
        Format::JUnit => junit::read(&root, &mut document, sink)?,
        Format::Cobertura => cobertura::read(&mut document, sink)?,
        other => return Err(not_supported(root.position, other)),
    }
    Ok(format)
}

fn not_supported(position: Position, format: Format) -> ReadError {
    position.fault(format!("{format} reports are not supported yet"))
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
    Ok(match format::recognise(source)? {
        Recognition::Xml(recognised) => recognised.format,
        Recognition::Json(format) => format,
    })
}
