//! Merging two commits without a working copy: git's own merge, and CodeCommit's coarser view of what conflicts.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{MutexGuard, PoisonError},
};

use super::{
    Change, Edit, Git, GitError,
    command::{failed, first_line, succeeded},
};

/// So many are kept.
const KNOWN_MERGE_BASES: usize = 10_000;

/// The best common ancestor of two commits, in their order. It stays what it is: a commit's id says its whole history.
pub(super) type MergeBases = HashMap<(String, String), Option<String>>;

/// When two changes of one file conflict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Whenever both sides changed the file, and not to the same content.
    #[default]
    File,
    /// When git cannot merge the lines.
    Line,
}

/// Who is right in a conflict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// Nobody: it stays a conflict.
    #[default]
    None,
    Source,
    Destination,
}

/// How to merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Merging {
    pub(crate) detail: Detail,
    pub(crate) resolution: Resolution,
}

/// What merging gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Merge {
    /// The merged tree.
    Clean { tree: String },
    /// The paths that need a person, in order.
    Conflicts { files: Vec<String> },
}

/// What `git merge-tree` gives.
struct Merged {
    tree: String,
    conflicts: BTreeSet<String>,
}

/// What each side of a merge changed, by path.
struct Sides {
    destination: BTreeMap<String, Change>,
    source: BTreeMap<String, Change>,
}

impl Sides {
    /// Whether the path is one of theirs. git invents others to show both a file and a folder of one name.
    fn know(&self, path: &str) -> bool {
        self.destination.contains_key(path) || self.source.contains_key(path)
    }

    /// The files that both changed, and not to the same content.
    fn changed_twice(&self) -> impl Iterator<Item = String> {
        let twice = self.source.values().filter(|change| {
            let other = self.destination.get(&change.path);
            other.is_some_and(|other| other.after != change.after)
        });
        twice.map(|change| change.path.clone())
    }

    /// The paths that are a file on one side and a folder on the other.
    fn clashes(&self) -> impl Iterator<Item = String> {
        let of = |files: &BTreeMap<String, Change>, folders: &BTreeMap<String, Change>| {
            let is_folder = |path: &str| {
                let inside = format!("{path}/");
                let below = folders.range(inside.clone()..);
                below
                    .take_while(|(path, _)| path.starts_with(&inside))
                    .any(|(_, change)| change.after.is_some())
            };
            let left = files.values().filter(|change| change.after.is_some());
            left.filter(|change| is_folder(&change.path))
                .map(|change| change.path.clone())
                .collect::<Vec<_>>()
        };
        let mut clashes = of(&self.destination, &self.source);
        clashes.extend(of(&self.source, &self.destination));
        clashes.into_iter()
    }
}

impl Git {
    /// The best common ancestor of two commits.
    pub(crate) async fn merge_base(
        &self,
        repository: &str,
        one: &str,
        other: &str,
    ) -> Result<Option<String>, GitError> {
        let pair = (one.to_owned(), other.to_owned());
        if let Some(known) = self.merge_bases().get(&pair) {
            return Ok(known.clone());
        }
        let arguments = ["merge-base", one, other];
        let output = self.run(repository, &arguments, b"").await?;
        let base = match output.status.code() {
            Some(1) => None,
            _ => Some(first_line(&succeeded(&arguments, output)?)),
        };
        let mut known = self.merge_bases();
        if known.len() >= KNOWN_MERGE_BASES {
            known.clear();
        }
        known.insert(pair, base.clone());
        Ok(base)
    }

    fn merge_bases(&self) -> MutexGuard<'_, MergeBases> {
        let known = self.merge_bases.lock();
        known.unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `ancestor` is `descendant` or in its history.
    pub(crate) async fn is_ancestor(
        &self,
        repository: &str,
        ancestor: &str,
        descendant: &str,
    ) -> Result<bool, GitError> {
        let base = self.merge_base(repository, ancestor, descendant).await?;
        Ok(base.as_deref() == Some(ancestor))
    }

    /// Those of `commits` that are `descendant` or in its history, by one process.
    pub(crate) async fn ancestors_among(
        &self,
        repository: &str,
        mut commits: BTreeSet<String>,
        descendant: &str,
    ) -> Result<BTreeSet<String>, GitError> {
        if commits.is_empty() {
            return Ok(commits);
        }
        let mut input = format!("^{descendant}\n");
        for commit in &commits {
            input.extend([commit, "\n"]);
        }
        let arguments = ["rev-list", "--stdin"];
        let outside = self
            .answer(repository, &arguments, input.as_bytes())
            .await?;
        for commit in String::from_utf8_lossy(&outside).lines() {
            commits.remove(commit);
        }
        Ok(commits)
    }

    /// The first merge commit in the history of `destination` that brought `source` in.
    pub(crate) async fn merge_commit_of(
        &self,
        repository: &str,
        destination: &str,
        source: &str,
    ) -> Result<Option<String>, GitError> {
        let range = format!("{source}..{destination}");
        let arguments = [
            "rev-list",
            "--reverse",
            "--topo-order",
            "--merges",
            "--parents",
            "--ancestry-path",
            &range,
        ];
        let answer = self.answer(repository, &arguments, b"").await?;
        let answer = String::from_utf8_lossy(&answer);
        let merge = answer.lines().find_map(|line| {
            let (commit, parents) = line.split_once(' ')?;
            parents.contains(source).then_some(commit)
        });
        Ok(merge.map(str::to_owned))
    }

    /// Merges the commit `source` into the commit `destination`; no commit is made and no reference is moved.
    pub(crate) async fn merge(
        &self,
        repository: &str,
        destination: &str,
        source: &str,
        merging: Merging,
    ) -> Result<Merge, GitError> {
        let favour = match (merging.detail, merging.resolution) {
            (Detail::Line, Resolution::Source) => Some("-Xtheirs"),
            (Detail::Line, Resolution::Destination) => Some("-Xours"),
            _ => None,
        };
        let merged = self
            .merge_tree(repository, destination, source, favour)
            .await?;
        let Merged { tree, conflicts } = merged;
        if conflicts.is_empty() && merging.detail == Detail::Line {
            return Ok(Merge::Clean { tree });
        }
        let sides = self.changes_of_sides(repository, destination, source);
        let sides = sides.await?;
        let (mut conflicts, mut invented): (BTreeSet<_>, BTreeSet<_>) =
            conflicts.into_iter().partition(|path| sides.know(path));
        conflicts.extend(sides.clashes());
        if merging.detail == Detail::File {
            conflicts.extend(sides.changed_twice());
        }
        if conflicts.is_empty() {
            conflicts.append(&mut invented);
        }
        let winner = match merging.resolution {
            _ if conflicts.is_empty() => return Ok(Merge::Clean { tree }),
            Resolution::None => {
                let files = conflicts.into_iter().collect();
                return Ok(Merge::Conflicts { files });
            }
            Resolution::Source => source,
            Resolution::Destination => destination,
        };
        let taken = self.take_from(repository, winner, &tree, &conflicts);
        let mut edits: Vec<Edit> = invented
            .into_iter()
            .map(|path| Edit::Delete { path })
            .collect();
        edits.extend(taken.await?);
        let tree = self.edit_tree(repository, Some(&tree), &edits).await?;
        Ok(Merge::Clean { tree })
    }

    /// The tree of a merge by lines, with git's marks where it could not merge.
    pub(crate) async fn marked_tree(
        &self,
        repository: &str,
        destination: &str,
        source: &str,
    ) -> Result<String, GitError> {
        let merged = self.merge_tree(repository, destination, source, None);
        Ok(merged.await?.tree)
    }

    async fn merge_tree(
        &self,
        repository: &str,
        destination: &str,
        source: &str,
        favour: Option<&str>,
    ) -> Result<Merged, GitError> {
        let mut arguments = vec![
            "merge-tree",
            "--write-tree",
            "-z",
            "--name-only",
            "--no-messages",
            "--allow-unrelated-histories",
        ];
        arguments.extend(favour);
        arguments.extend([destination, source]);
        let output = self.run(repository, &arguments, b"").await?;
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(failed(&arguments, &output));
        }
        let answer = String::from_utf8_lossy(&output.stdout);
        let mut words = answer.split('\0').filter(|word| !word.is_empty());
        Ok(Merged {
            tree: words.next().unwrap_or_default().trim().to_owned(),
            conflicts: words.map(str::to_owned).collect(),
        })
    }

    /// What each side changed since their common ancestor.
    async fn changes_of_sides(
        &self,
        repository: &str,
        destination: &str,
        source: &str,
    ) -> Result<Sides, GitError> {
        let base = self.merge_base(repository, destination, source).await?;
        let by_path = async |side: &str| {
            let changes = self
                .changed_files(repository, base.as_deref(), side)
                .await?;
            let changes = changes.into_iter();
            Ok::<_, GitError>(
                changes
                    .map(|change| (change.path.clone(), change))
                    .collect(),
            )
        };
        Ok(Sides {
            destination: by_path(destination).await?,
            source: by_path(source).await?,
        })
    }

    /// The edits that give each of `paths` in `tree` the state it has in `winner`.
    async fn take_from(
        &self,
        repository: &str,
        winner: &str,
        tree: &str,
        paths: &BTreeSet<String>,
    ) -> Result<Vec<Edit>, GitError> {
        let changes = self.changed_files(repository, Some(tree), winner).await?;
        let wanted = |change: &Change| {
            paths.iter().any(|path| {
                let rest = change.path.strip_prefix(path.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let (mut deletions, mut puts) = (Vec::new(), Vec::new());
        for change in changes.into_iter().filter(wanted) {
            let path = change.path;
            match change.after {
                Some(entry) => puts.push(Edit::Put {
                    path,
                    blob: entry.id,
                    kind: entry.kind,
                }),
                None => deletions.push(Edit::Delete { path }),
            }
        }
        deletions.extend(puts);
        Ok(deletions)
    }
}
