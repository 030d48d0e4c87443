//! The values that `gate.toml` takes: each refuses what CodeBuild or the gate could not use, with the words for it.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};

use super::image;
use crate::arn::ArnPattern;

/// How large a machine a build gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Compute {
    /// `BUILD_GENERAL1_SMALL`
    Small,
    /// `BUILD_GENERAL1_MEDIUM`
    Medium,
    /// `BUILD_GENERAL1_LARGE`
    Large,
    /// `BUILD_GENERAL1_XLARGE`
    Xlarge,
}

impl Compute {
    /// Every size, the smallest first.
    pub const ALL: [Self; 4] = [Self::Small, Self::Medium, Self::Large, Self::Xlarge];

    /// As `gate.toml` and titles write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::Xlarge => "xlarge",
        }
    }

    /// The size of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.name() == name)
    }

    /// CodeBuild's compute type.
    pub fn compute_type(self) -> &'static str {
        match self {
            Self::Small => "BUILD_GENERAL1_SMALL",
            Self::Medium => "BUILD_GENERAL1_MEDIUM",
            Self::Large => "BUILD_GENERAL1_LARGE",
            Self::Xlarge => "BUILD_GENERAL1_XLARGE",
        }
    }
}

/// What a check does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It builds, and may test besides: `[skip-tests]` reaches it as `MERGEGATE_SKIP_TESTS=true`.
    #[default]
    Build,
    /// It only tests: `[skip-tests]` leaves it out.
    Test,
}

/// Verifies a text where it is read, so that the error has the place of this very value.
struct Verified(fn(&str) -> Result<(), String>);

impl Visitor<'_> for Verified {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        (self.0)(text).map_err(E::custom)?;
        Ok(text.to_owned())
    }
}

/// Declares a text that is verified while it is read.
macro_rules! verified_text {
    ($(#[doc = $doc:literal] $name:ident by $verify:ident, pattern $pattern:literal)*) => {$(
        #[doc = $doc]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub(super) struct $name(
            #[cfg_attr(feature = "schema", schemars(regex(pattern = $pattern)))]
            String
        );

        impl $name {
            pub(super) fn into_text(self) -> String {
                self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Verified($verify)).map(Self)
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )*};
}

verified_text! {
    /// The name of a check: 1 to 60 of letters, digits, `.`, `_`, `-`, beginning with a letter or digit.
    Name by verify_name, pattern "^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$"
    /// A glob: `*` within a folder, `**` across folders, `?`, `[ab]`, `{a,b}`.
    Glob by verify_glob, pattern "^.+$"
    /// A file of the repository, relative to its root.
    FilePath by verify_path, pattern "^[^/].*$"
    /// An image that CodeBuild can pull.
    Image by verify_image, pattern "^\\S{1,255}$"
    /// Who may do something: an ARN in which `*` stands for any text. An assumed role is named without its session.
    Person by verify_person, pattern "^(\\*|arn:\\S+)$"
    /// The name of a variable.
    Variable by verify_variable, pattern "^[A-Za-z_][A-Za-z0-9_]{0,254}$"
    /// The value of a variable.
    Value by verify_value, pattern "^[^\\x00]*$"
}

fn verify_name(text: &str) -> Result<(), String> {
    let inner = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let good = text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.len() <= 60
        && text.chars().all(inner);
    if good {
        return Ok(());
    }
    Err(format!(
        "`{}` is no name for a check: write 1 to 60 letters, digits, `.`, `_` or `-`, beginning with a letter or digit",
        shown(text)
    ))
}

fn verify_glob(text: &str) -> Result<(), String> {
    glob(text).map(drop)
}

/// A longer glob is a mistake, and braces within braces are read by a function that calls itself.
const LONGEST_GLOB: usize = 256;

/// The matcher of a glob whose `*` stays within a folder.
pub(crate) fn glob(text: &str) -> Result<globset::Glob, String> {
    let trimmed = text.strip_prefix("./").unwrap_or(text);
    if trimmed.is_empty() || trimmed.starts_with('/') {
        return Err(format!(
            "the glob `{}` can match nothing: paths are relative to the repository's root",
            shown(text)
        ));
    }
    if trimmed.len() > LONGEST_GLOB {
        return Err(format!(
            "the glob `{}` has {} bytes, more than {LONGEST_GLOB}",
            shown(text),
            trimmed.len()
        ));
    }
    globset::GlobBuilder::new(trimmed)
        .literal_separator(true)
        .build()
        .map_err(|error| {
            format!(
                "the glob `{}` cannot be read: {}",
                shown(text),
                error.kind()
            )
        })
}

/// The gate's own bound: a run names the buildspecs that a pull request changes.
const LONGEST_PATH: usize = 256;

fn verify_path(text: &str) -> Result<(), String> {
    if text.len() > LONGEST_PATH {
        return Err(format!(
            "the path `{}` has {} bytes, more than {LONGEST_PATH}",
            shown(text),
            text.len()
        ));
    }
    // git has no such file in a commit, and CodeCommit takes no such path.
    if text
        .split('/')
        .any(|part| part.eq_ignore_ascii_case(".git"))
    {
        return Err(format!(
            "`{}` is no file of the repository: nothing of a commit is called `.git`",
            shown(text)
        ));
    }
    let outside = text.is_empty()
        || text.starts_with('/')
        || text.contains(['\\', '\0'])
        || text.split('/').any(|part| [".", "..", ""].contains(&part));
    if outside {
        return Err(format!(
            "`{}` is no file of the repository: write a path relative to its root, without `..`",
            shown(text)
        ));
    }
    Ok(())
}

fn verify_person(text: &str) -> Result<(), String> {
    ArnPattern::parse(text).map(drop)
}

fn verify_image(text: &str) -> Result<(), String> {
    image::verify(text, &shown(text))
}

/// The gate's own bound; CodeBuild documents none.
const LONGEST_VARIABLE: usize = 255;

fn verify_variable(text: &str) -> Result<(), String> {
    let good = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !good || text.len() > LONGEST_VARIABLE {
        return Err(format!(
            "`{}` is no name for a variable: write at most {LONGEST_VARIABLE} letters, digits and `_`, no digit first",
            shown(text)
        ));
    }
    if ["MERGEGATE_", "CODEBUILD_"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
    {
        return Err(format!(
            "`{}` is a variable that the gate or CodeBuild sets",
            shown(text)
        ));
    }
    Ok(())
}

/// No process can be given a NUL, so CodeBuild refuses it.
fn verify_value(text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err("no variable can hold a NUL".to_owned());
    }
    Ok(())
}

/// A text in an error: its first 60 characters.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}
