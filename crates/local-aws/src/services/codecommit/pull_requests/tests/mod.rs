//! Stories of pull requests, told through the operations of CodeCommit.

mod branches;
mod comments;
mod merging;
mod review;
mod wire;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    Account, Assumptions, Caller, OpenError, Settings, StoreError, services::codecommit,
    store::Table,
};

pub(super) const APPROVE_ONE: &str =
    r#"{"Version":"2018-11-08","Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":1}]}"#;

/// An account with a repository `demo`, whose branches `main` and `feature` differ by one commit.
pub(super) struct Desk {
    pub(super) account: Arc<Account>,
    pub(super) directory: TempDir,
    assumptions: Assumptions,
}

impl Desk {
    pub(super) async fn new() -> Self {
        Self::assuming(Assumptions::default()).await
    }

    pub(super) async fn assuming(assumptions: Assumptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let account = open(&directory, assumptions).await;
        let desk = Self {
            account,
            directory,
            assumptions,
        };
        desk.ok(
            "ann",
            "CreateRepository",
            json!({ "repositoryName": "demo" }),
        )
        .await;
        desk.push("main", "readme", "one\ntwo\nthree\n").await;
        desk.branch("feature").await;
        desk.push("feature", "feature", "new\n").await;
        desk.events();
        desk
    }

    /// Ends the process of the account and starts the next over the same data.
    pub(super) async fn restart(self) -> Self {
        let Self {
            account,
            directory,
            assumptions,
        } = self;
        drop(account);
        let account = open(&directory, assumptions).await;
        Self {
            account,
            directory,
            assumptions,
        }
    }

    pub(super) async fn call(
        &self,
        who: &str,
        operation: &str,
        input: Value,
    ) -> Result<Value, String> {
        let arn = match who.split_once('/') {
            Some(_) => format!("arn:aws:sts::000000000000:assumed-role/{who}"),
            None => format!("arn:aws:iam::000000000000:user/{who}"),
        };
        let answer = codecommit::call(&self.account, &Caller { arn }, operation, input).await;
        answer.map_err(|error| error.code)
    }

    pub(super) async fn ok(&self, who: &str, operation: &str, input: Value) -> Value {
        let answer = self.call(who, operation, input.clone()).await;
        answer.unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    pub(super) async fn refused(&self, who: &str, operation: &str, input: Value) -> String {
        let answer = self.call(who, operation, input.clone()).await;
        match answer {
            Ok(answer) => panic!("{operation} {input} was answered by {answer}"),
            Err(code) => code,
        }
    }

    /// The commit a branch of `demo` is at.
    pub(super) async fn tip(&self, branch: &str) -> String {
        let input = json!({ "repositoryName": "demo", "branchName": branch });
        let answer = self.ok("ann", "GetBranch", input).await;
        answer["branch"]["commitId"].as_str().unwrap().to_owned()
    }

    /// Makes a branch of `demo` where `main` is.
    pub(super) async fn branch(&self, branch: &str) {
        let commit = self.tip("main").await;
        let input = json!({ "repositoryName": "demo", "branchName": branch, "commitId": commit });
        self.ok("ann", "CreateBranch", input).await;
    }

    /// Commits a file's content to a branch of `demo`; the new tip.
    pub(super) async fn push(&self, branch: &str, path: &str, content: &str) -> String {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let named = json!({ "repositoryName": "demo", "branchName": branch });
        let parent = self.call("ann", "GetBranch", named).await;
        let mut input = json!({
            "repositoryName": "demo",
            "branchName": branch,
            "putFiles": [{ "filePath": path, "fileContent": STANDARD.encode(content) }],
        });
        if let Ok(parent) = parent {
            input["parentCommitId"] = parent["branch"]["commitId"].clone();
        }
        let answer = self.ok("ann", "CreateCommit", input).await;
        answer["commitId"].as_str().unwrap().to_owned()
    }

    pub(super) async fn delete_branch(&self, branch: &str) {
        let input = json!({ "repositoryName": "demo", "branchName": branch });
        self.ok("ann", "DeleteBranch", input).await;
    }

    /// ann opens a pull request from a branch to `main`; its id.
    pub(super) async fn open(&self, branch: &str) -> String {
        let answer = self.ok("ann", "CreatePullRequest", opening(branch)).await;
        let id = &answer["pullRequest"]["pullRequestId"];
        id.as_str().unwrap().to_owned()
    }

    pub(super) async fn get(&self, id: &str) -> Value {
        let input = json!({ "pullRequestId": id });
        let mut answer = self.ok("ann", "GetPullRequest", input).await;
        answer["pullRequest"].take()
    }

    pub(super) async fn revision(&self, id: &str) -> String {
        self.get(id).await["revisionId"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The one target of a pull request.
    pub(super) async fn target(&self, id: &str) -> Value {
        self.get(id).await["pullRequestTargets"][0].take()
    }

    /// The details of the events emitted since the last look.
    pub(super) fn details(&self) -> Vec<Value> {
        const OUTBOX: Table<Value> = Table::new("events_outbox");
        let write = self.account.store.write(|transaction| {
            let rows: Vec<(String, Value)> = transaction
                .scan(&OUTBOX, "")
                .map(|(key, event)| (key.to_owned(), event))
                .collect();
            for (key, _) in &rows {
                transaction.delete(&OUTBOX, key);
            }
            Ok::<_, StoreError>(rows)
        });
        let events = write.unwrap().into_iter().map(|(_, event)| event);
        events.map(|mut event| event["detail"].take()).collect()
    }

    /// Their names, without those of moved references.
    pub(super) fn events(&self) -> Vec<String> {
        let names = self.details().into_iter();
        names
            .map(|detail| detail["event"].as_str().unwrap().to_owned())
            .filter(|name| !name.starts_with("reference"))
            .collect()
    }

    pub(super) async fn history(&self, id: &str) -> Vec<Value> {
        let input = json!({ "pullRequestId": id });
        let answer = self.ok("ann", "DescribePullRequestEvents", input).await;
        answer["pullRequestEvents"].as_array().unwrap().clone()
    }
}

/// ann's request to open a pull request from a branch to `main`.
pub(super) fn opening(branch: &str) -> Value {
    json!({
        "title": format!("Add {branch}"),
        "targets": [{ "repositoryName": "demo", "sourceReference": branch }],
    })
}

async fn open(directory: &TempDir, assumptions: Assumptions) -> Arc<Account> {
    let settings = Settings {
        assumptions,
        ..Settings::new(directory.path())
    };
    for _ in 0..100 {
        match Account::open(settings.clone()).await {
            // Another test's child process may hold the lock between its fork and its exec.
            Err(OpenError::Store(StoreError::Locked { .. })) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            opened => return opened.unwrap(),
        }
    }
    panic!("the account of the process before stays locked")
}
