//! From the files that a build wrote to the contents of a report.
//!
//! The files come from code under test: links are not followed, only regular files are opened, and no more is kept
//! than CodeBuild keeps.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::BufReader,
    path::{Component, Path, PathBuf},
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use test_reports::{FileCoverage, Outcome, Sink};

use super::model::{Case, CaseStatus, Contents, FileLines, Kind, ReportStatus, TestSummary};
use crate::buildspec::ReportFiles;

const MOST_CASES: usize = 500;
const MESSAGE_CHARACTERS: usize = 5000;
const NAME_CHARACTERS: usize = 1000;
const LARGEST_FILE: u64 = 256 << 20;

/// Reads the files of one report below `source`.
pub(super) fn read(source: &Path, declared: &ReportFiles) -> Contents {
    let kind = Kind::of(declared);
    let paths = match matching(source, declared) {
        Ok(paths) if paths.is_empty() => {
            let globs = declared.files.join(", ");
            return Contents::incomplete(kind, vec![format!("no file matches {globs}")]);
        }
        Ok(paths) => paths,
        Err(problem) => return Contents::incomplete(kind, vec![problem]),
    };
    let mut collected = Collected::default();
    let mut problems = Vec::new();
    for (name, path) in &paths {
        if let Err(problem) = read_file(path, kind, &mut collected) {
            problems.push(format!("{name}: {problem}"));
        }
    }
    Contents {
        raw: paths,
        ..collected.contents(kind, problems)
    }
}

fn read_file(path: &Path, kind: Kind, collected: &mut Collected) -> Result<(), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    if size > LARGEST_FILE {
        return Err(format!("{size} bytes are too many for a report"));
    }
    let result = test_reports::read(BufReader::new(file), collected);
    collected.end_file();
    let format = result.map_err(|error| error.to_string())?;
    match (kind, format.is_coverage()) {
        (Kind::Test, true) => Err(format!(
            "{format} is a coverage format, the buildspec names a test format"
        )),
        (Kind::CodeCoverage, false) => Err(format!(
            "{format} is a test format, the buildspec names a coverage format"
        )),
        _ => Ok(()),
    }
}

/// The files that the globs match: name below the base directory, path. In the order of their names.
fn matching(source: &Path, declared: &ReportFiles) -> Result<Vec<(String, PathBuf)>, String> {
    let base = declared.base_directory.as_deref().unwrap_or(".");
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    let relative = Path::new(base)
        .strip_prefix(source)
        .unwrap_or(Path::new(base));
    if !relative.components().all(inside) {
        return Err(format!(
            "base-directory {base} is not below the folder of the source"
        ));
    }
    let globs = globs(&declared.files)?;
    let mut found = Vec::new();
    walk(source.join(relative), &globs, &mut found);
    found.sort();
    Ok(found)
}

fn globs(patterns: &[String]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let pattern = pattern.trim_start_matches("./");
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.map_err(|error| error.to_string())?);
    }
    set.build().map_err(|error| error.to_string())
}

/// Without recursion: code under test decides how deep its folders are.
fn walk(base: PathBuf, globs: &GlobSet, found: &mut Vec<(String, PathBuf)>) {
    let mut folders = vec![(base, String::new())];
    while let Some((folder, name)) = folders.pop() {
        // A folder that cannot be listed holds nothing that could be read.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let own = entry.file_name().to_string_lossy().into_owned();
            let name = if name.is_empty() {
                own
            } else {
                format!("{name}/{own}")
            };
            if kind.is_dir() {
                folders.push((entry.path(), name));
            } else if kind.is_file() && globs.is_match(&name) {
                found.push((name, entry.path()));
            }
        }
    }
}

/// What was read so far; of the cases no more than a report keeps.
#[derive(Default)]
struct Collected {
    summary: TestSummary,
    failures: Vec<Case>,
    others: Vec<Case>,
    /// Path → lines, of the files read so far.
    coverage: BTreeMap<String, Lines>,
    /// The same of the file that is being read.
    coverage_of_file: BTreeMap<String, Lines>,
}

#[derive(Clone, Copy, Default)]
struct Lines {
    covered: u64,
    total: u64,
}

impl Lines {
    fn covers_more_than(self, other: Self) -> bool {
        u128::from(self.covered) * u128::from(other.total)
            > u128::from(other.covered) * u128::from(self.total)
    }
}

impl Collected {
    /// Two files that tell of one source file tell of the same lines: the better of the two counts.
    fn end_file(&mut self) {
        for (path, lines) in std::mem::take(&mut self.coverage_of_file) {
            let known = self.coverage.entry(path).or_insert(lines);
            if lines.covers_more_than(*known) {
                *known = lines;
            }
        }
    }

    fn contents(mut self, kind: Kind, problems: Vec<String>) -> Contents {
        let counts = &self.summary.status_counts;
        let status = if !problems.is_empty() {
            ReportStatus::Incomplete
        } else if counts.failed + counts.error > 0 {
            ReportStatus::Failed
        } else {
            ReportStatus::Succeeded
        };
        self.failures.append(&mut self.others);
        self.failures.truncate(MOST_CASES);
        let file = |(path, lines): (String, Lines)| FileLines {
            path,
            covered: lines.covered,
            total: lines.total,
        };
        Contents {
            kind,
            status,
            truncated: self.summary.total > MOST_CASES as u64,
            summary: self.summary,
            cases: self.failures,
            files: self.coverage.into_iter().map(file).collect(),
            problems,
            raw: Vec::new(),
        }
    }
}

impl Sink for Collected {
    fn suite(&mut self, _name: &str) {}

    fn case(&mut self, case: test_reports::Case) {
        let case = convert(case);
        let counts = &mut self.summary.status_counts;
        match case.status {
            CaseStatus::Succeeded => counts.succeeded += 1,
            CaseStatus::Failed => counts.failed += 1,
            CaseStatus::Error => counts.error += 1,
            CaseStatus::Skipped => counts.skipped += 1,
        }
        self.summary.total += 1;
        self.summary.duration_in_nano_seconds = self
            .summary
            .duration_in_nano_seconds
            .saturating_add(case.nanoseconds);
        let kept = match case.status {
            CaseStatus::Failed | CaseStatus::Error => &mut self.failures,
            CaseStatus::Succeeded | CaseStatus::Skipped => &mut self.others,
        };
        if kept.len() < MOST_CASES {
            kept.push(case);
        }
    }

    fn file_coverage(&mut self, file: FileCoverage) {
        let lines = self.coverage_of_file.entry(file.path).or_default();
        lines.covered += file.lines_covered;
        lines.total += file.lines_total;
    }
}

fn convert(case: test_reports::Case) -> Case {
    let status = match case.outcome {
        Outcome::Passed => CaseStatus::Succeeded,
        Outcome::Skipped => CaseStatus::Skipped,
        Outcome::Failed => CaseStatus::Failed,
        Outcome::Error => CaseStatus::Error,
    };
    let message = match (case.message, case.details) {
        (Some(message), Some(details)) if !details.contains(&message) => {
            format!("{message}\n{details}")
        }
        (_, Some(details)) => details,
        (message, None) => message.unwrap_or_default(),
    };
    let nanoseconds = case.duration.unwrap_or_default().as_nanos();
    Case {
        file: cut(case.file.unwrap_or_default(), NAME_CHARACTERS),
        prefix: cut(
            case.class_name.as_deref().unwrap_or_default().to_owned(),
            NAME_CHARACTERS,
        ),
        suite: cut(case.suite.to_string(), NAME_CHARACTERS),
        name: cut(case.name, NAME_CHARACTERS),
        status,
        nanoseconds: u64::try_from(nanoseconds).unwrap_or(u64::MAX),
        message: cut(message, MESSAGE_CHARACTERS),
    }
}

fn cut(mut text: String, most_characters: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most_characters) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn declared(globs: &[&str]) -> ReportFiles {
        ReportFiles {
            files: globs.iter().map(|glob| (*glob).to_owned()).collect(),
            base_directory: Some("out".to_owned()),
            format: crate::buildspec::ReportFormat::JunitXml,
        }
    }

    fn source(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    const GREEN: &str =
        r#"<testsuite name="s"><testcase classname="c" name="holds" time="0.5"/></testsuite>"#;

    #[test]
    fn of_many_cases_the_failed_ones_are_kept_first_and_all_are_counted() {
        let mut text = String::from("<testsuite name=\"s\">");
        for number in 0..600 {
            write!(text, "<testcase name=\"green {number}\"/>").unwrap();
        }
        text += "<testcase name=\"red\"><failure message=\"1 is not 2\"/></testcase></testsuite>";
        let folder = source(&[("out/a.xml", &text)]);
        let contents = read(folder.path(), &declared(&["*.xml"]));
        assert_eq!(contents.status, ReportStatus::Failed);
        assert!(contents.truncated);
        assert_eq!(contents.summary.total, 601);
        assert_eq!(contents.cases.len(), 500);
        assert_eq!(contents.cases[0].name, "red");
        assert_eq!(contents.cases[0].message, "1 is not 2");
    }

    #[test]
    fn globs_reach_into_folders_and_names_are_below_the_base_directory() {
        let folder = source(&[
            ("out/deep/er/a.xml", GREEN),
            ("out/b.txt", "no report"),
            ("c.xml", "no report"),
        ]);
        let contents = read(folder.path(), &declared(&["**/*.xml"]));
        assert_eq!(
            (contents.status, contents.summary.total),
            (ReportStatus::Succeeded, 1)
        );
        assert_eq!(contents.summary.duration_in_nano_seconds, 500_000_000);
    }

    #[test]
    fn fails_to_complete_without_a_match_with_a_broken_file_and_with_the_wrong_format() {
        let folder = source(&[
            ("out/a.xml", GREEN),
            ("out/b.xml", "<testsuite>"),
            (
                "out/c.xml",
                "<coverage line-rate=\"1\"><packages/></coverage>",
            ),
        ]);
        let of = |glob| {
            let contents = read(folder.path(), &declared(&[glob]));
            assert_eq!(contents.status, ReportStatus::Incomplete);
            contents.problems.join("; ")
        };
        assert_eq!(of("*.json"), "no file matches *.json");
        assert!(
            of("[ab].xml").starts_with("b.xml: line 1, column "),
            "{}",
            of("[ab].xml")
        );
        assert_eq!(
            of("c.xml"),
            "c.xml: Cobertura is a coverage format, the buildspec names a test format"
        );
    }

    #[test]
    fn refuses_to_follow_links_and_to_leave_the_source() {
        let folder = source(&[("secret.xml", GREEN), ("out/keep", "")]);
        std::os::unix::fs::symlink(
            folder.path().join("secret.xml"),
            folder.path().join("out/link.xml"),
        )
        .unwrap();
        assert_eq!(
            read(folder.path(), &declared(&["*.xml"])).problems,
            ["no file matches *.xml"]
        );
        let outside = ReportFiles {
            base_directory: Some("../..".to_owned()),
            ..declared(&["*"])
        };
        assert_eq!(
            read(folder.path(), &outside).problems,
            ["base-directory ../.. is not below the folder of the source"]
        );
    }
}
