//! Clover XML.
//!
//! Lines of statements and conditions count; that of a method's head does not, as the tools that write the format count
//! themselves. A line is covered by its `count`. A condition without one is covered if it was decided at least once; with
//! one its `falsecount` may be of branches that were missed, as Istanbul writes it. The tests' own files (`<testproject>`)
//! are passed over. Some tools write packages, files and lines inside of `<metrics>`.

use crate::error::ReadError;
use crate::limits::NAME_BYTES;
use crate::lines::Lines;
use crate::model::Sink;
use crate::text::forward_slashes;
use crate::xml::{Handler, Tag, Text};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// A project or a package.
    Files,
    File,
    /// The figures of a file, with its lines in them perhaps.
    FileMetrics,
    Ignored,
}

pub(super) struct Clover<'s, S> {
    sink: &'s mut S,
    places: Vec<Place>,
    file: Option<(String, Lines)>,
}

impl<S: Sink> Handler for Clover<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let place = match (self.places.last(), tag.name()) {
            (None, _) => Place::Root,
            (Some(Place::Root), "project") | (Some(Place::Files), "package" | "metrics") => {
                Place::Files
            }
            (Some(Place::Files), "file") => self.open_file(tag)?,
            (Some(Place::File), "metrics") => Place::FileMetrics,
            (Some(Place::File | Place::FileMetrics), "line") => self.line(tag)?,
            _ => Place::Ignored,
        };
        self.places.push(place);
        Ok(())
    }

    fn text(&mut self, _: &Text<'_>) {}

    fn close(&mut self) {
        if self.places.pop() == Some(Place::File) {
            self.finish();
        }
    }

    fn finish(&mut self) {
        if let Some((path, lines)) = self.file.take() {
            self.sink.file_coverage(lines.coverage_of(path));
        }
    }
}

impl<'s, S: Sink> Clover<'s, S> {
    pub(super) fn new(sink: &'s mut S) -> Self {
        Self {
            sink,
            places: Vec::new(),
            file: None,
        }
    }

    fn open_file(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let path = tag
            .filled("path", NAME_BYTES)
            .or_else(|| tag.filled("name", NAME_BYTES));
        let Some(path) = path else {
            return Err(tag.fault("a `<file>` has neither `path` nor `name`"));
        };
        self.file = Some((forward_slashes(path.trim()), Lines::default()));
        Ok(Place::File)
    }

    fn line(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        if tag.says("type", &["method"]) {
            return Ok(Place::Ignored);
        }
        let Some(number) = tag.number("num") else {
            return Err(tag.fault("a `<line>` has no `num` that is a whole number"));
        };
        let ran = |count: &str| tag.number::<f64>(count).is_some_and(|count| count > 0.0);
        let hit = if tag.has("count") {
            ran("count")
        } else {
            ran("truecount") || ran("falsecount")
        };
        if let Some((path, lines)) = &mut self.file {
            lines
                .add(number, hit)
                .map_err(|why| tag.fault(format!("`{path}` {why}")))?;
        }
        Ok(Place::Ignored)
    }
}
