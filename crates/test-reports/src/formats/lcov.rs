//! LCOV trace files, versions 1 and 2.
//!
//! Of the records only `SF`, `DA` and `end_of_record` count. A source file has a record per test that ran it, and the
//! same lines in each, so which lines ran is kept until the end. A name may go on over several lines, where code that was
//! made at run time is its own name: the first line of it is kept.

use std::io::BufRead;

use memchr::memchr;

use crate::error::ReadError;
use crate::limits::{LINE_BYTES, NAME_BYTES};
use crate::lines::AllLines;
use crate::model::Sink;
use crate::text::{clip, forward_slashes};
use crate::window::Window;

pub(super) fn read<R: BufRead>(window: Window<R>, sink: &mut impl Sink) -> Result<(), ReadError> {
    let mut reader = Lcov {
        window,
        lines: AllLines::default(),
        file: None,
        name_goes_on: false,
    };
    let result = reader.records();
    reader.lines.finish(sink);
    result
}

struct Lcov<R> {
    window: Window<R>,
    lines: AllLines,
    /// The file whose record is open.
    file: Option<usize>,
    /// The last record ends with a name, of which this line may be a part.
    name_goes_on: bool,
}

impl<R: BufRead> Lcov<R> {
    fn records(&mut self) -> Result<(), ReadError> {
        while let Some(length) = self.line_length()? {
            self.record(length)?;
            let line_break = usize::from(self.window.rest().len() > length);
            self.window.skip(length + line_break);
        }
        match self.file {
            None => Ok(()),
            Some(_) => {
                Err(self.fault("the file ends before an `end_of_record`: it is cut off".to_owned()))
            }
        }
    }

    /// The length of the line that comes next, once it is in memory; `None` at the end.
    fn line_length(&mut self) -> Result<Option<usize>, ReadError> {
        loop {
            let rest = self.window.rest();
            let end = memchr(b'\n', rest.as_bytes());
            let length = end.unwrap_or(rest.len());
            if length > LINE_BYTES {
                return Err(self.fault(format!("a line is longer than {LINE_BYTES} bytes")));
            }
            if end.is_some() || (self.window.ended() && length > 0) {
                return Ok(Some(length));
            }
            if self.window.ended() {
                return Ok(None);
            }
            self.window.refill()?;
        }
    }

    fn record(&mut self, length: usize) -> Result<(), ReadError> {
        let line = self.window.rest()[..length].trim();
        if line == "end_of_record" {
            self.name_goes_on = false;
            return match self.file.take() {
                Some(_) => Ok(()),
                None => Err(self.fault("`end_of_record` without an `SF` before it".to_owned())),
            };
        }
        let key = line.split_once(':').filter(|(key, _)| is_key(key));
        let told = key.is_some() || line.is_empty() || line.starts_with('#');
        if !told && self.name_goes_on {
            return Ok(());
        }
        if let Some((key, _)) = key {
            self.name_goes_on = NAMES.contains(&key);
        }
        match key {
            Some(("SF", path)) => {
                let path = clip(forward_slashes(path.trim()).into(), NAME_BYTES);
                let file = self.lines.file(path).map_err(|why| self.fault(why))?;
                self.file = Some(file);
                Ok(())
            }
            Some(("DA", counts)) => {
                let added = data(counts).and_then(|(number, hit)| {
                    let file = self.file.ok_or("`DA` without an `SF` before it")?;
                    self.lines.add(file, number, hit)
                });
                added.map_err(|why| self.fault(why))
            }
            _ if told => Ok(()),
            _ => Err(self.fault("this is no record of LCOV".to_owned())),
        }
    }

    fn fault(&self, message: String) -> ReadError {
        self.window.fault(self.window.start(), message)
    }
}

/// Records that end with a name.
const NAMES: [&str; 6] = ["TN", "SF", "FN", "FNDA", "FNA", "VER"];

/// Whether it is of the form that keys have, known or not.
fn is_key(key: &str) -> bool {
    (2..=8).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A line's number, and whether it ran: `12,3` or `12,3,checksum`. Counts can be negative where a counter overflowed.
fn data(counts: &str) -> Result<(u32, bool), String> {
    let mut parts = counts.split(',');
    let number = parts.next().and_then(|number| number.trim().parse().ok());
    let count = parts
        .next()
        .and_then(|count| count.trim().parse::<f64>().ok());
    match (number, count) {
        (Some(number), Some(count)) => Ok((number, count > 0.0)),
        _ => Err("`DA` has no line and count that are numbers".to_owned()),
    }
}
