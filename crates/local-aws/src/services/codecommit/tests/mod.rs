//! Stories about repositories, their files, their branches and merges, told through the operations.

use std::{path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use super::call;
use crate::{Account, Caller, Settings, store::Table};

mod branches;
mod files;
mod merges;
mod recovery;

/// An account with the repository `demo`, and who works in it.
struct Story {
    account: Arc<Account>,
    caller: Caller,
}

impl Story {
    /// Opens the account over `directory`, as the process does when it starts.
    async fn open(directory: &Path) -> Self {
        Self::open_with(Settings::new(directory)).await
    }

    async fn open_with(settings: Settings) -> Self {
        let account = Account::open(settings).await.unwrap();
        let arn = "arn:aws:iam::000000000000:user/ann".to_owned();
        Self {
            account,
            caller: Caller { arn },
        }
    }

    /// Opens a new account and makes the repository.
    async fn begin(directory: &Path) -> Self {
        Self::begin_with(Settings::new(directory)).await
    }

    async fn begin_with(settings: Settings) -> Self {
        let story = Self::open_with(settings).await;
        let name = json!({ "repositoryName": "demo" });
        story.answer("CreateRepository", name).await;
        story
    }

    /// What the operation answers.
    async fn answer(&self, operation: &str, input: Value) -> Value {
        let input = in_demo(input);
        match call(&self.account, &self.caller, operation, input).await {
            Ok(answer) => answer,
            Err(error) => panic!("{operation} failed: {error}"),
        }
    }

    /// The error the operation answers, as `Name: sentence`.
    async fn refusal(&self, operation: &str, input: Value) -> String {
        let input = in_demo(input);
        match call(&self.account, &self.caller, operation, input).await {
            Ok(answer) => panic!("{operation} answered {answer}"),
            Err(error) => error.to_string(),
        }
    }

    async fn tip(&self, branch: &str) -> Option<String> {
        let full_name = format!("refs/heads/{branch}");
        let git = &self.account.git;
        git.resolve("demo", &full_name).await.unwrap()
    }

    /// Commits files with CreateCommit, no content meaning deletion; gives the commit's id.
    async fn commit(&self, branch: &str, files: &[(&str, Option<&str>)]) -> String {
        let put: Vec<Value> = files
            .iter()
            .filter_map(|(path, content)| Some(put(path, (*content)?)))
            .collect();
        let delete: Vec<Value> = files
            .iter()
            .filter(|(_, content)| content.is_none())
            .map(|(path, _)| json!({ "filePath": path }))
            .collect();
        let mut input = json!({ "branchName": branch, "putFiles": put, "deleteFiles": delete });
        if let Some(tip) = self.tip(branch).await {
            input["parentCommitId"] = json!(tip);
        }
        text(&self.answer("CreateCommit", input).await["commitId"])
    }

    async fn branch(&self, name: &str, commit: &str) {
        let input = json!({ "branchName": name, "commitId": commit });
        self.answer("CreateBranch", input).await;
    }

    /// The content of a file, or the error.
    async fn content(&self, commit: &str, path: &str) -> String {
        let input = in_demo(json!({ "commitSpecifier": commit, "filePath": path }));
        match call(&self.account, &self.caller, "GetFile", input).await {
            Ok(file) => {
                let content = BASE64.decode(text(&file["fileContent"])).unwrap();
                String::from_utf8(content).unwrap()
            }
            Err(error) => error.code,
        }
    }

    /// The `detail` of every event so far.
    fn events(&self) -> Vec<Value> {
        const OUTBOX: Table<Value> = Table::new("events_outbox");
        self.account.store.read(|tables| {
            let events = tables.scan(&OUTBOX, "");
            events.map(|(_, event)| event["detail"].clone()).collect()
        })
    }
}

fn in_demo(mut input: Value) -> Value {
    if input.get("repositoryName").is_none() {
        input["repositoryName"] = json!("demo");
    }
    input
}

fn put(path: &str, content: &str) -> Value {
    json!({ "filePath": path, "fileContent": BASE64.encode(content) })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
