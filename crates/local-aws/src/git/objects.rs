//! Commits, blobs and trees: reading them, writing blobs and commits.

use std::collections::BTreeMap;

use crate::hex::hex;

use super::{
    Git, GitError,
    command::{first_line, succeeded},
    reader::Object,
};

/// Who made a commit, as the caller says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) email: String,
}

/// Who made a commit and when, as the commit says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) email: String,
    /// Seconds since 1970 and the offset from UTC, such as `1484167798 -0800`.
    pub(crate) date: String,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit {
    pub(crate) id: String,
    pub(crate) tree: String,
    pub(crate) parents: Vec<String>,
    pub(crate) message: String,
    pub(crate) author: Signature,
    pub(crate) committer: Signature,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Executable,
    SymbolicLink,
    Folder,
    Submodule,
}

impl EntryKind {
    pub(super) fn from_mode(mode: &str) -> Self {
        match mode {
            "100755" => Self::Executable,
            "120000" => Self::SymbolicLink,
            "040000" => Self::Folder,
            "160000" => Self::Submodule,
            _ => Self::File,
        }
    }

    /// git's number for it.
    pub(crate) fn mode(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::Executable => "100755",
            Self::SymbolicLink => "120000",
            Self::Folder => "040000",
            Self::Submodule => "160000",
        }
    }
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: EntryKind,
    /// Of the blob, the tree or the submodule's commit.
    pub(crate) id: String,
    /// From the root.
    pub(crate) path: String,
    /// Bytes; nothing but files and links have one.
    pub(crate) size: Option<u64>,
}

/// Whether `text` is a full object id.
pub(crate) fn is_object_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Git {
    /// The commit with this full id.
    pub(crate) async fn commit(
        &self,
        repository: &str,
        id: &str,
    ) -> Result<Option<Commit>, GitError> {
        let object = self.object(repository, id).await?;
        let Some(Object { content, .. }) = object.filter(|object| object.kind == "commit") else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&content);
        match parse_commit(id, &text) {
            Some(commit) => Ok(Some(commit)),
            None => Err(GitError::Answer {
                command: "cat-file",
                answer: first_line(&content),
            }),
        }
    }

    /// The content of the blob with this full id.
    pub(crate) async fn blob(
        &self,
        repository: &str,
        id: &str,
    ) -> Result<Option<Vec<u8>>, GitError> {
        let object = self.object(repository, id).await?;
        Ok(object
            .filter(|object| object.kind == "blob")
            .map(|object| object.content))
    }

    /// What stands at `path` in a commit or tree; `path` is from the root, without slashes at its ends.
    pub(crate) async fn entry(
        &self,
        repository: &str,
        commit: &str,
        path: &str,
    ) -> Result<Option<Entry>, GitError> {
        let mut id = match self.object(repository, commit).await? {
            Some(object) if object.kind == "commit" => {
                let text = String::from_utf8_lossy(&object.content);
                parse_commit(commit, &text).map(|commit| commit.tree)
            }
            _ => Some(commit.to_owned()),
        };
        let mut kind = EntryKind::Folder;
        for name in path.split('/') {
            let folder = match &id {
                Some(id) if kind == EntryKind::Folder => self.object(repository, id).await?,
                _ => None,
            };
            let folder = folder.filter(|folder| folder.kind == "tree");
            let found = folder.and_then(|folder| entry_of(&folder.content, name));
            (kind, id) = match found {
                Some((kind, id)) => (kind, Some(id)),
                None => return Ok(None),
            };
        }
        let Some(id) = id else { return Ok(None) };
        let size = match kind {
            EntryKind::Folder | EntryKind::Submodule => None,
            _ => self.info(repository, &id).await?.map(|object| object.size),
        };
        Ok(Some(Entry {
            kind,
            id,
            path: path.to_owned(),
            size,
        }))
    }

    /// What stands at each of `paths` in a commit or tree, as [`Git::entry`] has it, read at once: folders may be large.
    pub(crate) async fn entries(
        &self,
        repository: &str,
        commit: &str,
        paths: &[String],
    ) -> Result<BTreeMap<String, Entry>, GitError> {
        let mut found = BTreeMap::new();
        let is_within = |path: &String, folder: &String| {
            let rest = path.strip_prefix(folder.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        // Of a folder and what is inside, git would list one only.
        let (nested, plain): (Vec<_>, Vec<_>) = paths.iter().partition(|path| {
            let mut others = paths.iter();
            others.any(|other| is_within(path, other) || is_within(other, path))
        });
        for path in nested {
            if let Some(entry) = self.entry(repository, commit, path).await? {
                found.insert(path.clone(), entry);
            }
        }
        if plain.is_empty() {
            return Ok(found);
        }
        let mut arguments = vec!["ls-tree", "-z", "-l", "--full-tree", commit, "--"];
        arguments.extend(plain.into_iter().map(String::as_str));
        let answer = self.answer(repository, &arguments, b"").await?;
        let entries = parse_tree(&answer).into_iter();
        found.extend(entries.map(|entry| (entry.path.clone(), entry)));
        Ok(found)
    }

    /// The content and kind of the file at `path` in a commit.
    pub(crate) async fn file(
        &self,
        repository: &str,
        commit: &str,
        path: &str,
    ) -> Result<Option<(Entry, Vec<u8>)>, GitError> {
        let Some(entry) = self.entry(repository, commit, path).await? else {
            return Ok(None);
        };
        let content = self.blob(repository, &entry.id).await?;
        Ok(content.map(|content| (entry, content)))
    }

    /// The entries of a tree, one level deep or `recursive`; their paths begin at that tree.
    pub(crate) async fn tree(
        &self,
        repository: &str,
        tree: &str,
        recursive: bool,
    ) -> Result<Vec<Entry>, GitError> {
        let mut arguments = vec!["ls-tree", "-z", "-l", "--full-tree"];
        arguments.extend(recursive.then_some("-r"));
        arguments.push(tree);
        let answer = self.answer(repository, &arguments, b"").await?;
        Ok(parse_tree(&answer))
    }

    /// Stores a blob.
    pub(crate) async fn write_blob(
        &self,
        repository: &str,
        content: &[u8],
    ) -> Result<String, GitError> {
        let arguments = ["hash-object", "-w", "--stdin"];
        let id = self.answer(repository, &arguments, content).await?;
        Ok(first_line(&id))
    }

    /// Makes a commit of a tree; no reference is moved.
    pub(crate) async fn commit_tree(
        &self,
        repository: &str,
        tree: &str,
        parents: &[&str],
        message: &str,
        author: &Identity,
    ) -> Result<String, GitError> {
        let mut arguments = vec!["commit-tree", tree, "-F", "-"];
        arguments.extend(parents.iter().flat_map(|parent| ["-p", *parent]));
        let name = presentable(&author.name, "unknown");
        let email = presentable(&author.email, "unknown");
        let variables = [
            ("GIT_AUTHOR_NAME", &name),
            ("GIT_AUTHOR_EMAIL", &email),
            ("GIT_COMMITTER_NAME", &name),
            ("GIT_COMMITTER_EMAIL", &email),
        ];
        let message = message.replace('\0', "");
        let output = self.run_with(repository, &arguments, variables, message.as_bytes());
        Ok(first_line(&succeeded(&arguments, output.await?)?))
    }
}

/// A name as a commit may hold it: one line, without the brackets that end it, never empty.
fn presentable(name: &str, otherwise: &str) -> String {
    let name: String = name
        .chars()
        .filter(|character| !character.is_control() && !matches!(character, '<' | '>'))
        .collect();
    // git itself drops such characters from both ends and refuses what is left if nothing is.
    let crud = |character: char| character.is_whitespace() || ".,:;\"'\\".contains(character);
    match name.trim_matches(crud) {
        "" => otherwise.to_owned(),
        name => name.to_owned(),
    }
}

fn parse_commit(id: &str, text: &str) -> Option<Commit> {
    let (head, message) = text.split_once("\n\n").unwrap_or((text, ""));
    let headers = || head.lines().filter_map(|line| line.split_once(' '));
    let header = |name: &str| {
        headers()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    Some(Commit {
        id: id.to_owned(),
        tree: header("tree")?.to_owned(),
        parents: headers()
            .filter(|(key, _)| *key == "parent")
            .map(|(_, parent)| parent.to_owned())
            .collect(),
        message: message.to_owned(),
        author: parse_signature(header("author")?),
        committer: parse_signature(header("committer")?),
    })
}

/// The entry of this name in a tree as git stores it: `<mode> <name>\0` and the twenty bytes of the id, again and again.
fn entry_of(mut tree: &[u8], name: &str) -> Option<(EntryKind, String)> {
    while !tree.is_empty() {
        let blank = tree.iter().position(|byte| *byte == b' ')?;
        let (mode, rest) = (&tree[..blank], &tree[blank + 1..]);
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (id, next) = rest[end + 1..].split_at_checked(20)?;
        if rest[..end] == *name.as_bytes() {
            let mode = format!("{:0>6}", String::from_utf8_lossy(mode));
            let id = hex(id);
            return Some((EntryKind::from_mode(&mode), id));
        }
        tree = next;
    }
    None
}

fn parse_signature(line: &str) -> Signature {
    let (name, rest) = line.split_once('<').unwrap_or((line, ""));
    let (email, date) = rest.rsplit_once('>').unwrap_or((rest, ""));
    Signature {
        name: name.trim().to_owned(),
        email: email.to_owned(),
        date: date.trim().to_owned(),
    }
}

/// `<mode> <type> <id> <size>\t<path>\0`, the size padded with blanks.
fn parse_tree(answer: &[u8]) -> Vec<Entry> {
    answer
        .split(|byte| *byte == 0)
        .filter_map(|line| {
            let line = String::from_utf8_lossy(line);
            let (facts, path) = line.split_once('\t')?;
            let mut facts = facts.split_whitespace();
            let kind = EntryKind::from_mode(facts.next()?);
            let id = facts.nth(1)?.to_owned();
            Some(Entry {
                kind,
                id,
                path: path.to_owned(),
                size: facts.next()?.parse().ok(),
            })
        })
        .collect()
}
