//! Start what is not started, stop what is older. After every start the claim and the pull request are read again.

use std::{collections::BTreeSet, time::Duration};

use gate_aws::{BuildOrder, Clients, StartOutcome, run};
use gate_core::{
    build::{Build, MadeOf, variable},
    buildspec,
    candidate::Candidate,
    error::GateError,
    host::CodeHost,
    id::CheckName,
    names::objects,
    plan::{PlannedCheck, Side, refuse},
    poll,
    protocol::{
        Claim, Execution, Invocation, Next, Run, Standing, StartDecision, StartedBuild, State,
        foreign_builds, may_start, missing_builds, older_builds,
    },
    rules::{BuildspecSource, Compute},
    title::Flag,
};

use crate::stop;

/// Seconds between looks while CodeBuild takes no further build.
const CAPACITY_SECONDS: u64 = 30;

pub(crate) async fn start_builds(
    clients: &Clients,
    invocation: Invocation,
) -> Result<State, GateError> {
    let candidacy = invocation.candidacy()?.clone();
    let mut run = invocation.run()?.clone();
    let Invocation {
        execution, state, ..
    } = invocation;
    let (standing, _) = run::standing(clients, &candidacy, &execution).await?;
    if standing != Standing::Current {
        return stop::withdraw(clients, standing, &run, &execution, state).await;
    }
    let builds = clients.builds.builds_of_project(&run.project).await?;
    for older in older_builds(&builds, &Claim::from(&execution)) {
        tracing::info!(build.id = %older, "stopping a build of an older run");
        clients.builds.stop_build(&older).await?;
    }
    start_missing(clients, &mut run, &builds, &execution).await?;
    // Only now: of a build whose initiator CodeBuild writes otherwise, the token of the start tells that it is the own one.
    for foreign in foreign_builds(&builds, &run.builds, &execution) {
        tracing::warn!(build.id = %foreign, "stopping a build that bears the name of this run and is not of it");
        clients.builds.stop_build(&foreign).await?;
    }
    let (standing, _) = run::standing(clients, &candidacy, &execution).await?;
    if standing != Standing::Current {
        return stop::withdraw(clients, standing, &run, &execution, state).await;
    }
    let seconds = wait_seconds(&run, &[]);
    let builds = run.plan.builds();
    let state = State {
        run: Some(run),
        ..state
    };
    Ok(if builds {
        state.wait(seconds)
    } else {
        state.then(Next::Report)
    })
}

/// Finds or starts the builds that `run` does not know yet, as far as CodeBuild takes them. `builds` are those of the project.
pub(crate) async fn start_missing(
    clients: &Clients,
    run: &mut Run,
    builds: &[Build],
    execution: &Execution,
) -> Result<(), GateError> {
    let Some(candidate) = run.candidate.clone() else {
        return Ok(());
    };
    for decision in missing_builds(&run.plan, &run.builds, builds, execution) {
        let wanted = match decision {
            StartDecision::Found(StartedBuild {
                check, attempt, id, ..
            }) => Wanted {
                check,
                attempt,
                found: builds.iter().find(|build| build.id == id),
            },
            StartDecision::Start { check, attempt } => Wanted {
                check,
                attempt,
                found: None,
            },
        };
        let name = wanted.check.clone();
        match start_one(clients, run, &candidate, execution, wanted).await? {
            Started::Build(build) => run.builds.push(build),
            Started::Refused(words) => {
                tracing::warn!(project = run.project, check = %name, words, "CodeBuild refused a build");
                refuse(&mut run.plan, &name, &words);
            }
            Started::NotNow => break,
        }
    }
    Ok(())
}

/// A build of a check, which may be there already.
struct Wanted<'a> {
    check: CheckName,
    attempt: u32,
    found: Option<&'a Build>,
}

/// What became of a build that was wanted.
enum Started {
    Build(StartedBuild),
    /// CodeBuild will not have it, in its words.
    Refused(String),
    /// CodeBuild takes no further one now.
    NotNow,
}

/// Starts one build, unless it is there.
async fn start_one(
    clients: &Clients,
    run: &Run,
    candidate: &Candidate,
    execution: &Execution,
    wanted: Wanted<'_>,
) -> Result<Started, GateError> {
    let Wanted {
        check,
        attempt,
        found,
    } = wanted;
    let planned = run.plan.checks.iter().find(|planned| planned.name == check);
    let Some(planned) = planned else {
        return Ok(Started::NotNow);
    };
    let flags = &run.plan.flags;
    let run_name = execution.name.as_str();
    let settings = &planned.settings;
    let containers = run.containers.as_ref().filter(|_| settings.privileged);
    let mut variables = variables(run, candidate, execution, &check, attempt);
    variables.extend(containers.map(|containers| {
        let repository = containers.image_repository.clone();
        (variable::IMAGE_REPOSITORY.to_owned(), repository)
    }));
    variables.extend(artifacts(clients, candidate, &run.project));
    let mut of_rules = run.plan.environment.clone();
    of_rules.extend(settings.environment.clone());
    variables.extend(of_rules);
    let text = buildspec(clients, candidate, run, planned).await?;
    let key = clients.seals.key().await?;
    let none = BTreeSet::new();
    let order = BuildOrder {
        project: &run.project,
        source_version: &candidate.source_version(),
        buildspec: &buildspec::with_report_groups(&text, &run.report_groups),
        image: settings.image.as_deref(),
        compute_type: settings.compute.map(Compute::compute_type),
        timeout_minutes: settings.timeout_minutes,
        variables,
        privileged: settings.privileged,
        role: containers.map(|containers| containers.build_role.as_str()),
        cache: if flags.has(Flag::NoCache) {
            Some(&none)
        } else {
            settings.cache.as_ref()
        },
        // Nobody else can tell it: whoever starts a build under it first would have the run take theirs.
        token: key.token(&["build", run_name, check.as_str(), &attempt.to_string()]),
    };
    let ordered = order.made_of(run.made.as_ref());
    let outcome = match found {
        Some(found) => StartOutcome::Started(found.clone()),
        None => clients.builds.start_build(order).await?,
    };
    match outcome {
        StartOutcome::Started(build) => {
            refuse_another(clients, &ordered, &build).await?;
            Ok(Started::Build(StartedBuild {
                check,
                attempt,
                id: build.id,
                log_url: build.log_url,
                tried_again: false,
            }))
        }
        StartOutcome::NoCapacity => {
            tracing::info!(project = run.project, check = %check, "CodeBuild takes no further build now");
            Ok(Started::NotNow)
        }
        StartOutcome::Refused(words) => Ok(Started::Refused(words)),
        StartOutcome::NoProject => Err(GateError::ServiceUnavailable {
            service: "CodeBuild",
            operation: "StartBuild",
            message: format!(
                "it does not know the project `{}` yet, or any more",
                run.project
            ),
        }),
    }
}

/// Somebody may have changed the project since Prepare: what is built then is not what was ordered.
async fn refuse_another(
    clients: &Clients,
    ordered: &MadeOf,
    build: &Build,
) -> Result<(), GateError> {
    let differences = ordered.differences(&build.made_of);
    if differences.is_empty() {
        return Ok(());
    }
    clients.builds.stop_build(&build.id).await?;
    Err(GateError::NotAsOrdered {
        build: build.id.to_string(),
        differences: differences.join(", "),
    })
}

/// The text of a check's buildspec as it is written, from the side that the plan chose.
async fn buildspec(
    clients: &Clients,
    candidate: &Candidate,
    run: &Run,
    check: &PlannedCheck,
) -> Result<String, GateError> {
    let path = match &check.buildspec {
        BuildspecSource::Inline(text) => return Ok(text.clone()),
        BuildspecSource::File(path) => path,
    };
    let commit = match check.side {
        Side::Destination => &candidate.destination_commit,
        Side::Merged => candidate.tested_commit(),
        Side::Kept => run
            .plan
            .kept
            .as_ref()
            .unwrap_or(&candidate.destination_commit),
    };
    let bytes = clients
        .host
        .file(&candidate.repository, commit, path)
        .await?;
    // A commit never changes: Prepare found the file in it and could read it.
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| GateError::ReadsBehind {
        message: format!("commit {commit} is not shown with its `{path}` yet"),
    })
}

/// The variables by which a build is found again, and what the flags of the title ask for.
fn variables(
    run: &Run,
    candidate: &Candidate,
    execution: &Execution,
    check: &CheckName,
    attempt: u32,
) -> Vec<(String, String)> {
    let mut variables = vec![
        (variable::RUN, execution.name.to_string()),
        (variable::RUN_STARTED, execution.start_time.clone()),
        (variable::CHECK, check.to_string()),
        (variable::ATTEMPT, attempt.to_string()),
        (variable::PULL_REQUEST, candidate.pull_request.to_string()),
        (variable::DESTINATION, candidate.destination.to_string()),
    ];
    if run.plan.flags.has(Flag::SkipTests) {
        variables.push((variable::SKIP_TESTS, "true".to_owned()));
    }
    let owned = |(name, value): (&str, String)| (name.to_owned(), value);
    variables.into_iter().map(owned).collect()
}

/// Where a build may keep what it makes, if there is a place.
fn artifacts(clients: &Clients, candidate: &Candidate, project: &str) -> Option<(String, String)> {
    let deployment = &clients.deployment;
    let bucket = Some(&deployment.artifact_bucket).filter(|bucket| !bucket.is_empty())?;
    let folder = objects::artifacts(&candidate.repository, &deployment.project_arn(project));
    Some((
        variable::ARTIFACTS.to_owned(),
        format!("s3://{bucket}/{folder}"),
    ))
}

/// When to look next: the soonest of all builds that have not ended. `builds` are those of the run, as far as they were read.
pub(crate) fn wait_seconds(run: &Run, builds: &[Build]) -> u64 {
    let waits = run
        .plan
        .checks
        .iter()
        .zip(
            run.passes
                .iter()
                .map(Vec::as_slice)
                .chain(std::iter::repeat(&[][..])),
        )
        .map(|(check, passes)| {
            let last = run
                .builds
                .iter()
                .rfind(|started| started.check == check.name);
            let Some(started) = last else {
                let waits_for_capacity = may_start(check, &run.builds, builds);
                return waits_for_capacity.then_some(CAPACITY_SECONDS);
            };
            let build = builds.iter().find(|build| build.id == started.id);
            if build.is_some_and(|build| build.complete) {
                return None;
            }
            let elapsed = build.map_or(Duration::ZERO, |build| build.duration);
            let passes: Vec<Duration> = passes.iter().copied().map(Duration::from_secs).collect();
            Some(poll::next_wait(elapsed, &passes).as_secs())
        });
    waits.flatten().min().unwrap_or(1)
}

/// The state after a step that found the run no longer wanted.
pub(crate) fn ended(run: Run, state: State) -> State {
    State {
        run: Some(run),
        ..state
    }
    .then(Next::End)
}
