//! `--rules-from head`: the base gets the branch's rules before the pull request is opened, so that they can be tried.

use std::collections::BTreeSet;

use aws_sdk_codecommit::{
    Client as CodeCommit,
    primitives::Blob,
    types::{DeleteFileEntry, PutFileEntry},
};
use gate_aws::CodeCommit as Host;
use gate_core::{
    buildspec,
    host::CodeHost as _,
    id::{CommitId, RepositoryName},
    rules::{self, Rules},
};

use super::{repository::Change, run::refused};
use crate::{command::Failure, terminal};

/// Refuses a check that the rules which count do not have. What is wrong with rules is for the gate to say.
pub(super) async fn know_all(
    host: &Host,
    repository: &RepositoryName,
    change: &Change,
    checks: &[String],
) -> Result<(), Failure> {
    let mut rules = None;
    for commit in [&change.destination_commit, &change.source_commit] {
        let commit = CommitId::new(commit);
        let text = host.file(repository, &commit, rules::PATH).await?;
        let default = match &text {
            Some(_) => None,
            None => host.file(repository, &commit, buildspec::PATH).await?,
        };
        rules = match (text, default) {
            (Some(text), _) => Some(Rules::parse(&text)),
            (None, Some(_)) => Some(Ok(Rules::of_one_build())),
            (None, None) => continue,
        };
        break;
    }
    let Some(Ok(rules)) = rules else {
        return Ok(());
    };
    let known = |name: &String| rules.checks.iter().any(|check| check.name.as_str() == name);
    let Some(unknown) = checks.iter().find(|name| !known(name)) else {
        return Ok(());
    };
    let names: Vec<_> = rules
        .checks
        .iter()
        .map(|check| format!("`{}`", check.name))
        .collect();
    Err(Failure::new(format!("there is no check `{unknown}`"))
        .help(format!("the rules have {}", names.join(", "))))
}

/// Commits the source's `gate.toml` and buildspecs to the destination branch; its new commit, or `None` if they are the same.
pub(super) async fn adopt(
    host: &Host,
    codecommit: &CodeCommit,
    repository: &RepositoryName,
    change: &Change,
) -> Result<Option<String>, Failure> {
    let source = CommitId::new(&change.source_commit);
    let destination = CommitId::new(&change.destination_commit);
    let mut paths = BTreeSet::from([rules::PATH.to_owned(), buildspec::PATH.to_owned()]);
    for commit in [&source, &destination] {
        let text = host.file(repository, commit, rules::PATH).await?;
        // What is wrong with rules is for the gate to say.
        let named = text.and_then(|text| Rules::parse(&text).ok());
        paths.extend(
            named
                .iter()
                .flat_map(Rules::buildspec_files)
                .map(str::to_owned),
        );
    }
    let mut commit = codecommit
        .create_commit()
        .repository_name(repository.as_str())
        .branch_name(&change.destination)
        .parent_commit_id(&change.destination_commit)
        .commit_message("The rules of the branch that is checked");
    let mut adopted = Vec::new();
    for path in paths {
        let new = host.file(repository, &source, &path).await?;
        let old = host.file(repository, &destination, &path).await?;
        if new == old {
            continue;
        }
        commit = if let Some(content) = new {
            let file = PutFileEntry::builder()
                .file_path(&path)
                .file_content(Blob::new(content));
            commit.put_files(file.build().map_err(|error| refused(&error))?)
        } else {
            let file = DeleteFileEntry::builder().file_path(&path);
            commit.delete_files(file.build().map_err(|error| refused(&error))?)
        };
        adopted.push(path);
    }
    if adopted.is_empty() {
        return Ok(None);
    }
    terminal::say(&terminal::harmless(&format!(
        "the rules are the branch's own ({}): until they are merged, pull requests are gated by those of `{}`",
        adopted.join(", "),
        change.destination
    )));
    let made = commit.send().await.map_err(|error| refused(&error))?;
    Ok(made.commit_id)
}
