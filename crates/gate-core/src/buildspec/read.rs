//! From bytes to a [`Buildspec`]: what is no YAML is said with its place, and of what is, every fault at once.

use serde_saphyr::{Error, MessageFormatter as _, UserMessageFormatter};

use super::{
    Buildspec,
    reports::{Keys, MOST_REPORTS, Report, Reports},
    sections::Sections,
};
use crate::rules::FileFault;

/// CodeBuild takes at most this much inline (the gate's own bound; CodeBuild documents none).
const MAX_BYTES: usize = 64 * 1024;

/// What a section that makes a buildspec one of batch builds is called.
const BATCH: &str = "batch";

pub(super) fn buildspec(path: &str, bytes: &[u8]) -> Result<Buildspec, Vec<FileFault>> {
    let whole = |message: String| vec![FileFault::of_file(path, message)];
    if bytes.len() > MAX_BYTES {
        return Err(whole(format!(
            "it has {} bytes, more than the {MAX_BYTES} the gate passes on",
            bytes.len()
        )));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| whole("it is not UTF-8 text".to_owned()))?;
    if text.trim().is_empty() {
        return Err(whole("it is empty".to_owned()));
    }
    let unreadable = |error: Error| vec![of_yaml(path, &error)];
    let keys: Keys = serde_saphyr::from_str(text).map_err(unreadable)?;
    let batch = keys.0.iter().find(|key| key.value == BATCH);
    if let Some(key) = batch {
        let message = "this is a batch buildspec (`batch`), and the gate starts single builds: name another buildspec in `gate.toml`";
        let (line, column) = numbers(key.referenced);
        return Err(vec![FileFault::at(path, line, column, message)]);
    }
    let sections: Sections = serde_saphyr::from_str(text).map_err(unreadable)?;
    let reports: Reports = serde_saphyr::from_str(text).map_err(unreadable)?;
    let mut faults: Vec<FileFault> = sections
        .faults()
        .into_iter()
        .map(|(place, message)| match place.map(numbers) {
            Some((line, column)) => FileFault::at(path, line, column, message),
            None => FileFault::of_file(path, message),
        })
        .collect();
    faults.extend(report_faults(path, text, &reports));
    if !faults.is_empty() {
        return Err(faults);
    }
    let names = |wanted: fn(&Report) -> bool| {
        let wanted = reports.entries().filter(|report| wanted(report));
        let mut names: Vec<_> = wanted.map(|report| report.name().to_owned()).collect();
        names.sort();
        names
    };
    Ok(Buildspec {
        text: text.to_owned(),
        coverage_reports: names(Report::is_coverage),
        reports: names(|_| true),
    })
}

fn report_faults(path: &str, text: &str, reports: &Reports) -> Vec<FileFault> {
    let at = |report: &Report, message: String| {
        let (line, column) = report.line_and_column();
        FileFault::at(path, line, column, message)
    };
    let faults = reports
        .entries()
        .filter_map(|report| Some(at(report, report.fault(text)?)));
    let mut faults: Vec<_> = faults.collect();
    if let Some(report) = reports.entries().nth(MOST_REPORTS) {
        let count = reports.entries().count();
        let message =
            format!("there are {count} reports, and CodeBuild takes {MOST_REPORTS} of a build");
        faults.push(at(report, message));
    }
    faults
}

fn numbers(location: serde_saphyr::Location) -> (usize, usize) {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    (number(location.line()), number(location.column()))
}

/// The parser's message in words about the user's file, with its place and without the excerpt it draws.
fn of_yaml(path: &str, error: &Error) -> FileFault {
    let error = error.without_snippet();
    let text = UserMessageFormatter.format_message(error);
    let line: String = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(300)
        .collect();
    let message = format!("it cannot be read: {}", line.trim());
    match error.location() {
        Some(location) if location.line() > 0 => {
            let (line, column) = numbers(location);
            FileFault::at(path, line, column, message)
        }
        _ => FileFault::of_file(path, message),
    }
}
