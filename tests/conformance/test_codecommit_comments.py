"""Comments on pull requests and on commits."""

from .repository import Repository
from .story import FOREIGN_TOKEN, Story, client, unique, user

MOST_CHARACTERS = 10_240


class Comments(Story):
    def setUp(self):
        self.repository = Repository()
        self.api = self.repository.api
        opened = self.repository.opened()
        target = opened["pullRequestTargets"][0]
        self.compared = {
            "repositoryName": self.repository.name,
            "beforeCommitId": target["destinationCommit"],
            "afterCommitId": target["sourceCommit"],
        }
        self.it = {"pullRequestId": opened["pullRequestId"]}

    def post(self, text: str = "Looks good", **request) -> dict:
        answer = self.api.post_comment_for_pull_request(
            **self.it, **self.compared, content=text, **request
        )
        return answer["comment"]

    def test_a_comment_is_posted_answered_edited_and_deleted(self):
        comment = self.post()
        self.assertEqual(comment["authorArn"], user("ann"))
        posted = {"commentId": comment["commentId"]}
        reply = client("codecommit", "ben").post_comment_reply(
            inReplyTo=comment["commentId"], content="Thank you"
        )["comment"]
        self.assertEqual(reply["inReplyTo"], comment["commentId"])
        edited = self.api.update_comment(**posted, content="Looks better")["comment"]
        self.assertEqual(edited["content"], "Looks better")
        self.assertEqual(self.api.get_comment(**posted)["comment"], edited)
        deleted = self.api.delete_comment_content(**posted)["comment"]
        self.assertTrue(deleted["deleted"])
        self.refused("CommentDeletedException", self.api.get_comment, **posted)

    def test_a_comment_belongs_to_a_line(self):
        path = next(
            one["afterBlob"]["path"]
            for one in self.api.get_differences(
                repositoryName=self.repository.name,
                beforeCommitSpecifier=self.compared["beforeCommitId"],
                afterCommitSpecifier=self.compared["afterCommitId"],
            )["differences"]
        )
        place = {"filePath": path, "filePosition": 1, "relativeFileVersion": "AFTER"}
        answer = self.api.post_comment_for_pull_request(
            **self.it, **self.compared, content="Why?", location=place
        )
        self.assertEqual(answer["location"], place)
        self.assertIn("afterBlobId", answer)

    def test_refuses_to_repeat_a_token_with_another_text(self):
        token = {"clientRequestToken": unique("token")}
        comment = self.post(**token)
        self.assertEqual(self.post(**token)["commentId"], comment["commentId"])
        self.refused(
            "IdempotencyParameterMismatchException",
            self.api.post_comment_for_pull_request,
            **self.it,
            **self.compared,
            content="Something else",
            **token,
        )

    def test_refuses_what_is_too_long_or_another_persons(self):
        long = "x" * (MOST_CHARACTERS + 1)
        code = "CommentContentSizeLimitExceededException"
        self.refused(
            code,
            self.api.post_comment_for_pull_request,
            **self.it,
            **self.compared,
            content=long,
        )
        self.refused(
            code, self.api.post_comment_for_compared_commit, **self.compared, content=long
        )
        comment = self.post()["commentId"]
        self.refused(code, self.api.post_comment_reply, inReplyTo=comment, content=long)
        self.refused(
            "CommentNotCreatedByCallerException",
            client("codecommit", "ben").update_comment,
            commentId=comment,
            content="Mine",
        )

    def test_refuses_comments_that_are_not_there(self):
        missing = {"commentId": f"{'0' * 32}:{'0' * 8}"}
        code = "CommentDoesNotExistException"
        self.refused(code, self.api.get_comment, **missing)
        self.refused(code, self.api.delete_comment_content, **missing)
        self.refused(code, self.api.update_comment, **missing, content="No one's")

    def test_the_comments_of_a_pull_request_are_read_in_pages(self):
        ids = [self.post(f"Thought {number}")["commentId"] for number in range(3)]
        groups = self.read_over_pages(
            self.api,
            "get_comments_for_pull_request",
            "commentsForPullRequestData",
            limit="maxResults",
            **self.it,
        )
        found = [comment["commentId"] for group in groups for comment in group["comments"]]
        self.assertEqual(found, ids)
        self.assertEqual({group["pullRequestId"] for group in groups}, {self.it["pullRequestId"]})
        narrowed = self.api.get_comments_for_pull_request(**self.it, **self.compared)
        self.assertEqual(len(narrowed["commentsForPullRequestData"][0]["comments"]), 3)
        self.refused(
            "InvalidContinuationTokenException",
            self.api.get_comments_for_pull_request,
            **self.it,
            nextToken=FOREIGN_TOKEN,
        )

    def test_the_comments_on_two_commits_are_read_in_pages(self):
        ids = [
            self.api.post_comment_for_compared_commit(**self.compared, content=f"Thought {number}")[
                "comment"
            ]["commentId"]
            for number in range(3)
        ]
        groups = self.read_over_pages(
            self.api,
            "get_comments_for_compared_commit",
            "commentsForComparedCommitData",
            limit="maxResults",
            **self.compared,
        )
        found = [comment["commentId"] for group in groups for comment in group["comments"]]
        self.assertEqual(found, ids)
        self.refused(
            "InvalidMaxResultsException",
            self.api.get_comments_for_compared_commit,
            **self.compared,
            maxResults=0,
        )
