//! What of a repository on this machine is to be gated: the current branch, and the branch it would be merged into.
//!
//! Everything here only reads. Each way in which a repository has nothing to gate is a sentence and a next step.

use std::path::Path;

use crate::{
    command::Failure,
    git::{Git, GitFailure},
};

/// Longest title of a pull request, in characters (CreatePullRequest).
const LONGEST_TITLE: usize = 150;

/// The current branch and its destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) source: String,
    pub(super) source_commit: String,
    pub(super) destination: String,
    pub(super) destination_commit: String,
    /// Where the destination's commit was read, such as `origin/main`.
    pub(super) destination_seen_at: String,
    pub(super) title: String,
    /// Files with changes that no commit holds.
    pub(super) uncommitted: usize,
}

/// A base branch: its name, and the reference that was found for it.
struct Base {
    name: String,
    seen_at: String,
    commit: String,
}

/// What was asked for on the command line.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) base: Option<&'a str>,
    pub(super) title: Option<&'a str>,
    /// The checks that alone are to run; none for all.
    pub(super) checks: &'a [String],
}

/// Reads what is to be gated.
pub(super) async fn change(path: &Path, wanted: Wanted<'_>) -> Result<Change, Failure> {
    let git = open(path).await?;
    let branch = git
        .ask(&["symbolic-ref", "--quiet", "--short", "HEAD"])
        .await?;
    let Some(source_commit) = commit(&git, "HEAD").await? else {
        return Err(Failure::new(format!(
            "the branch `{}` of `{}` has no commit",
            branch.unwrap_or_default(),
            path.display()
        ))
        .help("commit something first"));
    };
    // A work tree on no branch, as other build servers make them, is gated under a name made of its commit.
    let source = branch.unwrap_or_else(|| {
        let short: String = source_commit.chars().take(12).collect();
        format!("detached-{short}")
    });
    if git.run(&["rev-parse", "--is-shallow-repository"]).await? == "true" {
        return Err(Failure::new(format!(
            "`{}` is a shallow clone: its history breaks off",
            path.display()
        ))
        .help("run `git fetch --unshallow`"));
    }
    let base = find_base(&git, wanted.base).await?;
    if base.name == source {
        return Err(Failure::new(format!(
            "the current branch `{source}` is the base branch itself"
        ))
        .help("switch to the branch that is to be merged, or name another base with `--base`"));
    }
    let ancestor = ["merge-base", "--is-ancestor", &source_commit, &base.commit];
    if git.ask(&ancestor).await?.is_some() {
        return Err(Failure::new(format!(
            "there is nothing to merge: `{}` has every commit of `{source}`",
            base.seen_at
        ))
        .help("commit to the branch, or name another base with `--base`"));
    }
    has_all_objects(&git, path, [&source_commit, &base.commit]).await?;
    let only = match wanted.checks {
        [] => String::new(),
        checks => format!("[only={}]", checks.join(",")),
    };
    let title = match wanted.title {
        Some(title) => given_title(format!("{title} {only}").trim())?,
        None => subject(&git, &source, &only).await?,
    };
    Ok(Change {
        uncommitted: uncommitted(&git).await?,
        source,
        source_commit,
        destination: base.name,
        destination_commit: base.commit,
        destination_seen_at: base.seen_at,
        title,
    })
}

async fn open(path: &Path) -> Result<Git, Failure> {
    let shown = path.display();
    if !path.is_dir() {
        return Err(Failure::new(format!("there is no directory `{shown}`"))
            .help("name a git repository with `--repo`"));
    }
    let git = Git::at(path);
    match git.run(&["rev-parse", "--git-dir"]).await {
        Ok(_) => Ok(git),
        Err(GitFailure::Refused { message, .. }) if message.contains("not a git repository") => {
            Err(Failure::new(format!("`{shown}` is not a git repository"))
                .help("name one with `--repo`"))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// A partial clone fetches what it lacks when it is asked for, from somewhere that may not be reached: that is for its owner to do.
async fn has_all_objects(git: &Git, path: &Path, commits: [&str; 2]) -> Result<(), Failure> {
    let partial = [
        "config",
        "--get-regexp",
        r"^remote\..*\.(promisor|partialclonefilter)$",
    ];
    if git.ask(&partial).await?.is_none() {
        return Ok(());
    }
    let [source, destination] = commits;
    let list = [
        "rev-list",
        "--objects",
        "--missing=print",
        source,
        destination,
    ];
    let objects = git.run(&list).await?;
    let missing = objects.lines().filter(|line| line.starts_with('?')).count();
    if missing == 0 {
        return Ok(());
    }
    Err(Failure::new(format!(
        "`{}` is a partial clone: {missing} of the objects of its history are not here",
        path.display()
    ))
    .help("run `git fetch --refetch --no-filter`, or clone without `--filter`"))
}

async fn commit(git: &Git, revision: &str) -> Result<Option<String>, GitFailure> {
    git.ask(&[
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &format!("{revision}^{{commit}}"),
    ])
    .await
}

/// The base that is named, else what `origin` calls its default branch, else `main`, else `master`.
async fn find_base(git: &Git, named: Option<&str>) -> Result<Base, Failure> {
    if let Some(name) = named {
        // A branch of one's own comes before the one that was last fetched; `origin/main` is the branch `main`.
        let short = name.strip_prefix("origin/").unwrap_or(name);
        for (name, reference) in [
            (name, format!("refs/heads/{name}")),
            (short, format!("refs/remotes/origin/{short}")),
        ] {
            if let Some(base) = base_at(git, name, &reference).await? {
                return Ok(base);
            }
        }
        return Err(
            Failure::new(format!("there is no branch `{name}`, here or at `origin`"))
                .help("fetch it, or name another with `--base`"),
        );
    }
    let origin = git
        .ask(&["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"])
        .await?;
    let origin = origin
        .as_deref()
        .and_then(|reference| reference.strip_prefix("refs/remotes/origin/"));
    for name in origin.into_iter().chain(["main", "master"]) {
        // What the others see decides over a copy that may be old or ahead.
        for reference in [
            format!("refs/remotes/origin/{name}"),
            format!("refs/heads/{name}"),
        ] {
            if let Some(base) = base_at(git, name, &reference).await? {
                return Ok(base);
            }
        }
    }
    Err(Failure::new(
        "no base branch was found: `origin` names none, and there is neither `main` nor `master`",
    )
    .help("name the branch to merge into with `--base`"))
}

async fn base_at(git: &Git, name: &str, reference: &str) -> Result<Option<Base>, GitFailure> {
    let commit = commit(git, reference).await?;
    let seen_at = reference
        .strip_prefix("refs/heads/")
        .or_else(|| reference.strip_prefix("refs/remotes/"));
    Ok(commit.map(|commit| Base {
        name: name.to_owned(),
        seen_at: seen_at.unwrap_or(reference).to_owned(),
        commit,
    }))
}

fn given_title(title: &str) -> Result<String, Failure> {
    let title = title.trim();
    let length = title.chars().count();
    match length {
        0 => Err(Failure::new("the title is empty")
            .help("leave `--title` out to take the last commit's subject")),
        1..=LONGEST_TITLE => Ok(title.to_owned()),
        _ => Err(Failure::new(format!(
            "the title has {length} characters, CodeCommit takes {LONGEST_TITLE}"
        ))
        .help("shorten it")),
    }
}

/// The last commit's subject, shortened so that `only` fits behind it; a commit without one is named by its branch.
async fn subject(git: &Git, source: &str, only: &str) -> Result<String, Failure> {
    let subject = git.run(&["log", "-1", "--format=%s", "HEAD"]).await?;
    let subject = if subject.trim().is_empty() {
        source
    } else {
        subject.trim()
    };
    let room = LONGEST_TITLE.saturating_sub(only.chars().count() + 1);
    let subject: String = subject.chars().take(room).collect();
    given_title(format!("{subject} {only}").trim())
}

async fn uncommitted(git: &Git) -> Result<usize, GitFailure> {
    if git.run(&["rev-parse", "--is-inside-work-tree"]).await? != "true" {
        return Ok(0);
    }
    git.uncommitted().await
}
