//! Which format a report has: decided by its content, never by its name.

use std::fmt;
use std::io::BufRead;

use crate::error::{Position, ReadError};
use crate::xml::{Document, Node, Tag};

/// A format of test or coverage reports. [`Format::JUnit`] and [`Format::Cobertura`] can be read; the others are
/// recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JUnit XML, in all its dialects.
    JUnit,
    /// NUnit 2 and 3 XML.
    NUnit,
    /// TestNG XML.
    TestNg,
    /// Visual Studio TRX.
    Trx,
    /// Cucumber JSON.
    Cucumber,
    /// Cobertura XML.
    Cobertura,
    /// JaCoCo XML.
    JaCoCo,
    /// Clover XML.
    Clover,
    /// SimpleCov JSON.
    SimpleCov,
}

impl Format {
    /// Whether its reports say which lines ran, not which tests held.
    pub fn is_coverage(self) -> bool {
        matches!(
            self,
            Self::Cobertura | Self::JaCoCo | Self::Clover | Self::SimpleCov
        )
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::JUnit => "JUnit",
            Self::NUnit => "NUnit",
            Self::TestNg => "TestNG",
            Self::Trx => "TRX",
            Self::Cucumber => "Cucumber",
            Self::Cobertura => "Cobertura",
            Self::JaCoCo => "JaCoCo",
            Self::Clover => "Clover",
            Self::SimpleCov => "SimpleCov",
        })
    }
}

/// A document whose format is known and whose root element has been read.
pub(crate) struct Recognised<R: BufRead> {
    pub(crate) format: Format,
    pub(crate) root: Tag<'static>,
    pub(crate) document: Document<R>,
}

/// What a report is, from its beginning.
pub(crate) enum Recognition<R: BufRead> {
    Xml(Box<Recognised<R>>),
    /// JSON has no reader yet, so there is nothing to read on from.
    Json(Format),
}

/// Reads up to the root element.
pub(crate) fn recognise<R: BufRead>(source: R) -> Result<Recognition<R>, ReadError> {
    let mut document = Document::new(source)?;
    let beginning = document.peek()?;
    if beginning.is_empty() {
        return Err(Position::START.fault("the file is empty"));
    }
    let beginning = beginning.trim_ascii_start();
    if matches!(beginning.first(), Some(b'{' | b'[')) {
        return of_json(&String::from_utf8_lossy(beginning)).map(Recognition::Json);
    }
    if !matches!(beginning.first(), Some(b'<') | None) {
        return Err(Position::START.fault("neither XML nor JSON: not a test or coverage report"));
    }
    loop {
        match document.next()? {
            Node::Open(root) => {
                let format = of_root(&root)?;
                let root = root.into_owned();
                return Ok(Recognition::Xml(Box::new(Recognised {
                    format,
                    root,
                    document,
                })));
            }
            Node::End => {
                return Err(Position::START
                    .fault("there is no element in it: not a test or coverage report"));
            }
            Node::Aside | Node::Close | Node::Text(_) => {}
        }
    }
}

fn of_root(root: &Tag<'_>) -> Result<Format, ReadError> {
    Ok(match root.name() {
        "testsuites" | "testsuite" | "testrun" => Format::JUnit,
        "test-run" | "test-results" => Format::NUnit,
        "testng-results" => Format::TestNg,
        "TestRun" => Format::Trx,
        "coverage" if root.has("clover") || (root.has("generated") && !root.has("line-rate")) => {
            Format::Clover
        }
        "coverage" => Format::Cobertura,
        "report" => Format::JaCoCo,
        other => {
            let message =
                format!("the root element is `<{other}>`: not a known test or coverage report");
            return Err(root.position.fault(message));
        }
    })
}

/// A Cucumber file is a list of features with elements, a SimpleCov file an object of runs with coverage.
fn of_json(beginning: &str) -> Result<Format, ReadError> {
    let says = |key: &str| beginning.contains(&format!("\"{key}\""));
    if beginning.starts_with('[') && (says("elements") || says("keyword") || says("uri")) {
        return Ok(Format::Cucumber);
    }
    if beginning.starts_with('{') && says("coverage") {
        return Ok(Format::SimpleCov);
    }
    Err(Position::START.fault("this JSON is not a known test or coverage report"))
}
