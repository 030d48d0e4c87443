//! Cobertura XML.
//!
//! The figures come from the `<line>` elements alone, not from the rates that tools write beside them. Within a file
//! a line number counts once, whether it stands under a method, under a class or under both, and is covered if any
//! of its elements has hits. Classes of one file that follow each other (a class and its inner classes) are one
//! file; if other files stand between them their lines are added up. Memory holds the lines of one file.
//!
//! Paths are written with `/` and, where a `<source>` folder contains them, relative to it.

use std::collections::HashMap;
use std::io::BufRead;

use crate::coverage::FileCoverage;
use crate::error::ReadError;
use crate::limits::{LINES_PER_FILE, NAME_BYTES, SOURCE_FOLDERS};
use crate::model::Sink;
use crate::text::Clipped;
use crate::xml::{Document, Node, Tag};

/// Reads what follows the root element.
pub(crate) fn read<R: BufRead>(
    document: &mut Document<R>,
    sink: &mut impl Sink,
) -> Result<(), ReadError> {
    let mut reader = Cobertura {
        sink,
        places: vec![Place::Root],
        folders: Vec::new(),
        folder: None,
        file: None,
    };
    loop {
        match document.next()? {
            Node::Open(tag) => reader.open(&tag)?,
            Node::Text(text) => reader.text(&text),
            Node::Close => reader.close(),
            Node::Aside => {}
            Node::End => {
                reader.finish_file();
                return Ok(());
            }
        }
    }
}

/// What an open element is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// Holds classes at some depth.
    Classes,
    Sources,
    Source,
    /// A class, or what holds lines within it.
    Class,
    Ignored,
}

struct Cobertura<'s, S> {
    sink: &'s mut S,
    places: Vec<Place>,
    folders: Vec<String>,
    folder: Option<Clipped>,
    file: Option<File>,
}

struct File {
    path: String,
    /// Whether each line was hit.
    lines: HashMap<u32, bool>,
}

impl<S: Sink> Cobertura<'_, S> {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        let parent = self.places.last().copied().unwrap_or(Place::Ignored);
        let place = match (parent, tag.name()) {
            (Place::Root, "sources") => Place::Sources,
            (Place::Sources, "source") => self.open_source(tag)?,
            (Place::Root | Place::Classes, "packages" | "package" | "classes") => Place::Classes,
            (Place::Root | Place::Classes, "class") => self.open_class(tag)?,
            (Place::Class, "methods" | "method" | "lines") => Place::Class,
            (Place::Class, "line") => self.line(tag)?,
            _ => Place::Ignored,
        };
        self.places.push(place);
        Ok(())
    }

    fn open_source(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        if self.folders.len() == SOURCE_FOLDERS {
            return Err(tag
                .position
                .fault(format!("more than {SOURCE_FOLDERS} source folders")));
        }
        self.folder = Some(Clipped::new(NAME_BYTES));
        Ok(Place::Source)
    }

    fn open_class(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let name = tag
            .attribute("filename", NAME_BYTES)
            .filter(|name| !name.trim().is_empty());
        let Some(name) = name.or_else(|| tag.attribute("name", NAME_BYTES)) else {
            return Err(tag
                .position
                .fault("a `<class>` has neither `filename` nor `name`"));
        };
        let path = self.relative(&name);
        if self.file.as_ref().is_none_or(|file| file.path != path) {
            self.finish_file();
            self.file = Some(File {
                path,
                lines: HashMap::new(),
            });
        }
        Ok(Place::Class)
    }

    fn line(&mut self, tag: &Tag<'_>) -> Result<Place, ReadError> {
        let number = tag.attribute("number", NAME_BYTES);
        let Some(number) = number
            .as_deref()
            .and_then(|number| number.trim().parse::<u32>().ok())
        else {
            return Err(tag
                .position
                .fault("a `<line>` has no `number` that is a whole number"));
        };
        let hit = tag
            .attribute("hits", NAME_BYTES)
            .and_then(|hits| hits.trim().parse::<f64>().ok())
            .is_some_and(|hits| hits > 0.0);
        if let Some(file) = &mut self.file {
            *file.lines.entry(number).or_insert(false) |= hit;
            if file.lines.len() > LINES_PER_FILE {
                return Err(tag.position.fault(format!(
                    "`{}` has more than {LINES_PER_FILE} lines",
                    file.path
                )));
            }
        }
        Ok(Place::Ignored)
    }

    fn text(&mut self, text: &str) {
        if let (Some(Place::Source), Some(folder)) = (self.places.last(), &mut self.folder) {
            folder.push(text);
        }
    }

    fn close(&mut self) {
        if self.places.pop() == Some(Place::Source) {
            let folder = self
                .folder
                .take()
                .and_then(Clipped::finish)
                .unwrap_or_default();
            let folder = forward_slashes(folder.trim())
                .trim_end_matches('/')
                .to_owned();
            if !folder.is_empty() {
                self.folders.push(folder);
            }
        }
    }

    fn finish_file(&mut self) {
        if let Some(File { path, lines }) = self.file.take() {
            let lines_covered = lines.values().filter(|&&hit| hit).count() as u64;
            self.sink.file_coverage(FileCoverage {
                path,
                lines_covered,
                lines_total: lines.len() as u64,
            });
        }
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

fn forward_slashes(path: &str) -> String {
    path.replace('\\', "/")
}
