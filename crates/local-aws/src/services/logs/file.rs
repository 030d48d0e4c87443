//! Lines of a log file, forward from a place or backward to one.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

/// As much as one answer of GetLogEvents holds.
const MOST_BYTES: u64 = 1 << 20;

/// Where to read, as tokens say it. Numbers are bytes from the start of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Forward(u64),
    Backward(u64),
    End,
}

impl Place {
    pub(super) fn token(self) -> String {
        match self {
            Self::Forward(at) => format!("f/{at}/s"),
            Self::Backward(at) => format!("b/{at}/s"),
            Self::End => "b/end/s".to_owned(),
        }
    }

    pub(super) fn parse(token: &str) -> Option<Self> {
        let (direction, at) = token.strip_suffix("/s")?.split_once('/')?;
        let at = at.parse().ok()?;
        match direction {
            "f" => Some(Self::Forward(at)),
            "b" => Some(Self::Backward(at)),
            _ => None,
        }
    }
}

/// Lines and where they were.
#[derive(Debug, Default)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The last time said shortly before the first line, in milliseconds since 1970.
    pub(super) time_before: Option<i64>,
    pub(super) lines: Vec<String>,
}

/// At most `limit` lines. A last line without its end is held back until it has one or `complete` says that none comes.
pub(super) fn read(path: &Path, from: Place, limit: usize, complete: bool) -> io::Result<Span> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        // A build that waits has no log yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Span::default()),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    match from {
        Place::Forward(at) => forward(&mut file, at.min(length), length, limit, complete),
        Place::Backward(at) => backward(&mut file, at.min(length), at >= length && complete, limit),
        Place::End => backward(&mut file, length, complete, limit),
    }
}

fn forward(
    file: &mut File,
    start: u64,
    length: u64,
    limit: usize,
    complete: bool,
) -> io::Result<Span> {
    let bytes = bytes(file, start, (start + MOST_BYTES).min(length))?;
    let reaches_end = start + bytes.len() as u64 == length;
    let mut ends = line_ends(&bytes);
    if ends.is_empty() && !reaches_end
        || reaches_end && complete && ends.last() != Some(&bytes.len()) && !bytes.is_empty()
    {
        // A line longer than an answer, or the last one of all, which has no end.
        ends.push(bytes.len());
    }
    ends.truncate(limit);
    let end = ends.last().copied().unwrap_or(0);
    Ok(Span {
        start,
        end: start + end as u64,
        time_before: time_before(file, start)?,
        lines: lines(&bytes, &ends),
    })
}

fn backward(file: &mut File, end: u64, whole: bool, limit: usize) -> io::Result<Span> {
    let window_start = end.saturating_sub(MOST_BYTES);
    let bytes = bytes(file, window_start, end)?;
    let mut ends = line_ends(&bytes);
    if whole && ends.last() != Some(&bytes.len()) && !bytes.is_empty() {
        ends.push(bytes.len());
    }
    // A window that begins inside the file begins inside a line.
    let mut first = usize::from(window_start > 0 && ends.len() > 1);
    first = first.max(ends.len().saturating_sub(limit));
    let start = first
        .checked_sub(1)
        .and_then(|before| ends.get(before))
        .copied()
        .unwrap_or(0);
    let last = ends.last().copied().unwrap_or(0);
    let inside = bytes.get(start..).unwrap_or_default();
    let ends: Vec<usize> = ends.iter().skip(first).map(|end| end - start).collect();
    let start_in_file = window_start + start as u64;
    Ok(Span {
        start: start_in_file,
        end: window_start + last as u64,
        time_before: time_before(file, start_in_file)?,
        lines: lines(inside, &ends),
    })
}

fn bytes(file: &mut File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(end.saturating_sub(start))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where each line ends, behind its line feed.
fn line_ends(bytes: &[u8]) -> Vec<usize> {
    let feeds = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    feeds.map(|(at, _)| at + 1).collect()
}

fn lines(bytes: &[u8], ends: &[usize]) -> Vec<String> {
    let mut start = 0;
    ends.iter()
        .map(|&end| {
            let line = bytes.get(start..end).unwrap_or_default();
            start = end;
            String::from_utf8_lossy(line).into_owned()
        })
        .collect()
}

/// How far back a time is looked for.
const LOOK_BACK: u64 = 64 << 10;

fn time_before(file: &mut File, at: u64) -> io::Result<Option<i64>> {
    let bytes = bytes(file, at.saturating_sub(LOOK_BACK), at)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().rev().find_map(time_of))
}

/// The time of a build's own line, in milliseconds since 1970.
pub(super) fn time_of(line: &str) -> Option<i64> {
    let time = line.strip_prefix("[Container] ")?.get(..26)?;
    let time = jiff::civil::DateTime::strptime("%Y/%m/%d %H:%M:%S%.f", time).ok()?;
    Some(
        time.to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn a_log_is_read_forward_in_pages_and_an_unfinished_line_is_held_back() {
        let (_folder, path) = log("one\ntwo\nthree\nfou");
        let first = read(&path, Place::Forward(0), 2, false).unwrap();
        assert_eq!(first.lines, ["one\n", "two\n"]);
        let second = read(&path, Place::Forward(first.end), 2, false).unwrap();
        assert_eq!(second.lines, ["three\n"]);
        let third = read(&path, Place::Forward(second.end), 2, false).unwrap();
        assert_eq!((third.lines.len(), third.end), (0, second.end));
        let complete = read(&path, Place::Forward(second.end), 2, true).unwrap();
        assert_eq!(complete.lines, ["fou"]);
    }

    #[test]
    fn a_log_is_read_backward_from_its_end() {
        let (_folder, path) = log("one\ntwo\nthree\nfour\n");
        let last = read(&path, Place::End, 2, true).unwrap();
        assert_eq!(last.lines, ["three\n", "four\n"]);
        let before = read(&path, Place::Backward(last.start), 2, true).unwrap();
        assert_eq!(before.lines, ["one\n", "two\n"]);
        assert_eq!(before.start, 0);
    }

    #[test]
    fn the_time_of_a_line_is_that_of_the_build() {
        assert_eq!(
            time_of("[Container] 2026/11/20 10:00:00.250000 Running command make\n"),
            Some(1_795_168_800_250)
        );
        assert_eq!(time_of("make: nothing to do\n"), None);
    }

    #[test]
    fn refuses_a_token_of_another_kind() {
        assert_eq!(Place::parse("f/12/s"), Some(Place::Forward(12)));
        assert_eq!(Place::parse("x/12/s"), None);
        assert_eq!(Place::parse("f/twelve/s"), None);
    }
}
