//! XML as the readers of formats see it: elements and text, nothing else, in bounded memory.
//!
//! Comments, instructions and DOCTYPEs are passed over; CDATA and references to characters are text. The document
//! must be well-formed where it matters: elements are closed in order, there is one root and nothing beside it, and
//! the file does not end early.

mod bound;
mod decode;

use std::borrow::Cow;
use std::io::{self, BufRead};

use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error as XmlError, Reader};

use crate::error::{Position, ReadError};
use crate::limits;
use crate::text::{character, clip, unescape};
use bound::Bounded;
use decode::Utf8;

/// A document that is read piece by piece.
pub(crate) struct Document<R: BufRead> {
    reader: Reader<Bounded<R>>,
    buffer: Vec<u8>,
    depth: usize,
    root_seen: bool,
}

/// The next piece of a document.
pub(crate) enum Node<'a> {
    Open(Tag<'a>),
    Close,
    Text(Cow<'a, str>),
    /// Nothing that says anything: a comment, an instruction, a DOCTYPE, blanks around the root.
    Aside,
    /// The document is complete.
    End,
}

impl<R: BufRead> Document<R> {
    pub(crate) fn new(source: R) -> Result<Self, ReadError> {
        let text = Utf8::new(source).map_err(|error| cannot_read(Position::START, &error))?;
        let mut reader = Reader::from_reader(Bounded::new(text));
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Ok(Self {
            reader,
            buffer: Vec::new(),
            depth: 0,
            root_seen: false,
        })
    }

    /// The beginning of the text, as far as it is in memory.
    pub(crate) fn peek(&mut self) -> Result<&[u8], ReadError> {
        self.reader
            .get_mut()
            .peek()
            .map_err(|error| cannot_read(Position::START, &error))
    }

    pub(crate) fn next(&mut self) -> Result<Node<'_>, ReadError> {
        self.buffer.clear();
        let position = self.reader.get_mut().begin_event();
        let event = self
            .reader
            .read_event_into(&mut self.buffer)
            .map_err(|error| position.fault(explain(&error)))?;
        let inside = self.depth > 0;
        Ok(match event {
            Event::Start(start) | Event::Empty(start) => {
                if self.root_seen && !inside {
                    return Err(position
                        .fault("a second root element: there are two documents in one file"));
                }
                if self.depth == limits::DEPTH {
                    return Err(position
                        .fault(format!("elements are nested deeper than {}", limits::DEPTH)));
                }
                self.root_seen = true;
                self.depth += 1;
                Node::Open(Tag::new(start, position)?)
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Node::Close
            }
            Event::Text(text) if inside => Node::Text(text.xml10_content()),
            Event::CData(text) if inside => Node::Text(text.xml10_content()),
            Event::GeneralRef(reference) if inside => Node::Text(match character(&reference) {
                Some(character) => Cow::Owned(character.to_string()),
                None => Cow::Owned(format!("&{};", &*reference)),
            }),
            Event::Text(text) if text.trim().is_empty() => Node::Aside,
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                return Err(position.fault("text outside the root element"));
            }
            Event::Eof if inside => {
                return Err(position.fault("the file ends inside an element: it is cut off"));
            }
            Event::Eof => Node::End,
            Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => Node::Aside,
        })
    }
}

/// An element's beginning.
pub(crate) struct Tag<'a> {
    start: BytesStart<'a>,
    /// Where its `<` is.
    pub(crate) position: Position,
}

impl<'a> Tag<'a> {
    fn new(start: BytesStart<'a>, position: Position) -> Result<Self, ReadError> {
        if start.name().as_ref().len() > limits::ELEMENT_NAME_BYTES {
            let message = format!(
                "an element's name is longer than {} bytes",
                limits::ELEMENT_NAME_BYTES
            );
            return Err(position.fault(message));
        }
        let tag = Self { start, position };
        match tag.attributes().find_map(Result::err) {
            None => Ok(tag),
            Some(error) => Err(position.fault(format!("in `<{}>`: {error}", tag.name()))),
        }
    }

    /// Keeps the tag beyond the next piece.
    pub(crate) fn into_owned(self) -> Tag<'static> {
        Tag {
            start: self.start.into_owned(),
            position: self.position,
        }
    }

    /// The element's name without a namespace prefix.
    pub(crate) fn name(&self) -> &str {
        let name = self.start.name().into_inner();
        name.rsplit_once(':').map_or(name, |(_, local)| local)
    }

    /// The value of an attribute, at most `limit` bytes of it. Line breaks in it are kept: tools mean them.
    pub(crate) fn attribute(&self, name: &str, limit: usize) -> Option<String> {
        let attribute = self
            .attributes()
            .flatten()
            .find(|attribute| attribute.key.into_inner() == name)?;
        Some(clip(&unescape(&attribute.value), limit))
    }

    /// Whether the attribute is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.attributes()
            .flatten()
            .any(|attribute| attribute.key.into_inner() == name)
    }

    /// Without a search for duplicates, which takes quadratic time; the first of a name counts.
    fn attributes(&self) -> Attributes<'_> {
        let mut attributes = self.start.attributes();
        attributes.with_checks(false);
        attributes
    }
}

fn cannot_read(position: Position, error: &io::Error) -> ReadError {
    position.fault(format!("cannot be read: {error}"))
}

fn explain(error: &XmlError) -> String {
    match error {
        XmlError::Io(error) if error.kind() == io::ErrorKind::InvalidData => error.to_string(),
        XmlError::Io(error) => format!("cannot be read: {error}"),
        XmlError::Syntax(error) => format!("not well-formed XML: {error}"),
        XmlError::IllFormed(error) => format!("not well-formed XML: {error}"),
        other => format!("not well-formed XML: {other}"),
    }
}
