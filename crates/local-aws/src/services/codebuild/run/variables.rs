//! The environment of a build's processes.
//!
//! Of the endpoint's own environment only [`INHERITED`] and the places of toolchains reach a build. A variable of
//! StartBuild wins over the project's, that over the buildspec's; CodeBuild's own win over all.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use super::super::model::{Build, VariableKind};
use super::{Folders, source::Unavailable};
use crate::{Account, buildspec::Buildspec, services::ssm, store::Tables};

/// What a build gets from the endpoint's environment.
const INHERITED: [&str; 7] = [
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "JAVA_HOME",
    "SSL_CERT_FILE",
];

/// Toolchains that are looked for below HOME, which a build has of its own: variable, usual folder.
const TOOLCHAINS: [(&str, &str); 2] = [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")];

type Variables = BTreeMap<String, String>;

pub(super) fn all(
    account: &Arc<Account>,
    build: &Build,
    commit: Option<&str>,
    buildspec: &Buildspec,
    folders: &Folders,
) -> Result<Variables, Unavailable> {
    let mut variables = inherited();
    variables.insert("HOME".to_owned(), text(&folders.home()));
    variables.insert("TMPDIR".to_owned(), text(&folders.temporary()));
    variables.extend(buildspec.variables.clone());
    account.store.read(|tables| {
        for (name, parameter) in &buildspec.parameter_store {
            variables.insert(name.clone(), parameter_value(tables, parameter)?);
        }
        for variable in &build.environment.environment_variables {
            let value = match variable.kind {
                VariableKind::ParameterStore => parameter_value(tables, &variable.value)?,
                VariableKind::Plaintext | VariableKind::SecretsManager => variable.value.clone(),
            };
            variables.insert(variable.name.clone(), value);
        }
        Ok(())
    })?;
    variables.extend(own(account, build, commit, folders));
    Ok(variables)
}

fn inherited() -> Variables {
    let mut variables: Variables = INHERITED
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .collect();
    let home = std::env::var("HOME").ok();
    for (name, folder) in TOOLCHAINS {
        let usual = home.as_deref().map(|home| Path::new(home).join(folder));
        let place = std::env::var(name)
            .ok()
            .or_else(|| usual.filter(|path| path.is_dir()).map(|path| text(&path)));
        variables.extend(place.map(|place| (name.to_owned(), place)));
    }
    variables
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn parameter_value(tables: &Tables, name: &str) -> Result<String, Unavailable> {
    ssm::value(tables, name).ok_or_else(|| Unavailable {
        code: "Decrypted Variables Error",
        message: format!("parameter does not exist: {name}"),
    })
}

fn own(account: &Account, build: &Build, commit: Option<&str>, folders: &Folders) -> Variables {
    let region = &account.settings.region;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 fit an i64"
    )]
    let start = (build.start_time * 1000.0) as i64;
    let mut own = vec![
        ("AWS_DEFAULT_REGION", region.clone()),
        ("AWS_REGION", region.clone()),
        ("CODEBUILD_BUILD_ARN", build.arn.clone()),
        ("CODEBUILD_BUILD_ID", build.id.clone()),
        ("CODEBUILD_BUILD_IMAGE", build.environment.image.clone()),
        ("CODEBUILD_BUILD_NUMBER", build.build_number.to_string()),
        ("CODEBUILD_BUILD_SUCCEEDING", "1".to_owned()),
        ("CODEBUILD_INITIATOR", build.initiator.clone()),
        (
            "CODEBUILD_LOG_PATH",
            build.logs.stream_name.clone().unwrap_or_default(),
        ),
        ("CODEBUILD_SRC_DIR", text(&folders.source())),
        ("CODEBUILD_START_TIME", start.to_string()),
    ];
    own.extend(
        build
            .source
            .location
            .clone()
            .map(|address| ("CODEBUILD_SOURCE_REPO_URL", address)),
    );
    own.extend(
        build
            .source_version
            .clone()
            .map(|version| ("CODEBUILD_SOURCE_VERSION", version)),
    );
    own.extend(commit.map(|commit| ("CODEBUILD_RESOLVED_SOURCE_VERSION", commit.to_owned())));
    own.into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
