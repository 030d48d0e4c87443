//! SimpleCov's `.resultset.json`: runs of test commands, each with the counts of every line of every file.
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

impl<R: BufRead> SimpleCov<R> {
    fn runs(&mut self) -> Result<(), ReadError> {
        let mut name = String::new();
        self.json.enter_object("the report")?;
        while self.json.next_key(&mut name)? {
            self.run(&name)?;
        }
        self.json.end()
    }

    fn run(&mut self, name: &str) -> Result<(), ReadError> {
        let mut has_coverage = false;
        let mut key = String::new();
        self.json.enter_object(&format!("the run `{name}`"))?;
        while self.json.next_key(&mut key)? {
            if key == "coverage" {
                has_coverage = true;
                self.coverage()?;
            } else {
                self.json.skip()?;
            }
        }
        if has_coverage {
            return Ok(());
        }
        Err(self
            .json
            .fault(format!("the run `{name}` has no `coverage`")))
    }

    fn coverage(&mut self) -> Result<(), ReadError> {
        let mut path = String::new();
        self.json.enter_object("`coverage`")?;
        while self.json.next_key(&mut path)? {
            let file = self
                .lines
                .file(forward_slashes(&path))
                .map_err(|why| self.json.fault(why))?;
            self.file(file)?;
        }
        Ok(())
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
