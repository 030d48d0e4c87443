//! The environment of a build's processes.
//!
//! Of the endpoint's own environment only [`INHERITED`] and the places of toolchains reach a build. A variable of
//! StartBuild wins over the project's, that over the buildspec's; CodeBuild's own win over all.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use super::super::model::{Build, VariableKind};
use super::{Folders, source::Unavailable};
use crate::{Account, buildspec::Buildspec, services::ssm, store::Tables};

/// What a build gets from the endpoint's environment.
const INHERITED: [&str; 15] = [
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "JAVA_HOME",
    // Whom to trust: without these nothing can be fetched behind a company's own certificate authority.
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NO_PROXY",
    "no_proxy",
];

/// Addresses of proxies: they reach a build without the user and the password that may stand in them.
const PROXIES: [&str; 6] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
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
    let mut variables = inherited(|name| std::env::var(name).ok());
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
    variables.extend(account.settings.build_variables.clone());
    variables.extend(own(account, build, commit, folders));
    Ok(variables)
}

/// What reaches a build of the environment that `of` tells.
fn inherited(of: impl Fn(&str) -> Option<String>) -> Variables {
    let mut variables: Variables = INHERITED
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), of(name)?)))
        .collect();
    let proxies = PROXIES
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), without_user(&of(name)?))));
    variables.extend(proxies);
    let home = of("HOME");
    for (name, folder) in TOOLCHAINS {
        let usual = home.as_deref().map(|home| Path::new(home).join(folder));
        let place = of(name).or_else(|| usual.filter(|path| path.is_dir()).map(|path| text(&path)));
        variables.extend(place.map(|place| (name.to_owned(), place)));
    }
    variables
}

/// `http://proxy:3128` of `http://user:password@proxy:3128`.
fn without_user(address: &str) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), address),
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let host = rest.get(..end).unwrap_or(rest).rfind('@');
    let host = host.and_then(|at| rest.get(at + 1..)).unwrap_or(rest);
    format!("{scheme}{host}")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<String> {
        let value = match name {
            "HTTPS_PROXY" => "http://ann:s@cret@proxy.example:3128/",
            "http_proxy" => "ann:secret@proxy.example:3128",
            "ALL_PROXY" => "socks5h://proxy.example:1080",
            "NO_PROXY" => "localhost,.example",
            "NODE_EXTRA_CA_CERTS" => "/etc/ssl/company.pem",
            "PIP_INDEX_URL" => "https://ann:secret@pypi.example/simple",
            "NPM_TOKEN" | "AWS_SECRET_ACCESS_KEY" => "secret",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn authorities_and_proxies_reach_a_build_and_no_secret_does() {
        let expected = [
            ("ALL_PROXY", "socks5h://proxy.example:1080"),
            ("HTTPS_PROXY", "http://proxy.example:3128/"),
            ("NODE_EXTRA_CA_CERTS", "/etc/ssl/company.pem"),
            ("NO_PROXY", "localhost,.example"),
            ("http_proxy", "proxy.example:3128"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(inherited(of), Variables::from(expected));
    }
}
