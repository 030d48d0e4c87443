"""The deployed gate as an outsider sees it: its runs in the emulator, its words and approvals on the pull request."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulator import ACCOUNT, REGION, admin, every, invoke
from people import REPOSITORY, event

SERVICE = "mergegate"
ROUTER = f"{SERVICE}-router"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{SERVICE}"
REPORTER = f"arn:aws:sts::{ACCOUNT}:assumed-role/{SERVICE}-reporter-{REGION}/{SERVICE}-reporter"
PATIENCE_SECONDS = 60


def wait(what: str, look: Callable[[], Any]) -> Any:
    """Looks again until there is something; what was found."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE_SECONDS} s")
        time.sleep(0.2)


def tell(kind: str, pull_request: str, **more: str) -> dict[str, str]:
    """Hands the router the event that CodeCommit emits now; the router's answer."""
    return invoke(ROUTER, event(kind, pull_request, **more))


class Inbox:
    """Somebody who subscribed to the topic of the deployment, before anything happened."""

    def __init__(self) -> None:
        topics = every("sns", "list_topics", "Topics")
        (self.topic,) = [one["TopicArn"] for one in topics if one["TopicArn"].endswith(f":{SERVICE}-notifications")]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox"
        take = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": self.topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [take]})
        self.queue = admin("sqs").create_queue(QueueName="inbox", Attributes={"Policy": policy})["QueueUrl"]
        admin("sns").subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
        )

    def next(self) -> str:
        """The sentence that came next. EventBridge passes a text on as JSON: with quotes around it, of which the text, the
        output of an execution, has some of its own."""
        (message,) = wait(
            "a notification", lambda: admin("sqs").receive_message(QueueUrl=self.queue).get("Messages", [])
        )
        admin("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return json.loads(json.loads(message["Body"]))

    def is_empty(self) -> bool:
        """Whether nothing else came."""
        return not admin("sqs").receive_message(QueueUrl=self.queue).get("Messages", [])


def sweep() -> None:
    """The event of the schedule."""
    invoke(
        ROUTER,
        {
            "version": "0",
            "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": "2026-11-20T00:00:00Z",
            "region": REGION,
            "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{SERVICE}-sweep"],
            "detail": {},
        },
    )


def runs() -> dict[str, str]:
    """Name → status of every execution."""
    executions = every("stepfunctions", "list_executions", "executions", stateMachineArn=MACHINE)
    return {one["name"]: one["status"] for one in executions}


@dataclass(frozen=True)
class Run:
    """An execution that ended well."""

    name: str
    states: list[str]

    @property
    def arn(self) -> str:
        return execution_arn(self.name)


def execution_arn(name: str) -> str:
    return f"{MACHINE.replace(':stateMachine:', ':execution:')}:{name}"


def finished(name: str) -> Run:
    """Waits for a run; the states it went through, as the emulator's history tells them."""
    arn = execution_arn(name)

    def ended() -> str | None:
        status = admin("stepfunctions").describe_execution(executionArn=arn)["status"]
        return None if status == "RUNNING" else status

    status = wait(f"the end of {name}", ended)
    events = every("stepfunctions", "get_execution_history", "events", executionArn=arn)
    if status != "SUCCEEDED":
        raise AssertionError(f"{name} ended as {status}: {events[-1]}")
    return Run(name, [one["stateEnteredEventDetails"]["name"] for one in events if "stateEnteredEventDetails" in one])


@dataclass(frozen=True)
class Comment:
    """What the gate said."""

    author: str
    text: str

    @property
    def run(self) -> str:
        """The run that wrote it, from its last line."""
        found = re.search(r"^Mergegate · run (\S+)$", self.text, re.MULTILINE)
        if found is None:
            raise AssertionError(f"the comment names no run:\n{self.text}")
        return found[1]

    @property
    def plain(self) -> str:
        """The text without what differs from run to run: commits, durations, links, folders."""
        text = re.sub(r"\]\(https?://[^)]*\)", "](link)", self.text)
        text = re.sub(r"\b[0-9a-f]{7}\b", "commit", text)
        text = re.sub(r"^(- `[^`]+`), \d+ ms$", r"\1", text, flags=re.MULTILINE)  # A test that took some time.
        text = re.sub(r"\b\d+(\.\d+)? (ms|s)\b", "a while", text)
        return text.replace(self.run, "run")


def comments(pull_request: str) -> list[Comment]:
    """All comments, the oldest first."""
    data = every(
        "codecommit", "get_comments_for_pull_request", "commentsForPullRequestData", pullRequestId=pull_request
    )
    said = sorted((one for data in data for one in data["comments"]), key=lambda one: one["creationDate"])
    return [Comment(one["authorArn"], one["content"]) for one in said]


def revision(pull_request: str) -> str:
    """The live revision."""
    return admin("codecommit").get_pull_request(pullRequestId=pull_request)["pullRequest"]["revisionId"]


def evaluation(pull_request: str) -> dict[str, Any]:
    """How the approval rules of the live revision stand."""
    return admin("codecommit").evaluate_pull_request_approval_rules(
        pullRequestId=pull_request, revisionId=revision(pull_request)
    )["evaluation"]


def approvers(pull_request: str) -> list[str]:
    """Who approved the live revision."""
    states = admin("codecommit").get_pull_request_approval_states(
        pullRequestId=pull_request, revisionId=revision(pull_request)
    )
    return [one["userArn"] for one in states["approvals"] if one["approvalState"] == "APPROVE"]


def project(pull_request: str) -> dict[str, Any]:
    """The project of a pull request."""
    (found,) = admin("codebuild").batch_get_projects(names=[f"{SERVICE}-pr-{pull_request}"])["projects"]
    return found


def builds(pull_request: str) -> list[dict[str, Any]]:
    """The builds of a pull request, the newest first."""
    ids = admin("codebuild").list_builds_for_project(projectName=f"{SERVICE}-pr-{pull_request}")["ids"]
    return admin("codebuild").batch_get_builds(ids=ids)["builds"]


def environments() -> list[str]:
    """What exists on behalf of pull requests: projects, report groups, preview branches, parameters."""
    parameters = every(
        "ssm", "get_parameters_by_path", "Parameters", Path=f"/mergegate/{SERVICE}/pull-requests", Recursive=True
    )
    branches = every("codecommit", "list_branches", "branches", repositoryName=REPOSITORY)
    return [
        *(f"project {name}" for name in every("codebuild", "list_projects", "projects")),
        *(f"report group {arn}" for arn in every("codebuild", "list_report_groups", "reportGroups")),
        *(f"branch {name}" for name in branches if name.startswith("mergegate/")),
        *(f"parameter {one['Name']}" for one in parameters),
    ]


def environment(pull_request: str) -> list[str]:
    """What exists on behalf of one pull request."""
    its = re.compile(rf"(-pr-|/pr-|/pull-requests/){pull_request}\b")
    return [one for one in environments() if its.search(one)]


def dead_letters() -> int:
    """How many events and failures nobody took."""
    queues = admin("sqs").list_queues(QueueNamePrefix=SERVICE).get("QueueUrls", [])
    attributes = [
        admin("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        for url in queues
    ]
    return sum(int(one["Attributes"]["ApproximateNumberOfMessages"]) for one in attributes)
