//! From a branch to a verdict: push both sides, open a pull request, watch the gate.

use std::path::Path;

use aws_sdk_codecommit::{Client as CodeCommit, error::DisplayErrorContext, types::Target};
use gate::system::System;
use gate_aws::ReportsOf;
use gate_core::{
    build::Build,
    id::{PullRequestId, RepositoryName, RevisionId},
    names,
};

use super::{
    RulesFrom,
    history::History,
    memory::Memory,
    outcome::{Check, Outcome},
    planned,
    progress::Progress,
    repository::Change,
    rules,
};
use crate::{
    command::Failure,
    git::Git,
    terminal::without_links,
    watch::{PAUSE, Watch, Word},
};

/// Who opens the pull request: not the gate, whose own ones it may not approve.
pub(super) const AUTHOR: &str = "you";

/// How a check is made.
#[derive(Clone, Copy)]
pub(super) struct How<'a> {
    pub(super) rules: RulesFrom,
    /// The checks that alone are to run; none for all.
    pub(super) checks: &'a [String],
    /// Show what builds write while they run.
    pub(super) follow: bool,
}

/// Runs the whole gate over `change`.
pub(super) async fn gate(
    system: &System,
    path: &Path,
    change: &Change,
    how: How<'_>,
) -> Result<Outcome, Failure> {
    let clients = system.clients_as(AUTHOR);
    let codecommit = CodeCommit::new(&system.config_as(AUTHOR));
    let repository = repository_name(path);
    let history = History::of(path).await;
    clients
        .parameters
        .put(&clients.names().durations(&repository), &history.durations)
        .await?;
    let memory = Memory::of(path, &clients, &repository).await;
    memory.recall(path, change).await;
    push(&codecommit, &repository, path, change).await?;
    let given = change.destination_commit.clone();
    let mut change = change.clone();
    let adopted = match how.rules {
        RulesFrom::Head => rules::adopt(&clients.host, &codecommit, &repository, &change).await?,
        RulesFrom::Base => None,
    };
    if let Some(adopted) = &adopted {
        change.destination_commit.clone_from(adopted);
    }
    rules::know_all(&clients.host, &repository, &change, how.checks).await?;
    let change = &change;
    let (pull_request, revision) = open(&codecommit, &repository, change).await?;
    let watch = Watch {
        system,
        clients: &clients,
        pull_request: &pull_request,
        revision: &revision,
    };
    let progress = Progress::new(&history.durations, how.follow);
    let word = follow(&watch, progress).await?;
    if let Word::Given { record, .. } = &word
        && let Some(tree) = &record.tested_tree
    {
        memory.keep(tree).await;
    }
    let mut outcome = conclude(&watch, &repository, change, word).await?;
    outcome.comment = outcome
        .comment
        .map(|comment| as_asked(&comment, how.checks, adopted.as_deref(), &given));
    if let Some(durations) = clients
        .parameters
        .get(&clients.names().durations(&repository))
        .await?
    {
        history.keep(&durations);
    }
    Ok(outcome)
}

/// The comment in words of what was asked on the command line: nobody wrote the flag into a title, and the commit with the rules of
/// the branch is in no repository but the one of this check.
fn as_asked(comment: &str, checks: &[String], adopted: Option<&str>, base: &str) -> String {
    let mut comment = comment.to_owned();
    if !checks.is_empty() {
        let flag = format!("`[only={}]` is in the title", checks.join(","));
        for flag in [flag.as_str(), "`[only]` is in the title"] {
            comment = comment.replace(flag, "`--check` names others");
        }
        // Of other flags the title is the place.
        let others = "other checks skipped by";
        let flag = format!("{others} a flag in the title");
        comment = comment.replace(&flag, &format!("{others} `--check`"));
    }
    if let Some(adopted) = adopted {
        let short = |commit: &str| commit.chars().take(7).collect::<String>();
        let rules = format!("{} with the rules of the branch", short(base));
        comment = comment.replacen(&short(adopted), &rules, 1);
    }
    comment
}

/// The directory's name as far as a repository may be called so.
fn repository_name(path: &Path) -> RepositoryName {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let allowed =
        |character: &char| character.is_ascii_alphanumeric() || "._-".contains(*character);
    let name: String = name.chars().filter(allowed).take(80).collect();
    // CodeCommit takes no name that ends so.
    let name = name.trim_end_matches(".git");
    RepositoryName::new(if name.is_empty() { "repository" } else { name })
}

async fn push(
    codecommit: &CodeCommit,
    repository: &RepositoryName,
    path: &Path,
    change: &Change,
) -> Result<(), Failure> {
    let created = codecommit
        .create_repository()
        .repository_name(repository.as_str())
        .send()
        .await;
    let created = created.map_err(|error| refused(&error))?;
    let url = created
        .repository_metadata
        .and_then(|metadata| metadata.clone_url_http);
    let url = url.ok_or_else(|| Failure::new("the local repository has no address"))?;
    // The base first: the first branch of a repository becomes its default branch, which is the gated one.
    let branches = [
        (&*change.destination_commit, &*change.destination),
        (&*change.source_commit, &*change.source),
    ];
    Git::at(path).push(&url, &branches).await?;
    Ok(())
}

async fn open(
    codecommit: &CodeCommit,
    repository: &RepositoryName,
    change: &Change,
) -> Result<(PullRequestId, RevisionId), Failure> {
    let target = Target::builder()
        .repository_name(repository.as_str())
        .source_reference(&change.source)
        .destination_reference(&change.destination)
        .build()
        .map_err(|error| Failure::new(error.to_string()))?;
    let created = codecommit
        .create_pull_request()
        .title(&change.title)
        .targets(target)
        .send()
        .await;
    let created = created.map_err(|error| refused(&error))?.pull_request;
    let ids = created.and_then(|created| Some((created.pull_request_id?, created.revision_id?)));
    let (id, revision) = ids.ok_or_else(|| Failure::new("the local pull request has no id"))?;
    Ok((PullRequestId::new(id), RevisionId::new(revision)))
}

pub(super) fn refused(error: &(impl std::error::Error + 'static)) -> Failure {
    Failure::new(DisplayErrorContext(error).to_string())
}

async fn follow(watch: &Watch<'_>, mut progress: Progress<'_>) -> Result<Word, Failure> {
    let project = names::project(&watch.clients.deployment.service, watch.pull_request);
    loop {
        let word = watch.look().await?;
        let builds = watch.clients.builds.builds_of_project(&project).await?;
        progress.show(watch.system, &builds).await?;
        if !matches!(word, Word::Waiting) {
            progress.finish();
            return Ok(word);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn conclude(
    watch: &Watch<'_>,
    repository: &RepositoryName,
    change: &Change,
    word: Word,
) -> Result<Outcome, Failure> {
    let comment = watch.last_comment().await?;
    let (verdict, record) = match word {
        Word::Given { verdict, record } => (verdict, record),
        Word::GaveUp | Word::Waiting => {
            let said = comment.unwrap_or_else(|| "the gate gave up without a word".to_owned());
            return Err(Failure::new(format!("the gate itself failed\n\n{said}")));
        }
        Word::Lost(error) => {
            return Err(Failure::new(format!(
                "the gate could not act on the pull request: {error}"
            )));
        }
    };
    let project = names::project(&watch.clients.deployment.service, watch.pull_request);
    let builds = watch.clients.builds.builds_of_project(&project).await?;
    let mut last_of_check = std::collections::BTreeMap::new();
    for build in builds {
        let Some(purpose) = build
            .purpose
            .clone()
            .filter(|purpose| purpose.run == record.run)
        else {
            continue;
        };
        let attempts = last_of_check
            .entry(purpose.check)
            .or_insert_with(|| (purpose.attempt, build.clone()));
        if purpose.attempt > attempts.0 {
            *attempts = (purpose.attempt, build);
        }
    }
    let mut checks = Vec::new();
    for (name, (_, build)) in last_of_check {
        let of = (project.as_str(), repository);
        checks.push(check(watch, of, name.to_string(), build).await?);
    }
    let page = names::objects::report(repository, &record.run);
    Ok(Outcome {
        page: watch.clients.objects.get(&page).await?,
        verdict,
        comment: comment.map(|comment| without_links(&comment, &watch.system.url())),
        address: watch.system.url(),
        change: change.clone(),
        tested_commit: record.tested_commit,
        plan: planned::plan(watch.system, &record.run).await?,
        checks,
    })
}

async fn check(
    watch: &Watch<'_>,
    (project, repository): (&str, &RepositoryName),
    name: String,
    build: Build,
) -> Result<Check, Failure> {
    let of = ReportsOf {
        project,
        repository,
        build: &build.id,
    };
    let reports = watch.clients.reports.reports(of, &build.reports).await?;
    let log = watch.system.build_log(&build.id).await?;
    Ok(Check {
        name,
        status: build.status,
        duration: build.duration,
        phase: build.failure.map(|failure| failure.phase),
        log_url: build.log_url,
        log,
        reports: reports.into_iter().map(|found| found.report).collect(),
    })
}
