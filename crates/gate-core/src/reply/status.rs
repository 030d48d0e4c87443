//! How a pull request stands: what the gate waits for, what each check did, why it approved or not.

use std::collections::BTreeMap;

use crate::{
    arn,
    build::{Build, BuildStatus},
    conversation::Conversation,
    id::CheckName,
    protocol::{Candidacy, ResultRecord, failed_runs},
    pull_request::PullRequest,
    rules::{LimitRules, Rules},
    text::{code, duration, plural},
    title::Flags,
    verdict::VerdictKind,
};

/// As many checks are shown.
const SHOWN: usize = 40;

/// What is known.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The pull request now.
    pub live: &'a PullRequest,
    /// With the destination's tip.
    pub candidacy: &'a Candidacy,
    /// What the gate said last.
    pub result: Option<&'a ResultRecord>,
    /// The builds of the pull request, newest first.
    pub builds: &'a [Build],
    /// What people asked of the gate.
    pub conversation: &'a Conversation,
    /// The destination's rules; `None` if it has none that can be read.
    pub rules: Option<&'a Rules>,
}

/// In words.
pub fn status(standing: Standing<'_>) -> String {
    let result = standing
        .result
        .filter(|result| result.revision == standing.live.revision);
    let mut parts = vec![now(standing, result)];
    let checks = checks(standing, result);
    if !checks.is_empty() {
        parts.push(checks.join("\n"));
    }
    parts.extend(talk(standing));
    parts.join("\n\n")
}

/// The first paragraph: the verdict, or what it waits for.
fn now(standing: Standing<'_>, result: Option<&ResultRecord>) -> String {
    let source = code(standing.live.source_commit.short(7), 10);
    let Some(result) = result else {
        return format!(
            "{source} waits for its run, which prepares the merge and reads the rules."
        );
    };
    let run = code(result.run.as_str(), 80);
    let failure = result.gate_failure.as_ref();
    let failure =
        failure.map(|failure| format!(" The gate itself failed: {}.", code(failure, 300)));
    let failure = failure.unwrap_or_default();
    let Some(verdict) = result.verdict else {
        return format!("{source} {}.{failure}", before_a_verdict(standing, result));
    };
    let headline = result.headline.as_deref().unwrap_or(match verdict {
        VerdictKind::Approve => "approved",
        VerdictKind::Reject => "not approved",
        VerdictKind::Hold => "on hold",
        VerdictKind::NotGated => "this destination branch is not gated",
    });
    format!(
        "Run {run} of {source}: {headline}.{failure}{}{}",
        tested_with(standing, result),
        given_up(standing, result)
    )
}

/// What it waits for.
fn before_a_verdict(standing: Standing<'_>, result: &ResultRecord) -> String {
    let run = code(result.run.as_str(), 80);
    if let Some(by) = &standing.conversation.stopped_by {
        let by = code(arn::name(by), 80);
        return format!("was stopped by {by}: the builds of run {run} end without a verdict");
    }
    if result.deferred.is_some() {
        let destination = code(standing.live.destination.as_str(), 80);
        return format!("waits for its turn to be tested again: {destination} has moved since");
    }
    format!("is being tested by run {run}: the verdict waits for its builds")
}

/// Whether the candidate is not tested again.
fn given_up(standing: Standing<'_>, result: &ResultRecord) -> String {
    let failed = failed_runs(Some(result), standing.candidacy);
    if failed < LimitRules::of(standing.rules).failed_runs {
        return String::new();
    }
    format!(
        " {} failed of this very candidate: by `limits.failed_runs` of `{}` it takes a push to test again.",
        plural(failed.into(), "run"),
        crate::rules::PATH
    )
}

/// The destination commit that was tested with, and whether the branch is still there; nothing where nothing was tested.
fn tested_with(standing: Standing<'_>, result: &ResultRecord) -> String {
    let (Some(tested), Some(_)) = (&result.destination_commit, &result.tested_commit) else {
        return String::new();
    };
    let branch = code(standing.live.destination.as_str(), 80);
    let tip = &standing.candidacy.destination_commit;
    let moved = if tested == tip {
        String::new()
    } else {
        format!(", which is at {} now", code(tip.short(7), 10))
    };
    format!(
        " Tested as merged into {branch} at {}{moved}.",
        code(tested.short(7), 10)
    )
}

/// The last build of each check of the runs that the last word rests on, in the order of their names.
fn checks(standing: Standing<'_>, result: Option<&ResultRecord>) -> Vec<String> {
    let Some(result) = result else {
        return Vec::new();
    };
    let mut last: BTreeMap<&CheckName, ((usize, u32), &Build)> = BTreeMap::new();
    for build in standing.builds.iter().filter(|build| build.own) {
        let Some(purpose) = build.purpose.as_ref() else {
            continue;
        };
        let Some(run) = result.place_of(&purpose.run) else {
            continue;
        };
        let order = (run, purpose.attempt);
        let known = last.get(&purpose.check);
        if known.is_none_or(|(known, _)| *known < order) {
            last.insert(&purpose.check, (order, build));
        }
    }
    let all = last.len();
    let line = |(check, (_, build)): (&CheckName, ((usize, u32), &Build))| {
        let failed = result.failed.contains(check);
        let optional = is_optional(standing.rules, check);
        format!("- {}", check_words((check, optional), build, failed))
    };
    let mut lines: Vec<_> = last.into_iter().take(SHOWN).map(line).collect();
    if all > SHOWN {
        lines.push(format!("- and {} more", all - SHOWN));
    }
    lines
}

fn is_optional(rules: Option<&Rules>, check: &CheckName) -> bool {
    let mut checks = rules.into_iter().flat_map(|rules| &rules.checks);
    checks.any(|rule| rule.name == *check && !rule.required)
}

fn check_words((check, optional): (&CheckName, bool), build: &Build, failed: bool) -> String {
    let time = duration(build.duration);
    let log = build.log_url.as_ref();
    let log = log.map(|url| format!(": [log]({url})")).unwrap_or_default();
    let (mark, words) = match build.status {
        BuildStatus::InProgress => ("⏳", format!("has been running for {time}")),
        BuildStatus::Succeeded if failed => (
            "❌",
            format!("ended well after {time}, but its reports did not pass"),
        ),
        BuildStatus::Succeeded => ("✅", format!("passed in {time}")),
        BuildStatus::Failed => ("❌", format!("failed in {time}")),
        BuildStatus::TimedOut => ("❌", format!("ran out of time after {time}")),
        BuildStatus::Stopped => ("❌", format!("was stopped after {time}")),
        BuildStatus::Fault | BuildStatus::Lost => {
            ("❌", "failed for reasons of CodeBuild's own".to_owned())
        }
    };
    let optional = if optional && mark == "❌" {
        " (optional)"
    } else {
        ""
    };
    format!("{mark} {}{optional} {words}{log}", code(check.as_str(), 60))
}

/// What people asked for that still counts.
fn talk(standing: Standing<'_>) -> Option<String> {
    let Conversation {
        hold,
        stopped_by,
        given,
        allowed,
        // What was built since tells of them.
        retried: _,
    } = standing.conversation;
    let who = |by: &str| code(arn::name(by), 80);
    let mut lines = Vec::new();
    if let Some(hold) = hold {
        let reason = hold.reason.as_ref().map(|reason| code(reason, 200));
        let reason = reason.map(|reason| format!(": {reason}"));
        lines.push(format!(
            "held by {}{}",
            who(&hold.by),
            reason.unwrap_or_default()
        ));
    }
    lines.extend(
        stopped_by
            .as_ref()
            .map(|by| format!("stopped by {}", who(by))),
    );
    let title = Flags::parse(&standing.live.title);
    for flag in &title.known {
        let leave = allowed.iter().find(|allowed| allowed.is_for(&title, *flag));
        let leave = leave.map(|leave| format!(", allowed by {}", who(&leave.by)));
        lines.push(format!(
            "{} is in the title{}",
            code(&title.as_typed(*flag), 160),
            leave.unwrap_or_default()
        ));
    }
    for given in given {
        for flag in &given.flags.known {
            let flag = code(&given.flags.as_typed(*flag), 160);
            lines.push(format!("{flag} was given by {}", who(&given.by)));
        }
    }
    if lines.is_empty() {
        return None;
    }
    let lines: Vec<_> = lines.iter().map(|line| format!("- {line}")).collect();
    Some(format!("What people asked for\n{}", lines.join("\n")))
}
