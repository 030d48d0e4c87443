//! Prepare: preview the merge, read the rules, plan, create or update the project and its report groups.

use std::collections::BTreeMap;

use gate_aws::{Clients, Project, ProjectSpec, conversation, repository, run};
use gate_core::{
    candidate::{Candidate, Preview},
    conversation::Conversation,
    error::GateError,
    host::{CodeHost, MergeOutcome},
    id::{PullRequestId, RepositoryName},
    names,
    plan::{NoBuild, Plan, PlannedCheck, Subject, choose, plan, skips_all, unbuildable},
    protocol::{
        self, Candidacy, Durations, EnvironmentRecord, Execution, Invocation, Made, Next, Run,
        Standing, State, fingerprint, missing_builds,
    },
    pull_request::PullRequest,
    rules,
    settings::RepositorySettings,
    title::Flags,
};

use crate::{
    preview::{self, Published},
    report_groups,
    rules::Places,
    take_over,
};

/// In a larger repository nobody is told of globs that match nothing.
const MOST_FILES: usize = 20_000;

pub(crate) async fn prepare(clients: &Clients, invocation: Invocation) -> Result<State, GateError> {
    invocation.named()?;
    let asked = invocation.candidacy()?.clone();
    let Invocation {
        execution, state, ..
    } = invocation;
    let (standing, live) = run::standing(clients, &asked, &execution).await?;
    let Some(live) = live.filter(|_| standing == Standing::Current) else {
        // An earlier try of this step may have created the project of a pull request that is closed by now.
        let next = if standing == Standing::Closed {
            Next::TearDown
        } else {
            Next::End
        };
        return Ok(state.then(next));
    };
    // The branch may have moved since the run was wanted, and whoever started the run may have named any commit.
    let tip = clients
        .host
        .branch_tip(&live.repository, &live.destination)
        .await?;
    let Some(tip) = tip else {
        tracing::info!(pull_request.id = %live.id, "the destination branch is gone");
        return Ok(state.then(Next::End));
    };
    let candidacy = protocol::candidacy(&live, &tip);
    let heard = conversation::of(clients, &candidacy.pull_request, &candidacy.revision).await?;
    let settings = settings(clients, &candidacy.repository).await?;
    let gated = repository::gated(clients, &settings, &live.repository).await?;
    if !gated.contains(&live.destination) {
        let gated = gated.iter().map(ToString::to_string).collect();
        let plan = Plan {
            no_build: Some(NoBuild::NotGated { gated }),
            conversation: heard,
            ..Plan::default()
        };
        return Ok(with_run(clients, state, &candidacy, None, plan).then(Next::Report));
    }
    if let Some(by) = heard.stopped_by.clone() {
        let plan = Plan {
            conversation: heard,
            ..Plan::none(Flags::parse(&live.title), NoBuild::Stopped { by })
        };
        // There is nothing to build, but builds of older runs are to be stopped.
        return Ok(with_run(clients, state, &candidacy, None, plan).then(Next::Build));
    }
    let continued = take_over::look(clients, &execution, &state.request, &candidacy).await?;
    let basis = Basis {
        candidacy: &candidacy,
        live: &live,
        heard: &heard,
        merge: continued.merge(&candidacy),
    };
    let Prepared {
        candidate,
        mut plan,
    } = Box::pin(make_plan(clients, &execution, basis)).await?;
    plan.conversation = heard;
    plan.leave_out_caches(&settings);
    let builds = plan.builds();
    let fingerprint = fingerprint(&plan, &settings);
    let mut state = with_run(clients, state, &candidacy, candidate, plan);
    if let Some(run) = &mut state.run {
        run.fingerprint = fingerprint;
    }
    if !builds {
        return Ok(state.then(Next::Report));
    }
    let project = Box::pin(put_environment(clients, &candidacy, &settings)).await?;
    if let Some(run) = &mut state.run {
        let groups = report_groups::put(clients, &candidacy, &project, &run.plan);
        run.report_groups = Box::pin(groups).await?;
        run.badge = project.badge_url;
        run.made = Some(Made {
            repository: settings.clone_url.clone(),
            image: settings.image.clone(),
            role: settings.build_role.clone(),
        });
    }
    // A close between the first read and the project's creation finds nothing to tear down: look again.
    let now = clients.host.pull_request(&candidacy.pull_request).await?;
    if !now.is_some_and(|now| now.is_open()) {
        return Ok(state.then(Next::TearDown));
    }
    let durations = durations(clients, &candidacy.repository).await;
    if let Some(run) = &mut state.run {
        let mut checks = run.plan.checks.iter();
        let privileged = checks.any(|check| check.settings.privileged);
        run.containers = settings.containers.filter(|_| privileged);
        let passes = |check: &PlannedCheck| {
            durations
                .as_ref()
                .and_then(|durations| durations.checks.get(check.name.as_str()))
                .cloned()
                .unwrap_or_default()
        };
        run.passes = run.plan.checks.iter().map(passes).collect();
        continued.give(clients, run).await?;
        if everything_is_there(run, &execution) {
            return Ok(state.then(Next::Report));
        }
    }
    Ok(state.then(Next::Build))
}

/// How long checks took before. Nobody waits for what cannot be read: without it builds are looked at a little more often.
async fn durations(clients: &Clients, repository: &RepositoryName) -> Option<Durations> {
    let parameter = clients.names().durations(repository);
    let read = clients.parameters.get(&parameter).await;
    read.unwrap_or_else(|error| {
        tracing::warn!(repository.name = %repository, error = %error, "failed to read how long checks took");
        None
    })
}

/// Whether the builds that were taken over are all there is to it: then no approval need be taken back first.
fn everything_is_there(run: &Run, execution: &Execution) -> bool {
    let has = |check: &PlannedCheck| run.builds.iter().any(|build| build.check == check.name);
    !run.builds.is_empty()
        && run.plan.checks.iter().all(has)
        && missing_builds(&run.plan, &run.builds, &[], execution).is_empty()
}

async fn settings(
    clients: &Clients,
    repository: &RepositoryName,
) -> Result<RepositorySettings, GateError> {
    let settings = repository::settings(clients, repository).await?;
    settings.ok_or_else(|| GateError::SettingsUnusable {
        parameter: clients.names().settings(repository),
        message: "it does not exist".to_owned(),
    })
}

/// What is tested and how; no candidate where nothing is built.
struct Prepared {
    candidate: Option<Candidate>,
    plan: Plan,
}

/// What a plan is made from.
struct Basis<'a> {
    candidacy: &'a Candidacy,
    live: &'a PullRequest,
    heard: &'a Conversation,
    /// The merge that is tested once more, if there is one.
    merge: Option<MergeOutcome>,
}

async fn make_plan(
    clients: &Clients,
    execution: &Execution,
    basis: Basis<'_>,
) -> Result<Prepared, GateError> {
    let Basis {
        candidacy,
        live,
        heard,
        merge,
    } = basis;
    let host = &clients.host;
    let Candidacy {
        repository,
        source_commit,
        destination_commit,
        ..
    } = candidacy;
    let title = Flags::parse(&live.title);
    let none = |flags, no_build| Prepared {
        candidate: None,
        plan: Plan::none(flags, no_build),
    };
    let rules_there = host
        .file(repository, destination_commit, rules::PATH)
        .await?;
    if let Some((flags, no_build)) = skips_all(&title, heard, rules_there.as_deref()) {
        // Nothing runs, so nothing is merged either.
        return Ok(none(flags, no_build));
    }
    let outcome = match merge {
        Some(merge) => merge,
        None => {
            host.preview_merge(repository, source_commit, destination_commit)
                .await?
        }
    };
    if let Some(no_build) = unbuildable(&outcome) {
        return Ok(none(title, no_build));
    }
    // "Can only be accessed using the GetCommit API or through git commands" (CreateUnreferencedMergeCommit): a merge commit gets
    // its branch before its files are read. Release drops the branch again, also where nothing is built.
    let candidate = match preview::publish(clients, candidacy, execution, &outcome).await? {
        Published::Preview(preview) => Some(candidate(candidacy, live, preview)),
        Published::Nothing => None,
        Published::Blocked(branch) => {
            let branch = branch.to_string();
            return Ok(none(title, NoBuild::BranchInTheWay { branch }));
        }
    };
    let merged = candidate
        .as_ref()
        .map_or(source_commit, Candidate::tested_commit);
    let places = Places {
        clients,
        repository,
        branch: &live.destination,
        destination: destination_commit,
        merged,
    };
    let sides = places.read(rules_there).await?;
    let mut chosen = match choose(&sides, &live.destination) {
        Ok(chosen) => chosen,
        Err(no_build) => return Ok(none(title, no_build)),
    };
    let changed = if chosen.looks_at_changed_files() {
        host.changed_files(repository, destination_commit, merged)
            .await?
    } else {
        Vec::new()
    };
    // New rules are rare: a warning about them is worth some reads.
    if chosen.looks_at_all_files()
        && let Some(files) = host.files(repository, merged, MOST_FILES).await?
    {
        chosen.note_idle_globs(&files);
    }
    let subject = Subject {
        destination: &live.destination,
        changed: &changed,
        conversation: heard,
    };
    let plan = plan(&title, chosen, subject);
    if plan.no_build.is_some() {
        return Ok(Prepared {
            candidate: None,
            plan,
        });
    }
    Ok(Prepared { candidate, plan })
}

fn candidate(candidacy: &Candidacy, live: &PullRequest, preview: Preview) -> Candidate {
    let Candidacy {
        repository,
        pull_request,
        revision,
        source_commit,
        destination_commit,
    } = candidacy.clone();
    Candidate {
        repository,
        pull_request,
        revision,
        source: live.source.clone(),
        destination: live.destination.clone(),
        source_commit,
        destination_commit,
        preview,
    }
}

fn with_run(
    clients: &Clients,
    mut state: State,
    candidacy: &Candidacy,
    candidate: Option<Candidate>,
    plan: Plan,
) -> State {
    state.run = Some(Run {
        candidacy: Some(candidacy.clone()),
        candidate,
        plan,
        project: project(clients, &candidacy.pull_request),
        made: None,
        containers: None,
        badge: None,
        report_groups: BTreeMap::new(),
        builds: Vec::new(),
        fingerprint: String::new(),
        continues: Vec::new(),
        report_looks: 0,
        passes: Vec::new(),
    });
    state
}

pub(crate) fn project(clients: &Clients, pull_request: &PullRequestId) -> String {
    names::project(&clients.deployment.service, pull_request)
}

/// Each check brings its buildspec when it starts. A build that somebody else starts must not take the one in its source.
const NOT_STARTED_BY_THE_GATE: &str = "\
version: 0.2
phases:
  build:
    commands:
      - echo 'Mergegate did not start this build: it has nothing to run.'
      - exit 1
";

async fn put_environment(
    clients: &Clients,
    candidacy: &Candidacy,
    settings: &RepositorySettings,
) -> Result<Project, GateError> {
    let Candidacy {
        repository,
        pull_request,
        ..
    } = candidacy;
    let name = project(clients, pull_request);
    let spec = ProjectSpec {
        name: &name,
        description: &format!("Mergegate: builds of pull request {pull_request} of {repository}"),
        repository_url: &settings.clone_url,
        buildspec: NOT_STARTED_BY_THE_GATE,
        settings,
        privileged: false,
        tags: tags(clients, pull_request),
    };
    let project = Box::pin(clients.builds.put_project(spec)).await?;
    let record = EnvironmentRecord {
        version: 1,
        repository: repository.clone(),
        project: name,
        badge_url: project.badge_url.clone(),
    };
    clients
        .parameters
        .put(&clients.names().environment(pull_request), &record)
        .await?;
    Ok(project)
}

/// By these whoever looks at the account sees what a thing is for.
pub(crate) fn tags(clients: &Clients, pull_request: &PullRequestId) -> Vec<(String, String)> {
    vec![
        (
            "gate:service".to_owned(),
            clients.deployment.service.clone(),
        ),
        ("gate:pull-request".to_owned(), pull_request.to_string()),
    ]
}
