//! A build as CodeBuild shows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::id::{BuildId, CheckName, CommitId, RunName};

/// How a build stands. Only `Succeeded` is a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildStatus {
    /// Queued or running.
    InProgress,
    /// Every phase succeeded.
    Succeeded,
    /// A phase failed.
    Failed,
    /// CodeBuild itself failed.
    Fault,
    /// The build or its wait in the queue took too long.
    TimedOut,
    /// Somebody stopped it.
    Stopped,
    /// CodeBuild does not know it any more.
    Lost,
}

/// Variables that every build of the gate carries, by which it is found again.
pub mod variable {
    /// The run that asked for the build.
    pub const RUN: &str = "MERGEGATE_RUN";
    /// When that run began, so that its place in the order of runs is known.
    pub const RUN_STARTED: &str = "MERGEGATE_RUN_STARTED";
    /// The check it is for.
    pub const CHECK: &str = "MERGEGATE_CHECK";
    /// 1, or 2 after an infrastructure fault.
    pub const ATTEMPT: &str = "MERGEGATE_ATTEMPT";
    /// The pull request's id.
    pub const PULL_REQUEST: &str = "MERGEGATE_PULL_REQUEST";
    /// The destination branch.
    pub const DESTINATION: &str = "MERGEGATE_DESTINATION";
    /// `true` when `[skip-tests]` is in the title.
    pub const SKIP_TESTS: &str = "MERGEGATE_SKIP_TESTS";
    /// URI of the repository that images may be pushed to; set for `[container]` builds.
    pub const IMAGE_REPOSITORY: &str = "MERGEGATE_IMAGE_REPOSITORY";
    /// Where the build may keep what it makes: `s3://` and a folder.
    pub const ARTIFACTS: &str = "MERGEGATE_ARTIFACTS";
}

/// What a build was started for, read from its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// The run.
    pub run: RunName,
    /// When that run began, as its claim says it; empty if the build does not tell.
    pub run_started: String,
    /// The check.
    pub check: CheckName,
    /// From 1.
    pub attempt: u32,
}

/// What a build is made of, as far as its project decides. `None` is what is not known, or what CodeBuild does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MadeOf {
    /// The address of the repository.
    pub repository: Option<String>,
    /// The image.
    pub image: Option<String>,
    /// ARN of the role.
    pub role: Option<String>,
    /// Every variable.
    pub variables: Option<BTreeMap<String, String>>,
    /// Whether there is anything besides: a cache in a bucket, further sources.
    pub more: Option<bool>,
}

impl MadeOf {
    /// In what a build differs from what was ordered, in words; a project may have been changed before the build was started.
    pub fn differences(&self, told: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, ordered: Option<&str>, told: Option<&str>| {
            if let (Some(ordered), Some(told)) = (ordered, told)
                && ordered != told
            {
                differences.push(what.to_owned());
            }
        };
        let text = |flag: Option<bool>| flag.map(|flag| if flag { "yes" } else { "no" });
        compare(
            "the repository",
            self.repository.as_deref(),
            told.repository.as_deref(),
        );
        compare("the image", self.image.as_deref(), told.image.as_deref());
        compare("the role", self.role.as_deref(), told.role.as_deref());
        compare(
            "the cache or further sources",
            text(self.more),
            text(told.more),
        );
        if let (Some(ordered), Some(told)) = (&self.variables, &told.variables) {
            let names: BTreeSet<&String> = ordered.keys().chain(told.keys()).collect();
            let changed = names
                .into_iter()
                .filter(|name| ordered.get(*name) != told.get(*name));
            differences.extend(changed.map(|name| format!("the variable `{name}`")));
        }
        differences
    }
}

/// One build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Its id.
    pub id: BuildId,
    /// How it stands.
    pub status: BuildStatus,
    /// Whether nothing of it runs any more (`buildComplete`).
    pub complete: bool,
    /// The commit it really built.
    pub resolved_commit: Option<CommitId>,
    /// What its variables say that it was started for; `None` if they say nothing. Whoever may start builds may copy them.
    pub purpose: Option<Purpose>,
    /// Whether the gate started it, as far as CodeBuild tells who did.
    pub own: bool,
    /// What it is made of.
    pub made_of: MadeOf,
    /// How long it waited in CodeBuild's queue: no time of its own.
    pub queued: Duration,
    /// From the end of the queue to now or its end.
    pub duration: Duration,
    /// Where its log can be read; `None` before it has one.
    pub log_url: Option<String>,
    /// Where its log is kept; `None` before it has one.
    pub log: Option<LogStream>,
    /// The first phase that failed.
    pub failure: Option<PhaseFailure>,
    /// ARNs of its reports.
    pub reports: Vec<String>,
}

/// Whether who started a build is this session of a role, `arn:…:assumed-role/<role>/<session>`.
///
/// CodeBuild's documentation has no form for the initiator of an assumed role. These leave no doubt; of any other nobody knows
/// whose it is.
pub fn is_started_by(initiator: &str, session_arn: &str) -> bool {
    let Some((_, session)) = session_arn.split_once(":assumed-role/") else {
        return false;
    };
    let named = initiator.strip_prefix("assumed-role/").unwrap_or(initiator);
    initiator == session_arn || named == session
}

/// A log in CloudWatch Logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStream {
    /// Its group.
    pub group: String,
    /// Its name in the group.
    pub stream: String,
}

/// Where a build broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseFailure {
    /// CodeBuild's phase, such as `BUILD`.
    pub phase: String,
    /// Its words, code under test may have written parts of them.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered() -> MadeOf {
        let text = |text: &str| Some(text.to_owned());
        let variable = |name: &str| (name.to_owned(), "1".to_owned());
        MadeOf {
            repository: text("https://host/shop"),
            image: text("image"),
            role: text("arn:role"),
            variables: Some([variable("MERGEGATE_RUN")].into()),
            more: Some(false),
        }
    }

    #[test]
    fn what_was_ordered_and_what_is_not_told_makes_no_difference() {
        assert_eq!(ordered().differences(&ordered()), [""; 0]);
        assert_eq!(ordered().differences(&MadeOf::default()), [""; 0]);
    }

    #[test]
    fn refuses_a_build_that_differs_in_anything_that_is_told() {
        let other = || Some("another".to_owned());
        let with = |change: fn(&mut MadeOf)| {
            let mut told = ordered();
            change(&mut told);
            ordered().differences(&told)
        };
        assert_eq!(
            with(|told| told.image = Some("another".to_owned())),
            ["the image"]
        );
        assert_eq!(
            with(|told| told.more = Some(true)),
            ["the cache or further sources"]
        );
        assert_eq!(
            with(|told| told.variables = Some(BTreeMap::new())),
            ["the variable `MERGEGATE_RUN`"]
        );
        let more = with(|told| {
            let variables = told.variables.get_or_insert_default();
            variables.insert("BASH_ENV".to_owned(), "evil.sh".to_owned());
        });
        assert_eq!(more, ["the variable `BASH_ENV`"]);
        let told = MadeOf {
            repository: other(),
            role: other(),
            ..ordered()
        };
        assert_eq!(ordered().differences(&told), ["the repository", "the role"]);
    }

    const BUILDER: &str =
        "arn:aws:sts::123456789012:assumed-role/gate-builder-eu-central-1/gate-builder";

    #[test]
    fn a_build_is_the_gates_in_each_plausible_form_of_its_builder() {
        for initiator in [
            BUILDER,
            "assumed-role/gate-builder-eu-central-1/gate-builder",
            "gate-builder-eu-central-1/gate-builder",
        ] {
            assert!(is_started_by(initiator, BUILDER), "{initiator}");
        }
    }

    #[test]
    fn refuses_the_builds_of_everybody_else() {
        for initiator in [
            "",
            "mallory",
            "gate-builder",
            "gate-builder-eu-central-1",
            "gate-builder-eu-central-1/mallory",
            "mallory/gate-builder",
            "gate-builder-eu-central-1/gate-builder/mallory",
            "assumed-role/assumed-role/gate-builder-eu-central-1/gate-builder",
            "arn:aws:sts::210987654321:assumed-role/gate-builder-eu-central-1/gate-builder",
            "arn:aws:iam::123456789012:user/gate-builder",
            "codepipeline/gate-builder",
        ] {
            assert!(!is_started_by(initiator, BUILDER), "{initiator}");
        }
        assert!(!is_started_by("", ""));
        assert!(!is_started_by("gate-builder", "gate-builder"));
    }
}
