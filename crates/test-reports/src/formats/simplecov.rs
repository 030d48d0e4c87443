//! SimpleCov's `.resultset.json`: runs of test commands, each with the counts of every line of every file; and its
//! `coverage.json`, which has the files of all runs at once, beside what it tells of itself.
//!
//! A line counts if its count is a number, and is covered if that is above zero in any run. Since every run tells of
//! the same files, which lines ran is kept until the end.

use std::io::BufRead;

use crate::error::ReadError;
use crate::json::{Json, Kind};
use crate::lines::AllLines;
use crate::model::Sink;
use crate::text::forward_slashes;

pub(super) fn read<R: BufRead>(json: Json<R>, sink: &mut impl Sink) -> Result<(), ReadError> {
    let mut reader = SimpleCov {
        json,
        lines: AllLines::default(),
    };
    let result = reader.runs();
    reader.lines.finish(sink);
    result
}

struct SimpleCov<R> {
    json: Json<R>,
    lines: AllLines,
}

/// What an object in the report told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Run,
    /// Files without a run around them.
    Files,
    Nothing,
}

impl<R: BufRead> SimpleCov<R> {
    fn runs(&mut self) -> Result<(), ReadError> {
        let mut name = String::new();
        let mut has_files = false;
        // What is no run is a fault, unless the files are told beside it.
        let mut fault = None;
        self.json.enter_object("the report")?;
        while self.json.next_key(&mut name)? {
            if self.json.kind()? != Kind::Object {
                let message = format!("the run `{name}` is not an object");
                fault.get_or_insert(self.json.fault(message));
                self.json.skip()?;
                continue;
            }
            match self.run(&name)? {
                Told::Run => {}
                Told::Files => has_files = true,
                Told::Nothing if name == "coverage" => has_files = true,
                Told::Nothing => {
                    let message = format!("the run `{name}` has no `coverage`");
                    fault.get_or_insert(self.json.fault(message));
                }
            }
        }
        self.json.end()?;
        fault.filter(|_| !has_files).map_or(Ok(()), Err)
    }

    /// A run; or, under `coverage`, the files of all.
    fn run(&mut self, name: &str) -> Result<Told, ReadError> {
        let mut told = Told::Nothing;
        let mut key = String::new();
        self.json.enter_object(&format!("the run `{name}`"))?;
        while self.json.next_key(&mut key)? {
            let kind = self.json.kind()?;
            let holds = matches!(kind, Kind::Object | Kind::List);
            if key == "coverage" && kind == Kind::Object {
                told = Told::Run;
                self.coverage()?;
            } else if name == "coverage" && told != Told::Run && holds {
                told = Told::Files;
                self.file_of(&key)?;
            } else {
                self.json.skip()?;
            }
        }
        Ok(told)
    }

    fn coverage(&mut self) -> Result<(), ReadError> {
        let mut path = String::new();
        self.json.enter_object("`coverage`")?;
        while self.json.next_key(&mut path)? {
            self.file_of(&path)?;
        }
        Ok(())
    }

    fn file_of(&mut self, path: &str) -> Result<(), ReadError> {
        let file = self
            .lines
            .file(forward_slashes(path))
            .map_err(|why| self.json.fault(why))?;
        self.file(file)
    }

    /// A list of lines, or since version 0.18 an object that holds one.
    fn file(&mut self, file: usize) -> Result<(), ReadError> {
        if self.json.kind()? == Kind::List {
            return self.counts(file);
        }
        let mut key = String::new();
        self.json.enter_object("a file's coverage")?;
        while self.json.next_key(&mut key)? {
            if key == "lines" {
                self.counts(file)?;
            } else {
                self.json.skip()?;
            }
        }
        Ok(())
    }

    fn counts(&mut self, file: usize) -> Result<(), ReadError> {
        self.json.enter_list("`lines`")?;
        let mut line = 0_u32;
        while self.json.next_item()? {
            line = line.saturating_add(1);
            if let Some(count) = self.json.number()? {
                let hit = count.parse::<f64>().is_ok_and(|count| count > 0.0);
                self.lines
                    .add(file, line, hit)
                    .map_err(|why| self.json.fault(why))?;
            }
        }
        Ok(())
    }
}
