use serde_json::json;

use super::{Story, text};
use crate::services::codecommit::{compare_references, pusher};

#[tokio::test]
async fn a_repository_without_commits_has_no_default_branch_and_the_first_branch_becomes_it() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let before = story.answer("GetRepository", json!({})).await;
    let metadata = &before["repositoryMetadata"];
    assert_eq!(metadata.get("defaultBranch"), None);
    assert_eq!(
        metadata["Arn"],
        "arn:aws:codecommit:us-east-1:000000000000:demo"
    );
    story.commit("trunk", &[("a", Some("1"))]).await;
    let after = story.answer("GetRepository", json!({})).await;
    assert_eq!(after["repositoryMetadata"]["defaultBranch"], "trunk");
    assert_eq!(story.content("HEAD", "a").await, "1");
    let delete = json!({ "branchName": "trunk" });
    assert_eq!(
        story.refusal("DeleteBranch", delete).await,
        "DefaultBranchCannotBeDeletedException: `trunk` is the default branch"
    );
}

#[tokio::test]
async fn branches_with_quotes_and_other_odd_letters_live_like_any_other() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let commit = story.commit("main", &[("a", Some("1"))]).await;
    for name in [
        "it's",
        "say-\"hi\"",
        "$(touch owned)".replace(' ', "-").as_str(),
        "a;b|c&d",
        "x/--force",
        "größe",
        "`id`",
        "%2e%2e",
    ] {
        story.branch(name, &commit).await;
        let input = json!({ "branchName": name });
        let found = story.answer("GetBranch", input.clone()).await;
        assert_eq!(found["branch"]["branchName"], name);
        assert_eq!(found["branch"]["commitId"], json!(commit));
        let next = story.commit(name, &[("b", Some(name))]).await;
        assert_eq!(story.content(name, "b").await, name);
        let deleted = story.answer("DeleteBranch", input.clone()).await;
        assert_eq!(deleted["deletedBranch"]["commitId"], json!(next));
        assert_eq!(
            story.refusal("GetBranch", input).await,
            format!("BranchDoesNotExistException: repository `demo` has no branch `{name}`")
        );
    }
}

#[tokio::test]
async fn refuses_names_that_git_could_take_for_something_else() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let commit = story.commit("main", &[("a", Some("1"))]).await;
    for name in [
        "--all", "main~1", "main^", "a..b", "a b", "@{-1}", "x.lock", "HEAD", &commit,
    ] {
        let create = json!({ "branchName": name, "commitId": commit });
        assert_eq!(
            story.refusal("CreateBranch", create).await,
            format!(
                "InvalidBranchNameException: `{name}` is not a name that git allows for a branch"
            )
        );
    }
    for specifier in ["--all", "main~1", "main:a", ":/x", "main@{0}"] {
        let input = json!({ "commitSpecifier": specifier, "filePath": "a" });
        let refusal = story.refusal("GetFile", input).await;
        assert!(refusal.starts_with("InvalidCommitException"), "{refusal}");
    }
    let short = json!({ "commitSpecifier": commit[..12], "filePath": "a" });
    let refusal = story.refusal("GetFile", short).await;
    assert!(
        refusal.starts_with("CommitDoesNotExistException"),
        "{refusal}"
    );
}

#[tokio::test]
async fn refuses_a_part_of_a_name_that_no_file_can_have() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let commit = story.commit("main", &[("a", Some("1"))]).await;
    for name in [
        "x".repeat(250),
        format!("{}/{}", "x".repeat(128), "y".repeat(127)),
    ] {
        story.branch(&name, &commit).await;
        assert_eq!(story.tip(&name).await, Some(commit.clone()));
    }
    for length in 251..=256 {
        let input = json!({ "branchName": "x".repeat(length), "commitId": commit });
        let refusal = story.refusal("CreateBranch", input).await;
        assert!(
            refusal.starts_with(
                "InvalidBranchNameException: the local endpoint takes at most 250 bytes"
            ),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn refuses_a_branch_twice_or_as_the_folder_of_another() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let commit = story.commit("main", &[("a", Some("1"))]).await;
    story.branch("topic/one", &commit).await;
    for (name, reason) in [
        ("main", "there is a branch `main` already"),
        (
            "topic",
            "there is a branch `topic/one` already, git cannot hold `topic` beside it",
        ),
        (
            "main/x",
            "there is a branch `main` already, git cannot hold `main/x` beside it",
        ),
    ] {
        let create = json!({ "branchName": name, "commitId": commit });
        let refusal = story.refusal("CreateBranch", create).await;
        assert_eq!(refusal, format!("BranchNameExistsException: {reason}"));
    }
    let create = json!({ "branchName": "new", "commitId": "0".repeat(40) });
    let refusal = story.refusal("CreateBranch", create).await;
    assert!(
        refusal.starts_with("CommitDoesNotExistException"),
        "{refusal}"
    );
}

#[tokio::test]
async fn many_branches_come_on_three_pages() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let commit = story.commit("main", &[("a", Some("1"))]).await;
    let git = &story.account.git;
    for number in 0..210 {
        let name = format!("refs/heads/b{number:03}");
        let made = git.set_reference("demo", &name, Some(&commit), None);
        made.await.unwrap();
    }
    let moving = story.account.references.lock().await;
    let caller = pusher(&story.account, None);
    let reported = compare_references(&story.account, &caller, "demo");
    reported.await.unwrap();
    drop(moving);
    let mut input = json!({});
    let mut sizes = Vec::new();
    loop {
        let page = story.answer("ListBranches", input.clone()).await;
        sizes.push(page["branches"].as_array().unwrap().len());
        let Some(token) = page.get("nextToken") else {
            break;
        };
        input["nextToken"] = token.clone();
    }
    assert_eq!(sizes, [100, 100, 11]);
    let refusal = story
        .refusal("ListBranches", json!({ "nextToken": "*" }))
        .await;
    assert!(
        refusal.starts_with("InvalidContinuationTokenException"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_deleted_repository_leaves_nothing_to_the_next_of_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let commit = story.commit("main", &[("a", Some("1"))]).await;
    let id = story.answer("GetRepository", json!({})).await["repositoryMetadata"]["repositoryId"]
        .clone();
    let deleted = story.answer("DeleteRepository", json!({})).await;
    assert_eq!(deleted["repositoryId"], id);
    assert_eq!(story.answer("DeleteRepository", json!({})).await, json!({}));
    assert_eq!(
        story.refusal("GetRepository", json!({})).await,
        "RepositoryDoesNotExistException: there is no repository `demo`"
    );
    story.answer("CreateRepository", json!({})).await;
    let branches = story.answer("ListBranches", json!({})).await;
    assert_eq!(branches, json!({ "branches": [] }));
    let refusal = story
        .refusal("GetCommit", json!({ "commitId": commit }))
        .await;
    assert!(
        refusal.starts_with("CommitIdDoesNotExistException"),
        "{refusal}"
    );
}

#[tokio::test]
async fn refuses_repository_names_that_lead_elsewhere() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    for name in ["..", "../demo", "a/b", "demo.git", "a b", &"x".repeat(101)] {
        let refusal = story
            .refusal("CreateRepository", json!({ "repositoryName": name }))
            .await;
        assert!(
            refusal.starts_with("InvalidRepositoryNameException"),
            "{refusal}"
        );
    }
    let refusal = story.refusal("CreateRepository", json!({})).await;
    assert_eq!(
        refusal,
        "RepositoryNameExistsException: there is a repository `demo` already"
    );
    let refusal = story
        .refusal("GetRepository", json!({ "repositoryName": "" }))
        .await;
    assert_eq!(
        refusal,
        "RepositoryNameRequiredException: repositoryName is required"
    );
}

#[tokio::test]
async fn every_move_of_a_branch_is_an_event() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let first = story.commit("main", &[("a", Some("1"))]).await;
    let second = story.commit("main", &[("a", Some("2"))]).await;
    story.branch("topic", &first).await;
    story
        .answer("DeleteBranch", json!({ "branchName": "topic" }))
        .await;
    let events: Vec<_> = story
        .events()
        .iter()
        .map(|detail| {
            assert_eq!(detail["repositoryName"], "demo");
            assert_eq!(
                detail["callerUserArn"],
                "arn:aws:iam::000000000000:user/ann"
            );
            assert_eq!(detail["referenceType"], "branch");
            let id = |member: &str| detail.get(member).map(text).unwrap_or_default();
            (
                text(&detail["event"]),
                text(&detail["referenceFullName"]),
                id("oldCommitId"),
                id("commitId"),
            )
        })
        .collect();
    let event = |event: &str, name: &str, old: &str, new: &str| {
        (
            event.to_owned(),
            name.to_owned(),
            old.to_owned(),
            new.to_owned(),
        )
    };
    assert_eq!(
        events,
        [
            event("referenceCreated", "refs/heads/main", "", &first),
            event("referenceUpdated", "refs/heads/main", &first, &second),
            event("referenceCreated", "refs/heads/topic", "", &first),
            event("referenceDeleted", "refs/heads/topic", &first, ""),
        ]
    );
}
