//! Cobertura XML.
//!
//! The figures come from the `<line>` elements alone, not from the rates that tools write beside them. Within a file
//! a line number counts once, and is covered if any of its elements has hits. Lines of methods count on their own only
//! in a class that has no others, because some tools list a method's head there and nowhere else. Classes of one file that follow each other (a class and its inner classes) are one
//! file; if other files stand between them their lines are added up. Memory holds the lines of one file.
//!
//! Paths are written with `/` and, where a `<source>` folder contains them, relative to it.

use crate::error::ReadError;
use crate::limits::{NAME_BYTES, SOURCE_FOLDERS};
use crate::lines::Lines;
use crate::model::Sink;
use crate::text::{Clipped, forward_slashes};
use crate::xml::{Handler, Tag, Text};

/// What an open element is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// Holds classes at some depth.
    Classes,
    Sources,
    Source,
    Class,
    /// What holds lines in a class.
    Lines,
    /// What holds lines in a class's methods.
    Methods,
    Ignored,
}

pub(super) struct Cobertura<'s, S> {
    sink: &'s mut S,
    places: Vec<Place>,
    folders: Vec<String>,
    folder: Option<Clipped>,
    file: Option<(String, Lines)>,
    /// The lines of the class that is open, and those of its methods.
    class: (Lines, Lines),
}

impl<S: Sink> Handler for Cobertura<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let place = match (self.places.last(), tag.name()) {
            (None, _) => Place::Root,
            (Some(Place::Root), "sources") => Place::Sources,
            (Some(Place::Sources), "source") => self.open_source(tag)?,
            (Some(Place::Root | Place::Classes), "packages" | "package" | "classes") => {
                Place::Classes
            }
            (Some(Place::Root | Place::Classes), "class") => self.open_class(tag)?,
            (Some(Place::Class), "lines") => Place::Lines,
            (Some(Place::Class | Place::Methods), "methods" | "method" | "lines") => Place::Methods,
            (Some(Place::Class | Place::Lines), "line") => self.line(tag, false)?,
            (Some(Place::Methods), "line") => self.line(tag, true)?,
            _ => Place::Ignored,
        };
        self.places.push(place);
        Ok(())
    }

    fn text(&mut self, text: &Text<'_>) {
        if let (Some(Place::Source), Some(folder)) = (self.places.last(), &mut self.folder) {
            text.append_to(folder);
        }
    }

    fn close(&mut self) {
        match self.places.pop() {
            Some(Place::Class) => self.close_class(),
            Some(Place::Source) => self.close_source(),
            _ => {}
        }
    }

    fn finish(&mut self) {
        self.close_class();
        if let Some((path, lines)) = self.file.take() {
            self.sink.file_coverage(lines.coverage_of(path));
        }
    }
}

impl<'s, S: Sink> Cobertura<'s, S> {
    pub(super) fn new(sink: &'s mut S) -> Self {
        Self {
            sink,
            places: Vec::new(),
            folders: Vec::new(),
            folder: None,
            file: None,
            class: Default::default(),
        }
    }

    fn open_source(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        if self.folders.len() == SOURCE_FOLDERS {
            return Err(tag.fault(format!("more than {SOURCE_FOLDERS} source folders")));
        }
        self.folder = Some(Clipped::new(NAME_BYTES));
        Ok(Place::Source)
    }

    fn close_source(&mut self) {
        let folder = self
            .folder
            .take()
            .and_then(Clipped::finish)
            .unwrap_or_default();
        let folder = forward_slashes(folder.trim());
        let folder = folder.trim_end_matches('/');
        if !folder.is_empty() {
            self.folders.push(folder.to_owned());
        }
    }

    fn close_class(&mut self) {
        let (own, inner) = std::mem::take(&mut self.class);
        if let Some((_, lines)) = &mut self.file {
            lines.add_part(&own, &inner);
        }
    }

    fn open_class(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let name = tag.filled("filename", NAME_BYTES);
        let Some(name) = name.or_else(|| tag.attribute("name", NAME_BYTES)) else {
            return Err(tag.fault("a `<class>` has neither `filename` nor `name`"));
        };
        let path = self.relative(&name);
        if self.file.as_ref().is_none_or(|(known, _)| *known != path) {
            self.finish();
            self.file = Some((path, Lines::default()));
        }
        Ok(Place::Class)
    }

    fn line(&mut self, tag: &Tag<'_>, of_method: bool) -> Result<Place, ReadError> {
        let Some(number) = tag.number("number") else {
            return Err(tag.fault("a `<line>` has no `number` that is a whole number"));
        };
        let hit = tag.number::<f64>("hits").is_some_and(|hits| hits > 0.0);
        let (own, inner) = &mut self.class;
        let lines = if of_method { inner } else { own };
        lines.add(number, hit).map_err(|why| {
            let path = self.file.as_ref().map_or("", |(path, _)| path.as_str());
            tag.fault(format!("`{path}` {why}"))
        })?;
        Ok(Place::Ignored)
    }

    /// The path below the innermost source folder that contains it.
    fn relative(&self, name: &str) -> String {
        let path = forward_slashes(name.trim());
        let below = |folder: &String| path.strip_prefix(folder.as_str())?.strip_prefix('/');
        let innermost = self
            .folders
            .iter()
            .filter_map(below)
            .min_by_key(|path| path.len());
        let path = innermost.unwrap_or(&path);
        path.strip_prefix("./").unwrap_or(path).to_owned()
    }
}
