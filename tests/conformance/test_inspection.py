"""The inspection itself: an endpoint that strays from the models must not get past it."""

import unittest

from .models import service_model
from .shapes import faults


def faults_of(service: str, operation: str, answer) -> list[str]:
    shape = service_model(service).operation_model(operation).output_shape
    return list(faults(shape, answer, "the answer"))


class Inspection(unittest.TestCase):
    def test_an_answer_that_fits_has_no_fault(self):
        branch = {"branch": {"branchName": "main", "commitId": "3f2a91c"}}
        self.assertEqual(faults_of("codecommit", "GetBranch", branch), [])

    def test_fails_on_a_member_that_the_model_does_not_have(self):
        found = faults_of("codecommit", "GetBranch", {"branch": {"name": "main"}})
        self.assertEqual(found, ["the answer.branch.name is not a member of BranchInfo"])

    def test_fails_on_a_required_member_that_is_missing_or_null(self):
        for answer in ({"startDate": 1.5}, {"startDate": 1.5, "executionArn": None}):
            found = faults_of("stepfunctions", "StartExecution", answer)
            self.assertIn("the answer.executionArn is required by StartExecutionOutput", found)

    def test_fails_on_values_of_another_type(self):
        build = {"buildStatus": "DONE", "startTime": "today", "buildNumber": True, "phases": {}}
        found = faults_of("codebuild", "BatchGetBuilds", {"builds": [build]})
        self.assertEqual(len(found), 4, found)
        self.assertIn("the answer.builds[0].startTime is no timestamp: 'today'", found)
        self.assertTrue(any("'DONE', which is none of" in fault for fault in found))
        self.assertTrue(faults_of("codecommit", "GetBlob", {"content": "no base64!"}))
