"""A repository to work in."""

from .story import client, unique

NO_COMMIT = "0" * 40


class Repository:
    """A repository of its own, whose branch `main` has one commit."""

    def __init__(self, caller: str = "ann"):
        self.api = client("codecommit", caller)
        self.name = unique("repository")
        self.api.create_repository(repositoryName=self.name)
        self.first = self.commit("main", {"README.md": "# Demo\n", "src/app.py": "print(1)\n"})

    def commit(self, branch: str, files: dict[str, str | None], parent: str | None = None) -> str:
        """Puts files, and deletes those without content. Without a parent it is the first commit."""
        put = [
            {"filePath": path, "fileContent": content.encode()}
            for path, content in files.items()
            if content is not None
        ]
        gone = [{"filePath": path} for path, content in files.items() if content is None]
        request = {"putFiles": put, "deleteFiles": gone}
        if parent:
            request["parentCommitId"] = parent
        commit = self.api.create_commit(repositoryName=self.name, branchName=branch, **request)
        return commit["commitId"]

    def branch(self, name: str, commit: str | None = None) -> str:
        self.api.create_branch(
            repositoryName=self.name, branchName=name, commitId=commit or self.first
        )
        return name

    def change(self, branch: str, files: dict[str, str | None]) -> str:
        """A new branch with one commit behind the first of `main`."""
        return self.commit(self.branch(branch), files, self.first)

    def diverge(self, files=("README.md",)) -> tuple[str, str]:
        """Changes the same files on a new branch and on `main`; gives both tips, the branch's first."""
        theirs = self.change(unique("theirs"), {path: "theirs\n" for path in files})
        ours = self.commit("main", {path: "ours\n" for path in files}, self.first)
        return theirs, ours

    def pull_request(self, source: str, title: str = "A change", **request) -> dict:
        target = {
            "repositoryName": self.name,
            "sourceReference": source,
            "destinationReference": "main",
        }
        answer = self.api.create_pull_request(title=title, targets=[target], **request)
        return answer["pullRequest"]

    def opened(self) -> dict:
        """A pull request that adds one file."""
        branch = unique("feature")
        self.change(branch, {f"{branch}.txt": "new\n"})
        return self.pull_request(branch)
