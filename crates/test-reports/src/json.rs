//! JSON read piece by piece.
//!
//! A reader of a format says what it expects next, and skips what it does not know. Unlike with a deserializer that
//! takes in strings whole, a string of a gigabyte takes no more memory than what is kept of it, and every fault of the
//! content has its place.

use std::io::BufRead;

use memchr::memchr2;

use crate::error::ReadError;
use crate::limits;
use crate::text::Clipped;
use crate::window::Window;

/// No number that means something is longer.
const NUMBER_BYTES: usize = 64;

/// A document that is read piece by piece.
pub(crate) struct Json<R> {
    window: Window<R>,
    depth: usize,
    /// Nothing of the innermost object or list was read yet.
    first: bool,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    List,
    Text,
    Number,
    /// `true`, `false` or `null`.
    Word,
}

impl<R: BufRead> Json<R> {
    pub(crate) fn new(window: Window<R>) -> Self {
        Self {
            window,
            depth: 0,
            first: false,
        }
    }

    /// What the next value is.
    pub(crate) fn kind(&mut self) -> Result<Kind, ReadError> {
        match self.peek()? {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::List),
            Some(b'"') => Ok(Kind::Text),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f' | b'n') => Ok(Kind::Word),
            Some(_) => Err(self.ill_formed("a value is expected here")),
            None => Err(self.cut_off()),
        }
    }

    /// Enters an object; `what` says what should be one.
    pub(crate) fn enter_object(&mut self, what: &str) -> Result<(), ReadError> {
        self.enter(Kind::Object, what, "an object")
    }

    /// Enters a list; `what` says what should be one.
    pub(crate) fn enter_list(&mut self, what: &str) -> Result<(), ReadError> {
        self.enter(Kind::List, what, "a list")
    }

    fn enter(&mut self, kind: Kind, what: &str, shape: &str) -> Result<(), ReadError> {
        if self.kind()? != kind {
            return Err(self.fault(format!("{what} is not {shape}")));
        }
        if self.depth == limits::DEPTH {
            let deepest = limits::DEPTH;
            return Err(self.fault(format!(
                "objects and lists are nested deeper than {deepest}"
            )));
        }
        self.depth += 1;
        self.first = true;
        self.window.skip(1);
        Ok(())
    }

    /// Reads the next key of the object into `key`; `false` at its end, which it leaves.
    pub(crate) fn next_key(&mut self, key: &mut String) -> Result<bool, ReadError> {
        if !self.next_part(b'}', "an object goes on with `,` or ends with `}`")? {
            return Ok(false);
        }
        if self.peek()? != Some(b'"') {
            return Err(self.ill_formed("a key in quotes is expected here"));
        }
        *key = self.string(limits::NAME_BYTES)?;
        if self.peek()? != Some(b':') {
            return Err(self.ill_formed("`:` is expected behind a key"));
        }
        self.window.skip(1);
        Ok(true)
    }

    /// Whether the list has another item; `false` at its end, which it leaves.
    pub(crate) fn next_item(&mut self) -> Result<bool, ReadError> {
        self.next_part(b']', "a list goes on with `,` or ends with `]`")
    }

    fn next_part(&mut self, end: u8, expected: &str) -> Result<bool, ReadError> {
        let first = std::mem::replace(&mut self.first, false);
        match self.peek()? {
            None => Err(self.cut_off()),
            Some(byte) if byte == end => {
                self.window.skip(1);
                self.depth -= 1;
                Ok(false)
            }
            Some(_) if first => Ok(true),
            Some(b',') => {
                self.window.skip(1);
                match self.peek()? {
                    Some(byte) if byte == end => Err(self.ill_formed("nothing follows a `,`")),
                    _ => Ok(true),
                }
            }
            Some(_) => Err(self.ill_formed(expected)),
        }
    }

    /// A string, at most `limit` bytes of it; `None` if the value is something else.
    pub(crate) fn text(&mut self, limit: usize) -> Result<Option<String>, ReadError> {
        if self.kind()? == Kind::Text {
            return self.string(limit).map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    /// A number as it is written; `None` if the value is something else.
    pub(crate) fn number(&mut self) -> Result<Option<String>, ReadError> {
        if self.kind()? == Kind::Number {
            return self.digits().map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    /// Passes over a value.
    pub(crate) fn skip(&mut self) -> Result<(), ReadError> {
        // Of each object (false) and list (true) that is open.
        let mut lists = Vec::new();
        let mut key = String::new();
        loop {
            match self.kind()? {
                Kind::Object => {
                    self.enter_object("a value")?;
                    lists.push(false);
                }
                Kind::List => {
                    self.enter_list("a value")?;
                    lists.push(true);
                }
                Kind::Text => drop(self.string(0)?),
                Kind::Number => drop(self.digits()?),
                Kind::Word => drop(self.word()?),
            }
            loop {
                let more = match lists.last() {
                    None => return Ok(()),
                    Some(true) => self.next_item()?,
                    Some(false) => self.next_key(&mut key)?,
                };
                if more {
                    break;
                }
                lists.pop();
            }
        }
    }

    /// Says that the document should be over.
    pub(crate) fn end(&mut self) -> Result<(), ReadError> {
        match self.peek()? {
            None => Ok(()),
            Some(_) => Err(self.ill_formed("there is something behind the end")),
        }
    }

    /// An error at what comes next.
    pub(crate) fn fault(&self, message: impl Into<String>) -> ReadError {
        self.window.fault(self.window.start(), message)
    }

    fn ill_formed(&self, what: &str) -> ReadError {
        self.fault(format!("not well-formed JSON: {what}"))
    }

    fn cut_off(&self) -> ReadError {
        self.fault("the file ends inside a value: it is cut off")
    }

    /// The next byte that is not blank, if there is one.
    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            let rest = self.window.rest().as_bytes();
            let blanks = rest
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r'))
                .count();
            let byte = rest.get(blanks).copied();
            self.window.skip(blanks);
            if byte.is_some() || self.window.ended() {
                return Ok(byte);
            }
            self.window.refill()?;
        }
    }

    /// Makes sure that `bytes` of the rest are in memory, if there are so many.
    fn look_ahead(&mut self, bytes: usize) -> Result<&str, ReadError> {
        while self.window.rest().len() < bytes && !self.window.ended() {
            self.window.refill()?;
        }
        Ok(self.window.rest())
    }

    /// The string whose `"` comes next.
    fn string(&mut self, limit: usize) -> Result<String, ReadError> {
        self.window.skip(1);
        let mut text = Clipped::new(limit);
        loop {
            let rest = self.window.rest();
            let stop = memchr2(b'"', b'\\', rest.as_bytes());
            let plain = stop.unwrap_or(rest.len());
            text.push(&rest[..plain]);
            let stop = stop.map(|at| rest.as_bytes()[at]);
            self.window.skip(plain);
            match stop {
                Some(b'"') => {
                    self.window.skip(1);
                    return Ok(text.verbatim());
                }
                Some(_) => text.push_character(self.escape()?),
                None if self.window.ended() => return Err(self.cut_off()),
                None => drop(self.window.refill()?),
            }
        }
    }

    /// What the `\` that comes next stands for.
    fn escape(&mut self) -> Result<char, ReadError> {
        let (character, length) = match self.look_ahead(2)?.as_bytes().get(1) {
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(&byte @ (b'"' | b'\\' | b'/')) => (char::from(byte), 2),
            Some(b'u') => self.unicode_escape()?,
            Some(_) => return Err(self.ill_formed("`\\` is followed by what cannot be escaped")),
            None => return Err(self.cut_off()),
        };
        self.window.skip(length);
        Ok(character)
    }

    /// A `\u` or a pair of them. Half a pair is the replacement character.
    fn unicode_escape(&mut self) -> Result<(char, usize), ReadError> {
        let ahead = self.look_ahead(12)?;
        let unit = |at: usize| {
            let digits = ahead.get(at..at + 6)?.strip_prefix("\\u")?;
            let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            hexadecimal.then(|| u16::from_str_radix(digits, 16).ok())?
        };
        let Some(first) = unit(0) else {
            return Err(self.ill_formed("`\\u` is not followed by four hexadecimal digits"));
        };
        let pair = [first, unit(6).unwrap_or_default()];
        let length = match char::decode_utf16(pair).next() {
            Some(Ok(character)) if character.len_utf16() == 2 => 12,
            _ => 6,
        };
        let character = char::decode_utf16(pair).next().and_then(Result::ok);
        Ok((character.unwrap_or(char::REPLACEMENT_CHARACTER), length))
    }

    fn digits(&mut self) -> Result<String, ReadError> {
        let ahead = self.look_ahead(NUMBER_BYTES + 1)?;
        let length = ahead
            .bytes()
            .take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
            .count();
        let number = ahead[..length].to_owned();
        if length > NUMBER_BYTES || number.parse::<f64>().is_err() {
            return Err(self.ill_formed("this is no number"));
        }
        self.window.skip(length);
        Ok(number)
    }

    fn word(&mut self) -> Result<&'static str, ReadError> {
        let ahead = self.look_ahead(5)?;
        let word = ["true", "false", "null"]
            .into_iter()
            .find(|word| ahead.starts_with(word));
        let Some(word) = word else {
            return Err(self.ill_formed("a value is expected here"));
        };
        self.window.skip(word.len());
        Ok(word)
    }
}
