//! The `reports` of a buildspec: names, where they stand in the text, and what CodeBuild takes as one.

use std::{fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_saphyr::Spanned;

use crate::text::quoted;

/// A report group has at most 128 characters (CreateReportGroup) and is called `<service>-pr-<id>-<key>-<report>`
/// (`names::report_groups`): a service of 32 characters, a pull request of eleven digits and a key of eight leave this.
pub const LONGEST_REPORT_NAME: usize = 71;

/// "A project can have a maximum of five report groups" (user guide, build-spec-ref): what one buildspec may name.
pub(super) const MOST_REPORTS: usize = 5;

/// Formats of coverage reports (user guide, build-spec-ref).
const COVERAGE_FORMATS: [&str; 4] = ["CLOVERXML", "COBERTURAXML", "JACOCOXML", "SIMPLECOV"];

/// Formats of reports of tests (the same page). CodeBuild takes all of these words in any case.
const TEST_FORMATS: [&str; 6] = [
    "CUCUMBERJSON",
    "JUNITXML",
    "NUNITXML",
    "NUNIT3XML",
    "TESTNGXML",
    "VISUALSTUDIOTRX",
];

/// One report of a buildspec.
pub(super) struct Report {
    name: Spanned<String>,
    /// `file-format`, if it is a word.
    format: Option<String>,
}

impl Report {
    pub(super) fn name(&self) -> &str {
        &self.name.value
    }

    pub(super) fn is_coverage(&self) -> bool {
        self.is_in(&COVERAGE_FORMATS)
    }

    fn is_in(&self, formats: &[&str]) -> bool {
        let own = self.format.as_deref().unwrap_or("JUNITXML");
        formats
            .iter()
            .any(|format| format.eq_ignore_ascii_case(own))
    }

    /// What is wrong with its `file-format`.
    fn format_fault(&self) -> Option<String> {
        if self.is_coverage() || self.is_in(&TEST_FORMATS) {
            return None;
        }
        let own: String = self
            .format
            .iter()
            .flat_map(|own| own.chars())
            .take(60)
            .collect();
        let known = TEST_FORMATS.iter().chain(&COVERAGE_FORMATS);
        let nearest = known
            .clone()
            .min_by_key(|format| strsim::damerau_levenshtein(&own.to_ascii_uppercase(), format))?;
        let known: Vec<_> = known.copied().collect();
        Some(format!(
            "`file-format: {own}` of the report `{}` is none that CodeBuild reads; did you mean `{nearest}`? Known are {}",
            self.name().chars().take(60).collect::<String>(),
            quoted(&known)
        ))
    }

    /// Where the name stands in the text, with its quotes; `None` for one that the text does not spell out.
    pub(super) fn place(&self, text: &str) -> Option<Range<usize>> {
        let name = &self.name;
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

    /// Line and column of the name.
    pub(super) fn line_and_column(&self) -> (usize, usize) {
        let location = self.name.referenced;
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        (number(location.line()), number(location.column()))
    }

    /// Why no report group can be made for it.
    pub(super) fn fault(&self, text: &str) -> Option<String> {
        let name = self.name();
        let shown: String = name.chars().take(60).collect();
        if self.place(text).is_none() {
            return Some(format!(
                "the report `{shown}` is not spelt out here (an escape, an anchor or an alias): write its name as it is"
            ));
        }
        if let Some(fault) = self.format_fault() {
            return Some(fault);
        }
        if name.starts_with("arn:") {
            return (!is_group(name)).then(|| {
                format!("the report `{shown}` is no ARN of a report group: write `arn:<partition>:codebuild:<Region>:<account>:report-group/<name>`")
            });
        }
        if !is_plain(name) {
            return Some(format!(
                "CodeBuild takes no report group for the report `{shown}`: write letters, digits, `-` and `_`"
            ));
        }
        (name.len() > LONGEST_REPORT_NAME).then(|| {
            format!(
                "the report `{shown}…` has {} characters, more than {LONGEST_REPORT_NAME}: its report group's name would be too long",
                name.len()
            )
        })
    }
}

/// Whether a name has nothing in it but what CodeBuild takes for a report group.
fn is_plain(name: &str) -> bool {
    let usual = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    !name.is_empty() && name.chars().all(usual)
}

/// Whether an ARN is one of a report group, as far as its form tells.
fn is_group(arn: &str) -> bool {
    let parts: Vec<_> = arn.splitn(6, ':').collect();
    let [_, partition, "codebuild", region, account, resource] = parts[..] else {
        return false;
    };
    let name = resource.strip_prefix("report-group/").unwrap_or_default();
    [partition, region, name].into_iter().all(is_plain)
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
}

/// The reports of a buildspec, in the order of the text.
#[derive(Deserialize)]
pub(super) struct Reports {
    #[serde(default)]
    reports: Entries,
}

impl Reports {
    pub(super) fn entries(&self) -> impl Iterator<Item = &Report> {
        self.reports.0.iter()
    }
}

#[derive(Default)]
struct Entries(Vec<Report>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Entries;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map of reports")
            }
            fn visit_unit<E>(self) -> Result<Entries, E> {
                Ok(Entries::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key()? {
                    let format = map.next_value_seed(Format)?;
                    entries.push(Report { name, format });
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_any(Map)
    }
}

/// The `file-format` of a report, whatever else stands there.
struct Format;

impl<'de> DeserializeSeed<'de> for Format {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let word = value.get("file-format").and_then(|format| format.as_str());
        Ok(word.map(str::to_owned))
    }
}

/// The keys of a map, each with its place.
pub(super) struct Keys(pub(super) Vec<Spanned<String>>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Keys;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some(key) = map.next_key()? {
                    map.next_value::<IgnoredAny>()?;
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Map)
    }
}
