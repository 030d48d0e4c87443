//! Reading objects: one `git cat-file` for each repository, which lives on between two questions. An object never changes,
//! and what it does not find at once it looks for anew, so that it knows what others have just written.

use std::{
    collections::BTreeMap,
    io,
    process::Stdio,
    sync::{Arc, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout},
};

use super::{Git, GitError, is_object_id};

/// Repositories that are read from at the same time; for more of them readers end and begin.
const READERS: usize = 32;

/// By repository; a reader that is asked something is taken out, so that nobody meets a half-read answer.
pub(super) type Readers =
    std::sync::Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<Option<Reader>>>>>;

/// What is asked about an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Info,
    Contents,
}

/// What an object is.
pub(super) struct Object {
    /// `commit`, `tree`, `blob` or `tag`.
    pub(super) kind: String,
    /// Bytes.
    pub(super) size: u64,
    /// Empty unless it was asked for.
    pub(super) content: Vec<u8>,
}

/// A running `git cat-file --batch-command`.
pub(super) struct Reader {
    /// Killed when it is dropped.
    #[cfg_attr(not(test), allow(dead_code, reason = "kept for its end"))]
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reader {
    async fn ask(&mut self, about: About, id: &str) -> io::Result<Option<Object>> {
        let command = match about {
            About::Info => "info",
            About::Contents => "contents",
        };
        let question = format!("{command} {id}\n");
        self.questions.write_all(question.as_bytes()).await?;
        self.questions.flush().await?;
        let mut line = String::new();
        self.answers.read_line(&mut line).await?;
        // `<id> <type> <size>`, then the content and a line's end; or `<id> missing`.
        let mut words = line.split_whitespace().skip(1);
        let (kind, size) = match (words.next(), words.next()) {
            (Some("missing"), None) => return Ok(None),
            (Some(kind), Some(size)) => (kind.to_owned(), size),
            _ => return Err(io::Error::other(format!("git cat-file answered `{line}`"))),
        };
        let size = size.parse().map_err(io::Error::other)?;
        let mut content = Vec::new();
        if about == About::Contents {
            (&mut self.answers)
                .take(size)
                .read_to_end(&mut content)
                .await?;
            if self.answers.read_u8().await? != b'\n' {
                return Err(io::Error::other("git cat-file answered too much"));
            }
        }
        Ok(Some(Object {
            kind,
            size,
            content,
        }))
    }
}

impl Git {
    /// Type and size of the object with this full id; none if it does not exist.
    pub(super) async fn info(
        &self,
        repository: &str,
        id: &str,
    ) -> Result<Option<Object>, GitError> {
        self.ask(repository, About::Info, id).await
    }

    /// The same, with its content.
    pub(super) async fn object(
        &self,
        repository: &str,
        id: &str,
    ) -> Result<Option<Object>, GitError> {
        self.ask(repository, About::Contents, id).await
    }

    async fn ask(
        &self,
        repository: &str,
        about: About,
        id: &str,
    ) -> Result<Option<Object>, GitError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let slot = self.reader(repository);
        let mut slot = slot.lock().await;
        if let Some(mut reader) = slot.take()
            && let Ok(object) = reader.ask(about, id).await
        {
            *slot = Some(reader);
            return Ok(object);
        }
        // None yet, or it has ended.
        let mut reader = self.start(repository)?;
        let object = reader.ask(about, id).await?;
        *slot = Some(reader);
        Ok(object)
    }

    fn start(&self, repository: &str) -> io::Result<Reader> {
        let mut command = self.command(repository);
        command.args(["cat-file", "--batch-command"]);
        let mut child = command.stderr(Stdio::null()).spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (questions, answers) = pipes.ok_or_else(|| io::Error::other("no pipes"))?;
        Ok(Reader {
            process: child,
            questions,
            answers: BufReader::new(answers),
        })
    }

    fn reader(&self, repository: &str) -> Arc<tokio::sync::Mutex<Option<Reader>>> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() >= READERS && !readers.contains_key(repository) {
            readers.pop_first();
        }
        Arc::clone(readers.entry(repository.to_owned()).or_default())
    }

    /// Forgets what is known of a repository that goes away.
    pub(super) fn stop_reading(&self, repository: &str) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.remove(repository);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn demo() -> (tempfile::TempDir, Git) {
        let directory = tempfile::tempdir().unwrap();
        let git = Git::new(directory.path().to_owned()).unwrap();
        git.create("demo", None).await.unwrap();
        (directory, git)
    }

    async fn content(git: &Git, id: &str) -> Option<Vec<u8>> {
        let object = git.object("demo", id).await.unwrap();
        object.map(|object| object.content)
    }

    #[tokio::test]
    async fn a_reader_knows_what_was_written_after_it_began() {
        let (_directory, git) = demo().await;
        let first = git.write_blob("demo", b"one\n\n").await.unwrap();
        assert_eq!(content(&git, &first).await.unwrap(), b"one\n\n");
        let absent = "b".repeat(40);
        assert_eq!(content(&git, &absent).await, None);
        let second = git.write_blob("demo", b"").await.unwrap();
        assert_eq!(content(&git, &second).await.unwrap(), b"");
        for odd in ["HEAD", "", "main:file", "x\ncontents y"] {
            assert_eq!(content(&git, odd).await, None, "{odd}");
        }
        git.answer("demo", &["repack", "-a", "-d"], b"")
            .await
            .unwrap();
        assert_eq!(content(&git, &first).await.unwrap(), b"one\n\n");
    }

    #[tokio::test]
    async fn an_answer_that_nobody_waited_for_is_nobody_elses() {
        let (_directory, git) = demo().await;
        let large = vec![b'x'; 3_000_000];
        let large = git.write_blob("demo", &large).await.unwrap();
        let small = git.write_blob("demo", b"small").await.unwrap();
        for polls in 0..40 {
            // The question is dropped where it has been polled so often.
            {
                let mut question = std::pin::pin!(git.object("demo", &large));
                for _ in 0..polls {
                    if futures::poll!(&mut question).is_ready() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            assert_eq!(content(&git, &small).await.unwrap(), b"small");
        }
    }

    #[tokio::test]
    async fn a_killed_reader_is_followed_by_another_and_a_deleted_repository_has_none() {
        let (_directory, git) = demo().await;
        let id = git.write_blob("demo", b"one").await.unwrap();
        assert_eq!(content(&git, &id).await.unwrap(), b"one");
        {
            let slot = git.reader("demo");
            let mut slot = slot.lock().await;
            slot.as_mut().unwrap().process.kill().await.unwrap();
        }
        assert_eq!(content(&git, &id).await.unwrap(), b"one");
        git.delete("demo").await.unwrap();
        git.create("demo", None).await.unwrap();
        assert_eq!(content(&git, &id).await, None);
    }
}
