//! The file, key by key. The comments here are the descriptions in the JSON Schema.

use std::{collections::BTreeMap, ops::Range};

use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::{
    BuildSettings, BuildspecSource, CacheMode, CheckRule, CommandRules, Demands, FlagRule, Rules,
    comment::CommentTable,
    demands::PercentNumber,
    limits::LimitsTable,
    merge::MergeTable,
    retry::{Retries, Retry},
    values::{Compute, FilePath, Glob, Image, Kind, Name, Person, Value, Variable},
};
use crate::{arn::ArnPattern, command, id::CheckName, title::Flag};

/// `gate.toml`: what a pull request has to pass before Mergegate approves it.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Document {
    /// How checks are built, unless they say otherwise themselves.
    pub(super) build: Build,
    /// One build of a candidate each. Without any there is one required check, `build`, from `buildspec.yml`.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Check>"))]
    pub(super) check: Vec<Spanned<Check>>,
    /// What flags in the title may do, by the flag's name.
    pub(super) flags: BTreeMap<Flag, FlagTable>,
    /// What holds once the destination has moved.
    pub(super) merge: MergeTable,
    /// Where the gate stops testing the very same candidate again.
    pub(super) limits: LimitsTable,
    /// How much the gate says on a pull request.
    pub(super) comment: CommentTable,
    /// Who may use which command in comments.
    pub(super) commands: Commands,
}

/// How a check is built.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(super) struct Build {
    /// The image. Default: the deployment's.
    image: Option<Image>,
    /// How large a machine. Default: the deployment's.
    compute: Option<Compute>,
    /// How long a build may run, in minutes, 5 to 2160. Default: the deployment's.
    timeout_minutes: Option<Timeout>,
    /// Whether builds may run Docker. Default: false.
    privileged: Option<bool>,
    /// What CodeBuild keeps on a host for later builds of the same pull request. Default: nothing.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<CacheMode>>"))]
    cache: Option<Vec<Spanned<CacheMode>>>,
    /// Variables for the build, none of them secret.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<Variable, Value>"))]
    environment: Option<Spanned<Variables>>,
}

type Variables = BTreeMap<Variable, Value>;

/// One build of a candidate.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("required" = ["name"])))]
#[serde(deny_unknown_fields, default)]
pub(super) struct Check {
    /// How the comment calls it; unique.
    #[cfg_attr(feature = "schema", schemars(with = "Name"))]
    pub(super) name: Option<Spanned<Name>>,
    /// The buildspec's path. Default: `buildspec.yml`.
    pub(super) buildspec: Option<FilePath>,
    /// The buildspec itself, in place of a path.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub(super) inline: Option<Spanned<String>>,
    /// Run it only if a changed file matches one of these globs. Default: always.
    paths: Vec<Glob>,
    /// Changed files that match one of these globs do not count.
    exclude: Vec<Glob>,
    /// Run it only for destination branches that match one of these globs. Default: all gated ones.
    branches: Vec<Glob>,
    /// Whether it must pass. Default: true.
    required: Option<bool>,
    /// `test` for a check that does nothing but test, so that `[skip-tests]` leaves it out. Default: `build`.
    kind: Kind,
    /// Checks that must have passed before it starts.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Name>"))]
    pub(super) after: Vec<Spanned<Name>>,
    /// How much of the lines its tests must cover. Without it any coverage will do, and none.
    coverage: CoverageTable,
    /// What its reports must be. A report that its buildspec promises must come anyway, with at least one test.
    reports: ReportsTable,
    /// How often it is built again after CodeBuild itself failed, 0 to 3. Default: 1.
    retries: Option<Retries>,
    /// Whether it is built once more after tests failed, to find those that pass then. Default: false.
    rerun_failed: bool,
    /// The image. Default: that of `[build]`.
    image: Option<Image>,
    /// How large a machine. Default: that of `[build]`.
    compute: Option<Compute>,
    /// How long it may run, in minutes, 5 to 2160. Default: that of `[build]`.
    timeout_minutes: Option<Timeout>,
    /// Whether it may run Docker. Default: that of `[build]`.
    privileged: Option<bool>,
    /// What CodeBuild keeps on a host for later builds of the same pull request. Default: that of `[build]`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<CacheMode>>"))]
    cache: Option<Vec<Spanned<CacheMode>>>,
    /// Variables, beside those of `[build]`.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<Variable, Value>"))]
    environment: Option<Spanned<Variables>>,
}

/// How much of the lines a check's tests must cover.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
struct CoverageTable {
    /// Per cent of the lines that must be covered, 0 to 100.
    minimum: Option<PercentNumber>,
    /// Percentage points by which coverage may be lower than at the destination's last gated merge, 0 to 100.
    maximum_drop: Option<PercentNumber>,
}

/// What a check's reports must be.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
struct ReportsTable {
    /// Names of reports that must come, even if the buildspec did not promise them any more.
    required: Vec<String>,
    /// Fewer tests than this in all its reports together are no pass. Default: 1, if there are reports of tests.
    minimum_tests: Option<u32>,
}

/// What one flag in the title may do.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct FlagTable {
    /// Whether a pull request with this flag can be approved; if not it is held. Default: true.
    #[serde(default = "yes")]
    may_approve: bool,
    /// Who lets it take effect, by `/gate allow` or by giving it as a command. Default: a title alone does.
    #[serde(default)]
    allow: Option<People>,
    /// Whether it takes effect only with a reason, as in `[skip-tests: hotfix for #12]`. Default: false.
    #[serde(default)]
    reason: bool,
}

/// Who may use which command in comments. `help` and `status` are for everybody.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub(super) struct Commands {
    /// Who may use those that say nothing themselves. Default: everybody who can comment.
    allow: Option<People>,
    /// `/gate retry`.
    retry: Option<CommandTable>,
    /// `/gate stop`.
    stop: Option<CommandTable>,
    /// `/gate hold`.
    hold: Option<CommandTable>,
    /// `/gate unhold`.
    unhold: Option<CommandTable>,
    /// Flags as commands, such as `/gate skip-tests`, unless `[flags.<name>]` says who may.
    flag: Option<CommandTable>,
}

/// One command.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct CommandTable {
    /// Who may use it.
    allow: People,
}

/// At least one pattern.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "Vec<Person>")]
struct People(#[cfg_attr(feature = "schema", schemars(length(min = 1)))] Vec<Person>);

impl TryFrom<Vec<Person>> for People {
    type Error = &'static str;

    fn try_from(people: Vec<Person>) -> Result<Self, Self::Error> {
        if people.is_empty() {
            return Err("this names nobody: write at least one ARN, or `*`");
        }
        Ok(Self(people))
    }
}

/// What was verified when it was read.
fn patterns(people: People) -> Vec<ArnPattern> {
    let people = people.0.into_iter().map(Person::into_text);
    people
        .filter_map(|person| ArnPattern::parse(&person).ok())
        .collect()
}

impl Commands {
    fn into_rules(self) -> CommandRules {
        let each = [
            (command::Name::Retry, self.retry),
            (command::Name::Stop, self.stop),
            (command::Name::Hold, self.hold),
            (command::Name::Unhold, self.unhold),
            (command::Name::Flag, self.flag),
        ];
        CommandRules {
            all: self.allow.map(patterns),
            each: each
                .into_iter()
                .filter_map(|(name, table)| Some((name, patterns(table?.allow))))
                .collect(),
        }
    }
}

fn yes() -> bool {
    true
}

/// Minutes that CodeBuild takes: 5 to 2160 (CreateProject, `timeoutInMinutes`).
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct Timeout(#[cfg_attr(feature = "schema", schemars(range(min = 5, max = 2160)))] u32);

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let minutes = i64::deserialize(deserializer)?;
        u32::try_from(minutes)
            .ok()
            .filter(|minutes| (5..=2160).contains(minutes))
            .map(Self)
            .ok_or_else(|| {
                de::Error::custom(format!("a build may run 5 to 2160 minutes, not {minutes}"))
            })
    }
}

impl Document {
    /// With every default filled in.
    pub(super) fn into_rules(self) -> Rules {
        let Self {
            build,
            check,
            flags,
            merge,
            limits,
            comment,
            commands,
        } = self;
        let mut checks: Vec<_> = check
            .into_iter()
            .map(|check| check.into_inner().into_rule(&build))
            .collect();
        if checks.is_empty() {
            checks.push(Check::default().into_rule(&build));
        }
        let flag = |(flag, table): (Flag, FlagTable)| {
            let FlagTable {
                may_approve,
                allow,
                reason,
            } = table;
            let allow = allow.map(patterns);
            let rule = FlagRule {
                may_approve,
                allow,
                reason,
            };
            (flag, rule)
        };
        Rules {
            checks,
            environment: into_texts(build.environment),
            flags: flags.into_iter().map(flag).collect(),
            merge: merge.into_rules(),
            limits: limits.into_rules(),
            comment: comment.into_rules(),
            commands: commands.into_rules(),
        }
    }
}

fn into_texts(variables: Option<Spanned<Variables>>) -> BTreeMap<String, String> {
    let variables = variables.map(Spanned::into_inner).unwrap_or_default();
    let texts = variables.into_iter();
    texts
        .map(|(name, value)| (name.into_text(), value.into_text()))
        .collect()
}

/// Some variables and where they stand.
pub(super) struct Environment<'a> {
    pub(super) variables: BTreeMap<&'a str, &'a str>,
    pub(super) span: Range<usize>,
}

impl<'a> Environment<'a> {
    fn of(variables: Option<&'a Spanned<Variables>>) -> Option<Self> {
        let variables = variables?;
        Some(Self {
            span: variables.span(),
            variables: variables
                .get_ref()
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect(),
        })
    }
}

impl Build {
    pub(super) fn environment(&self) -> Option<Environment<'_>> {
        Environment::of(self.environment.as_ref())
    }
}

/// The check of a repository that names none.
const ONLY_CHECK: &str = "build";

impl Check {
    fn is_privileged(&self, defaults: &Build) -> bool {
        self.privileged.or(defaults.privileged).unwrap_or_default()
    }

    /// Its name, and where image layers are to be kept for it, if it may not run Docker.
    pub(super) fn layers_without_docker(&self, defaults: &Build) -> Option<(&str, Range<usize>)> {
        let cache = self.cache.as_ref().or(defaults.cache.as_ref())?;
        let layers = cache
            .iter()
            .find(|mode| *mode.get_ref() == CacheMode::Docker)
            .filter(|_| !self.is_privileged(defaults))?;
        let name = self.name.as_ref();
        Some((
            name.map_or(ONLY_CHECK, |name| name.get_ref()),
            layers.span(),
        ))
    }

    /// Its own variables, without those of `[build]`.
    pub(super) fn environment(&self) -> Option<Environment<'_>> {
        Environment::of(self.environment.as_ref())
    }

    fn into_rule(self, defaults: &Build) -> CheckRule {
        let privileged = self.is_privileged(defaults);
        let globs = |globs: Vec<Glob>| globs.into_iter().map(Glob::into_text).collect();
        let name = self.name.map(|name| name.into_inner().into_text());
        let buildspec = match (self.inline, self.buildspec) {
            (Some(text), _) => BuildspecSource::Inline(text.into_inner()),
            (None, Some(path)) => BuildspecSource::File(path.into_text()),
            (None, None) => BuildspecSource::default(),
        };
        let image = self.image.or_else(|| defaults.image.clone());
        let timeout = self.timeout_minutes.or(defaults.timeout_minutes);
        let cache = self.cache.or_else(|| defaults.cache.clone());
        let settings = BuildSettings {
            image: image.map(Image::into_text),
            compute: self.compute.or(defaults.compute),
            timeout_minutes: timeout.map(|Timeout(minutes)| minutes),
            privileged,
            cache: cache.map(|modes| modes.into_iter().map(Spanned::into_inner).collect()),
            environment: into_texts(self.environment),
        };
        CheckRule {
            name: CheckName::new(name.unwrap_or_else(|| ONLY_CHECK.to_owned())),
            buildspec,
            paths: globs(self.paths),
            exclude: globs(self.exclude),
            branches: globs(self.branches),
            required: self.required.unwrap_or(true),
            kind: self.kind,
            demands: Demands {
                minimum_coverage: self.coverage.minimum.map(PercentNumber::into_percent),
                maximum_drop: self.coverage.maximum_drop.map(PercentNumber::into_percent),
                reports: self.reports.required,
                minimum_tests: self.reports.minimum_tests.map(u64::from),
            },
            retry: Retry {
                faults: self
                    .retries
                    .map_or(Retry::default().faults, |Retries(times)| times),
                failed_tests: self.rerun_failed,
            },
            after: self
                .after
                .into_iter()
                .map(|name| CheckName::new(name.into_inner().into_text()))
                .collect(),
            settings,
        }
    }
}
