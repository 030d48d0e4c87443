//! What the gate must know of a buildspec before it runs: whether CodeBuild can read it, and which reports it promises.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Where a repository keeps it.
pub const PATH: &str = "buildspec.yml";

/// What errors call one that stands in `gate.toml` itself.
pub const INLINE: &str = "inline";

/// CodeBuild takes at most this much inline (the gate's own bound; CodeBuild documents none).
const MAX_BYTES: usize = 64 * 1024;

/// A buildspec that CodeBuild can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buildspec {
    /// The text, passed to CodeBuild as it is.
    pub text: String,
    /// Names or ARNs of the report groups it promises.
    pub reports: Vec<String>,
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

#[derive(Deserialize)]
struct Phase {
    #[serde(default)]
    commands: Option<Vec<String>>,
}

impl Buildspec {
    /// Reads the bytes of the buildspec at `path`.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, BuildspecFault> {
        Self::read(bytes).map_err(|what| BuildspecFault {
            path: path.to_owned(),
            what,
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
        Ok(Self {
            text: text.to_owned(),
            reports: document.reports.unwrap_or_default().into_keys().collect(),
        })
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
