use std::fs;

use serde_json::json;

use super::{Story, text};

#[tokio::test]
async fn a_branch_moved_before_a_crash_is_reported_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let first = story.commit("main", &[("a", Some("1"))]).await;
    story.branch("topic", &first).await;
    let second = story.commit("main", &[("a", Some("2"))]).await;
    let reported = story.events().len();
    let git = &story.account.git;
    let moved = git.set_reference("demo", "refs/heads/topic", Some(&second), Some(&first));
    moved.await.unwrap();
    let made = git.set_reference("demo", "refs/heads/fresh", Some(&first), None);
    made.await.unwrap();
    drop(story);

    let story = Story::open(directory.path()).await;
    let events = story.events().split_off(reported);
    let events: Vec<_> = events
        .iter()
        .map(|detail| {
            format!(
                "{} {}",
                text(&detail["event"]),
                text(&detail["referenceName"])
            )
        })
        .collect();
    assert_eq!(events, ["referenceUpdated topic", "referenceCreated fresh"]);
    drop(story);

    let story = Story::open(directory.path()).await;
    assert_eq!(story.events().len(), reported + 2);
}

#[tokio::test]
async fn a_lock_left_by_a_killed_git_does_not_outlive_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    story.commit("main", &[("a", Some("1"))]).await;
    let lock = story.account.git.path("demo").join("refs/heads/main.lock");
    drop(story);
    fs::write(&lock, "").unwrap();
    let story = Story::open(directory.path()).await;
    story.commit("main", &[("a", Some("2"))]).await;
    assert!(!lock.exists());
}

#[tokio::test]
async fn a_folder_without_a_repository_is_rubbish_of_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    story.commit("main", &[("a", Some("1"))]).await;
    let folders = story.account.git.path("demo");
    fs::rename(&folders, folders.with_file_name("other.git")).unwrap();
    let name = json!({ "repositoryName": "other" });
    story.answer("CreateRepository", name.clone()).await;
    let branches = story.answer("ListBranches", name).await;
    assert_eq!(branches, json!({ "branches": [] }));
}

#[tokio::test]
async fn a_push_that_outlives_its_endpoint_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let first = story.commit("main", &[("a", Some("1"))]).await;
    let second = story.commit("main", &[("a", Some("2"))]).await;
    story.branch("topic", &first).await;
    let reported = story.events().len();
    let repository = story.account.git.path("demo");
    drop(story);

    let marker = fs::File::create(repository.join("last-push")).unwrap();
    marker.lock().unwrap();
    let orphan = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        fs::write(repository.join("refs/heads/topic"), format!("{second}\n")).unwrap();
        drop(marker);
    });
    let story = Story::open(directory.path()).await;
    orphan.join().unwrap();
    let events = story.events().split_off(reported);
    let names: Vec<_> = events.iter().map(|detail| text(&detail["event"])).collect();
    assert_eq!(names, ["referenceUpdated"]);
}
