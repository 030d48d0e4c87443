"""State machines and their executions."""

import json

from .story import FOREIGN_TOKEN, Story, client, unique

ROLE = "arn:aws:iam::000000000000:role/Machine"
STATES = "arn:aws:states:us-east-1:000000000000"
CLOSED = ("SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT")


def task(function: str, **members) -> dict:
    parameters = {"FunctionName": function, "Payload.$": "$"}
    resource = "arn:aws:states:::lambda:invoke"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, **members}


def machine(start: str, **states: dict) -> str:
    return json.dumps({"StartAt": start, "States": states})


PASS = machine("Done", Done={"Type": "Pass", "End": True})
WAIT = machine("Wait", Wait={"Type": "Wait", "Seconds": 86_400, "End": True})
# Every kind of state, a task that succeeds, and one that fails, is tried again and is caught.
EVERYTHING = machine(
    "Note",
    Note={"Type": "Pass", "Next": "Ask"},
    Ask=task("echo", OutputPath="$.Payload", Next="Wait"),
    Wait={"Type": "Wait", "Seconds": 1, "Next": "Choose"},
    Choose={
        "Type": "Choice",
        "Choices": [{"Variable": "$.fail", "BooleanEquals": True, "Next": "Try"}],
        "Default": "Done",
    },
    Try=task(
        "failing",
        Retry=[{"ErrorEquals": ["RevisionStale"], "MaxAttempts": 1, "IntervalSeconds": 1}],
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Give up"}],
        Next="Done",
    ),
    Done={"Type": "Succeed"},
    **{"Give up": {"Type": "Fail", "Error": "Stale", "Cause": "tried twice"}},
)


class Machines(Story):
    def setUp(self):
        self.api = client("stepfunctions")
        self.name = unique("machine")
        self.it = {"stateMachineArn": f"{STATES}:stateMachine:{self.name}"}

    def create(self, definition: str = PASS, name: str | None = None) -> dict:
        return self.api.create_state_machine(
            name=name or self.name, definition=definition, roleArn=ROLE
        )

    def test_a_machine_is_created_described_updated_and_deleted(self):
        self.assertEqual(self.create()["stateMachineArn"], self.it["stateMachineArn"])
        described = self.api.describe_state_machine(**self.it)
        self.assertEqual((described["name"], described["definition"]), (self.name, PASS))
        self.assertNotIn("revisionId", described)
        updated = self.api.update_state_machine(**self.it, definition=WAIT)
        described = self.api.describe_state_machine(**self.it)
        self.assertEqual(described["revisionId"], updated["revisionId"])
        self.assertEqual(described["definition"], WAIT)
        self.api.delete_state_machine(**self.it)
        self.refused("StateMachineDoesNotExist", self.api.describe_state_machine, **self.it)
        self.refused(
            "StateMachineDoesNotExist", self.api.update_state_machine, **self.it, definition=PASS
        )

    def test_machines_are_listed_in_pages(self):
        names = sorted(unique("machine") for _ in range(3))
        for name in names:
            self.create(name=name)
        found = self.read_over_pages(
            self.api, "list_state_machines", "stateMachines", limit="maxResults"
        )
        self.assertLessEqual(set(names), {one["name"] for one in found})
        self.refused("InvalidToken", self.api.list_state_machines, nextToken=FOREIGN_TOKEN)

    def test_a_definition_is_looked_through(self):
        good = self.api.validate_state_machine_definition(definition=EVERYTHING)
        self.assertEqual((good["result"], good["diagnostics"]), ("OK", []))
        broken = self.api.validate_state_machine_definition(
            definition=machine("Nowhere", Done={"Type": "Pass", "Next": "Nobody"})
        )
        self.assertEqual(broken["result"], "FAIL")
        self.assertGreater(len(broken["diagnostics"]), 1)

    def test_refuses_names_arns_and_definitions_that_are_none(self):
        create = self.api.create_state_machine
        self.refused("InvalidName", create, name="a b", definition=PASS, roleArn=ROLE)
        self.refused("InvalidDefinition", create, name=self.name, definition="{}", roleArn=ROLE)
        self.create()
        self.refused(
            "StateMachineAlreadyExists", create, name=self.name, definition=WAIT, roleArn=ROLE
        )
        self.refused("InvalidArn", self.api.delete_state_machine, stateMachineArn="no ARN")
        self.refused(
            "ValidationException",
            client("stepfunctions", careless=True).validate_state_machine_definition,
        )


class Executions(Story):
    def setUp(self):
        self.api = client("stepfunctions")

    def machine(self, definition: str) -> dict:
        made = self.api.create_state_machine(
            name=unique("machine"), definition=definition, roleArn=ROLE
        )
        return {"stateMachineArn": made["stateMachineArn"]}

    def start(self, machine: dict, **request) -> dict:
        started = self.api.start_execution(**machine, **request)
        return {"executionArn": started["executionArn"]}

    def closed(self, it: dict) -> dict:
        def look():
            execution = self.api.describe_execution(**it)
            return execution if execution["status"] in CLOSED else None

        return self.eventually(look, "the end of the execution")

    def test_an_execution_succeeds_and_tells_its_history(self):
        text = json.dumps({"fail": False})
        it = self.start(self.machine(EVERYTHING), name="run-1", input=text)
        done = self.closed(it)
        self.assertEqual((done["status"], done["name"]), ("SUCCEEDED", "run-1"))
        self.assertEqual(json.loads(done["output"]), {"fail": False})
        events = self.read_over_pages(
            self.api, "get_execution_history", "events", limit="maxResults", **it
        )
        self.assertEqual([event["id"] for event in events], list(range(1, len(events) + 1)))
        started = events[0]["executionStartedEventDetails"]
        self.assertEqual(json.loads(started["input"]), {"fail": False})
        self.assertEqual(events[-1]["type"], "ExecutionSucceeded")
        self.refused(
            "InvalidToken", self.api.get_execution_history, **it, nextToken=FOREIGN_TOKEN
        )

    def test_an_execution_fails_in_the_words_of_its_machine(self):
        it = self.start(self.machine(EVERYTHING), input=json.dumps({"fail": True}))
        failed = self.closed(it)
        self.assertEqual((failed["status"], failed["error"]), ("FAILED", "Stale"))
        events = self.api.get_execution_history(**it, reverseOrder=True)["events"]
        self.assertEqual(events[0]["executionFailedEventDetails"]["cause"], "tried twice")
        failures = [event for event in events if event["type"] == "TaskFailed"]
        self.assertEqual(len(failures), 2)
        self.assertEqual(failures[0]["taskFailedEventDetails"]["error"], "RevisionStale")

    def test_executions_are_listed_and_stopped(self):
        machine = self.machine(WAIT)
        started = [self.start(machine, name=f"run-{number}") for number in range(3)]
        found = self.read_over_pages(
            self.api, "list_executions", "executions", limit="maxResults", **machine
        )
        self.assertEqual([one["name"] for one in found], ["run-2", "run-1", "run-0"])
        for it in started:
            self.api.stop_execution(**it, error="Enough", cause="The story is over")
            stopped = self.api.describe_execution(**it)
            self.assertEqual((stopped["status"], stopped["error"]), ("ABORTED", "Enough"))
        self.refused(
            "InvalidToken", self.api.list_executions, **machine, nextToken=FOREIGN_TOKEN
        )

    def test_the_same_name_and_input_is_the_same_execution(self):
        machine = self.machine(WAIT)
        request = {"name": "run", "input": "{}"}
        it = self.start(machine, **request)
        self.assertEqual(self.start(machine, **request), it)
        self.refused(
            "ExecutionAlreadyExists",
            self.api.start_execution,
            **machine,
            name="run",
            input='{"other":true}',
        )
        self.refused(
            "InvalidExecutionInput", self.api.start_execution, **machine, input="no JSON"
        )

    def test_refuses_executions_and_machines_that_are_not_there(self):
        missing = {"executionArn": f"{STATES}:execution:nothing:run"}
        for call in (
            self.api.describe_execution,
            self.api.stop_execution,
            self.api.get_execution_history,
        ):
            self.refused("ExecutionDoesNotExist", call, **missing)
        self.refused(
            "StateMachineDoesNotExist",
            self.api.list_executions,
            stateMachineArn=f"{STATES}:stateMachine:nothing",
        )
