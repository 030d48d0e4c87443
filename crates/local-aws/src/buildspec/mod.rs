//! The buildspec, version 0.2: what a build is told to do.
//!
//! Parsed once into one type. A key that CodeBuild does not know is ignored as CodeBuild ignores it, except inside a
//! phase, where a misspelt `commands` would make a build pass that ran nothing. What CodeBuild can do and this
//! endpoint cannot is refused by name. Every fault has its line and column.

mod syntax;

use std::collections::BTreeMap;

use serde::Deserialize;

pub(crate) use syntax::BuildspecError;

/// What a build is told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Buildspec {
    pub(crate) shell: Shell,
    /// Name → value.
    pub(crate) variables: BTreeMap<String, String>,
    /// Name → parameter.
    pub(crate) parameter_store: BTreeMap<String, String>,
    pub(crate) exported_variables: Vec<String>,
    pub(crate) install: Phase,
    pub(crate) pre_build: Phase,
    pub(crate) build: Phase,
    pub(crate) post_build: Phase,
    pub(crate) reports: BTreeMap<String, ReportFiles>,
    /// Top-level sections that have no effect here, by name.
    pub(crate) without_effect: Vec<&'static str>,
}

/// What reads the commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shell {
    #[default]
    Sh,
    Bash,
    /// What `sh` is on Amazon Linux: bash, as POSIX has it.
    BashAsSh,
}

impl Shell {
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Sh => "sh",
            Self::Bash | Self::BashAsSh => "bash",
        }
    }

    /// What the program is started with, before the script.
    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Sh | Self::Bash => &[],
            Self::BashAsSh => &["--posix"],
        }
    }

    /// The shell that this one is on an image: commands that Amazon Linux takes must not fail because `sh` is another shell here.
    pub(crate) fn on(self, image: &str) -> Self {
        match self {
            Self::Sh if image.contains("amazonlinux") => Self::BashAsSh,
            shell => shell,
        }
    }
}

/// The commands of a phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Phase {
    pub(crate) commands: Vec<String>,
    /// Run whatever became of the commands.
    pub(crate) finally: Vec<String>,
    pub(crate) on_failure: Option<OnFailure>,
}

/// What a failing phase means for the next ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    Abort,
    Continue,
}

/// Where a report's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportFiles {
    /// Globs below the base directory.
    pub(crate) files: Vec<String>,
    /// Below the source directory.
    pub(crate) base_directory: Option<String>,
    pub(crate) format: ReportFormat,
}

/// What a report's files are written in. CodeBuild takes its words in any case: its own examples mix them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReportFormat {
    #[default]
    JunitXml,
    CucumberJson,
    TestNgXml,
    NunitXml,
    Nunit3Xml,
    VisualStudioTrx,
    CloverXml,
    CoberturaXml,
    JacocoXml,
    SimpleCov,
}

impl ReportFormat {
    const WORDS: [(&str, Self); 10] = [
        ("JUNITXML", Self::JunitXml),
        ("CUCUMBERJSON", Self::CucumberJson),
        ("TESTNGXML", Self::TestNgXml),
        ("NUNITXML", Self::NunitXml),
        ("NUNIT3XML", Self::Nunit3Xml),
        ("VISUALSTUDIOTRX", Self::VisualStudioTrx),
        ("CLOVERXML", Self::CloverXml),
        ("COBERTURAXML", Self::CoberturaXml),
        ("JACOCOXML", Self::JacocoXml),
        ("SIMPLECOV", Self::SimpleCov),
    ];

    fn from_word(word: &str) -> Option<Self> {
        let mut words = Self::WORDS.into_iter();
        let found = words.find(|(known, _)| known.eq_ignore_ascii_case(word));
        found.map(|(_, format)| format)
    }

    pub(crate) fn is_coverage(self) -> bool {
        matches!(
            self,
            Self::CloverXml | Self::CoberturaXml | Self::JacocoXml | Self::SimpleCov
        )
    }
}

/// Reads a buildspec.
pub(crate) fn parse(text: &str) -> Result<Buildspec, BuildspecError> {
    syntax::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        parse(text).err().unwrap().to_string()
    }

    #[test]
    fn reads_a_whole_buildspec() {
        let spec = parse(
            "version: 0.2\n\
             env:\n  shell: bash\n  variables:\n    COUNT: 3\n    FLAG: true\n  parameter-store:\n    TOKEN: /demo/token\n  exported-variables: [TAG]\n\
             phases:\n  install:\n    runtime-versions:\n      python: 3.12\n  build:\n    commands:\n      - make\n      - make test\n    finally:\n      - make clean\n    on-failure: CONTINUE\n\
             reports:\n  unit:\n    files: ['**/*.xml']\n    base-directory: out\n  cover:\n    files: cobertura.xml\n    file-format: COBERTURAXML\n\
             artifacts:\n  files: ['**/*']\n",
        )
        .unwrap();
        assert_eq!(spec.shell, Shell::Bash);
        assert_eq!(spec.variables["COUNT"], "3");
        assert_eq!(spec.variables["FLAG"], "true");
        assert_eq!(spec.parameter_store["TOKEN"], "/demo/token");
        assert_eq!(spec.exported_variables, ["TAG"]);
        assert_eq!(spec.build.commands, ["make", "make test"]);
        assert_eq!(spec.build.finally, ["make clean"]);
        assert_eq!(spec.build.on_failure, Some(OnFailure::Continue));
        assert_eq!(spec.reports["unit"].base_directory.as_deref(), Some("out"));
        assert_eq!(spec.reports["cover"].format, ReportFormat::CoberturaXml);
        assert_eq!(spec.reports["cover"].files, ["cobertura.xml"]);
        assert_eq!(spec.without_effect, ["artifacts", "runtime-versions"]);
    }

    #[test]
    fn words_are_taken_in_any_case() {
        let spec = parse(
            "version: 0.2\nphases:\n  build:\n    commands: [make]\n    on-failure: continue\n\
             reports:\n  unit: {files: a, file-format: JunitXml}\n  lines: {files: b, file-format: cloverxml}\n",
        )
        .unwrap();
        assert_eq!(spec.build.on_failure, Some(OnFailure::Continue));
        assert_eq!(spec.reports["unit"].format, ReportFormat::JunitXml);
        assert_eq!(spec.reports["lines"].format, ReportFormat::CloverXml);
        let unknown = fault(
            "version: 0.2\nphases: {build: {commands: [make]}}\nreports:\n  unit:\n    files: a\n    file-format: JUNIT\n",
        );
        assert!(
            unknown.starts_with(
                "line 6, column 18: file-format `JUNIT` is not known: write JUNITXML, "
            ),
            "{unknown}"
        );
    }

    #[test]
    fn refuses_more_reports_than_a_project_has_groups() {
        let reports = (0..6)
            .map(|number| format!("  r{number}: {{files: a}}\n"))
            .collect::<Vec<_>>()
            .concat();
        let text =
            format!("version: 0.2\nphases: {{build: {{commands: [make]}}}}\nreports:\n{reports}");
        assert_eq!(
            fault(&text),
            "6 reports are named, and a project has at most 5 report groups"
        );
    }

    #[test]
    fn errors_of_yaml_are_words_for_who_wrote_it() {
        assert_eq!(
            fault("version: 0.2\nversion: 0.2\n"),
            "line 2, column 1: duplicate mapping key: version not allowed here"
        );
    }

    #[test]
    fn refuses_broken_yaml_with_its_place() {
        let message = fault("version: 0.2\nphases:\n  build:\n    commands: [make\n");
        assert!(
            message.starts_with("line 4, column ") || message.starts_with("line 5, column "),
            "{message}"
        );
    }

    #[test]
    fn refuses_a_misspelt_key_of_a_phase_with_its_place() {
        let message = fault("version: 0.2\nphases:\n  build:\n    comands:\n      - make test\n");
        assert!(message.starts_with("line 4, column 5: "), "{message}");
        assert!(message.contains("comands"), "{message}");
    }

    #[test]
    fn refuses_what_is_not_built_by_its_name() {
        let retry = fault(
            "version: 0.2\nphases:\n  build:\n    commands: [make]\n    on-failure: RETRY-2\n",
        );
        assert!(retry.contains("`RETRY-2`"), "{retry}");
        assert!(retry.starts_with("line 5, column 17: "), "{retry}");
        let other_user =
            fault("version: 0.2\nrun-as: root\nphases:\n  build:\n    commands: [make]\n");
        assert!(
            other_user.starts_with("line 2, column 9: `run-as` is not supported"),
            "{other_user}"
        );
        let batch = fault("version: 0.2\nbatch: {}\nphases:\n  build:\n    commands: [make]\n");
        assert!(
            batch.contains("this is a batch buildspec (`batch`)"),
            "{batch}"
        );
    }

    #[test]
    fn refuses_an_empty_buildspec_another_version_and_no_commands() {
        assert!(fault("").contains("the buildspec is empty"));
        let version = fault("version: 0.1\nphases:\n  build:\n    commands: [make]\n");
        assert_eq!(
            version,
            "line 1, column 10: version `0.1` is not supported, write 0.2"
        );
        assert!(
            fault("version: 0.2\n").contains("phases"),
            "{}",
            fault("version: 0.2\n")
        );
        assert!(fault("version: 0.2\nphases: {}\n").contains("no phase has commands"));
    }

    #[test]
    fn refuses_a_variable_that_no_shell_can_hold() {
        let message = fault(
            "version: 0.2\nenv:\n  variables:\n    A-B: x\nphases:\n  build:\n    commands: [make]\n",
        );
        assert!(
            message.contains("`A-B` is not a name of a variable"),
            "{message}"
        );
    }
}
