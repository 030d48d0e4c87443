"""Pull requests: opening, reading, editing, closing and merging them."""

from .repository import NO_COMMIT, Repository
from .story import FOREIGN_TOKEN, Story, client, user

NOBODYS = "999999999"


class PullRequests(Story):
    def setUp(self):
        self.repository = Repository()
        self.api = self.repository.api
        self.here = {"repositoryName": self.repository.name}

    def test_a_pull_request_is_opened_and_read(self):
        source = self.repository.change("feature", {"new.txt": "new"})
        opened = self.repository.pull_request("feature", description="Adds a file")
        self.assertEqual(opened["authorArn"], user("ann"))
        target = opened["pullRequestTargets"][0]
        self.assertEqual(target["sourceCommit"], source)
        self.assertEqual(target["destinationReference"], "refs/heads/main")
        read = self.api.get_pull_request(pullRequestId=opened["pullRequestId"])["pullRequest"]
        self.assertEqual(read, opened)

    def test_the_same_token_opens_one_pull_request(self):
        self.repository.change("feature", {"new.txt": "new"})
        token = {"clientRequestToken": f"{self.repository.name}-feature"}
        opened = self.repository.pull_request("feature", **token)
        again = self.repository.pull_request("feature", **token)
        self.assertEqual(again["pullRequestId"], opened["pullRequestId"])
        target = {**self.here, "sourceReference": "feature"}
        self.refused(
            "IdempotencyParameterMismatchException",
            self.api.create_pull_request,
            title="Another change",
            targets=[target],
            **token,
        )

    def test_refuses_a_branch_or_a_pull_request_that_is_not_there(self):
        self.refused(
            "ReferenceDoesNotExistException",
            self.api.create_pull_request,
            title="From nowhere",
            targets=[{**self.here, "sourceReference": "nowhere"}],
        )
        missing = {"pullRequestId": NOBODYS}
        code = "PullRequestDoesNotExistException"
        self.refused(code, self.api.get_pull_request, **missing)
        self.refused(code, self.api.describe_pull_request_events, **missing)
        self.refused(code, self.api.update_pull_request_title, **missing, title="No one")
        self.refused(code, self.api.update_pull_request_description, **missing, description="")
        careless = client("codecommit", careless=True)
        self.refused("PullRequestIdRequiredException", careless.get_pull_request)

    def test_pull_requests_are_listed_by_status_and_author(self):
        ids = [self.repository.opened()["pullRequestId"] for _ in range(3)]
        found = self.read_over_pages(
            self.api, "list_pull_requests", "pullRequestIds", limit="maxResults", **self.here
        )
        self.assertEqual(sorted(found), sorted(ids))
        self.api.update_pull_request_status(pullRequestId=ids[0], pullRequestStatus="CLOSED")
        closed = self.api.list_pull_requests(**self.here, pullRequestStatus="CLOSED")
        self.assertEqual(closed["pullRequestIds"], ids[:1])
        bens = self.api.list_pull_requests(**self.here, authorArn=user("ben"))
        self.assertEqual(bens["pullRequestIds"], [])
        self.refused(
            "InvalidContinuationTokenException",
            self.api.list_pull_requests,
            **self.here,
            nextToken=FOREIGN_TOKEN,
        )

    def test_title_and_description_are_edited_while_it_is_open(self):
        it = {"pullRequestId": self.repository.opened()["pullRequestId"]}
        titled = self.api.update_pull_request_title(**it, title="[skip-tests] Better")
        self.assertEqual(titled["pullRequest"]["title"], "[skip-tests] Better")
        described = self.api.update_pull_request_description(**it, description="More")
        self.assertEqual(described["pullRequest"]["description"], "More")
        closed = self.api.update_pull_request_status(**it, pullRequestStatus="CLOSED")
        self.assertEqual(closed["pullRequest"]["pullRequestStatus"], "CLOSED")
        self.refused(
            "PullRequestAlreadyClosedException",
            self.api.update_pull_request_title,
            **it,
            title="Too late",
        )
        self.refused(
            "InvalidPullRequestStatusUpdateException",
            self.api.update_pull_request_status,
            **it,
            pullRequestStatus="OPEN",
        )


class Merges(Story):
    def setUp(self):
        self.repository = Repository()
        self.api = self.repository.api

    def merges(self):
        return {
            "FAST_FORWARD_MERGE": self.api.merge_pull_request_by_fast_forward,
            "SQUASH_MERGE": self.api.merge_pull_request_by_squash,
            "THREE_WAY_MERGE": self.api.merge_pull_request_by_three_way,
        }

    def request(self, pull_request: dict) -> dict:
        return {
            "pullRequestId": pull_request["pullRequestId"],
            "repositoryName": self.repository.name,
        }

    def test_a_pull_request_is_merged_by_each_option(self):
        for option, merge in self.merges().items():
            with self.subTest(option):
                self.repository = Repository()
                opened = self.repository.opened()
                source = opened["pullRequestTargets"][0]["sourceCommit"]
                merged = merge(**self.request(opened), sourceCommitId=source)["pullRequest"]
                self.assertEqual(merged["pullRequestStatus"], "CLOSED")
                metadata = merged["pullRequestTargets"][0]["mergeMetadata"]
                self.assertTrue(metadata["isMerged"])
                self.assertEqual(metadata["mergeOption"], option)
                self.assertEqual(metadata["mergedBy"], user("ann"))
                main = self.api.get_branch(
                    repositoryName=self.repository.name, branchName="main"
                )["branch"]
                self.assertEqual(main["commitId"], metadata["mergeCommitId"])
                self.refused(
                    "PullRequestAlreadyClosedException", merge, **self.request(opened)
                )

    def test_refuses_what_conflicts_and_what_has_moved_on(self):
        theirs, _ = self.repository.diverge()
        self.repository.branch("conflicting", theirs)
        request = self.request(self.repository.pull_request("conflicting"))
        for option, merge in self.merges().items():
            with self.subTest(option):
                self.refused("ManualMergeRequiredException", merge, **request)
                self.refused(
                    "TipOfSourceReferenceIsDifferentException",
                    merge,
                    **request,
                    sourceCommitId=NO_COMMIT,
                )


class Events(Story):
    """Everything that can happen to a pull request is in its history."""

    def test_the_history_tells_everything_that_happened(self):
        repository = Repository()
        opened = repository.opened()
        branch = opened["pullRequestTargets"][0]["sourceReference"].removeprefix("refs/heads/")
        source = opened["pullRequestTargets"][0]["sourceCommit"]
        repository.commit(branch, {"more.txt": "more"}, source)
        it = {"pullRequestId": opened["pullRequestId"]}
        api = repository.api
        rule = {**it, "approvalRuleName": "One of us"}
        content = '{"Version":"2018-11-08","Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":%d}]}'
        api.create_pull_request_approval_rule(**rule, approvalRuleContent=content % 1)
        api.update_pull_request_approval_rule_content(**rule, newRuleContent=content % 2)
        revision = api.get_pull_request(**it)["pullRequest"]["revisionId"]
        live = {**it, "revisionId": revision}
        ben = client("codecommit", "ben")
        ben.update_pull_request_approval_state(**live, approvalState="APPROVE")
        ben.override_pull_request_approval_rules(**live, overrideStatus="OVERRIDE")
        api.delete_pull_request_approval_rule(**rule)
        merged = {**it, "repositoryName": repository.name}
        api.merge_pull_request_by_squash(**merged)
        found = self.read_over_pages(
            api, "describe_pull_request_events", "pullRequestEvents", limit="maxResults", **it
        )
        self.assertEqual(
            [event["pullRequestEventType"].removeprefix("PULL_REQUEST_") for event in found],
            [
                "CREATED",
                "SOURCE_REFERENCE_UPDATED",
                "APPROVAL_RULE_CREATED",
                "APPROVAL_RULE_UPDATED",
                "APPROVAL_STATE_CHANGED",
                "APPROVAL_RULE_OVERRIDDEN",
                "APPROVAL_RULE_DELETED",
                "MERGE_STATE_CHANGED",
            ],
        )
        bens = api.describe_pull_request_events(**it, actorArn=user("ben"))
        self.assertEqual(len(bens["pullRequestEvents"]), 2)
        self.refused(
            "InvalidContinuationTokenException",
            api.describe_pull_request_events,
            **it,
            nextToken=FOREIGN_TOKEN,
        )
