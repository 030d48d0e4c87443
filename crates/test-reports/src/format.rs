//! Which format a report has: decided by its content, never by its name.

use std::fmt;
use std::io::BufRead;

use crate::error::{Position, ReadError};
use crate::json::Json;
use crate::window::Window;
use crate::xml::{Document, Tag};

/// A format of test or coverage reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JUnit XML, in all its dialects.
    JUnit,
    /// NUnit 2 and 3 XML.
    NUnit,
    /// xUnit.net XML, version 2.
    XUnit,
    /// TestNG XML.
    TestNg,
    /// Visual Studio TRX.
    Trx,
    /// Cucumber JSON.
    Cucumber,
    /// Cobertura XML.
    Cobertura,
    /// JaCoCo XML.
    JaCoCo,
    /// Clover XML.
    Clover,
    /// SimpleCov JSON.
    SimpleCov,
    /// LCOV trace files.
    Lcov,
}

impl Format {
    /// Every format that is read.
    pub const ALL: [Self; 11] = [
        Self::JUnit,
        Self::NUnit,
        Self::XUnit,
        Self::TestNg,
        Self::Trx,
        Self::Cucumber,
        Self::Cobertura,
        Self::JaCoCo,
        Self::Clover,
        Self::SimpleCov,
        Self::Lcov,
    ];

    /// Whether its reports say which lines ran, not which tests held.
    pub fn is_coverage(self) -> bool {
        matches!(
            self,
            Self::Cobertura | Self::JaCoCo | Self::Clover | Self::SimpleCov | Self::Lcov
        )
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::JUnit => "JUnit",
            Self::NUnit => "NUnit",
            Self::XUnit => "xUnit.net",
            Self::TestNg => "TestNG",
            Self::Trx => "TRX",
            Self::Cucumber => "Cucumber",
            Self::Cobertura => "Cobertura",
            Self::JaCoCo => "JaCoCo",
            Self::Clover => "Clover",
            Self::SimpleCov => "SimpleCov",
            Self::Lcov => "LCOV",
        })
    }
}

/// A report whose format is known, at its beginning.
pub(crate) struct Recognised<R> {
    pub(crate) format: Format,
    pub(crate) content: Content<R>,
}

pub(crate) enum Content<R> {
    Xml(Box<Document<R>>),
    Json(Box<Json<R>>),
    Lines(Box<Window<R>>),
}

/// Reads as far as is needed to know the format.
pub(crate) fn recognise<R: BufRead>(source: R) -> Result<Recognised<R>, ReadError> {
    let mut window = Window::new(source)?;
    window.refill()?;
    let beginning = window.text();
    if beginning.is_empty() {
        return Err(Position::START.fault("the file is empty"));
    }
    let beginning = beginning.trim_ascii_start();
    match beginning.as_bytes().first() {
        Some(b'{' | b'[') => Ok(Recognised {
            format: of_json(beginning)?,
            content: Content::Json(Box::new(Json::new(window))),
        }),
        Some(b'<') | None => {
            let mut document = Box::new(Document::new(window));
            let Some((root, child)) = document.root()? else {
                let message = format!("there is no element in it: {}", unknown());
                return Err(Position::START.fault(message));
            };
            Ok(Recognised {
                format: of_root(&root, child)?,
                content: Content::Xml(document),
            })
        }
        Some(_) => Ok(Recognised {
            format: of_lines(beginning)?,
            content: Content::Lines(Box::new(window)),
        }),
    }
}

/// What an XML document is by its root and, since formats share names of roots, by the first element in it.
fn of_root(root: &Tag<'_>, child: Option<&str>) -> Result<Format, ReadError> {
    // An empty one tells nothing, whatever it is.
    let holds = |known: &[&str]| child.is_none_or(|child| known.contains(&child));
    let is_coverage = root.name() == "coverage";
    Ok(match root.name() {
        "testsuites" | "testrun" if holds(&OF_JUNIT) && !is_of_check(root) => Format::JUnit,
        // TestLink describes tests in such elements, and tells no results.
        "testsuite" if child != Some("node_order") && !root.has("xmlns:tl") => Format::JUnit,
        "test-run" | "test-results" if holds(&OF_NUNIT) => Format::NUnit,
        "assemblies" if holds(&["assembly"]) => Format::XUnit,
        "assembly" if holds(&["collection", "class", "errors"]) && !is_foreign_assembly(root) => {
            Format::XUnit
        }
        "testng-results" => Format::TestNg,
        "TestRun" if is_of_visual_studio(root) || (child.is_some() && holds(&OF_TRX)) => {
            Format::Trx
        }
        "report" if (child.is_some() || root.has("name")) && holds(&OF_JACOCO) => Format::JaCoCo,
        _ if is_coverage && root.says("version", &["1"]) && child == Some("file") => {
            return Err(root.fault(not_read("SonarQube's generic coverage", COVERAGE_ADVICE)));
        }
        _ if is_coverage && (root.has("profilerVersion") || child == Some("module")) => {
            return Err(root.fault(not_read("NCover", COVERAGE_ADVICE)));
        }
        _ if is_coverage && is_clover(root, child) => Format::Clover,
        _ if is_coverage && (root.has("line-rate") || holds(&OF_COBERTURA)) => Format::Cobertura,
        "testExecutions" => {
            return Err(root.fault(not_read("SonarQube's generic test data", TEST_ADVICE)));
        }
        "CoverageSession" => return Err(root.fault(not_read("OpenCover", COVERAGE_ADVICE))),
        "checkstyle" => {
            let message = "Checkstyle findings are no tests and no coverage";
            return Err(root.fault(message));
        }
        other => {
            let within = child.map(|child| format!(" with `<{child}>` in it"));
            let message = format!(
                "the root element is `<{other}>`{}: {}",
                within.unwrap_or_default(),
                unknown()
            );
            return Err(root.fault(message));
        }
    })
}

const OF_JUNIT: [&str; 9] = [
    "testsuites",
    "testsuite",
    "testcase",
    "properties",
    "property",
    "system-out",
    "system-err",
    "failure",
    "error",
];
const OF_NUNIT: [&str; 11] = [
    "command-line",
    "filter",
    "settings",
    "environment",
    "culture-info",
    "properties",
    "attachments",
    "output",
    "categories",
    "test-suite",
    "test-case",
];
const OF_TRX: [&str; 10] = [
    "TestSettings",
    "TestRunConfiguration",
    "Times",
    "ResultSummary",
    "Results",
    "TestDefinitions",
    "TestEntries",
    "TestLists",
    "Build",
    "Deployment",
];
const OF_JACOCO: [&str; 4] = ["sessioninfo", "group", "package", "counter"];
const OF_COBERTURA: [&str; 5] = ["sources", "packages", "package", "classes", "class"];

fn is_of_visual_studio(root: &Tag<'_>) -> bool {
    root.attributes()
        .any(|(name, value)| name.starts_with("xmlns") && value.contains("VisualStudio/TeamTest"))
}

/// Check, which tests C, has a format of its own with the same root.
fn is_of_check(root: &Tag<'_>) -> bool {
    root.raw("xmlns")
        .is_some_and(|space| space.contains("check.sourceforge.net"))
}

/// Descriptors of Maven and manifests of Windows say whose they are; xUnit.net's have no namespace.
fn is_foreign_assembly(root: &Tag<'_>) -> bool {
    root.has("xmlns") || root.has("manifestVersion")
}

fn is_clover(root: &Tag<'_>, child: Option<&str>) -> bool {
    let within = matches!(child, Some("project" | "testproject"));
    let generated = root.has("generated") && !root.has("line-rate");
    within || root.has("clover") || (generated && child.is_none())
}

/// Words for what is of no format at all.
pub(crate) fn unknown() -> String {
    let read: Vec<String> = Format::ALL.iter().map(ToString::to_string).collect();
    format!(
        "not a known test or coverage report; read are {}",
        read.join(", ")
    )
}

const TEST_ADVICE: &str = "let the tool write JUnit XML";
const COVERAGE_ADVICE: &str = "let the tool write Cobertura XML or LCOV";

fn not_read(name: &str, advice: &str) -> String {
    format!("{name} is recognised but cannot be read: {advice}")
}

/// Formats in JSON that are recognised by keys that all of their files have, and cannot be read.
const OTHER_JSON: [(&[&str], &str, &str); 5] = [
    (&["Action", "Package"], "`go test -json`", TEST_ADVICE),
    (
        &["numTotalTests", "testResults"],
        "Jest's JSON",
        TEST_ADVICE,
    ),
    (&["stats", "passes"], "Mocha's JSON", TEST_ADVICE),
    (&["statementMap"], "Istanbul's JSON", COVERAGE_ADVICE),
    (&["executed_lines"], "coverage.py's JSON", COVERAGE_ADVICE),
];

/// A Cucumber file is a list of features with elements, a SimpleCov file an object of runs with coverage.
fn of_json(beginning: &str) -> Result<Format, ReadError> {
    let says = |key: &str| beginning.contains(&format!("\"{key}\""));
    for (keys, name, advice) in OTHER_JSON {
        if beginning.starts_with('{') && keys.iter().all(|key| says(key)) {
            return Err(Position::START.fault(not_read(name, advice)));
        }
    }
    let is_empty_list = beginning
        .strip_prefix('[')
        .is_some_and(|rest| rest.trim_ascii() == "]");
    let is_located = || values(beginning, "location").any(is_place);
    let is_feature = says("elements") || (says("keyword") && (says("uri") || is_located()));
    if is_empty_list || (beginning.starts_with('[') && is_feature) {
        return Ok(Format::Cucumber);
    }
    if beginning.starts_with('{') && values(beginning, "coverage").any(holds_files) {
        return Ok(Format::SimpleCov);
    }
    Err(Position::START.fault(format!("this JSON is {}", unknown())))
}

/// What follows each place of a key, from the value on.
fn values<'a>(text: &'a str, key: &str) -> impl Iterator<Item = &'a str> {
    let key = format!("\"{key}\"");
    let ends: Vec<usize> = text
        .match_indices(&key)
        .map(|(at, key)| at + key.len())
        .collect();
    ends.into_iter().filter_map(|end| {
        let value = text[end..].trim_ascii_start().strip_prefix(':')?;
        Some(value.trim_ascii_start())
    })
}

/// Whether a value is a text that ends like `shop.feature:7`, as Behave writes a place.
fn is_place(value: &str) -> bool {
    let text = value
        .strip_prefix('"')
        .and_then(|text| text.split('"').next());
    text.and_then(|text| text.rsplit_once(':'))
        .is_some_and(|(_, line)| line.parse::<u32>().is_ok())
}

/// Whether a value is an object of files with their lines, as SimpleCov has: other programs keep settings under its key.
/// What is not in memory may be one.
fn holds_files(value: &str) -> bool {
    let begins = |value: &str, with: &[char]| value.is_empty() || value.starts_with(with);
    let is_part = |(name, part): (&str, &str)| {
        matches!(name, "lines" | "branches" | "methods") && begins(part, &['[', '{'])
    };
    let is_file = |(_, file): (&str, &str)| {
        begins(file, &['[']) || (begins(file, &['{']) && first_of(file).is_none_or(is_part))
    };
    begins(value, &['{']) && first_of(value).is_none_or(is_file)
}

/// The first key of an object and what follows it; `None` where it has none, or none that is in memory.
fn first_of(object: &str) -> Option<(&str, &str)> {
    let keys = object.strip_prefix('{')?.trim_ascii_start();
    let (name, rest) = keys.strip_prefix('"')?.split_once('"')?;
    let value = rest.trim_ascii_start().strip_prefix(':')?;
    Some((name, value.trim_ascii_start()))
}

/// An LCOV file begins with a record, behind comments perhaps.
fn of_lines(beginning: &str) -> Result<Format, ReadError> {
    let first = beginning
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or_default();
    if first.starts_with("TN:") || first.starts_with("SF:") {
        return Ok(Format::Lcov);
    }
    let begins = |words: &[&str]| words.iter().any(|word| first.starts_with(word));
    let message = if begins(&["TAP version ", "1..", "ok ", "not ok "]) {
        not_read("TAP", TEST_ADVICE)
    } else if begins(&["mode: set", "mode: count", "mode: atomic"]) {
        not_read("Go's cover profile", COVERAGE_ADVICE)
    } else {
        format!("neither XML nor JSON nor LCOV: {}", unknown())
    };
    Err(Position::START.fault(message))
}
