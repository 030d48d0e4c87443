//! What the gate must know of a buildspec before it runs: whether CodeBuild can read it, and which reports it promises.
//! What it changes in one: each report is put into the report group that the gate made for it.

mod read;
mod reports;
mod sections;

use std::collections::BTreeMap;

use crate::rules::FileFault;

pub use reports::LONGEST_REPORT_NAME;
use reports::Reports;

/// Where a repository keeps it.
pub const PATH: &str = "buildspec.yml";

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

impl Buildspec {
    /// Reads the bytes of the buildspec at `path`; every fault at once, in the order of their places.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Vec<FileFault>> {
        read::buildspec(path, bytes)
    }
}

/// The text of a buildspec with the ARN of its report group in place of each report's name; nothing else in it changes. A
/// name that is not in `groups` stays: CodeBuild finds the group by it, too. One that the text does not spell out is refused
/// when rules are read.
pub fn with_report_groups(text: &str, groups: &BTreeMap<String, String>) -> String {
    let Ok(reports) = serde_saphyr::from_str::<Reports>(text) else {
        return text.to_owned();
    };
    let mut changed = text.to_owned();
    let mut places: Vec<_> = reports
        .entries()
        .filter_map(|report| Some((report.place(text)?, groups.get(report.name())?)))
        .collect();
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, arn) in places {
        changed.replace_range(place, &format!("\"{arn}\""));
    }
    changed
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

    /// What is wrong with a buildspec of these reports.
    fn report_faults(reports: &str) -> Vec<String> {
        let text =
            format!("version: 0.2\nphases: {{build: {{commands: [make]}}}}\nreports:\n{reports}");
        let faults = Buildspec::parse(PATH, text.as_bytes()).unwrap_err();
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn refuses_reports_that_codebuild_makes_no_report_group_for_with_their_places() {
        let long = "r".repeat(72);
        let faults = report_faults(&format!(
            "  unit.tests: {{files: a}}\n  'unit tests': {{files: b}}\n  a/b: {{files: c}}\n  é: {{files: d}}\n  {long}: {{files: e}}\n  sixth: {{files: f}}\n"
        ));
        let no_group = |line: usize, name: &str| {
            format!(
                "buildspec.yml: line {line}, column 3: CodeBuild takes no report group for the report `{name}`: write letters, digits, `-` and `_`"
            )
        };
        assert_eq!(faults[0], no_group(4, "unit.tests"));
        assert_eq!(faults[1], no_group(5, "unit tests"));
        assert_eq!(faults[2], no_group(6, "a/b"));
        assert_eq!(faults[3], no_group(7, "é"));
        assert!(
            faults[4].starts_with("buildspec.yml: line 8, column 3: the report `rrr"),
            "{}",
            faults[4]
        );
        assert_eq!(
            faults[5],
            "buildspec.yml: line 9, column 3: there are 6 reports, and CodeBuild takes 5 of a build"
        );
        assert_eq!(faults.len(), 6);
    }

    #[test]
    fn refuses_a_report_whose_name_is_escaped_or_stands_elsewhere() {
        for reports in [
            "  \"un\\x69t\": {files: x}\n",
            "  one: {files: &it unit}\n  ? *it\n  : {files: x}\n",
        ] {
            let faults = report_faults(reports);
            assert!(
                faults[0].contains("the report `unit` is not spelt out here"),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn formats_are_taken_in_any_case_and_unknown_ones_are_refused() {
        let text = "version: 0.2\nphases: {build: {commands: [make]}}\nreports: {a: {files: x, file-format: JunitXml}, b: {files: y, file-format: simplecov}}\n";
        let spec = Buildspec::parse(PATH, text.as_bytes()).unwrap();
        assert_eq!(spec.coverage_reports, ["b"]);
        let faults = report_faults("  unit: {files: x, file-format: JUNIT}\n");
        assert!(
            faults[0].starts_with(
                "buildspec.yml: line 4, column 3: `file-format: JUNIT` of the report `unit` is none that CodeBuild reads; did you mean `JUNITXML`?"
            ),
            "{faults:?}"
        );
    }

    #[test]
    fn refuses_a_batch_buildspec_by_its_name() {
        let text = "version: 0.2\nbatch:\n  build-list:\n    - identifier: a\nphases: {build: {commands: [make]}}\n";
        let faults = Buildspec::parse("ci/all.yml", text.as_bytes()).unwrap_err();
        assert_eq!(
            faults[0].to_string(),
            "ci/all.yml: line 2, column 1: this is a batch buildspec (`batch`), and the gate starts single builds: name another buildspec in `gate.toml`"
        );
    }

    #[test]
    fn errors_of_yaml_speak_of_the_file_and_all_others_come_at_once() {
        let faults = |text: &str| {
            let faults = Buildspec::parse(PATH, text.as_bytes()).unwrap_err();
            let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
            faults.join("\n")
        };
        assert_eq!(
            faults("version: 0.2\nversion: 0.2\n"),
            "buildspec.yml: line 2, column 1: it cannot be read: duplicate mapping key: version not allowed here"
        );
        assert_eq!(
            faults("version: 0.1\nreports: {a.b: {files: x}}\n")
                .lines()
                .count(),
            3
        );
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
    fn what_codebuild_takes_is_taken() {
        let text = "version: 0.2\nrun-as: root\nenv:\n  shell: bash\n  variables: {A: 1}\n  exported-variables: [A]\n\
                    phases:\n  install:\n    runtime-versions: {python: 3.12}\n  build:\n    on-failure: RETRY-3\n    \
                    commands: [make]\n    finally: [\"true\"]\n  post_build:\n\
                    reports:\n  arn:aws-cn:codebuild:cn-north-1:123456789012:report-group/own:\n    files: [a.xml]\n";
        let faults = Buildspec::parse(PATH, text.as_bytes()).err();
        assert_eq!(faults, None);
        for word in ["ABORT", "CONTINUE", "RETRY", "RETRY-2-\\.\\*timeout"] {
            let text = text.replace("RETRY-3", word);
            assert!(Buildspec::parse(PATH, text.as_bytes()).is_ok(), "{word}");
        }
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
            ("", "buildspec.yml: it is empty"),
            (
                "version: 0.1\nphases: {}\n",
                "buildspec.yml: it says `version: 0.1`, write `version: 0.2`",
            ),
            (
                "phases: {}\n",
                "buildspec.yml: it has no `version`, write `version: 0.2`",
            ),
            (
                "version: 0.2\n",
                "buildspec.yml: it has no command in any of its `phases`",
            ),
            (
                "version: 0.2\nphases: {foo: {commands: ['true']}}\n",
                "buildspec.yml: line 2, column 10: `foo` is no phase; known are `install`, `pre_build`, `build`, `post_build`",
            ),
            (
                "version: 0.2\nphases: {build: {on-failure: NOPE, commands: [make]}}\n",
                "buildspec.yml: line 2, column 30: `on-failure: NOPE` is nothing that CodeBuild does; known are",
            ),
            (
                "version: 0.2\nenv: {shell: fish, variables: [1]}\nphases: {build: {commands: [make]}}\n",
                "buildspec.yml: line 2, column 14: `shell: fish` is none that CodeBuild has; known are `bash`, `/bin/sh`",
            ),
            (
                "version: 0.2\nenv: {variables: [1]}\nphases: {build: {commands: [make]}}\n",
                "buildspec.yml: line 2, column 18: `variables` must be names, each with its value",
            ),
            (
                "version: 0.2\nphases: {build: {commands: [make]}}\nreports: {'arn:x y': {files: a}}\n",
                "buildspec.yml: line 3, column 11: the report `arn:x y` is no ARN of a report group",
            ),
            ("version: 0.2\nphases: [\n", "line 2, column 9"),
            (
                "version: 0.2\nphases:\n  build:\n    commands: make\n",
                "line 4",
            ),
        ];
        for (text, expected) in cases {
            let faults = Buildspec::parse(PATH, text.as_bytes()).unwrap_err();
            let words: Vec<_> = faults.iter().map(ToString::to_string).collect();
            assert!(
                words.iter().any(|fault| fault.contains(expected)),
                "{text:?} gives {words:?}"
            );
        }
        let faults = Buildspec::parse(PATH, &[0xff, 0xfe]).unwrap_err();
        assert_eq!(faults[0].to_string(), "buildspec.yml: it is not UTF-8 text");
    }
}
