#!/usr/bin/env python3
"""The story of the deployed gate, told in three parts around `cdk deploy` and `cdk destroy`; see run.sh.

usage: story.py prepare|play|leave WORK
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import left_over
from botocore.exceptions import ClientError
from documents import Reader
from emulator import ACCOUNT, REGION, admin, client, every, everything_allowed, identities
from gate import (
    MACHINE,
    REPORTER,
    ROUTER,
    SERVICE,
    Inbox,
    approvers,
    builds,
    comments,
    dead_letters,
    environment,
    evaluation,
    execution_arn,
    finished,
    project,
    revision,
    runs,
    sweep,
    tell,
    wait,
)
from people import MENDED, MISTAKE, REPOSITORY, Developer, create_repository, event

RULE = f"{SERVICE}-{REPOSITORY}"
BUILT = ["Action", "Prepare", "Prepared", "Revoke", "Revoked", "StartBuilds", "Started", "Announce", "Announced"]

VPC = {
    "vpcId": "vpc-0a1b2c3d",
    "subnets": ["subnet-0a1b2c3d", "subnet-4e5f6a7b"],
    "securityGroupIds": ["sg-0a1b2c3d"],
}

COMMENTS = Path(__file__).with_name("comments")


class Story:
    """Says what is told now, and how long it took."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def chapter(self, title: str) -> None:
        print(f"\n[{time.monotonic() - self.began:5.1f} s] {title}", flush=True)

    def holds(self, what: str, actual: object, expected: object = True) -> None:
        """Ends the test unless something is as expected."""
        if actual != expected:
            raise AssertionError(f"{what}\n-- expected\n{expected}\n-- found\n{actual}")
        print(f"  ✔ {what}", flush=True)


def words(name: str) -> str:
    """A comment as a reviewer reads it, without what differs from run to run."""
    return (COMMENTS / f"{name}.md").read_text().rstrip("\n")


def opened_before(story: Story, ann: Developer) -> None:
    story.chapter("A pull request that is older than the gate")
    ann.branch("before-the-gate")
    ann.edit("README.md", "# Text tools", "# Tools for text")
    ann.push("before-the-gate", "Another title")
    story.holds("it is number 1", ann.open("before-the-gate", "Another title"), "1")
    story.holds("no rule guards it", evaluation("1")["approvalRulesNotSatisfied"], [])


def triggers(story: Story, inbox: Inbox) -> None:
    story.chapter("The deployed rules")
    events = admin("events")
    rules = {one["Name"]: one for one in every("events", "list_rules", "Rules", NamePrefix=SERVICE)}
    router, topic = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{ROUTER}", inbox.topic
    expected = {
        "branchMoved": [router],
        "breakGlass": [topic, router],
        "comment": [router],
        "pullRequest": [router],
        "rulesOverridden": [router],
        "runDied": [router],
        "runEnded": [router],
        "sweep": [router],
        "verdict": [topic],
    }
    story.holds("there are nine", sorted(rules), [f"{SERVICE}-{name}" for name in expected])
    for name, called in expected.items():
        rule = f"{SERVICE}-{name}"
        targets = [one["Arn"] for one in events.list_targets_by_rule(Rule=rule)["Targets"]]
        story.holds(f"{rule} is enabled", rules[rule]["State"], "ENABLED")
        story.holds(f"{rule} calls {' and '.join(called)}", sorted(targets), sorted(called))

    def matches(rule: str, occurrence: dict[str, object]) -> bool:
        pattern = rules[f"{SERVICE}-{rule}"]["EventPattern"]
        return events.test_event_pattern(EventPattern=pattern, Event=json.dumps(occurrence))["Result"]

    opened = event("pullRequestCreated", "1")
    story.holds("an opened pull request calls it", matches("pullRequest", opened))
    foreign = {**opened, "resources": [f"arn:aws:codecommit:{REGION}:{ACCOUNT}:another"]}
    story.holds("one of a repository that is not gated does not", matches("pullRequest", foreign), False)
    approved = {**opened, "detail": {**opened["detail"], "event": "pullRequestApprovalStateChanged"}}
    story.holds("an approval, which the gate itself gives, does not", matches("pullRequest", approved), False)
    died = {
        **opened,
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "resources": [execution_arn("pr-1-x")],
        "detail": {"stateMachineArn": MACHINE, "status": "TIMED_OUT", "name": "pr-1-x"},
    }
    story.holds("a run that timed out calls it", matches("runDied", died))
    others = {**died, "detail": {**died["detail"], "stateMachineArn": MACHINE + "-of-somebody-else"}}
    story.holds("a run of another machine does not", matches("runDied", others), False)
    ended = {**died, "detail": {**died["detail"], "status": "SUCCEEDED"}}
    story.holds("a run that ended calls it", matches("runEnded", ended))
    story.holds("by a rule of its own", matches("runDied", ended), False)
    comment = {
        **opened,
        "detail-type": "CodeCommit Comment on Pull Request",
        "detail": {"event": "commentOnPullRequestCreated", "pullRequestId": "1", "commentId": "c"},
    }
    story.holds("a comment calls it", matches("comment", comment))
    edited = {**comment, "detail": {**comment["detail"], "event": "commentOnPullRequestUpdated"}}
    story.holds("an edited one does not", matches("comment", edited), False)
    overridden = event("pullRequestApprovalRuleOverridden", "1", overrideStatus="OVERRIDE")
    story.holds("somebody who overrides rules calls it", matches("rulesOverridden", overridden))
    story.holds("and is no pull request to be tested", matches("pullRequest", overridden), False)
    story.holds("who does it without the break-glass role is not the latter", matches("breakGlass", overridden), False)
    emergency = f"arn:aws:sts::{ACCOUNT}:assumed-role/break-glass/ann"
    pushed = {
        **opened,
        "detail-type": "CodeCommit Repository State Change",
        "detail": {"event": "referenceUpdated", "referenceType": "branch", "callerUserArn": emergency},
    }
    story.holds("a branch that moves calls it", matches("branchMoved", pushed))
    story.holds("a push by the break-glass role is", matches("breakGlass", pushed))
    story.holds(
        "every quarter of an hour calls it", rules[f"{SERVICE}-sweep"]["ScheduleExpression"], "rate(15 minutes)"
    )


def sentence(pull_request: str, what: str) -> str:
    """What people are told."""
    place = f"https://{REGION}.console.aws.amazon.com/codesuite/codecommit/repositories/{REPOSITORY}/pull-requests"
    word, _, said = what.partition(": ")
    return f"{word}: pull request {pull_request} of {REPOSITORY}, {said}, {place}/{pull_request}"


def red(story: Story, ann: Developer, inbox: Inbox) -> str:
    story.chapter("Opened, with a mistake in it")
    ann.branch("newest-version")
    ann.edit("lib/text.sh", "head -n 1", f"{MISTAKE} head -n 1")
    ann.push("newest-version", "Find the newest version in any order")
    pull_request = ann.open("newest-version", "Find the newest version in any order")
    story.holds("it needs the gate", evaluation(pull_request)["approvalRulesNotSatisfied"], [RULE])
    run = finished(tell("pullRequestCreated", pull_request)["started"])
    story.holds("its run built", run.states[: len(BUILT)], BUILT)
    story.holds("its run reported and cleaned up", run.states[-2:], ["Release", "Done"])
    (comment,) = comments(pull_request)
    story.holds("the reporter said so", comment.author, REPORTER)
    story.holds("the words lead to the run", execution_arn(comment.run), run.arn)
    story.holds("the words are these", comment.plain, words("red"))
    story.holds("nobody approved", approvers(pull_request), [])
    told = sentence(pull_request, "rejected: not approved, 2 test failures")
    story.holds("whoever subscribed is told", inbox.next(), told)
    story.holds(
        "it cannot be merged", refused_merge(ann, pull_request), "PullRequestApprovalRulesNotSatisfiedException"
    )
    return pull_request


def refused_merge(developer: Developer, pull_request: str) -> str | None:
    return refusal(lambda: developer.merge(pull_request))


def refusal(call: Callable[[], Any]) -> str | None:
    """The code of the error with which a call is refused, if it is."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def strangers(story: Story, pull_request: str) -> None:
    story.chapter("Whoever else approves")
    everybody = identities()
    named = {f"{SERVICE}-{name}" for name in ("router", "environment", "builder", "reporter", "deployment")}
    story.holds("the functions are deployed", named <= {one.function for one in everybody})
    live = revision(pull_request)
    for one in everybody:
        if one.function in named:
            story.holds(f"{one.function} is somebody of its own", one.whoami(), one.arn)
        if one.arn == REPORTER:
            continue
        one.client("codecommit").update_pull_request_approval_state(
            pullRequestId=pull_request, revisionId=live, approvalState="APPROVE"
        )
        story.holds(f"{one.function} approved", one.arn in approvers(pull_request))
        story.holds("and the rule is not satisfied", evaluation(pull_request)["approvalRulesNotSatisfied"], [RULE])
    story.holds(
        "by its policies only the reporter may approve", permitted("UpdatePullRequestApprovalState"), ["reporter"]
    )
    story.holds("and comment", permitted("PostCommentForPullRequest"), ["reporter"])
    bob = client("codecommit", "bob")
    bob.update_pull_request_approval_state(pullRequestId=pull_request, revisionId=live, approvalState="APPROVE")
    story.holds("nor by a colleague", evaluation(pull_request)["approvalRulesNotSatisfied"], [RULE])


def seal(story: Story) -> None:
    story.chapter("Whoever else reads the key of the seal")
    (secret,) = [one["ARN"] for one in every("secretsmanager", "list_secrets", "SecretList")]
    readers = [one.function for one in identities() if reads(one.client("secretsmanager"), secret)]
    steps = [f"{SERVICE}-{name}" for name in ("builder", "environment", "reporter")]
    story.holds("the functions of the steps read it", sorted(readers), steps)
    with everything_allowed("secretsmanager") as somebody:
        story.holds("somebody who may do everything lists it", len(somebody.list_secrets()["SecretList"]), 1)
        story.holds("and does not read it", reads(somebody, secret), False)
        change = refusal(lambda: somebody.put_secret_value(SecretId=secret, SecretString="known to somebody"))
        story.holds("and does not change it", change, "AccessDeniedException")


def reads(secrets: Any, secret: str) -> bool:
    return refusal(lambda: secrets.get_secret_value(SecretId=secret)) is None


def permitted(action: str) -> list[str]:
    """Whose role the emulator would let call CodeCommit like that, of all roles that the stack made."""
    roles = [one["RoleName"] for one in every("iam", "list_roles", "Roles") if one["RoleName"].startswith(SERVICE)]
    found = []
    for role in roles:
        decision = admin("iam").simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
            ActionNames=[f"codecommit:{action}"],
            ResourceArns=[f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{REPOSITORY}"],
        )["EvaluationResults"][0]["EvalDecision"]
        if decision == "allowed":
            found.append(role.removeprefix(f"{SERVICE}-").removesuffix(f"-{REGION}"))
    return found


def green(story: Story, ann: Developer, pull_request: str) -> None:
    story.chapter("Mended and pushed")
    ann.edit("lib/text.sh", MISTAKE, MENDED)
    ann.push("newest-version", "Compare versions as numbers")
    story.holds("approvals of before count no more", approvers(pull_request), [])
    run = finished(tell("pullRequestSourceBranchUpdated", pull_request)["started"])
    before, comment = comments(pull_request)
    story.holds("a comment of its own for the new revision", before.run != comment.run)
    story.holds("the words lead to the run", execution_arn(comment.run), run.arn)
    story.holds("the words are these", comment.plain, words("green"))
    story.holds("only the reporter approved", approvers(pull_request), [REPORTER])
    story.holds("the rule is satisfied", evaluation(pull_request)["approvalRulesSatisfied"], [RULE])


def duplicate(story: Story, pull_request: str) -> None:
    story.chapter("The same event once more")
    before = runs(), comments(pull_request), approvers(pull_request)
    answer = tell("pullRequestSourceBranchUpdated", pull_request)
    story.holds("the router knows it", answer, {"ignored": f"run {before[1][-1].run} has this revision"})
    story.holds("nothing changed", (runs(), comments(pull_request), approvers(pull_request)), before)


def merged(story: Story, ann: Developer, pull_request: str) -> None:
    story.chapter("Merged")
    story.holds("its environment is there", f"project {SERVICE}-pr-{pull_request}" in environment(pull_request))
    ann.merge(pull_request)
    answer = tell("pullRequestMergeStatusUpdated", pull_request)
    story.holds("the tear-down runs", answer, {"started": f"pr-{pull_request}-close-1"})
    run = finished(answer["started"])
    story.holds("it ends well", run.states[-1], "Done")
    story.holds("nothing is left of its environment", environment(pull_request), [])


def conflict(story: Story, ann: Developer, inbox: Inbox) -> str:
    story.chapter("A conflict")
    ann.branch("ours")
    ann.edit("README.md", "# Text tools", "# Our tools")
    ann.push("ours", "Our title")
    pull_request = ann.open("ours", "Our title")
    ann.branch("theirs")
    ann.edit("README.md", "# Text tools", "# Their tools")
    ann.push("main", "Their title")
    run = finished(tell("pullRequestCreated", pull_request)["started"])
    story.holds("nothing was built", "StartBuilds" in run.states, False)
    (comment,) = comments(pull_request)
    story.holds("the words lead to the run", execution_arn(comment.run), run.arn)
    story.holds("the words are these", comment.plain, words("conflict"))
    story.holds("nobody approved", approvers(pull_request), [])
    told = sentence(pull_request, "rejected: not approved, it conflicts with the destination")
    story.holds("whoever subscribed is told, and was of nothing green", inbox.next(), told)
    return pull_request


def overridden(story: Story, pull_request: str, inbox: Inbox, reader: Reader) -> str:
    story.chapter("Somebody overrides the rule, as the documents tell")
    command = "aws codecommit override-pull-request-approval-rules"
    reader.types(command, caller="bob", id=pull_request, revision=revision(pull_request))
    story.holds("it can be merged without the gate", evaluation(pull_request)["overridden"])
    kind = "pullRequestApprovalRuleOverridden"
    run = finished(tell(kind, pull_request, caller="bob", overrideStatus="OVERRIDE")["started"])
    story.holds("a run says so and does nothing else", run.states, ["Action", "Say", "Done"])
    comment = comments(pull_request)[-1]
    story.holds("the reporter said it", comment.author, REPORTER)
    story.holds("with who did it", f"`arn:aws:iam::{ACCOUNT}:user/bob` did it." in comment.text)
    told = sentence(pull_request, f"overridden: arn:aws:iam::{ACCOUNT}:user/bob overrode its approval rules")
    story.holds("whoever subscribed is told", inbox.next(), told)
    return pull_request


def closed(story: Story, ann: Developer, pull_request: str) -> None:
    story.chapter("Closed without a merge")
    ann.close(pull_request)
    run = finished(tell("pullRequestStatusChanged", pull_request)["started"])
    story.holds("the tear-down ends well", run.states[-1], "Done")
    story.holds("nothing is left of its environment", environment(pull_request), [])


def killed(story: Story, ann: Developer) -> tuple[str, str]:
    story.chapter("A run is killed while it builds")
    ann.branch("slow")
    ann.edit("buildspec.yml", "commands:\n", "commands:\n      - sleep 300\n")
    ann.push("main", "Builds take their time")
    pull_request, run = building(ann, "slow")
    admin("stepfunctions").stop_execution(executionArn=execution_arn(run), cause="somebody pressed the button")
    second = run.removesuffix("-1") + "-2"
    wait("the next attempt, which the deployed rule asks for", lambda: second in runs())
    story.holds("the emulator told the router, which started the next attempt", runs()[run], "ABORTED")
    (comment,) = wait("its comment", lambda: [one for one in comments(pull_request) if one.run == second])
    story.holds("it speaks in the same comment", [comment], comments(pull_request))
    return pull_request, second


def closed_while_building(story: Story, ann: Developer, pull_request: str, run: str) -> None:
    story.chapter("Closed while it builds")
    ann.close(pull_request)
    tear_down = tell("pullRequestStatusChanged", pull_request)["started"]
    story.holds("the tear-down ends well", finished(tear_down).states[-1], "Done")
    story.holds("the run ends well, without a verdict", "Report" in finished(run).states, False)
    story.holds("nothing is left of its environment", environment(pull_request), [])


def doctor() -> tuple[int, list[dict[str, Any]]]:
    """What `gate doctor` exits with, and what it finds amiss."""
    done = subprocess.run(
        [os.environ["GATE"], "doctor", "--service", SERVICE, "--json"], capture_output=True, text=True, check=False
    )
    if not done.stdout:
        raise AssertionError(f"gate doctor: {done.stderr}")
    said = json.loads(done.stdout)
    if (said["account"], said["region"]) != (ACCOUNT, REGION) or len(said["checks"]) < 15:
        raise AssertionError(f"gate doctor looked elsewhere: {said}")
    return done.returncode, [one for one in said["checks"] if "fault" in one]


def deployed_well(story: Story, reader: Reader) -> None:
    story.chapter("After the deployment, as the documents tell")
    code, people = doctor()
    about = {one["what"].split(",")[0] for one in people}
    story.holds("gate doctor misses the policies for people alone", (code, about), (1, {"policy for people"}))
    nobody = "it is attached to nobody: "
    story.holds("nobody has any", all(one["fault"]["found"].startswith(nobody) for one in people))
    admin("iam").create_group(GroupName="developers")
    reader.types("aws iam attach-group-policy")
    # So many repositories have several, and gate doctor names each.
    for one in people[1:]:
        arn = one["fault"]["next"].split("--policy-arn ")[1].rstrip("`")
        admin("iam").attach_group_policy(GroupName="developers", PolicyArn=arn)
    story.holds("gate doctor finds nothing amiss", doctor(), (0, []))
    reader.types("aws sns subscribe")


def cleared(story: Story, reader: Reader) -> None:
    story.chapter("Somebody disables a rule, and there is a dead letter")
    rule = f"{SERVICE}-sweep"
    admin("events").disable_rule(Name=rule)
    code, (disabled, letters) = doctor()
    story.holds(
        "gate doctor finds both", (code, disabled["what"], letters["what"]), (1, f"event rule {rule}", "dead letters")
    )
    story.holds("in which state the rule is", disabled["fault"]["found"], "it is DISABLED")
    story.holds("what to do", disabled["fault"]["next"], f"run `aws events enable-rule --name {rule}`")
    story.holds("and how many dead letters there are", letters["fault"]["found"], f"1 in `{SERVICE}-dead-letters`")
    admin("events").enable_rule(Name=rule)
    reader.types("aws sqs purge-queue")
    story.holds("the queue is empty again", dead_letters(), 0)


def unknown(story: Story) -> None:
    story.chapter("An event that cannot be true")
    untrue = event("pullRequestSourceBranchUpdated", "1")
    untrue["detail"]["sourceCommit"] = "0" * 40
    admin("lambda").invoke(FunctionName=ROUTER, InvocationType="Event", Payload=json.dumps(untrue).encode())
    wait("a dead letter", lambda: dead_letters() == 1)
    story.holds("after its last try it is among the dead letters", dead_letters(), 1)


def building(ann: Developer, branch: str, title: str = "Say more") -> tuple[str, str]:
    """A pull request whose build is running, and its run."""
    ann.edit("README.md", "Slugs", f"All about {branch}: slugs")
    ann.push(branch, "Say more")
    pull_request = ann.open(branch, title)
    run = tell("pullRequestCreated", pull_request)["started"]
    wait("the comment about the build", lambda: comments(pull_request))
    return pull_request, run


def left_building(story: Story, ann: Developer) -> None:
    story.chapter("A pull request that is left to cdk destroy")
    ann.branch("unfinished")
    pull_request, run = building(ann, "unfinished", "[container] Say more")
    story.holds("its run is running", runs()[run], "RUNNING")
    story.holds("its project is in the VPC of the deployment", project(pull_request)["vpcConfig"], VPC)
    build = builds(pull_request)[0]
    role = f"arn:aws:iam::{ACCOUNT}:role/{SERVICE}-container-{REPOSITORY}-0f94d0-{REGION}"
    story.holds("as a container build it has a role of its own", build["serviceRole"], role)
    (images,) = admin("ecr").describe_repositories(repositoryNames=[SERVICE])["repositories"]
    variables = {one["name"]: one["value"] for one in build["environment"]["environmentVariables"]}
    story.holds("and knows where images go", variables["MERGEGATE_IMAGE_REPOSITORY"], images["repositoryUri"])
    story.holds("its environment is there", f"project {SERVICE}-pr-{pull_request}" in environment(pull_request))


def lost(story: Story) -> None:
    story.chapter("The sweep finds what no event told")
    story.holds("the gate's rule came to the older pull request", evaluation("1")["approvalRulesNotSatisfied"], [RULE])
    before = set(runs())
    sweep()
    (started,) = set(runs()) - before
    story.holds("the sweep started its run", started.startswith("pr-1-"))
    finished(started)
    story.holds("and the gate approved", approvers("1"), [REPORTER])


def play(story: Story, ann: Developer) -> None:
    reader = Reader()
    deployed_well(story, reader)
    inbox = Inbox()
    triggers(story, inbox)
    lost(story)
    story.holds("no event was lost so far", dead_letters(), 0)
    unknown(story)
    pull_request = red(story, ann, inbox)
    strangers(story, pull_request)
    seal(story)
    green(story, ann, pull_request)
    duplicate(story, pull_request)
    merged(story, ann, pull_request)
    ann.close("1")
    finished(tell("pullRequestStatusChanged", "1")["started"])
    closed(story, ann, overridden(story, conflict(story, ann, inbox), inbox, reader))
    closed_while_building(story, ann, *killed(story, ann))
    story.chapter("In the end")
    story.holds("every run but the killed one ended well", sorted(runs().values()), ["ABORTED", *["SUCCEEDED"] * 10])
    story.holds("nobody was told of anything else", inbox.is_empty())
    story.holds("no other event was lost", dead_letters(), 1)
    cleared(story, reader)
    story.holds("every aws command of the documents was typed", reader.left(), [])
    left_building(story, ann)


def main() -> None:
    part, work = sys.argv[1], Path(sys.argv[2])
    story = Story()
    try:
        if part == "prepare":
            opened_before(story, create_repository(work))
        elif part == "play":
            play(story, Developer("ann", work))
        elif part == "leave":
            story.chapter("After cdk destroy")
            story.holds("nothing is left", left_over.everything(), [])
        else:
            sys.exit(__doc__)
    except AssertionError as error:
        sys.exit(f"  ✘ {error}")


if __name__ == "__main__":
    main()
