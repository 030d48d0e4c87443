//! XML as the readers of formats see it: elements and text, nothing else, in bounded memory.
//!
//! Comments, instructions and DOCTYPEs are passed over; CDATA and references to characters are text. The document
//! must be well-formed where it matters: elements are closed in order, there is one root and nothing beside it, and
//! the file does not end early. Only markup must be in memory whole, so only markup has a limit; text comes in pieces.

#![allow(
    clippy::inline_always,
    reason = "a piece that is handed over in memory costs more than finding it"
)]

mod elements;
mod tag;

use std::io::BufRead;
use std::ops::Range;

use memchr::memchr;
use memchr::memmem::Finder;

use crate::error::{Position, ReadError};
use crate::limits;
use crate::text::{Clipped, LONGEST_REFERENCE, clip};
use crate::window::Window;
use elements::Elements;
pub(crate) use tag::Tag;
use tag::{Attribute, Scan};

const SECTION: &str = "<![CDATA[";

/// Takes the pieces of a document in their order.
pub(crate) trait Handler {
    fn open(&mut self, tag: &Tag<'_>) -> Result<(), ReadError>;
    fn text(&mut self, text: &Text<'_>);
    fn close(&mut self);
    /// The document is over, or a fault ends it: what is held back is told now.
    fn finish(&mut self) {}
    /// What is wrong with the document as a whole. Asked when it is over.
    fn fault(&mut self) -> Option<ReadError> {
        None
    }
}

/// A document that is read piece by piece.
pub(crate) struct Document<R> {
    window: Window<R>,
    attributes: Vec<Attribute>,
    open: Elements,
    root_seen: bool,
    /// The element that was just opened is closed already.
    empty: bool,
    /// The beginning of the CDATA section that is being read.
    section: Option<Place>,
    section_end: Finder<'static>,
}

/// A place that outlives the window's text around it.
#[derive(Clone, Copy)]
enum Place {
    Offset(usize),
    Before(Position),
}

/// The next piece of a document, as offsets.
enum Piece {
    Open {
        start: usize,
        name: Range<usize>,
    },
    Close,
    Text(Range<usize>),
    /// Text of a CDATA section.
    Verbatim(Range<usize>),
    End,
}

/// A piece of text, as it is written.
pub(crate) struct Text<'a> {
    raw: &'a str,
    /// From a CDATA section, where `&` is nothing but itself.
    verbatim: bool,
}

impl Text<'_> {
    /// Appends what it means.
    pub(crate) fn append_to(&self, clipped: &mut Clipped) {
        if clipped.is_full() {
            return;
        }
        let mut rest = self.raw;
        while let Some(end) = memchr(b'\r', rest.as_bytes()) {
            self.append_line(&rest[..end], clipped);
            clipped.push("\n");
            rest = &rest[end + 1..];
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        self.append_line(rest, clipped);
    }

    fn append_line(&self, line: &str, clipped: &mut Clipped) {
        if self.verbatim {
            clipped.push(line);
        } else {
            clipped.push_unescaped(line);
        }
    }
}

impl<R: BufRead> Document<R> {
    pub(crate) fn new(window: Window<R>) -> Self {
        Self {
            window,
            attributes: Vec::new(),
            open: Elements::default(),
            root_seen: false,
            empty: false,
            section: None,
            section_end: Finder::new("]]>"),
        }
    }

    /// The root element, if there is one, and the name of the first element in it, as far as it is in memory. Both are
    /// read again by [`Self::walk`].
    pub(crate) fn root(&mut self) -> Result<Option<(Tag<'_>, Option<&str>)>, ReadError> {
        loop {
            match self.next()? {
                Piece::Open { start, name } => {
                    let inside = self.window.start();
                    let is_empty = self.empty;
                    self.window.go_to(start);
                    self.open = Elements::default();
                    self.root_seen = false;
                    self.empty = false;
                    let inside = &self.window.text()[inside..];
                    let child = first_element(inside).filter(|_| !is_empty);
                    return Ok(Some((self.tag(start, name), child)));
                }
                Piece::End => return Ok(None),
                Piece::Close | Piece::Text(_) | Piece::Verbatim(_) => {}
            }
        }
    }

    /// Reads to the end.
    pub(crate) fn walk(&mut self, handler: &mut impl Handler) -> Result<(), ReadError> {
        let result = self.pieces(handler);
        handler.finish();
        result.and_then(|()| handler.fault().map_or(Ok(()), Err))
    }

    fn pieces(&mut self, handler: &mut impl Handler) -> Result<(), ReadError> {
        loop {
            match self.next()? {
                Piece::Open { start, name } => handler.open(&self.tag(start, name))?,
                Piece::Close => handler.close(),
                Piece::Text(range) => handler.text(&self.text_at(range, false)),
                Piece::Verbatim(range) => handler.text(&self.text_at(range, true)),
                Piece::End => return Ok(()),
            }
        }
    }

    fn text_at(&self, range: Range<usize>, verbatim: bool) -> Text<'_> {
        Text {
            raw: &self.window.text()[range],
            verbatim,
        }
    }

    fn tag(&self, start: usize, name: Range<usize>) -> Tag<'_> {
        Tag {
            text: self.window.text(),
            held: self.window.held(),
            start,
            name,
            attributes: &self.attributes,
        }
    }

    #[inline(always)]
    fn next(&mut self) -> Result<Piece, ReadError> {
        if self.empty {
            self.empty = false;
            self.open.pop();
            return Ok(Piece::Close);
        }
        loop {
            let piece = match self.window.rest().as_bytes().first() {
                None if self.window.ended() => return self.end(),
                None => self.more(false)?,
                Some(_) if self.section.is_some() => self.section_text()?,
                Some(b'<') => self.markup()?,
                Some(_) => self.text()?,
            };
            if let Some(piece) = piece {
                return Ok(piece);
            }
        }
    }

    fn end(&self) -> Result<Piece, ReadError> {
        if let Some(place) = self.section {
            let message = ill_formed("a CDATA section is not closed by `]]>`");
            return Err(match place {
                Place::Offset(offset) => self.window.fault(offset, message),
                Place::Before(position) => position.fault(message),
            });
        }
        if self.open.depth() > 0 {
            let message = "the file ends inside an element: it is cut off";
            return Err(self.window.fault(self.window.start(), message));
        }
        Ok(Piece::End)
    }

    /// Takes in more of the source.
    fn refill(&mut self) -> Result<bool, ReadError> {
        if let Some(Place::Offset(offset)) = self.section {
            self.section = Some(Place::Before(self.window.position_of(offset)));
        }
        self.window.refill()
    }
}

impl<R: BufRead> Document<R> {
    /// A run of text up to the next `<`, or as far as it is in memory. `None` if more must be taken in first.
    #[inline(always)]
    fn text(&mut self) -> Result<Option<Piece>, ReadError> {
        let rest = self.window.rest();
        let markup = memchr(b'<', rest.as_bytes());
        let whole = markup.unwrap_or(rest.len());
        if self.open.depth() == 0 {
            let blank = rest[..whole].bytes().position(|byte| !tag::is_blank(byte));
            if let Some(first) = blank {
                let message = "text outside the root element";
                return Err(self.window.fault(self.window.start() + first, message));
            }
            self.window.skip(whole);
            return self.more(markup.is_some());
        }
        let length = if markup.is_some() || self.window.ended() {
            whole
        } else {
            without_beginnings(rest, false)
        };
        if length == 0 {
            return self.more(false);
        }
        Ok(Some(Piece::Text(self.take(length))))
    }

    /// A run of text in a CDATA section.
    fn section_text(&mut self) -> Result<Option<Piece>, ReadError> {
        let rest = self.window.rest();
        if let Some(length) = self.section_end.find(rest.as_bytes()) {
            let piece = Piece::Verbatim(self.take(length));
            self.window.skip("]]>".len());
            self.section = None;
            return Ok(Some(piece));
        }
        let length = if self.window.ended() {
            rest.len()
        } else {
            without_beginnings(rest, true)
        };
        if length == 0 {
            return self.more(false);
        }
        Ok(Some(Piece::Verbatim(self.take(length))))
    }

    fn take(&mut self, length: usize) -> Range<usize> {
        let start = self.window.start();
        self.window.skip(length);
        start..start + length
    }

    /// Goes on, with more text unless there is enough.
    fn more(&mut self, enough: bool) -> Result<Option<Piece>, ReadError> {
        if !enough {
            self.refill()?;
        }
        Ok(None)
    }

    /// What begins with `<`. `None` if it says nothing, or if more must be taken in first.
    #[inline(always)]
    fn markup(&mut self) -> Result<Option<Piece>, ReadError> {
        let rest = self.window.rest();
        match rest.as_bytes().get(1) {
            Some(b'!') if rest.len() < SECTION.len() && !self.window.ended() => self.more(false),
            Some(b'!') if rest.starts_with(SECTION) => self.open_section(),
            Some(b'!') if rest.starts_with("<!--") => {
                let length = rest[4..].find("-->").map(|at| at + 7);
                self.pass_over(length, "a comment is not closed by `-->`")
            }
            Some(b'!') => self.pass_over(doctype(rest), "a DOCTYPE is not closed by `>`"),
            Some(b'?') => {
                let length = rest.find("?>").map(|at| at + 2);
                self.pass_over(length, "an instruction is not closed by `?>`")
            }
            Some(b'/') => self.close(),
            _ => self.open(),
        }
    }

    fn open_section(&mut self) -> Result<Option<Piece>, ReadError> {
        let start = self.window.start();
        if self.open.depth() == 0 {
            return Err(self.window.fault(start, "text outside the root element"));
        }
        self.section = Some(Place::Offset(start));
        self.window.skip(SECTION.len());
        Ok(None)
    }

    fn pass_over(
        &mut self,
        length: Option<usize>,
        unclosed: &str,
    ) -> Result<Option<Piece>, ReadError> {
        let Some(length) = length else {
            return self.incomplete(unclosed);
        };
        self.check_length(length)?;
        self.window.skip(length);
        Ok(None)
    }

    /// Markup that goes on beyond what is in memory.
    fn incomplete(&mut self, unclosed: &str) -> Result<Option<Piece>, ReadError> {
        self.check_length(self.window.rest().len())?;
        if self.window.ended() {
            let start = self.window.start();
            return Err(self.window.fault(start, ill_formed(unclosed)));
        }
        self.more(false)
    }

    /// A tag that goes on beyond what is in memory: a value that is long without end is cut.
    #[cold]
    fn incomplete_tag(&mut self, value: Option<usize>) -> Result<Option<Piece>, ReadError> {
        if self.window.rest().len() > limits::MARKUP_BYTES
            && let Some(value) = value
            && !self.window.ended()
            && self.window.cut_from(value + limits::VALUE_BYTES)
        {
            return self.more(false);
        }
        self.incomplete("a tag is not closed by `>`")
    }

    fn check_length(&self, length: usize) -> Result<(), ReadError> {
        if length <= limits::MARKUP_BYTES {
            return Ok(());
        }
        let longest = limits::MARKUP_BYTES;
        let message = format!("a piece of markup is longer than {longest} bytes");
        Err(self.window.fault(self.window.start(), message))
    }

    #[inline(always)]
    fn open(&mut self) -> Result<Option<Piece>, ReadError> {
        let start = self.window.start();
        match tag::scan(self.window.text(), start, &mut self.attributes) {
            Scan::Incomplete { value } => self.incomplete_tag(value),
            Scan::Fault { at, message } => Err(self.window.fault(at, message)),
            Scan::Complete { name, end, empty } => {
                if end - start > limits::MARKUP_BYTES && !tag::has_long_value(&self.attributes) {
                    self.check_length(end - start)?;
                }
                self.enter(&name)?;
                self.empty = empty;
                self.window.go_to(end);
                Ok(Some(Piece::Open { start, name }))
            }
        }
    }

    fn enter(&mut self, name: &Range<usize>) -> Result<(), ReadError> {
        let fault = |message: String| Err(self.window.fault(name.start - 1, message));
        if self.open.depth() == 0 && self.root_seen {
            return fault("a second root element: there are two documents in one file".to_owned());
        }
        if self.open.depth() == limits::DEPTH {
            return fault(format!("elements are nested deeper than {}", limits::DEPTH));
        }
        self.root_seen = true;
        self.open.push(&self.window.text()[name.clone()]);
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self) -> Result<Option<Piece>, ReadError> {
        let rest = self.window.rest();
        let Some(end) = memchr(b'>', rest.as_bytes()) else {
            return self.incomplete("a closing tag is not closed by `>`");
        };
        self.check_length(end)?;
        let name = rest[2..end].trim_ascii_end();
        if self.open.last() != Some(name) {
            let found = clip(name.into(), limits::SHOWN_BYTES);
            let message = match self.open.last() {
                Some(open) => ill_formed(&format!("`</{open}>` is missing before `</{found}>`")),
                None => ill_formed(&format!("`</{found}>` closes nothing")),
            };
            return Err(self.window.fault(self.window.start(), message));
        }
        self.open.pop();
        self.window.skip(end + 1);
        Ok(Some(Piece::Close))
    }
}

/// The length of `text` without an end that may mean something else together with what follows it.
fn without_beginnings(text: &str, verbatim: bool) -> usize {
    let bytes = text.as_bytes();
    if verbatim {
        let brackets = bytes.iter().rev().take(2).take_while(|&&byte| byte == b']');
        let length = text.len() - brackets.count();
        return length - usize::from(bytes[..length].ends_with(b"\r"));
    }
    let tail = text.len().saturating_sub(LONGEST_REFERENCE);
    let reference = bytes[tail..]
        .iter()
        .rposition(|&byte| byte == b'&')
        .map(|at| tail + at)
        .filter(|&at| !bytes[at..].contains(&b';'));
    reference.unwrap_or(text.len() - usize::from(bytes.ends_with(b"\r")))
}

/// The name, without a prefix, of the element that `text` begins with, behind text and comments.
fn first_element(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = &rest[memchr(b'<', rest.as_bytes())?..];
        let end = match rest.as_bytes().get(1)? {
            b'/' => return None,
            b'!' if rest.starts_with("<!--") => "-->",
            b'!' => ">",
            b'?' => "?>",
            _ => break,
        };
        rest = &rest[rest.find(end)? + end.len()..];
    }
    let name = rest[1..].split(|end: char| end.is_ascii_whitespace() || "/>".contains(end));
    let name = name.into_iter().next()?;
    Some(name.rsplit_once(':').map_or(name, |(_, name)| name))
}

/// The length of a DOCTYPE, with the declarations between its brackets. What is in comments, instructions and quotes ends
/// nothing.
fn doctype(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut brackets = 0_u32;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let end = match byte {
            b'<' if bytes[at..].starts_with(b"<!--") => "-->",
            b'<' if bytes[at..].starts_with(b"<?") => "?>",
            b'"' => "\"",
            b'\'' => "'",
            _ => "",
        };
        at += 1;
        match byte {
            _ if !end.is_empty() => {
                // A comment does not end with its own beginning.
                let from = at + if end == "-->" { "!--".len() } else { 0 };
                at = from + text.get(from..)?.find(end)? + end.len();
            }
            b'[' => brackets += 1,
            b']' => brackets = brackets.saturating_sub(1),
            b'>' if brackets == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

fn ill_formed(what: &str) -> String {
    format!("not well-formed XML: {what}")
}
