"""What people do: push, open, close and merge pull requests. And the events that CodeCommit emits when they do."""

import os
import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from emulator import ACCOUNT, REGION, admin, client

REPOSITORY = "shop"
# So many that lists and policies have to be long.
FURTHER = [f"further-{number}" for number in range(1, 12)]
TOP = Path(__file__).resolve().parents[2]
EXAMPLE = TOP / "examples" / "shell"
MISTAKE = "sort -r |"
MENDED = "sort -t . -k 1,1nr -k 2,2nr -k 3,3nr |"


class Developer:
    """Somebody with a clone of the repository."""

    def __init__(self, name: str, work: Path) -> None:
        self.name = name
        self.work = work
        self.codecommit = client("codecommit", name)

    def git(self, *arguments: str) -> str:
        """Runs git in the clone, without this machine's configuration."""
        identity = ["-c", f"user.name={self.name}", "-c", f"user.email={self.name}@example.com"]
        settings = {
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        done = subprocess.run(
            ["git", "-C", str(self.work), *identity, *arguments],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
        return done.stdout.strip()

    def clone(self) -> None:
        """Clones the repository, which may be empty."""
        self.work.mkdir(parents=True)
        url = f"{os.environ['AWS_ENDPOINT_URL_CODECOMMIT']}/v1/repos/{REPOSITORY}"
        self.git("clone", "--quiet", url, ".")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replaces a text that is there."""
        file = self.work / path
        text = file.read_text()
        if old not in text:
            raise AssertionError(f"{path} does not contain {old!r}")
        file.write_text(text.replace(old, new, 1))

    def push(self, branch: str, message: str) -> str:
        """Commits everything and pushes; the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str) -> None:
        """A new branch from the newest main."""
        self.git("fetch", "--quiet", "origin")
        self.git("switch", "--quiet", "--create", name, "origin/main")

    def open(self, branch: str, title: str) -> str:
        """Opens a pull request to main; its id."""
        target = {"repositoryName": REPOSITORY, "sourceReference": branch, "destinationReference": "main"}
        return self.codecommit.create_pull_request(title=title, targets=[target])["pullRequest"]["pullRequestId"]

    def close(self, pull_request: str) -> None:
        """Closes a pull request without merging it."""
        self.codecommit.update_pull_request_status(pullRequestId=pull_request, pullRequestStatus="CLOSED")

    def merge(self, pull_request: str) -> None:
        """Merges a pull request, if its rules are satisfied."""
        self.codecommit.merge_pull_request_by_fast_forward(pullRequestId=pull_request, repositoryName=REPOSITORY)


def create_repository(work: Path) -> Developer:
    """The repository with an example on main, and the developer who pushed it."""
    for name in (REPOSITORY, *FURTHER):
        admin("codecommit").create_repository(repositoryName=name)
    for name in FURTHER:
        admin("codecommit").create_commit(
            repositoryName=name,
            branchName="main",
            putFiles=[{"filePath": "README.md", "fileContent": b"Nothing yet\n"}],
        )
    ann = Developer("ann", work)
    ann.clone()
    ann.git("switch", "--quiet", "--create", "main")
    files = subprocess.run(
        ["git", "-C", str(EXAMPLE), "ls-files"], capture_output=True, text=True, check=True
    ).stdout.split()
    for name in files:
        if name != "failing.patch":
            (ann.work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(EXAMPLE / name, ann.work / name)
    ann.push("main", "Text tools")
    return ann


def event(kind: str, pull_request: str, caller: str = "ann", **more: str) -> dict[str, Any]:
    """The event that CodeCommit emits about a pull request as it is now, with what this kind has besides."""
    live = admin("codecommit").get_pull_request(pullRequestId=pull_request)["pullRequest"]
    target = live["pullRequestTargets"][0]
    now = datetime.now(timezone.utc)
    return {
        "version": "0",
        "id": "01234567-0123-0123-0123-012345678901",
        "detail-type": "CodeCommit Pull Request State Change",
        "source": "aws.codecommit",
        "account": ACCOUNT,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{REPOSITORY}"],
        "detail": {
            "event": kind,
            "author": live["authorArn"],
            "callerUserArn": f"arn:aws:iam::{ACCOUNT}:user/{caller}",
            "creationDate": now.strftime("%a %b %d %H:%M:%S UTC %Y"),
            "lastModifiedDate": now.strftime("%a %b %d %H:%M:%S UTC %Y"),
            "isMerged": str(target["mergeMetadata"]["isMerged"]),
            "pullRequestId": pull_request,
            "pullRequestStatus": live["pullRequestStatus"].capitalize(),
            "repositoryNames": [REPOSITORY],
            "revisionId": live["revisionId"],
            "sourceCommit": target["sourceCommit"],
            "sourceReference": target["sourceReference"],
            "destinationCommit": target["destinationCommit"],
            "destinationReference": target["destinationReference"],
            "title": live["title"],
            "notificationBody": f"A pull request event occurred in {REPOSITORY}",
            **more,
        },
    }
