//! References: what a name means, and moving one only from where it is believed to be.

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Git, GitError,
    command::{failed, succeeded},
    is_object_id,
};

/// How long a push may go on after the process that began it has ended.
const LONGEST_PUSH: Duration = Duration::from_secs(30);
const NO_OBJECT: &str = "0000000000000000000000000000000000000000";

impl Git {
    /// The commit that a branch name, a full reference name, a tag, `HEAD` or a full commit id stands for. Abbreviated
    /// ids and git's revision expressions stand for nothing.
    pub(crate) async fn resolve(
        &self,
        repository: &str,
        specifier: &str,
    ) -> Result<Option<String>, GitError> {
        if is_object_id(specifier) {
            let id = specifier.to_ascii_lowercase();
            let object = self.info(repository, &id).await?;
            return Ok(object.filter(|object| object.kind == "commit").map(|_| id));
        }
        let branch = match specifier.strip_prefix("refs/heads/") {
            _ if !is_reference_name(specifier) => None,
            Some(_) => Some(specifier.to_owned()),
            None if specifier.starts_with("refs/") => None,
            None => Some(format!("refs/heads/{specifier}")),
        };
        if let Some(commit) = branch.and_then(|branch| self.loose_branch(repository, &branch)) {
            return Ok(Some(commit));
        }
        let names = match specifier {
            "HEAD" => vec![self.head(repository).await?],
            _ if !is_reference_name(specifier) => return Ok(None),
            _ if specifier.starts_with("refs/") => vec![specifier.to_owned()],
            _ => vec![
                format!("refs/heads/{specifier}"),
                format!("refs/tags/{specifier}"),
            ],
        };
        let mut arguments = vec![
            "for-each-ref",
            "--format=%(refname) %(objecttype) %(objectname) %(*objecttype) %(*objectname)",
        ];
        arguments.extend(names.iter().map(String::as_str));
        let answer = self.answer(repository, &arguments, b"").await?;
        let answer = String::from_utf8_lossy(&answer);
        let commit_of = |name: &String| {
            let line = answer.lines().find(|line| {
                line.strip_prefix(name.as_str())
                    .is_some_and(|rest| rest.starts_with(' '))
            })?;
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            let pair = words.chunks(2).find(|pair| pair[0] == "commit")?;
            Some((*pair.get(1)?).to_owned())
        };
        Ok(names.iter().find_map(commit_of))
    }

    /// The commit of a branch, if the branch has a file of its own, as every branch has that was moved lately. git replaces
    /// such a file in one step, lets it win over whatever else it knows, and has nothing but commits in branches.
    fn loose_branch(&self, repository: &str, full_name: &str) -> Option<String> {
        let content = fs::read_to_string(self.path(repository).join(full_name)).ok()?;
        let id = content.trim_end();
        is_object_id(id).then(|| id.to_owned())
    }

    /// Full name and object of every reference below the folder `place`, such as `refs/`, or of the one of that name.
    pub(crate) async fn references(
        &self,
        repository: &str,
        place: &str,
    ) -> Result<BTreeMap<String, String>, GitError> {
        let arguments = ["for-each-ref", "--format=%(objectname) %(refname)", place];
        let answer = self.answer(repository, &arguments, b"").await?;
        let references = String::from_utf8_lossy(&answer)
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(id, name)| (name.to_owned(), id.to_owned()))
            .collect();
        Ok(references)
    }

    /// Whether a commit is in the history of any branch or tag.
    pub(crate) async fn is_held(&self, repository: &str, commit: &str) -> Result<bool, GitError> {
        let contains = format!("--contains={commit}");
        let arguments = [
            "for-each-ref",
            "--count=1",
            contains.as_str(),
            "refs/heads/",
            "refs/tags/",
        ];
        let answer = self.answer(repository, &arguments, b"").await?;
        Ok(!answer.is_empty())
    }

    /// Moves `full_name` to `new` if it is at `expected_old`, in one step. `new: None` deletes; `expected_old: None`
    /// means that it must not exist yet. Another value than the expected one is [`GitError::ReferenceMoved`].
    pub(crate) async fn set_reference(
        &self,
        repository: &str,
        full_name: &str,
        new: Option<&str>,
        expected_old: Option<&str>,
    ) -> Result<(), GitError> {
        if !full_name.starts_with("refs/") || !is_reference_name(full_name) {
            return Err(GitError::ReferenceName(full_name.to_owned()));
        }
        let new_id = new.unwrap_or(NO_OBJECT);
        let old_id = expected_old.unwrap_or(NO_OBJECT);
        let input = format!("update {full_name}\0{new_id}\0{old_id}\0");
        let arguments = ["update-ref", "--no-deref", "--stdin", "-z"];
        let output = self.run(repository, &arguments, input.as_bytes()).await?;
        if output.status.success() {
            return Ok(());
        }
        let found = match self.loose_branch(repository, full_name) {
            Some(found) => Some(found),
            None => self
                .references(repository, full_name)
                .await?
                .remove(full_name),
        };
        if found.as_deref() == expected_old {
            return Err(failed(&arguments, &output));
        }
        Err(GitError::ReferenceMoved {
            reference: full_name.to_owned(),
            found,
        })
    }

    /// Takes the repository over from an earlier process: waits for a push that outlives it, removes the locks that
    /// killed processes left behind.
    pub(crate) async fn mend(&self, repository: &str) -> Result<(), GitError> {
        if let Ok(push) = fs::File::open(self.push_path(repository)) {
            let patience = Instant::now() + LONGEST_PUSH;
            while push.try_lock().is_err() && Instant::now() < patience {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let path = self.path(repository);
        let mend = tokio::task::spawn_blocking(move || remove_locks(&path));
        Ok(mend.await.map_err(io::Error::other)??)
    }

    /// The full name of the branch that HEAD names, whether it exists or not.
    async fn head(&self, repository: &str) -> Result<String, GitError> {
        let arguments = ["symbolic-ref", "HEAD"];
        let output = self.run(repository, &arguments, b"").await?;
        let name = succeeded(&arguments, output)?;
        Ok(String::from_utf8_lossy(&name).trim().to_owned())
    }
}

/// Below a repository: `packed-refs.lock`, `HEAD.lock`, `refs/…/<name>.lock`; no reference can have such a name.
fn remove_locks(path: &Path) -> io::Result<()> {
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let is_folder = entry.file_type()?.is_dir();
            if is_folder && (folder != *path || entry.file_name() == "refs") {
                folders.push(entry.path());
            } else if !is_folder && entry.path().extension().is_some_and(|end| end == "lock") {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

/// Whether git allows the name: of a branch, of a tag, or in full.
#[allow(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "git's locks are in small letters"
)]
pub(crate) fn is_reference_name(name: &str) -> bool {
    let forbidden = |character: char| {
        character.is_ascii_control()
            || matches!(character, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\')
    };
    let component = |component: &str| {
        !component.is_empty() && !component.starts_with('.') && !component.ends_with(".lock")
    };
    !name.contains(forbidden)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.starts_with('-')
        && !matches!(name, "@" | "HEAD")
        && name.split('/').all(component)
}

#[cfg(test)]
mod tests {
    use super::is_reference_name;

    #[test]
    fn odd_names_that_git_allows_are_names() {
        for name in [
            "main",
            "it's",
            "a\"b",
            "$(true)",
            "a;b",
            "a/--force",
            "ünï",
            "a&b|c",
            "refs/heads/x",
        ] {
            assert!(is_reference_name(name), "{name}");
        }
    }

    #[test]
    fn refuses_names_that_git_would_read_as_something_else() {
        for name in [
            "", "-d", "a..b", "a^", "a~1", "a:b", "@", "@{u}", "a b", "a\nb", "/a", "a/", "a//b",
            ".a", "a.lock", "x/.b", "HEAD",
        ] {
            assert!(!is_reference_name(name), "{name}");
        }
    }
}
