"""Files, commits and what differs between them."""

from .repository import NO_COMMIT, Repository
from .story import FOREIGN_TOKEN, Story


class InRepository(Story):
    def setUp(self):
        self.repository = Repository()
        self.api = self.repository.api
        self.here = {"repositoryName": self.repository.name}
        self.on_main = {**self.here, "branchName": "main"}


class Files(InRepository):
    def test_a_file_is_put_read_and_deleted(self):
        put = self.api.put_file(
            **self.on_main,
            filePath="docs/guide.md",
            fileContent=b"Read me\n",
            parentCommitId=self.repository.first,
            commitMessage="Write a guide",
            name="Ann",
            email="ann@example.com",
        )
        read = self.api.get_file(**self.here, filePath="docs/guide.md")
        self.assertEqual(read["fileContent"], b"Read me\n")
        self.assertEqual((read["commitId"], read["blobId"]), (put["commitId"], put["blobId"]))
        blob = self.api.get_blob(**self.here, blobId=put["blobId"])
        self.assertEqual(blob["content"], b"Read me\n")
        deleted = self.api.delete_file(
            **self.on_main, filePath="docs/guide.md", parentCommitId=put["commitId"]
        )
        self.assertEqual(deleted["blobId"], put["blobId"])
        self.refused(
            "FileDoesNotExistException", self.api.get_file, **self.here, filePath="docs/guide.md"
        )

    def test_refuses_changes_that_come_too_late_or_change_nothing(self):
        same = {"filePath": "README.md", "fileContent": b"# Demo\n"}
        self.refused(
            "SameFileContentException",
            self.api.put_file,
            **self.on_main,
            **same,
            parentCommitId=self.repository.first,
        )
        self.repository.commit("main", {"README.md": "# New\n"}, self.repository.first)
        late = {**self.on_main, "filePath": "README.md", "parentCommitId": self.repository.first}
        self.refused("ParentCommitIdOutdatedException", self.api.delete_file, **late)
        self.refused(
            "ParentCommitIdOutdatedException", self.api.put_file, **late, fileContent=b"late"
        )

    def test_a_folder_shows_what_is_in_it(self):
        self.api.create_commit(
            **self.on_main,
            parentCommitId=self.repository.first,
            putFiles=[
                {"filePath": "bin/run", "fileMode": "EXECUTABLE", "fileContent": b"#!/bin/sh\n"},
                {"filePath": "latest", "fileMode": "SYMLINK", "fileContent": b"README.md"},
            ],
        )
        root = self.api.get_folder(**self.here, commitSpecifier="main", folderPath="/")
        self.assertEqual([one["absolutePath"] for one in root["subFolders"]], ["bin", "src"])
        self.assertEqual([one["relativePath"] for one in root["files"]], ["README.md"])
        self.assertEqual([one["relativePath"] for one in root["symbolicLinks"]], ["latest"])
        folder = self.api.get_folder(**self.here, folderPath="bin")
        self.assertEqual(folder["files"][0]["fileMode"], "EXECUTABLE")
        self.refused(
            "FolderDoesNotExistException", self.api.get_folder, **self.here, folderPath="lib"
        )

    def test_refuses_a_blob_that_is_not_there(self):
        self.refused("BlobIdDoesNotExistException", self.api.get_blob, **self.here, blobId=NO_COMMIT)


class Commits(InRepository):
    def test_a_commit_says_what_it_changed_and_who_made_it(self):
        commit = self.api.create_commit(
            **self.on_main,
            parentCommitId=self.repository.first,
            authorName="Ann",
            email="ann@example.com",
            commitMessage="Change everything",
            putFiles=[
                {"filePath": "new.txt", "fileContent": b"new"},
                {"filePath": "README.md", "fileContent": b"# Changed\n"},
            ],
            deleteFiles=[{"filePath": "src/app.py"}],
        )
        changed = {
            member: [file["absolutePath"] for file in commit[member]]
            for member in ("filesAdded", "filesUpdated", "filesDeleted")
        }
        self.assertEqual(
            changed,
            {
                "filesAdded": ["new.txt"],
                "filesUpdated": ["README.md"],
                "filesDeleted": ["src/app.py"],
            },
        )
        read = self.api.get_commit(**self.here, commitId=commit["commitId"])["commit"]
        self.assertEqual(read["parents"], [self.repository.first])
        self.assertEqual(read["author"]["name"], "Ann")
        self.assertEqual(read["treeId"], commit["treeId"])

    def test_refuses_a_commit_without_files_and_one_that_is_not_there(self):
        self.refused(
            "FileEntryRequiredException",
            self.api.create_commit,
            **self.on_main,
            parentCommitId=self.repository.first,
        )
        self.refused(
            "CommitIdDoesNotExistException", self.api.get_commit, **self.here, commitId=NO_COMMIT
        )

    def test_differences_are_read_in_pages(self):
        files = {"a.txt": "a", "b.txt": "b", "README.md": "# Changed\n", "src/app.py": None}
        after = self.repository.commit("main", files, self.repository.first)
        found = self.read_over_pages(
            self.api,
            "get_differences",
            "differences",
            limit="MaxResults",
            **self.here,
            beforeCommitSpecifier=self.repository.first,
            afterCommitSpecifier=after,
        )
        kinds = {
            (one.get("afterBlob") or one["beforeBlob"])["path"]: one["changeType"] for one in found
        }
        self.assertEqual(
            kinds, {"README.md": "M", "a.txt": "A", "b.txt": "A", "src/app.py": "D"}
        )
        request = {**self.here, "afterCommitSpecifier": after}
        self.refused(
            "InvalidContinuationTokenException",
            self.api.get_differences,
            **request,
            NextToken=FOREIGN_TOKEN,
        )
        self.refused(
            "PathDoesNotExistException", self.api.get_differences, **request, afterPath="nowhere"
        )
