//! JaCoCo XML.
//!
//! A line counts by its instructions: covered if any of them ran; what is not written is 0, as in the DTD. A source file
//! of which no line tells its instructions, as gcovr writes it or because it was compiled without line numbers, counts by
//! its `LINE` counter, if it has one. Paths are the package and the file's name; which source folder the package is in,
//! the format does not say.

use crate::coverage::FileCoverage;
use crate::error::ReadError;
use crate::limits::NAME_BYTES;
use crate::lines::Lines;
use crate::model::Sink;
use crate::xml::{Handler, Tag, Text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The report or a group.
    Group,
    Package,
    SourceFile,
    Ignored,
}

pub(super) struct JaCoCo<'s, S> {
    sink: &'s mut S,
    places: Vec<Place>,
    package: String,
    file: Option<File>,
}

struct File {
    path: String,
    lines: Lines,
    /// Whether any line tells its instructions.
    tells_instructions: bool,
    /// Covered and missed, from its own counter.
    counter: Option<(u64, u64)>,
}

impl<S: Sink> Handler for JaCoCo<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let place = match (self.places.last(), tag.name()) {
            (None, _) | (Some(Place::Group), "group") => Place::Group,
            (Some(Place::Group), "package") => {
                self.package = tag.attribute("name", NAME_BYTES).unwrap_or_default();
                Place::Package
            }
            (Some(Place::Package), "sourcefile") => self.open_file(tag)?,
            (Some(Place::SourceFile), "line") => self.line(tag)?,
            (Some(Place::SourceFile), "counter") => self.counter(tag)?,
            _ => Place::Ignored,
        };
        self.places.push(place);
        Ok(())
    }

    fn text(&mut self, _: &Text<'_>) {}

    fn close(&mut self) {
        if self.places.pop() == Some(Place::SourceFile) {
            self.finish();
        }
    }

    fn finish(&mut self) {
        let Some(file) = self.file.take() else { return };
        let mut coverage = file.lines.coverage_of(file.path);
        let told = file.tells_instructions && coverage.lines_total > 0;
        if let (false, Some((covered, missed))) = (told, file.counter) {
            coverage = FileCoverage {
                lines_covered: covered,
                lines_total: covered.saturating_add(missed),
                ..coverage
            };
        }
        self.sink.file_coverage(coverage);
    }
}

impl<'s, S: Sink> JaCoCo<'s, S> {
    pub(super) fn new(sink: &'s mut S) -> Self {
        Self {
            sink,
            places: Vec::new(),
            package: String::new(),
            file: None,
        }
    }

    fn open_file(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let Some(name) = tag.filled("name", NAME_BYTES) else {
            return Err(tag.fault("a `<sourcefile>` has no `name`"));
        };
        let path = match self.package.as_str() {
            "" => name,
            package => format!("{package}/{name}"),
        };
        self.file = Some(File {
            path,
            lines: Lines::default(),
            tells_instructions: false,
            counter: None,
        });
        Ok(Place::SourceFile)
    }

    fn line(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let Some(number) = tag.number("nr") else {
            return Err(tag.fault("a `<line>` has no `nr` that is a whole number"));
        };
        let instructions = count(tag, "ci")?;
        // Without instructions a decision that was taken shows that the line ran.
        let hit = match instructions {
            Some(covered) => covered > 0,
            None => count(tag, "cb")?.is_some_and(|covered| covered > 0) && !tag.has("mi"),
        };
        if let Some(file) = &mut self.file {
            file.tells_instructions |= instructions.is_some() || tag.has("mi");
            let path = &file.path;
            let added = file.lines.add(number, hit);
            added.map_err(|why| tag.fault(format!("`{path}` {why}")))?;
        }
        Ok(Place::Ignored)
    }

    fn counter(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        if tag.says("type", &["LINE"])
            && let Some(file) = &mut self.file
        {
            let (Some(covered), Some(missed)) = (tag.number("covered"), tag.number("missed"))
            else {
                return Err(tag.fault("a `<counter>` has no `covered` and `missed`"));
            };
            file.counter = Some((covered, missed));
        }
        Ok(Place::Ignored)
    }
}

/// A count of a line, if it is written.
fn count(tag: &Tag<'_>, name: &str) -> Result<Option<u64>, ReadError> {
    match tag.raw(name) {
        None => Ok(None),
        Some(_) => tag
            .number(name)
            .map(Some)
            .ok_or_else(|| tag.fault(format!("a `<line>` has a `{name}` that is no whole number"))),
    }
}
