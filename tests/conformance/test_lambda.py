"""Invoking functions."""

import json

from .story import Story, client


class Invocations(Story):
    def setUp(self):
        self.api = client("lambda")

    def test_a_function_answers(self):
        answer = self.api.invoke(FunctionName="echo", Payload=b'{"a":1}')
        self.assertEqual(answer["StatusCode"], 200)
        self.assertEqual(json.load(answer["Payload"]), {"a": 1})

    def test_a_function_fails_in_its_own_words(self):
        arn = "arn:aws:lambda:us-east-1:000000000000:function:failing"
        answer = self.api.invoke(FunctionName=arn)
        self.assertEqual(answer["FunctionError"], "Unhandled")
        failure = json.load(answer["Payload"])
        self.assertEqual(failure["errorType"], "RevisionStale")
        self.assertEqual(failure["errorMessage"], "revision 3 is gone")

    def test_an_invocation_can_be_queued_or_tried(self):
        queued = self.api.invoke(FunctionName="echo", InvocationType="Event", Payload=b"{}")
        self.assertEqual(queued["StatusCode"], 202)
        tried = self.api.invoke(FunctionName="echo", InvocationType="DryRun")
        self.assertEqual(tried["StatusCode"], 204)

    def test_refuses_functions_payloads_and_types_that_are_none(self):
        invoke = self.api.invoke
        self.refused("ResourceNotFoundException", invoke, FunctionName="nobody")
        self.refused(
            "InvalidRequestContentException", invoke, FunctionName="echo", Payload=b"no JSON"
        )
        self.refused(
            "InvalidParameterValueException", invoke, FunctionName="echo", InvocationType="Later"
        )
