//! What the gate must know of a buildspec before it runs: whether CodeBuild can read it, and which reports it promises.
//! What it changes in one: each report is put into the report group that the gate made for it.

use std::{collections::BTreeMap, fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_saphyr::Spanned;

use crate::protocol::shorten;

/// Where a repository keeps it.
pub const PATH: &str = "buildspec.yml";

/// What errors call one that stands in `gate.toml` itself.
pub const INLINE: &str = "inline";

/// CodeBuild takes at most this much inline (the gate's own bound; CodeBuild documents none).
const MAX_BYTES: usize = 64 * 1024;

/// What is wrong is said in at most so many characters.
const LONGEST_FAULT: usize = 500;

/// A buildspec that CodeBuild can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buildspec {
    /// The text, passed to CodeBuild as it is.
    pub text: String,
    /// Names or ARNs of the report groups it promises.
    pub reports: Vec<String>,
    /// Those of `reports` that hold coverage, not tests.
    pub coverage_reports: Vec<String>,
}

/// Why a buildspec cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {what}")]
pub struct BuildspecFault {
    path: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum What {
    #[error("is empty")]
    Empty,
    #[error("is not UTF-8 text")]
    NotText,
    #[error("has {0} bytes, more than the {MAX_BYTES} the gate passes on")]
    TooLarge(usize),
    #[error("{0}")]
    Invalid(String),
}

#[derive(Deserialize)]
struct Document {
    version: Option<serde_json::Value>,
    phases: Option<BTreeMap<String, Phase>>,
    #[serde(default)]
    reports: Option<BTreeMap<String, serde_json::Value>>,
}

/// Formats of coverage reports (user guide, build-spec-ref); all others are of tests.
const COVERAGE_FORMATS: [&str; 4] = ["CLOVERXML", "COBERTURAXML", "JACOCOXML", "SIMPLECOV"];

fn is_coverage(report: &serde_json::Value) -> bool {
    let format = report.get("file-format").and_then(|format| format.as_str());
    format.is_some_and(|format| {
        COVERAGE_FORMATS
            .iter()
            .any(|coverage| coverage.eq_ignore_ascii_case(format))
    })
}

#[derive(Deserialize)]
struct Phase {
    #[serde(default)]
    commands: Option<Vec<String>>,
}

impl Buildspec {
    /// Reads the bytes of the buildspec at `path`.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, BuildspecFault> {
        Self::read(bytes).map_err(|mut what| {
            // What is refused may be quoted at any length.
            if let What::Invalid(words) = &mut what {
                shorten(words, LONGEST_FAULT);
            }
            BuildspecFault {
                path: path.to_owned(),
                what,
            }
        })
    }

    fn read(bytes: &[u8]) -> Result<Self, What> {
        if bytes.len() > MAX_BYTES {
            return Err(What::TooLarge(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| What::NotText)?;
        if text.trim().is_empty() {
            return Err(What::Empty);
        }
        let document: Document =
            serde_saphyr::from_str(text).map_err(|error| What::Invalid(first_line(&error)))?;
        let version = document
            .version
            .map(|version| version.to_string().trim_matches('"').to_owned());
        match version.as_deref() {
            Some("0.2") => {}
            Some(other) => {
                return Err(What::Invalid(format!(
                    "says `version: {other}`, write `version: 0.2`"
                )));
            }
            None => {
                return Err(What::Invalid(
                    "has no `version`, write `version: 0.2`".to_owned(),
                ));
            }
        }
        let commands = document
            .phases
            .iter()
            .flatten()
            .flat_map(|(_, phase)| phase.commands.iter().flatten())
            .count();
        if commands == 0 {
            return Err(What::Invalid(
                "has no command in any of its `phases`".to_owned(),
            ));
        }
        let reports = document.reports.unwrap_or_default();
        let coverage = reports.iter().filter(|(_, report)| is_coverage(report));
        Ok(Self {
            text: text.to_owned(),
            coverage_reports: coverage.map(|(name, _)| name.clone()).collect(),
            reports: reports.into_keys().collect(),
        })
    }
}

/// The text of a buildspec with the ARN of its report group in place of each report's name; nothing else in it changes. A
/// name that is not in `groups`, or that the text does not spell out, stays: CodeBuild finds the group by it, too.
pub fn with_report_groups(text: &str, groups: &BTreeMap<String, String>) -> String {
    let Ok(names) = serde_saphyr::from_str::<ReportNames>(text) else {
        return text.to_owned();
    };
    let mut changed = text.to_owned();
    let mut places: Vec<(Range<usize>, &String)> = names
        .reports
        .0
        .iter()
        .filter_map(|name| Some((place(text, name)?, groups.get(&name.value)?)))
        .collect();
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, arn) in places {
        changed.replace_range(place, &format!("\"{arn}\""));
    }
    changed
}

/// Where a name stands in the text, with its quotes; `None` for one that an alias stands for.
fn place(text: &str, name: &Spanned<String>) -> Option<Range<usize>> {
    if name.referenced != name.defined {
        return None;
    }
    let span = name.defined.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let end = start + usize::try_from(span.byte_len()?).ok()?;
    let written = text.get(start..end)?;
    let bare = written.trim_matches(['"', '\'']);
    (bare == name.value).then_some(start..end)
}

#[derive(Deserialize)]
struct ReportNames {
    #[serde(default)]
    reports: Names,
}

/// The keys of a map, each with its place.
#[derive(Default)]
struct Names(Vec<Spanned<String>>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Names;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map of reports")
            }
            fn visit_unit<E>(self) -> Result<Names, E> {
                Ok(Names::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = map.next_key()? {
                    map.next_value::<IgnoredAny>()?;
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_any(Keys)
    }
}

/// The parser's message with its place, without the excerpt it draws.
fn first_line(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let line = text
        .lines()
        .next()
        .unwrap_or_default()
        .trim()
        .trim_start_matches("error: ");
    format!("cannot be read: {line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:codebuild:eu-central-1:123456789012:report-group/gate-pr-7-";

    fn groups(names: &[&str]) -> BTreeMap<String, String> {
        let group = |name: &&str| ((*name).to_owned(), format!("{ARN}{name}"));
        names.iter().map(group).collect()
    }

    #[test]
    fn each_report_goes_into_its_group_and_nothing_else_changes() {
        let text = "version: 0.2 # unit: here\nphases: {build: {commands: [make unit]}}\nreports:\n  unit: # the fast ones\n    files: [unit.xml]\n  \"é lines\":\n    file-format: COBERTURAXML\n  'own':\n    files: x\n  other: {files: y}\n";
        let expected = format!(
            "version: 0.2 # unit: here\nphases: {{build: {{commands: [make unit]}}}}\nreports:\n  \"{ARN}unit\": # the fast ones\n    files: [unit.xml]\n  \"{ARN}é lines\":\n    file-format: COBERTURAXML\n  \"{ARN}own\":\n    files: x\n  other: {{files: y}}\n"
        );
        let groups = groups(&["unit", "é lines", "own", "phases"]);
        assert_eq!(with_report_groups(text, &groups), expected);
        let json = r#"{"version": 0.2, "phases": {"build": {"commands": ["make"]}}, "reports": {"unit": {"files": "unit"}}}"#;
        let expected = json.replace(r#"{"unit":"#, &format!(r#"{{"{ARN}unit":"#));
        assert_eq!(with_report_groups(json, &groups), expected);
    }

    #[test]
    fn a_report_whose_name_the_text_does_not_spell_out_keeps_it() {
        for text in [
            "version: 0.2\nphases: {build: {commands: [make]}}\n",
            "version: 0.2\nreports:\n",
            "reports: {\"un\\x69t\": {files: x}}\n",
            "name: &it unit\nreports: {*it : {files: x}}\n",
            "reports: [",
        ] {
            assert_eq!(with_report_groups(text, &groups(&["unit"])), text);
        }
    }

    #[test]
    fn a_report_in_a_format_of_coverage_holds_no_tests() {
        let text = "version: 0.2\nphases: {build: {commands: [make]}}\nreports:\n  unit: {files: a}\n  lines: {files: b, file-format: CloverXml}\n  odd:\n";
        let spec = Buildspec::parse(PATH, text.as_bytes()).unwrap();
        assert_eq!(spec.reports, ["lines", "odd", "unit"]);
        assert_eq!(spec.coverage_reports, ["lines"]);
    }

    #[test]
    fn a_buildspec_tells_its_reports() {
        let text = "version: 0.2\nphases:\n  build:\n    commands: [make]\nreports:\n  unit:\n    files: [out.xml]\n";
        assert_eq!(
            Buildspec::parse(PATH, text.as_bytes()).unwrap().reports,
            ["unit"]
        );
    }

    #[test]
    fn refuses_what_codebuild_could_not_run_with_the_place_and_the_next_step() {
        let cases = [
            ("", "`buildspec.yml` is empty"),
            (
                "version: 0.1\nphases: {}\n",
                "`buildspec.yml` says `version: 0.1`, write `version: 0.2`",
            ),
            (
                "phases: {}\n",
                "`buildspec.yml` has no `version`, write `version: 0.2`",
            ),
            (
                "version: 0.2\n",
                "`buildspec.yml` has no command in any of its `phases`",
            ),
            ("version: 0.2\nphases: [\n", "line 2 column 9"),
            (
                "version: 0.2\nphases:\n  build:\n    commands: make\n",
                "line 4",
            ),
        ];
        for (text, expected) in cases {
            let fault = Buildspec::parse(PATH, text.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(fault.contains(expected), "{text:?} gives {fault}");
        }
        assert_eq!(
            Buildspec::parse(PATH, &[0xff, 0xfe])
                .unwrap_err()
                .to_string(),
            "`buildspec.yml` is not UTF-8 text"
        );
    }
}
