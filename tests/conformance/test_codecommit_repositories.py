"""Repositories and branches."""

from .repository import NO_COMMIT, Repository
from .story import ACCOUNT, FOREIGN_TOKEN, Story, client, unique

# ListRepositories and ListBranches choose the size of their pages themselves.
PAGE = 100


class Repositories(Story):
    def setUp(self):
        self.api = client("codecommit")

    def test_a_repository_is_created_described_and_deleted(self):
        name = unique("repository")
        created = self.api.create_repository(
            repositoryName=name, repositoryDescription="For stories", tags={"team": "gate"}
        )["repositoryMetadata"]
        self.assertEqual(created["accountId"], ACCOUNT)
        self.assertEqual(created["Arn"], f"arn:aws:codecommit:us-east-1:{ACCOUNT}:{name}")
        found = self.api.get_repository(repositoryName=name)["repositoryMetadata"]
        self.assertEqual(found, created)
        deleted = self.api.delete_repository(repositoryName=name)
        self.assertEqual(deleted["repositoryId"], created["repositoryId"])
        self.assertNotIn("repositoryId", self.api.delete_repository(repositoryName=name))
        self.refused(
            "RepositoryDoesNotExistException", self.api.get_repository, repositoryName=name
        )

    def test_refuses_names_that_are_taken_missing_or_no_names(self):
        name = Repository().name
        self.refused(
            "RepositoryNameExistsException", self.api.create_repository, repositoryName=name
        )
        careless = client("codecommit", careless=True)
        self.refused("RepositoryNameRequiredException", careless.create_repository)
        self.refused(
            "InvalidRepositoryNameException", self.api.delete_repository, repositoryName="a b"
        )

    def test_many_repositories_are_described_at_once(self):
        names = sorted(Repository().name for _ in range(2))
        answer = self.api.batch_get_repositories(repositoryNames=[*names, "nowhere"])
        self.assertEqual([one["repositoryName"] for one in answer["repositories"]], names)
        self.assertEqual(answer["repositoriesNotFound"], ["nowhere"])
        self.assertEqual(answer["errors"][0]["errorCode"], "RepositoryDoesNotExistException")
        self.refused(
            "MaximumRepositoryNamesExceededException",
            self.api.batch_get_repositories,
            repositoryNames=[f"r{number}" for number in range(101)],
        )

    def test_all_repositories_are_listed(self):
        names = [unique("listed") for _ in range(2 * PAGE + 1)]
        for name in names:
            self.api.create_repository(repositoryName=name)
        listed = self.read_over_pages(self.api, "list_repositories", "repositories", size=PAGE)
        found = [one["repositoryName"] for one in listed]
        self.assertEqual(len(found), len(set(found)))
        self.assertLessEqual(set(names), set(found))
        newest = self.api.list_repositories(sortBy="lastModifiedDate", order="descending")
        self.assertEqual(newest["repositories"][0]["repositoryName"], names[-1])
        self.refused("InvalidSortByException", self.api.list_repositories, sortBy="size")
        self.refused(
            "InvalidContinuationTokenException",
            self.api.list_repositories,
            nextToken=FOREIGN_TOKEN,
        )


class Branches(Story):
    def setUp(self):
        self.repository = Repository()
        self.api = self.repository.api

    def test_a_branch_is_created_found_and_deleted(self):
        here = {"repositoryName": self.repository.name, "branchName": "feature"}
        self.api.create_branch(**here, commitId=self.repository.first)
        branch = {"branchName": "feature", "commitId": self.repository.first}
        self.assertEqual(self.api.get_branch(**here)["branch"], branch)
        self.refused(
            "BranchNameExistsException",
            self.api.create_branch,
            **here,
            commitId=self.repository.first,
        )
        self.assertEqual(self.api.delete_branch(**here)["deletedBranch"], branch)
        self.refused("BranchDoesNotExistException", self.api.get_branch, **here)
        self.assertNotIn("deletedBranch", self.api.delete_branch(**here))

    def test_refuses_a_branch_at_a_commit_that_is_not_there(self):
        self.refused(
            "CommitDoesNotExistException",
            self.api.create_branch,
            repositoryName=self.repository.name,
            branchName="feature",
            commitId=NO_COMMIT,
        )

    def test_the_default_branch_can_be_changed_and_not_be_deleted(self):
        name = self.repository.name
        self.repository.branch("trunk")
        self.api.update_default_branch(repositoryName=name, defaultBranchName="trunk")
        described = self.api.get_repository(repositoryName=name)["repositoryMetadata"]
        self.assertEqual(described["defaultBranch"], "trunk")
        self.refused(
            "DefaultBranchCannotBeDeletedException",
            self.api.delete_branch,
            repositoryName=name,
            branchName="trunk",
        )
        self.refused(
            "BranchDoesNotExistException",
            self.api.update_default_branch,
            repositoryName=name,
            defaultBranchName="nowhere",
        )

    def test_all_branches_are_listed(self):
        names = [self.repository.branch(f"b{number:03}") for number in range(2 * PAGE)]
        here = {"repositoryName": self.repository.name}
        listed = self.read_over_pages(self.api, "list_branches", "branches", size=PAGE, **here)
        self.assertEqual(sorted(listed), [*names, "main"])
        self.refused(
            "InvalidContinuationTokenException",
            self.api.list_branches,
            **here,
            nextToken=FOREIGN_TOKEN,
        )
