//! The files of a repository, as git lists them: what is ignored is not there.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::{command::Failure, git::Git};

/// No manifest that people write is larger.
const LARGEST_MANIFEST: u64 = 1 << 20;

/// Folders that hold what others wrote, what a build made, or what is only shown.
const NOT_LOOKED_INTO: [&str; 13] = [
    "build",
    "dist",
    "example",
    "examples",
    "fixtures",
    "node_modules",
    "out",
    "samples",
    "target",
    "templates",
    "testdata",
    "third_party",
    "vendor",
];

/// A repository's files.
pub(super) struct Tree {
    root: PathBuf,
    files: BTreeSet<String>,
}

impl Tree {
    /// Of the repository at `path` or above.
    pub(super) async fn of(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        if !path.is_dir() {
            return Err(Failure::new(format!("there is no directory `{shown}`"))
                .help("name a git repository with `--repo`"));
        }
        let top = Git::at(path).ask(&["rev-parse", "--show-toplevel"]).await?;
        let Some(top) = top.filter(|top| !top.is_empty()) else {
            return Err(
                Failure::new(format!("`{shown}` is no folder of a git repository"))
                    .help("name one with `--repo`, or begin one with `git init`"),
            );
        };
        let root = PathBuf::from(top);
        let list = [
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ];
        let listed = Git::at(&root).run(&list).await?;
        let files = listed.split('\0').filter(|path| !path.is_empty());
        Ok(Self {
            files: files.map(str::to_owned).collect(),
            root,
        })
    }

    /// The folder that everything is below.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether there is a file of this path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// The folders that are looked into, the root, `""`, first; and the manifests in others.
    pub(super) fn folders(&self) -> (Vec<Folder<'_>>, BTreeSet<&str>) {
        let mut paths = BTreeSet::from([""]);
        let mut skipped = BTreeSet::new();
        for file in &self.files {
            let Some((folder, _)) = file.rsplit_once('/') else {
                continue;
            };
            match folder.split('/').find(|part| is_skipped(part)) {
                Some(part) => skipped.insert(part),
                None => paths.insert(folder),
            };
        }
        let folders = paths.into_iter().map(|path| Folder { tree: self, path });
        (folders.collect(), skipped)
    }
}

fn is_skipped(part: &str) -> bool {
    part.starts_with('.') || NOT_LOOKED_INTO.contains(&part)
}

/// A folder of a repository.
#[derive(Clone, Copy)]
pub(super) struct Folder<'a> {
    tree: &'a Tree,
    /// From the root, without a slash at its end; empty for the root.
    pub(super) path: &'a str,
}

impl<'a> Folder<'a> {
    /// The path of a file of this folder, from the root.
    pub(super) fn join(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.path)
        }
    }

    /// Whether it holds a file of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tree.has(&self.join(name))
    }

    /// The text of a file of this folder; nothing if there is none, or none that a person wrote.
    pub(super) fn read(&self, name: &str) -> Option<String> {
        if !self.has(name) {
            return None;
        }
        let path = self.tree.root.join(self.join(name));
        let kind = std::fs::symlink_metadata(&path).ok()?;
        if !kind.is_file() || kind.len() > LARGEST_MANIFEST {
            return None;
        }
        std::fs::read_to_string(path).ok()
    }

    /// Where a file of this folder leads if it is a symbolic link.
    pub(super) fn link(&self, name: &str) -> Option<String> {
        let target = std::fs::read_link(self.tree.root.join(self.join(name))).ok()?;
        Some(target.to_str()?.to_owned())
    }

    /// The folder that holds all of the repository.
    pub(super) fn root(&self) -> Self {
        Self {
            tree: self.tree,
            path: "",
        }
    }

    /// The files below it, from here.
    pub(super) fn files(&self) -> impl Iterator<Item = &'a str> {
        let path = self.path;
        let below = move |file: &'a String| {
            if path.is_empty() {
                return Some(file.as_str());
            }
            file.strip_prefix(path)?.strip_prefix('/')
        };
        self.tree.files.iter().filter_map(below)
    }

    /// The folder at a path from the root, if it holds any file.
    pub(super) fn at(&self, path: &str) -> Option<Self> {
        let below = format!("{path}/");
        let next = self.tree.files.range(below.clone()..).next()?;
        let (place, _) = next.split_at_checked(path.len())?;
        next.starts_with(&below).then_some(Self {
            tree: self.tree,
            path: place,
        })
    }

    /// Whether the repository has a file of this path from the root.
    pub(super) fn tree_has(&self, path: &str) -> bool {
        self.tree.has(path)
    }

    /// The folders above it, the nearest first.
    pub(super) fn above(&self) -> impl Iterator<Item = Self> {
        let tree = self.tree;
        let parent = |path: &&'a str| {
            if path.is_empty() {
                return None;
            }
            Some(path.rsplit_once('/').map_or("", |(above, _)| above))
        };
        std::iter::successors(Some(self.path), parent)
            .skip(1)
            .map(move |path| Self { tree, path })
    }

    /// Whether its path can stand in a command, a glob and a buildspec as it is.
    pub(super) fn is_plain(&self) -> bool {
        let plain =
            |character: char| character.is_ascii_alphanumeric() || "._-/".contains(character);
        self.path.chars().all(plain) && !self.path.split('/').any(|part| part.starts_with('-'))
    }
}
