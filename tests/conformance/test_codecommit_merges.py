"""Merges of two commits."""

from .repository import NO_COMMIT, Repository
from .story import FOREIGN_TOKEN, Story

FILES = ("a.txt", "b.txt", "c.txt")


class Merges(Story):
    def setUp(self):
        self.repository = Repository()
        self.api = self.repository.api

    def sides(self, source: str, destination: str = "main") -> dict:
        return {
            "repositoryName": self.repository.name,
            "sourceCommitSpecifier": source,
            "destinationCommitSpecifier": destination,
        }

    def test_what_is_ahead_can_be_merged_by_every_option(self):
        source = self.repository.change("feature", {"new.txt": "new"})
        answer = self.api.get_merge_options(**self.sides("feature"))
        self.assertEqual(
            answer["mergeOptions"], ["FAST_FORWARD_MERGE", "SQUASH_MERGE", "THREE_WAY_MERGE"]
        )
        self.assertEqual(answer["sourceCommitId"], source)
        self.assertEqual(answer["baseCommitId"], self.repository.first)

    def test_conflicts_are_read_file_by_file(self):
        theirs, _ = self.repository.diverge(FILES)
        request = {**self.sides(theirs), "mergeOption": "THREE_WAY_MERGE"}
        found = self.read_over_pages(
            self.api,
            "get_merge_conflicts",
            "conflictMetadataList",
            limit="maxConflictFiles",
            **request,
        )
        self.assertEqual([one["filePath"] for one in found], list(FILES))
        self.assertFalse(self.api.get_merge_conflicts(**request)["mergeable"])
        lines = self.api.get_merge_conflicts(**request, conflictDetailLevel="LINE_LEVEL")
        self.assertEqual(lines["conflictMetadataList"][0]["mergeOperations"]["source"], "A")
        self.refused(
            "InvalidContinuationTokenException",
            self.api.get_merge_conflicts,
            **request,
            nextToken=FOREIGN_TOKEN,
        )

    def test_a_merge_commit_is_made_on_no_branch(self):
        self.repository.change("feature", {"new.txt": "new"})
        tip = self.repository.commit("main", {"other.txt": "other"}, self.repository.first)
        made = self.api.create_unreferenced_merge_commit(
            **self.sides("feature"), mergeOption="THREE_WAY_MERGE", commitMessage="Try it"
        )
        commit = self.api.get_commit(
            repositoryName=self.repository.name, commitId=made["commitId"]
        )["commit"]
        self.assertEqual(commit["treeId"], made["treeId"])
        self.assertEqual(commit["parents"][0], tip)
        main = self.api.get_branch(repositoryName=self.repository.name, branchName="main")
        self.assertEqual(main["branch"]["commitId"], tip)

    def test_the_commit_of_a_merge_is_found_again(self):
        source = self.repository.change("feature", {"new.txt": "new"})
        self.repository.commit("main", {"other.txt": "other"}, self.repository.first)
        merged = self.api.merge_branches_by_three_way(**self.sides("feature"))
        found = self.api.get_merge_commit(**self.sides(source))
        self.assertEqual(found["mergedCommitId"], merged["commitId"])

    def test_branches_are_merged_by_fast_forward_and_by_squash(self):
        source = self.repository.change("feature", {"new.txt": "new"})
        merged = self.api.merge_branches_by_fast_forward(
            **self.sides("feature"), targetBranch="main"
        )
        self.assertEqual(merged["commitId"], source)
        self.repository.change("late", {"late.txt": "late"})
        squashed = self.api.merge_branches_by_squash(**self.sides("late"), authorName="Ann")
        commit = self.api.get_commit(
            repositoryName=self.repository.name, commitId=squashed["commitId"]
        )["commit"]
        self.assertEqual(commit["parents"], [source])

    def test_refuses_to_merge_what_conflicts(self):
        theirs, _ = self.repository.diverge()
        request = self.sides(theirs)
        for merge in (
            self.api.merge_branches_by_fast_forward,
            self.api.merge_branches_by_squash,
            self.api.merge_branches_by_three_way,
        ):
            self.refused("ManualMergeRequiredException", merge, **request)
        self.refused(
            "ManualMergeRequiredException",
            self.api.create_unreferenced_merge_commit,
            **request,
            mergeOption="SQUASH_MERGE",
        )

    def test_conflicts_are_settled_by_hand(self):
        theirs, _ = self.repository.diverge()
        merged = self.api.merge_branches_by_three_way(
            **self.sides(theirs),
            conflictResolutionStrategy="NONE",
            conflictResolution={
                "replaceContents": [
                    {
                        "filePath": "README.md",
                        "replacementType": "USE_NEW_CONTENT",
                        "content": b"both\n",
                    }
                ]
            },
        )
        read = self.api.get_file(
            repositoryName=self.repository.name,
            commitSpecifier=merged["commitId"],
            filePath="README.md",
        )
        self.assertEqual(read["fileContent"], b"both\n")

    def test_refuses_commits_that_are_not_there(self):
        request = self.sides(NO_COMMIT)
        self.refused("CommitDoesNotExistException", self.api.get_merge_options, **request)
        self.refused("CommitDoesNotExistException", self.api.get_merge_commit, **request)
        self.refused(
            "CommitDoesNotExistException",
            self.api.get_merge_conflicts,
            **request,
            mergeOption="SQUASH_MERGE",
        )
