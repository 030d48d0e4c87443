//! A person at a terminal: the `aws` and `git` programs, nothing else.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::tools;

/// Nothing in a story takes longer.
const PATIENCE: Duration = Duration::from_mins(3);

/// A person with a clone.
pub struct Person {
    key: &'static str,
    url: String,
    copy: TempDir,
}

impl Person {
    /// Somebody whose access key id is `key`, at an endpoint.
    pub fn new(key: &'static str, url: &str) -> Self {
        Self {
            key,
            url: url.to_owned(),
            copy: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    fn path(&self) -> &Path {
        self.copy.path()
    }

    /// Runs `aws` with words that hold no spaces.
    pub fn aws(&self, words: &str) -> String {
        tools::run(&mut self.aws_command(words))
    }

    /// Runs `aws` where it must fail; what it says.
    pub fn aws_refuses(&self, words: &str) -> String {
        let output = self.aws_command(words).output().expect("aws runs");
        assert!(!output.status.success(), "aws {words} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn aws_command(&self, words: &str) -> Command {
        let mut command = Command::new(tools::aws());
        command
            .args(words.split_whitespace())
            .current_dir(self.path())
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", self.key)
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_PAGER", "")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN");
        command
    }

    fn aws_json(&self, words: &str) -> Value {
        serde_json::from_str(&self.aws(&format!("{words} --output json"))).expect("JSON")
    }

    /// Runs `git` in the clone, with words that hold no spaces.
    pub fn git(&self, words: &str) -> String {
        self.git_with(&words.split_whitespace().collect::<Vec<_>>())
    }

    fn git_with(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0");
        tools::run(&mut command)
    }

    /// Clones a repository.
    pub fn clone(&self, repository: &str) {
        self.git(&format!(
            "clone --quiet {}/v1/repos/{repository} .",
            self.url
        ));
        self.git(&format!("config user.name {}", self.key));
        self.git(&format!("config user.email {}@example.com", self.key));
        self.git("symbolic-ref HEAD refs/heads/main");
    }

    /// Copies a project of `examples/` into the clone.
    pub fn take_example(&self, name: &str) {
        copy(&tools::root().join("examples").join(name), self.path());
    }

    /// Replaces a text that occurs once in a file.
    pub fn replace(&self, file: &str, old: &str, new: &str) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).expect("a file of the clone");
        assert_eq!(text.matches(old).count(), 1, "`{old}` in {file}");
        fs::write(path, text.replace(old, new)).expect("a file of the clone");
    }

    /// Applies a patch of the clone.
    pub fn apply_patch(&self, patch: &str) {
        self.git(&format!("apply {patch}"));
    }

    /// Commits everything and pushes the branch.
    pub fn commit_and_push(&self, branch: &str, message: &str) {
        self.git("add --all");
        self.git_with(&["commit", "--quiet", "--message", message]);
        self.git(&format!("push --quiet origin HEAD:refs/heads/{branch}"));
    }

    /// Opens a pull request to `main`; answers its id.
    pub fn open(&self, repository: &str, source: &str, title: &str) -> String {
        let title = title.replace(' ', "_");
        self.aws(&format!(
            "codecommit create-pull-request --title {title} \
             --targets repositoryName={repository},sourceReference={source},destinationReference=main \
             --query pullRequest.pullRequestId --output text"
        ))
    }

    /// The live revision.
    fn revision(&self, id: &str) -> String {
        self.aws(&format!(
            "codecommit get-pull-request --pull-request-id {id} --query pullRequest.revisionId --output text"
        ))
    }

    /// Whether the approval rules of the live revision are satisfied.
    pub fn is_satisfied(&self, id: &str) -> bool {
        let revision = self.revision(id);
        let approved = self.aws(&format!(
            "codecommit evaluate-pull-request-approval-rules --pull-request-id {id} --revision-id {revision} \
             --query evaluation.approved --output text"
        ));
        approved == "True"
    }

    /// What is said on a pull request, oldest first.
    fn comments(&self, id: &str) -> Vec<String> {
        let answer = self.aws_json(&format!(
            "codecommit get-comments-for-pull-request --pull-request-id {id}"
        ));
        let groups = answer["commentsForPullRequestData"]
            .as_array()
            .expect("a list");
        let comments = groups
            .iter()
            .flat_map(|group| group["comments"].as_array().expect("a list"));
        let mut comments: Vec<(String, String)> = comments
            .map(|comment| {
                let text = |name: &str| comment[name].as_str().unwrap_or_default().to_owned();
                (comment["creationDate"].to_string(), text("content"))
            })
            .collect();
        comments.sort();
        comments.into_iter().map(|(_, content)| content).collect()
    }

    /// Waits until the comments are as `wanted`.
    pub fn waits_for(&self, id: &str, what: &str, wanted: impl Fn(&[String]) -> bool) {
        eventually(
            &format!("a comment on pull request {id} that {what}"),
            || wanted(&self.comments(id)).then_some(()),
        );
    }

    /// Waits for the verdict in the `count`-th comment, that of the `count`-th revision.
    pub fn verdict(&self, id: &str, count: usize) -> String {
        eventually(&format!("verdict {count} on pull request {id}"), || {
            let comments = self.comments(id);
            assert!(
                comments.len() <= count,
                "one comment for each revision: {comments:#?}"
            );
            let last = comments.into_iter().nth(count - 1)?;
            (!last.starts_with("### ⏳")).then_some(last)
        })
    }
}

/// Asks until there is an answer.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("its type").is_dir() {
            fs::create_dir_all(&to).expect("a folder");
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).expect("a file");
        }
    }
}
