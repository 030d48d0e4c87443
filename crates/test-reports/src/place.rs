//! Where a test failed: its own file where the report names one, else what the trace shows of the repository.
//!
//! It is worked out when it is asked for, because of most cases nobody asks. Paths are told as the repository has them.
//! What is absolute is of the machine that ran the tests: it becomes relative where it is known how far the repository's
//! own folder goes (the caller knows it, CodeBuild's folders have a known form, or the case names the end of the path), and
//! otherwise only the file's own name is told. Frames of libraries and of the tools themselves are no places.

mod frames;
mod home;

use serde::Serialize;

use crate::model::Case;
use frames::Frame;
use home::Home;

/// A file, and perhaps a line in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path with `/`, below the repository's folder where that is known.
    pub file: String,
    /// From 1.
    pub line: Option<u32>,
}

impl Case {
    /// Where it failed, or where it is. `root` is the absolute path of the repository, where that is known.
    pub fn place(&self, root: Option<&str>) -> Option<Place> {
        let home = Home::of(self, root);
        let own = self.file.as_deref().and_then(|file| home.own(file));
        if let Some(Place { file, line }) = self.failed_at.as_deref()
            && let Some(told) = home.own(file)
        {
            let line = line.or(self.line.filter(|_| own.as_ref() == Some(&told)));
            return Some(Place { file: told, line });
        }
        let frame = self.frame(&home, own.as_deref());
        match (own, frame) {
            (Some(own), Some(frame)) if frame.file == own => Some(frame),
            (Some(file), _) => Some(Place {
                file,
                line: self.line,
            }),
            (None, frame) => frame,
        }
    }

    /// The file of the test as the report names it, the same on every machine: it tells apart tests of one name.
    pub fn own_file(&self, root: Option<&str>) -> Option<String> {
        let file = self.file.as_deref()?;
        let first = file.bytes().next()?;
        let is_plain = first.is_ascii_alphanumeric()
            && !file.contains(['\\', ':'])
            && file.trim_ascii() == file;
        if is_plain {
            return Some(file.to_owned());
        }
        Home::of(self, root).own(file)
    }

    fn frame(&self, home: &Home<'_>, own: Option<&str>) -> Option<Place> {
        if !self.outcome.is_failure() && !self.flaky {
            return None;
        }
        let texts = [self.details.as_deref(), self.message.as_deref()];
        let mut texts = texts.into_iter().flatten();
        texts.find_map(|text| best(text, self.class_name.as_deref(), home, own))
    }
}

/// How much a frame says, the best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// On this machine, who knows where.
    Elsewhere,
    /// The same, in a file of tests: a helper that they share tells none of them apart.
    TestsElsewhere,
    Repository,
    Tests,
    /// In the test's own file or class.
    Own,
}

/// The innermost frame of those that say most. Most traces begin with it, those of Python end with it.
fn best(text: &str, class: Option<&str>, home: &Home<'_>, own: Option<&str>) -> Option<Place> {
    let mut best: Option<(Worth, Place)> = None;
    for frame in text.lines().filter_map(frames::of) {
        let Some((worth, place)) = placed(&frame, class, home, own) else {
            continue;
        };
        let better = best.as_ref().is_none_or(|(known, _)| {
            worth > *known || (worth == *known && frames::is_innermost_last(frame.path))
        });
        if better {
            best = Some((worth, place));
        }
    }
    best.map(|(_, place)| place)
}

fn placed(
    frame: &Frame<'_>,
    class: Option<&str>,
    home: &Home<'_>,
    own: Option<&str>,
) -> Option<(Worth, Place)> {
    let (file, is_inside) = home.of_frame(frame.path, frame.function)?;
    let of_class = match (frame.function, class) {
        (Some(function), Some(class)) => function
            .strip_prefix(class)
            .is_some_and(|rest| rest.starts_with(['.', '$'])),
        _ => false,
    };
    let worth = if of_class || own == Some(file.as_str()) || home.is_of_class(&file) {
        Worth::Own
    } else {
        match (is_inside, home::is_of_tests(&file)) {
            (true, true) => Worth::Tests,
            (true, false) => Worth::Repository,
            (false, true) => Worth::TestsElsewhere,
            (false, false) => Worth::Elsewhere,
        }
    };
    let line = Some(frame.line);
    Some((worth, Place { file, line }))
}
