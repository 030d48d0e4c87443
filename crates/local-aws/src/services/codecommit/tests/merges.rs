use serde_json::{Value, json};

use super::{Story, text};
use crate::{MergeCommits, Settings};

const LINES: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

/// `main` and `topic` from one commit, each with changes of its own.
async fn diverged(
    story: &Story,
    on_main: &[(&str, Option<&str>)],
    on_topic: &[(&str, Option<&str>)],
) {
    let base = [
        ("lines", Some(LINES)),
        ("kept", Some("1")),
        ("gone", Some("1")),
    ];
    let base = story.commit("main", &base).await;
    story.branch("topic", &base).await;
    story.commit("main", on_main).await;
    story.commit("topic", on_topic).await;
}

fn merge(more: &Value) -> Value {
    let mut input = json!({
        "sourceCommitSpecifier": "topic",
        "destinationCommitSpecifier": "main",
    });
    for (member, value) in more.as_object().unwrap() {
        input[member] = value.clone();
    }
    input
}

async fn conflicting(story: &Story, more: Value) -> Vec<String> {
    let mut input = merge(&more);
    input["mergeOption"] = json!("THREE_WAY_MERGE");
    let answer = story.answer("GetMergeConflicts", input).await;
    let list = answer["conflictMetadataList"].as_array().unwrap();
    assert_eq!(answer["mergeable"], json!(list.is_empty()));
    list.iter()
        .map(|metadata| text(&metadata["filePath"]))
        .collect()
}

async fn parents(story: &Story, commit: &Value) -> Vec<String> {
    let commit = story
        .answer("GetCommit", json!({ "commitId": commit }))
        .await;
    let parents = commit["commit"]["parents"].as_array().unwrap();
    parents.iter().map(text).collect()
}

#[tokio::test]
async fn changes_of_different_files_merge_and_the_commit_stays_unreferenced() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    diverged(
        &story,
        &[("on-main", Some("m"))],
        &[("on-topic", Some("t"))],
    )
    .await;
    let before = story.answer("ListBranches", json!({})).await;
    let (main, topic) = (
        story.tip("main").await.unwrap(),
        story.tip("topic").await.unwrap(),
    );
    let input = merge(&json!({
        "mergeOption": "THREE_WAY_MERGE",
        "authorName": "Gate",
        "email": "gate@example.com",
        "commitMessage": "preview",
    }));
    let made = story.answer("CreateUnreferencedMergeCommit", input).await;
    let id = text(&made["commitId"]);
    let commit = story.answer("GetCommit", json!({ "commitId": id })).await;
    assert_eq!(commit["commit"]["parents"], json!([main, topic]));
    assert_eq!(commit["commit"]["treeId"], made["treeId"]);
    assert_eq!(commit["commit"]["message"], "preview");
    assert_eq!(commit["commit"]["author"]["name"], "Gate");
    assert_eq!(story.content(&id, "on-main").await, "m");
    assert_eq!(story.content(&id, "on-topic").await, "t");
    assert_eq!(story.answer("ListBranches", json!({})).await, before);
    let event = story.events().pop().unwrap();
    assert_eq!(event["event"], "unreferencedMergeCommitCreated");
    assert_eq!(event["commitId"], json!(id));
    assert_eq!(event["mergeOption"], "THREE_WAY_MERGE");
    story.branch("mergegate/pr-1/0123abcd", &id).await;
    assert_eq!(story.tip("mergegate/pr-1/0123abcd").await, Some(id));
}

#[tokio::test]
async fn where_merge_commits_are_hidden_get_commit_alone_reads_one_until_a_branch_holds_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(directory.path());
    settings.assumptions.merge_commits = MergeCommits::Hidden;
    let story = Story::begin_with(settings).await;
    diverged(&story, &[("m", Some("m"))], &[("t", Some("t"))]).await;
    let input = merge(&json!({ "mergeOption": "THREE_WAY_MERGE" }));
    let made = story.answer("CreateUnreferencedMergeCommit", input).await;
    let id = text(&made["commitId"]);
    let reads = [
        ("GetFile", json!({ "commitSpecifier": id, "filePath": "t" })),
        (
            "GetFolder",
            json!({ "commitSpecifier": id, "folderPath": "/" }),
        ),
        ("GetDifferences", json!({ "afterCommitSpecifier": id })),
    ];
    let hidden = format!("CommitDoesNotExistException: repository `demo` has no commit `{id}`");
    for (operation, input) in &reads {
        assert_eq!(story.refusal(operation, input.clone()).await, hidden);
    }
    assert_eq!(parents(&story, &json!(id)).await.len(), 2);

    story.branch("mergegate/pr-1/0123abcd", &id).await;
    for (operation, input) in &reads {
        story.answer(operation, input.clone()).await;
    }
    let branch = json!({ "branchName": "mergegate/pr-1/0123abcd" });
    story.answer("DeleteBranch", branch).await;
    for (operation, input) in reads {
        assert_eq!(story.refusal(operation, input).await, hidden);
    }
}

#[tokio::test]
async fn different_lines_of_one_file_conflict_by_file_and_merge_by_line() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let (first, last) = (LINES.replace("one", "ONE"), LINES.replace("seven", "SEVEN"));
    diverged(
        &story,
        &[("lines", Some(&first))],
        &[("lines", Some(&last))],
    )
    .await;
    assert_eq!(conflicting(&story, json!({})).await, ["lines"]);
    let by_line = json!({ "conflictDetailLevel": "LINE_LEVEL" });
    assert_eq!(
        conflicting(&story, by_line.clone()).await,
        Vec::<String>::new()
    );
    let options = story.answer("GetMergeOptions", merge(&json!({}))).await;
    assert_eq!(options["mergeOptions"], json!([]));
    let options = story.answer("GetMergeOptions", merge(&by_line)).await;
    assert_eq!(
        options["mergeOptions"],
        json!(["SQUASH_MERGE", "THREE_WAY_MERGE"])
    );
    let refusal = story
        .refusal("MergeBranchesByThreeWay", merge(&json!({})))
        .await;
    assert_eq!(
        refusal,
        "ManualMergeRequiredException: the merge has conflicts in lines"
    );
    let made = story
        .answer("MergeBranchesByThreeWay", merge(&by_line))
        .await;
    let both = last.replace("one", "ONE");
    assert_eq!(story.content("main", "lines").await, both);
    assert_eq!(story.tip("main").await, Some(text(&made["commitId"])));
    let found = story.answer("GetMergeCommit", merge(&json!({}))).await;
    assert_eq!(found["mergedCommitId"], made["commitId"]);
}

#[tokio::test]
async fn the_same_change_on_both_sides_is_no_conflict() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let same = [("kept", Some("2")), ("gone", None)];
    diverged(&story, &same, &same).await;
    assert_eq!(conflicting(&story, json!({})).await, Vec::<String>::new());
}

#[tokio::test]
async fn conflicts_are_listed_with_what_each_side_did() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let on_main = [("kept", Some("main")), ("gone", None), ("new", Some("m"))];
    let on_topic = [
        ("kept", Some("topic")),
        ("gone", Some("topic")),
        ("new", Some("t\0")),
    ];
    diverged(&story, &on_main, &on_topic).await;
    for level in ["FILE_LEVEL", "LINE_LEVEL"] {
        let files = conflicting(&story, json!({ "conflictDetailLevel": level })).await;
        assert_eq!(files, ["gone", "kept", "new"], "{level}");
    }
    let mut input = merge(&json!({ "mergeOption": "SQUASH_MERGE", "maxConflictFiles": 1 }));
    let mut all = Vec::new();
    for _ in 0..3 {
        let page = story.answer("GetMergeConflicts", input.clone()).await;
        all.extend(page["conflictMetadataList"].as_array().unwrap().clone());
        input["nextToken"] = page["nextToken"].clone();
    }
    assert_eq!(
        all[0]["mergeOperations"],
        json!({ "source": "M", "destination": "D" })
    );
    assert_eq!(
        all[1]["fileSizes"],
        json!({ "base": 1, "source": 5, "destination": 4 })
    );
    assert_eq!(
        all[2]["mergeOperations"],
        json!({ "source": "A", "destination": "A" })
    );
    assert_eq!(
        all[2]["isBinaryFile"],
        json!({ "source": true, "destination": false })
    );
    assert_eq!(
        all[2]["fileModes"],
        json!({ "source": "NORMAL", "destination": "NORMAL" })
    );
}

#[tokio::test]
async fn conflicts_are_counted_by_file_or_by_place() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let lines = |first: &str, last: &str| format!("{first}\n{}{last}\n", "same\n".repeat(20));
    let (main, topic) = (lines("m", "m"), lines("t", "t"));
    diverged(&story, &[("kept", Some(&main))], &[("kept", Some(&topic))]).await;
    for (level, count) in [("FILE_LEVEL", 1), ("LINE_LEVEL", 2)] {
        let input = merge(&json!({ "mergeOption": "SQUASH_MERGE", "conflictDetailLevel": level }));
        let answer = story.answer("GetMergeConflicts", input).await;
        let conflict = &answer["conflictMetadataList"][0];
        assert_eq!(
            (&conflict["filePath"], &conflict["numberOfConflicts"]),
            (&json!("kept"), &json!(count)),
            "{level}"
        );
    }
}

#[tokio::test]
async fn a_folder_that_a_merge_empties_can_stay() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    story
        .commit("main", &[("kept", Some("1")), ("folder/only", Some("1"))])
        .await;
    let tip = story.tip("main").await.unwrap();
    story.branch("topic", &tip).await;
    story.commit("topic", &[("folder/only", None)]).await;
    story.commit("main", &[("kept", Some("2"))]).await;
    for (keep, content) in [(false, "FileDoesNotExistException"), (true, "")] {
        let input = json!({
            "sourceCommitSpecifier": "topic", "destinationCommitSpecifier": "main",
            "mergeOption": "THREE_WAY_MERGE", "keepEmptyFolders": keep,
        });
        let made = story.answer("CreateUnreferencedMergeCommit", input).await;
        let commit = text(&made["commitId"]);
        assert_eq!(story.content(&commit, "folder/.gitkeep").await, content);
    }
}

#[tokio::test]
async fn a_strategy_settles_conflicts_for_one_side() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let (upper, other) = (
        LINES.replace("one", "ONE"),
        LINES.replace("one", "uno").replace("seven", "7"),
    );
    let on_main = [
        ("lines", Some(upper.as_str())),
        ("gone", None),
        ("folder", Some("file")),
    ];
    let on_topic = [
        ("lines", Some(other.as_str())),
        ("gone", Some("topic")),
        ("folder/file", Some("t")),
    ];
    diverged(&story, &on_main, &on_topic).await;
    for (strategy, level, lines, gone) in [
        ("ACCEPT_SOURCE", "FILE_LEVEL", other.clone(), "topic"),
        ("ACCEPT_SOURCE", "LINE_LEVEL", other.clone(), "topic"),
        (
            "ACCEPT_DESTINATION",
            "FILE_LEVEL",
            upper.clone(),
            "FileDoesNotExistException",
        ),
        (
            "ACCEPT_DESTINATION",
            "LINE_LEVEL",
            upper.replace("seven", "7"),
            "FileDoesNotExistException",
        ),
    ] {
        let input = merge(&json!({
            "mergeOption": "SQUASH_MERGE",
            "conflictDetailLevel": level,
            "conflictResolutionStrategy": strategy,
        }));
        let made = story.answer("CreateUnreferencedMergeCommit", input).await;
        let id = text(&made["commitId"]);
        assert_eq!(
            story.content(&id, "lines").await,
            lines,
            "{strategy} {level}"
        );
        assert_eq!(story.content(&id, "gone").await, gone, "{strategy} {level}");
        let (file, inside) = match strategy {
            "ACCEPT_SOURCE" => ("FileDoesNotExistException", "t"),
            _ => ("file", "FileDoesNotExistException"),
        };
        assert_eq!(
            story.content(&id, "folder").await,
            file,
            "{strategy} {level}"
        );
        assert_eq!(
            story.content(&id, "folder/file").await,
            inside,
            "{strategy} {level}"
        );
        assert_eq!(parents(&story, &made["commitId"]).await.len(), 1);
    }
}

#[tokio::test]
async fn a_file_beside_a_folder_of_its_name_is_a_conflict_of_that_name() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    diverged(
        &story,
        &[("folder", Some("file"))],
        &[("folder/file", Some("t"))],
    )
    .await;
    for level in ["FILE_LEVEL", "LINE_LEVEL"] {
        let files = conflicting(&story, json!({ "conflictDetailLevel": level })).await;
        assert_eq!(files, ["folder"], "{level}");
    }
}

#[tokio::test]
async fn conflicts_settled_by_hand_are_merged_as_said() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let on_main = [
        ("kept", Some("main")),
        ("lines", Some("main")),
        ("gone", Some("main")),
    ];
    let on_topic = [
        ("kept", Some("topic")),
        ("lines", Some("topic")),
        ("gone", Some("topic")),
    ];
    diverged(&story, &on_main, &on_topic).await;
    let mut input = merge(&json!({
        "mergeOption": "THREE_WAY_MERGE",
        "conflictResolution": {
            "replaceContents": [
                { "filePath": "kept", "replacementType": "USE_NEW_CONTENT", "content": "aGFuZA==" },
            ],
            "deleteFiles": [{ "filePath": "gone" }],
        },
    }));
    let refusal = story
        .refusal("CreateUnreferencedMergeCommit", input.clone())
        .await;
    assert_eq!(
        refusal,
        "ManualMergeRequiredException: the merge has conflicts in lines"
    );
    let keep = json!({ "filePath": "lines", "replacementType": "KEEP_SOURCE" });
    let replacements = &mut input["conflictResolution"]["replaceContents"];
    replacements.as_array_mut().unwrap().push(keep);
    let made = story.answer("CreateUnreferencedMergeCommit", input).await;
    let id = text(&made["commitId"]);
    assert_eq!(story.content(&id, "kept").await, "hand");
    assert_eq!(story.content(&id, "lines").await, "topic");
    assert_eq!(
        story.content(&id, "gone").await,
        "FileDoesNotExistException"
    );
}

#[tokio::test]
async fn a_branch_that_is_only_behind_is_fast_forwarded() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let base = story.commit("main", &[("a", Some("1"))]).await;
    story.branch("topic", &base).await;
    let ahead = story.commit("topic", &[("a", Some("2"))]).await;
    let options = story.answer("GetMergeOptions", merge(&json!({}))).await;
    let all = json!(["FAST_FORWARD_MERGE", "SQUASH_MERGE", "THREE_WAY_MERGE"]);
    assert_eq!(options["mergeOptions"], all);
    assert_eq!(options["baseCommitId"], json!(base));
    let made = story
        .answer("MergeBranchesByFastForward", merge(&json!({})))
        .await;
    assert_eq!(made["commitId"], json!(ahead));
    assert_eq!(story.tip("main").await, Some(ahead));
}

#[tokio::test]
async fn refuses_a_fast_forward_of_branches_that_diverged() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    diverged(&story, &[("m", Some("1"))], &[("t", Some("1"))]).await;
    let refusal = story
        .refusal("MergeBranchesByFastForward", merge(&json!({})))
        .await;
    assert!(
        refusal.starts_with("ManualMergeRequiredException"),
        "{refusal}"
    );
    let input = merge(&json!({ "mergeOption": "FAST_FORWARD_MERGE" }));
    let answer = story.answer("GetMergeConflicts", input.clone()).await;
    assert_eq!(answer["mergeable"], false);
    assert_eq!(answer["conflictMetadataList"], json!([]));
    let refusal = story.refusal("CreateUnreferencedMergeCommit", input).await;
    assert!(
        refusal.starts_with("InvalidMergeOptionException"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_squash_has_one_parent_and_moves_the_named_branch() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    diverged(&story, &[("m", Some("1"))], &[("t", Some("1"))]).await;
    let (main, topic) = (
        story.tip("main").await.unwrap(),
        story.tip("topic").await.unwrap(),
    );
    let input = json!({
        "sourceCommitSpecifier": topic,
        "destinationCommitSpecifier": main,
        "targetBranch": "main",
    });
    let mut elsewhere = input.clone();
    elsewhere["targetBranch"] = json!("topic");
    let refusal = story.refusal("MergeBranchesBySquash", elsewhere).await;
    assert!(
        refusal.starts_with("InvalidTargetBranchException"),
        "{refusal}"
    );
    let made = story.answer("MergeBranchesBySquash", input).await;
    assert_eq!(parents(&story, &made["commitId"]).await, [main]);
    assert_eq!(story.tip("main").await, Some(text(&made["commitId"])));
}

#[tokio::test]
async fn refuses_merge_members_that_mean_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    diverged(&story, &[("m", Some("1"))], &[("t", Some("1"))]).await;
    for (more, code) in [
        (json!({}), "MergeOptionRequiredException"),
        (
            json!({ "mergeOption": "OCTOPUS" }),
            "InvalidMergeOptionException",
        ),
        (
            json!({ "mergeOption": "SQUASH_MERGE", "conflictDetailLevel": "WORD_LEVEL" }),
            "InvalidConflictDetailLevelException",
        ),
        (
            json!({ "mergeOption": "SQUASH_MERGE", "conflictResolutionStrategy": "GUESS" }),
            "InvalidConflictResolutionStrategyException",
        ),
        (
            json!({ "mergeOption": "SQUASH_MERGE", "sourceCommitSpecifier": "nowhere" }),
            "CommitDoesNotExistException",
        ),
        (
            json!({ "mergeOption": "SQUASH_MERGE", "maxConflictFiles": 0 }),
            "InvalidMaxConflictFilesException",
        ),
    ] {
        let refusal = story.refusal("GetMergeConflicts", merge(&more)).await;
        assert!(
            refusal.starts_with(&format!("{code}: ")),
            "{code}, not {refusal}"
        );
    }
}
