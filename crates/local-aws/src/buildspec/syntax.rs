//! From YAML to a [`Buildspec`].

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use serde_saphyr::{Location, MessageFormatter as _, Spanned, UserMessageFormatter};

use super::{Buildspec, OnFailure, Phase, ReportFiles, ReportFormat, Shell};

/// "A project can have a maximum of five report groups" (user guide, build-spec-ref).
const MOST_REPORTS: usize = 5;

/// What is wrong with a buildspec, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BuildspecError {
    /// At a place.
    #[error("line {line}, column {column}: {message}")]
    At {
        line: u64,
        column: u64,
        message: String,
    },
    /// As a whole.
    #[error("{0}")]
    Whole(String),
}

impl BuildspecError {
    fn at(location: Location, message: impl Into<String>) -> Self {
        Self::At {
            line: location.line(),
            column: location.column(),
            message: message.into(),
        }
    }
}

impl From<serde_saphyr::Error> for BuildspecError {
    fn from(error: serde_saphyr::Error) -> Self {
        let error = error.without_snippet();
        let text = UserMessageFormatter.format_message(error).into_owned();
        match error.location() {
            Some(location) => Self::at(location, text),
            None => Self::Whole(text),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    version: Spanned<String>,
    #[serde(default)]
    env: Environment,
    phases: Phases,
    #[serde(default)]
    reports: BTreeMap<String, Reports>,
    run_as: Option<Spanned<IgnoredAny>>,
    batch: Option<Spanned<IgnoredAny>>,
    artifacts: Option<IgnoredAny>,
    cache: Option<IgnoredAny>,
    proxy: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Environment {
    shell: Option<Spanned<String>>,
    #[serde(default)]
    variables: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    parameter_store: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    exported_variables: Vec<Spanned<String>>,
    secrets_manager: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
struct Phases {
    install: Option<PhaseFile>,
    pre_build: Option<PhaseFile>,
    build: Option<PhaseFile>,
    post_build: Option<PhaseFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PhaseFile {
    commands: Option<OneOrMany>,
    finally: Option<OneOrMany>,
    on_failure: Option<Spanned<String>>,
    run_as: Option<Spanned<IgnoredAny>>,
    runtime_versions: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Reports {
    files: OneOrMany,
    base_directory: Option<String>,
    file_format: Option<Spanned<String>>,
}

/// A string, or a list of them.
struct OneOrMany(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Strings;
        impl<'de> Visitor<'de> for Strings {
            type Value = OneOrMany;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string or a list of strings")
            }
            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }
            fn visit_unit<E>(self) -> Result<OneOrMany, E> {
                Ok(OneOrMany(Vec::new()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<OneOrMany, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(sequence)).map(OneOrMany)
            }
        }
        deserializer.deserialize_any(Strings)
    }
}

pub(super) fn parse(text: &str) -> Result<Buildspec, BuildspecError> {
    if text.trim().is_empty() {
        return Err(BuildspecError::Whole("the buildspec is empty".to_owned()));
    }
    let file: File = serde_saphyr::from_str(text)?;
    check_version(&file.version)?;
    refuse(file.run_as.as_ref(), "run-as")?;
    if let Some(batch) = &file.batch {
        let message =
            "this is a batch buildspec (`batch`), and the local endpoint starts single builds";
        return Err(BuildspecError::at(batch.referenced, message));
    }
    refuse(file.env.secrets_manager.as_ref(), "secrets-manager")?;
    let without_effect = without_effect(&file);
    let File {
        env,
        phases,
        reports,
        ..
    } = file;
    for name in env.variables.keys().chain(env.parameter_store.keys()) {
        let values = env
            .variables
            .get(name)
            .or_else(|| env.parameter_store.get(name));
        check_variable(name, values.map(|value| value.referenced))?;
    }
    for name in &env.exported_variables {
        check_variable(&name.value, Some(name.referenced))?;
    }
    let spec = Buildspec {
        shell: shell(env.shell.as_ref())?,
        variables: plain(env.variables),
        parameter_store: plain(env.parameter_store),
        exported_variables: env
            .exported_variables
            .into_iter()
            .map(|name| name.value)
            .collect(),
        install: phase(phases.install)?,
        pre_build: phase(phases.pre_build)?,
        build: phase(phases.build)?,
        post_build: phase(phases.post_build)?,
        reports: all_reports(reports)?,
        without_effect,
    };
    let phases = [
        &spec.install,
        &spec.pre_build,
        &spec.build,
        &spec.post_build,
    ];
    if phases.iter().all(|phase| phase.commands.is_empty()) {
        let message = "no phase has commands: write at least `phases.build.commands`";
        return Err(BuildspecError::Whole(message.to_owned()));
    }
    Ok(spec)
}

fn check_version(version: &Spanned<String>) -> Result<(), BuildspecError> {
    if version.value == "0.2" {
        return Ok(());
    }
    let message = format!("version `{}` is not supported, write 0.2", version.value);
    Err(BuildspecError::at(version.referenced, message))
}

fn refuse(section: Option<&Spanned<IgnoredAny>>, name: &str) -> Result<(), BuildspecError> {
    match section {
        None => Ok(()),
        Some(section) => {
            let message = format!("`{name}` is not supported by the local endpoint");
            Err(BuildspecError::at(section.referenced, message))
        }
    }
}

fn without_effect(file: &File) -> Vec<&'static str> {
    let install = file.phases.install.as_ref();
    let sections = [
        ("artifacts", file.artifacts.is_some()),
        ("cache", file.cache.is_some()),
        ("proxy", file.proxy.is_some()),
        (
            "runtime-versions",
            install.is_some_and(|phase| phase.runtime_versions.is_some()),
        ),
    ];
    sections
        .into_iter()
        .filter(|(_, present)| *present)
        .map(|(name, _)| name)
        .collect()
}

fn check_variable(name: &str, location: Option<Location>) -> Result<(), BuildspecError> {
    if is_variable_name(name) {
        return Ok(());
    }
    let message = format!("`{name}` is not a name of a variable: use letters, digits and `_`");
    Err(match location {
        Some(location) => BuildspecError::at(location, message),
        None => BuildspecError::Whole(message),
    })
}

/// Whether a shell can hold a variable of this name.
fn is_variable_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn shell(shell: Option<&Spanned<String>>) -> Result<Shell, BuildspecError> {
    match shell {
        None => Ok(Shell::Sh),
        Some(shell) => match shell.value.as_str() {
            "sh" | "/bin/sh" => Ok(Shell::Sh),
            "bash" | "/bin/bash" => Ok(Shell::Bash),
            other => {
                let message = format!("shell `{other}` is not supported, write sh or bash");
                Err(BuildspecError::at(shell.referenced, message))
            }
        },
    }
}

fn plain(values: BTreeMap<String, Spanned<String>>) -> BTreeMap<String, String> {
    values
        .into_iter()
        .map(|(name, value)| (name, value.value))
        .collect()
}

fn phase(file: Option<PhaseFile>) -> Result<Phase, BuildspecError> {
    let Some(file) = file else {
        return Ok(Phase::default());
    };
    refuse(file.run_as.as_ref(), "run-as")?;
    let on_failure = match &file.on_failure {
        None => None,
        Some(word) => match word.value.to_ascii_uppercase().as_str() {
            "ABORT" => Some(OnFailure::Abort),
            "CONTINUE" => Some(OnFailure::Continue),
            _ => {
                let message = format!(
                    "on-failure `{}` is not supported, write ABORT or CONTINUE",
                    word.value
                );
                return Err(BuildspecError::at(word.referenced, message));
            }
        },
    };
    let list = |commands: Option<OneOrMany>| commands.map_or_else(Vec::new, |list| list.0);
    Ok(Phase {
        commands: list(file.commands),
        finally: list(file.finally),
        on_failure,
    })
}

fn all_reports(
    reports: BTreeMap<String, Reports>,
) -> Result<BTreeMap<String, ReportFiles>, BuildspecError> {
    if reports.len() > MOST_REPORTS {
        return Err(BuildspecError::Whole(format!(
            "{} reports are named, and a project has at most {MOST_REPORTS} report groups",
            reports.len()
        )));
    }
    let read = |(name, files)| Ok((name, report(files)?));
    reports.into_iter().map(read).collect()
}

fn report(reports: Reports) -> Result<ReportFiles, BuildspecError> {
    let format = match &reports.file_format {
        None => ReportFormat::default(),
        Some(word) => ReportFormat::from_word(&word.value).ok_or_else(|| {
            let known: Vec<_> = ReportFormat::WORDS.iter().map(|(word, _)| *word).collect();
            let message = format!(
                "file-format `{}` is not known: write {}",
                word.value,
                known.join(", ")
            );
            BuildspecError::at(word.referenced, message)
        })?,
    };
    Ok(ReportFiles {
        files: reports.files.0,
        base_directory: reports.base_directory,
        format,
    })
}
