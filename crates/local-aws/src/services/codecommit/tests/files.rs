use serde_json::{Value, json};

use super::{Story, put, text};

fn paths(list: &Value) -> Vec<String> {
    let entries = list.as_array().unwrap().iter();
    entries.map(|entry| text(&entry["absolutePath"])).collect()
}

#[tokio::test]
async fn a_commit_of_several_files_is_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let mut script = put("bin/run", "#!/bin/sh\n");
    script["fileMode"] = json!("EXECUTABLE");
    let input = json!({
        "branchName": "main",
        "authorName": "Ann <x>\n",
        "email": "ann@example.com",
        "commitMessage": "begin\n\nwith \"quotes\"",
        "putFiles": [put("docs/über uns.md", "hallo\n"), script],
    });
    let made = story.answer("CreateCommit", input).await;
    assert_eq!(paths(&made["filesAdded"]), ["bin/run", "docs/über uns.md"]);
    let commit = text(&made["commitId"]);
    let read = story
        .answer("GetCommit", json!({ "commitId": commit }))
        .await;
    let read = &read["commit"];
    assert_eq!(read["treeId"], made["treeId"]);
    assert_eq!(read["message"], "begin\n\nwith \"quotes\"");
    assert_eq!(read["author"]["name"], "Ann x");
    assert_eq!(read["author"]["email"], "ann@example.com");
    assert_eq!(read["parents"], json!([]));
    let file = json!({ "commitSpecifier": "main", "filePath": "bin/run" });
    let file = story.answer("GetFile", file).await;
    assert_eq!(file["fileMode"], "EXECUTABLE");
    assert_eq!(file["fileSize"], 10);
    let blob = story
        .answer("GetBlob", json!({ "blobId": file["blobId"] }))
        .await;
    assert_eq!(blob["content"], file["fileContent"]);
    assert_eq!(story.content(&commit, "/docs/über uns.md").await, "hallo\n");
    let root = story
        .answer("GetFolder", json!({ "folderPath": "/" }))
        .await;
    assert_eq!(paths(&root["subFolders"]), ["bin", "docs"]);
    let docs = story
        .answer("GetFolder", json!({ "folderPath": "docs" }))
        .await;
    assert_eq!(paths(&docs["files"]), ["docs/über uns.md"]);
    assert_eq!(docs["files"][0]["relativePath"], "über uns.md");
}

#[tokio::test]
async fn files_move_change_mode_and_go_and_an_emptied_folder_can_stay() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let files = [("a/one", Some("1")), ("b/two", Some("2")), ("c", Some("3"))];
    let parent = story.commit("main", &files).await;
    let input = json!({
        "branchName": "main",
        "parentCommitId": parent,
        "keepEmptyFolders": true,
        "putFiles": [{ "filePath": "moved", "sourceFile": { "filePath": "a/one", "isMove": true } }],
        "deleteFiles": [{ "filePath": "b/two" }],
        "setFileModes": [{ "filePath": "c", "fileMode": "EXECUTABLE" }],
    });
    let made = story.answer("CreateCommit", input).await;
    assert_eq!(
        paths(&made["filesAdded"]),
        ["a/.gitkeep", "b/.gitkeep", "moved"]
    );
    assert_eq!(paths(&made["filesUpdated"]), ["c"]);
    assert_eq!(paths(&made["filesDeleted"]), ["a/one", "b/two"]);
    assert_eq!(story.content("main", "moved").await, "1");
}

#[tokio::test]
async fn one_file_is_put_and_deleted_by_operations_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let mut input = put("notes", "one");
    input["branchName"] = json!("main");
    let first = story.answer("PutFile", input.clone()).await;
    input["parentCommitId"] = first["commitId"].clone();
    let refusal = story.refusal("PutFile", input.clone()).await;
    assert_eq!(
        refusal,
        "SameFileContentException: `notes` has this content and mode already"
    );
    input["filePath"] = json!("other");
    let second = story.answer("PutFile", input.clone()).await;
    let delete = json!({
        "branchName": "main", "filePath": "notes", "parentCommitId": first["commitId"],
    });
    let refusal = story.refusal("DeleteFile", delete.clone()).await;
    assert!(
        refusal.starts_with("ParentCommitIdOutdatedException"),
        "{refusal}"
    );
    let mut delete = delete;
    delete["parentCommitId"] = second["commitId"].clone();
    let deleted = story.answer("DeleteFile", delete).await;
    assert_eq!(deleted["blobId"], first["blobId"]);
    let commit = json!({ "commitId": deleted["commitId"] });
    let commit = story.answer("GetCommit", commit).await;
    let caller = "arn:aws:iam::000000000000:user/ann";
    assert_eq!(commit["commit"]["author"]["name"], caller);
    assert_eq!(commit["commit"]["committer"]["name"], caller);
    assert_eq!(
        story.content("main", "notes").await,
        "FileDoesNotExistException"
    );
    assert_eq!(story.content("main", "other").await, "one");
}

#[tokio::test]
async fn refuses_file_entries_that_contradict_the_tree_or_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let parent = story
        .commit("main", &[("folder/file", Some("1")), ("file", Some("1"))])
        .await;
    let both = {
        let mut both = put("x", "1");
        both["sourceFile"] = json!({ "filePath": "file" });
        both
    };
    for (entries, code) in [
        (json!({}), "FileEntryRequiredException"),
        (
            json!({ "putFiles": [put("file", "1")] }),
            "NoChangeException",
        ),
        (
            json!({ "putFiles": [put("folder", "1")] }),
            "FileNameConflictsWithDirectoryNameException",
        ),
        (
            json!({ "putFiles": [put("file/x", "1")] }),
            "DirectoryNameConflictsWithFileNameException",
        ),
        (
            json!({ "putFiles": [put("n", "1"), put("n/x", "1")] }),
            "PutFileEntryConflictException",
        ),
        (
            json!({ "putFiles": [put("n", "1"), put("n", "2")] }),
            "SamePathRequestException",
        ),
        (
            json!({ "putFiles": [{ "filePath": "n" }] }),
            "SourceFileOrContentRequiredException",
        ),
        (
            json!({ "putFiles": [both] }),
            "FileContentAndSourceFileSpecifiedException",
        ),
        (
            json!({ "putFiles": [put("../n", "1")] }),
            "InvalidPathException",
        ),
        (
            json!({ "putFiles": [put("a/.GIT/config", "1")] }),
            "InvalidPathException",
        ),
        (
            json!({ "putFiles": [put("", "1")] }),
            "PathRequiredException",
        ),
        (
            json!({ "deleteFiles": [{ "filePath": "no" }] }),
            "FileDoesNotExistException",
        ),
        (
            json!({ "setFileModes": [{ "filePath": "file", "fileMode": "x" }] }),
            "InvalidFileModeException",
        ),
    ] {
        let mut input = entries;
        input["branchName"] = json!("main");
        input["parentCommitId"] = json!(parent);
        let refusal = story.refusal("CreateCommit", input).await;
        assert!(
            refusal.starts_with(&format!("{code}: ")),
            "{code}, not {refusal}"
        );
    }
    assert_eq!(story.tip("main").await, Some(parent));
}

#[tokio::test]
async fn refuses_a_commit_without_its_true_parent() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let first = story.commit("main", &[("a", Some("1"))]).await;
    story.commit("main", &[("a", Some("2"))]).await;
    for (branch, parent, code) in [
        ("main", None, "ParentCommitIdRequiredException"),
        (
            "main",
            Some("main".to_owned()),
            "InvalidParentCommitIdException",
        ),
        (
            "main",
            Some("0".repeat(40)),
            "ParentCommitDoesNotExistException",
        ),
        (
            "main",
            Some(first.clone()),
            "ParentCommitIdOutdatedException",
        ),
        ("other", Some(first), "BranchDoesNotExistException"),
    ] {
        let mut input = json!({ "branchName": branch, "putFiles": [put("b", "1")] });
        if let Some(parent) = parent {
            input["parentCommitId"] = json!(parent);
        }
        let refusal = story.refusal("CreateCommit", input).await;
        assert!(
            refusal.starts_with(&format!("{code}: ")),
            "{code}, not {refusal}"
        );
    }
}

#[tokio::test]
async fn differences_come_on_three_pages_and_can_be_kept_to_a_folder() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let before = story
        .commit(
            "main",
            &[
                ("a/old", Some("1")),
                ("a/same", Some("1")),
                ("b", Some("1")),
            ],
        )
        .await;
    let files = [
        ("a/old", None),
        ("a/new", Some("2")),
        ("b", Some("2")),
        ("c", Some("2")),
        ("d", Some("2")),
    ];
    let after = story.commit("main", &files).await;
    let mut input = json!({
        "beforeCommitSpecifier": before, "afterCommitSpecifier": "main", "MaxResults": 2,
    });
    let mut seen = Vec::new();
    for _ in 0..3 {
        let page = story.answer("GetDifferences", input.clone()).await;
        for difference in page["differences"].as_array().unwrap() {
            let side = difference
                .get("afterBlob")
                .unwrap_or(&difference["beforeBlob"]);
            seen.push(format!(
                "{} {}",
                text(&difference["changeType"]),
                text(&side["path"])
            ));
        }
        input["NextToken"] = page["NextToken"].clone();
    }
    assert_eq!(seen, ["A a/new", "D a/old", "M b", "A c", "A d"]);
    assert_eq!(input["NextToken"], Value::Null);
    let folder = json!({
        "beforeCommitSpecifier": before, "afterCommitSpecifier": after,
        "beforePath": "a", "afterPath": "a",
    });
    let shown = |answer: &Value| -> Vec<String> {
        let list = answer["differences"].as_array().unwrap();
        let words = list.iter().map(|difference| {
            let path = |side: &str| difference[side]["path"].as_str().unwrap_or("-");
            let kind = text(&difference["changeType"]);
            format!("{kind} {} {}", path("beforeBlob"), path("afterBlob"))
        });
        words.collect()
    };
    let in_folder = ["A - new", "D old -"];
    assert_eq!(
        shown(&story.answer("GetDifferences", folder.clone()).await),
        in_folder
    );
    for path in ["beforePath", "afterPath"] {
        let mut one = folder.clone();
        one.as_object_mut().unwrap().shift_remove(path);
        let answer = story.answer("GetDifferences", one).await;
        assert_eq!(shown(&answer), in_folder, "without {path}");
    }
    let renamed = story.commit("main", &[("a/new", None), ("z/new", Some("2"))]);
    let renamed = renamed.await;
    let renamed = json!({
        "beforeCommitSpecifier": after, "afterCommitSpecifier": renamed,
        "beforePath": "a", "afterPath": "z",
    });
    let renamed = story.answer("GetDifferences", renamed).await;
    assert_eq!(shown(&renamed), ["D same -"]);
    let file = json!({
        "beforeCommitSpecifier": before, "afterCommitSpecifier": after, "afterPath": "/a/new",
    });
    let file = story.answer("GetDifferences", file).await;
    assert_eq!(shown(&file), ["A - new"]);
    let all = story
        .answer("GetDifferences", json!({ "afterCommitSpecifier": after }))
        .await;
    assert_eq!(all["differences"].as_array().unwrap().len(), 5);
    let missing = json!({ "afterCommitSpecifier": after, "afterPath": "no" });
    let refusal = story.refusal("GetDifferences", missing).await;
    assert!(
        refusal.starts_with("PathDoesNotExistException"),
        "{refusal}"
    );
}

#[tokio::test]
async fn refuses_names_messages_and_paths_that_are_too_long() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let deep = |folders: usize| format!("{}file", "a/".repeat(folders));
    for (member, fits, too_long, error) in [
        (
            "authorName",
            "é".repeat(1000),
            "é".repeat(1001),
            "NameLengthExceededException",
        ),
        (
            "email",
            "x".repeat(256),
            "x".repeat(257),
            "InvalidEmailException",
        ),
        (
            "commitMessage",
            "x".repeat(256 << 10),
            "x".repeat((256 << 10) + 1),
            "CommitMessageLengthExceededException",
        ),
    ] {
        let request = |value: &str| {
            let mut request = json!({
                "branchName": "main", "putFiles": [put("file", member)],
            });
            request[member] = json!(value);
            request
        };
        let refusal = story.refusal("CreateCommit", request(&too_long)).await;
        assert!(refusal.starts_with(error), "{member}: {refusal:.200}");
        let mut request = request(&fits);
        request["parentCommitId"] = json!(story.tip("main").await);
        story.answer("CreateCommit", request).await;
    }
    let long = format!("{}/", "a".repeat(200)).repeat(20);
    for (fits, too_long) in [
        (deep(20), deep(21)),
        (format!("{long}x"), format!("{long}{}", "x".repeat(77))),
    ] {
        assert_eq!(
            story.content("main", &fits).await,
            "FileDoesNotExistException"
        );
        assert_eq!(
            story.content("main", &too_long).await,
            "InvalidPathException"
        );
    }
}

#[tokio::test]
async fn refuses_arrays_where_an_object_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let story = Story::begin(directory.path()).await;
    let file = put("file", "x");
    let file = json!([file["filePath"], "NORMAL", file["fileContent"], null]);
    let request = json!({ "branchName": "main", "putFiles": [file] });
    let refusal = story.refusal("CreateCommit", request).await;
    assert_eq!(
        refusal,
        "SerializationException: invalid type: sequence, expected an object"
    );
}
