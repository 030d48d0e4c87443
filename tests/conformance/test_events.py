"""Rules, their targets, and events."""

import json

from .story import UNLUCKY, Story, client, unique

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:echo"
PATTERN = json.dumps({"source": ["mergegate.stories"], "detail": {"status": ["done"]}})


class Rules(Story):
    def setUp(self):
        self.api = client("events")
        self.name = unique("rule")

    def put(self, name: str | None = None, **request) -> str:
        request = request or {"EventPattern": PATTERN}
        return self.api.put_rule(Name=name or self.name, **request)["RuleArn"]

    def test_a_rule_is_put_described_switched_and_deleted(self):
        arn = self.put(EventPattern=PATTERN, Description="For stories", State="DISABLED")
        described = self.api.describe_rule(Name=self.name)
        self.assertEqual((described["Arn"], described["State"]), (arn, "DISABLED"))
        self.assertEqual(described["EventPattern"], PATTERN)
        self.api.enable_rule(Name=self.name)
        self.assertEqual(self.api.describe_rule(Name=self.name)["State"], "ENABLED")
        self.api.disable_rule(Name=self.name)
        self.assertEqual(self.api.describe_rule(Name=self.name)["State"], "DISABLED")
        self.api.delete_rule(Name=self.name)
        self.refused("ResourceNotFoundException", self.api.describe_rule, Name=self.name)

    def test_rules_and_targets_are_listed_in_pages(self):
        for number in range(3):
            self.put(f"{self.name}-{number}", ScheduleExpression="rate(1 hour)", State="DISABLED")
        rules = self.read_over_pages(
            self.api, "list_rules", "Rules", limit="Limit", NamePrefix=f"{self.name}-"
        )
        self.assertEqual([rule["Name"][-1] for rule in rules], ["0", "1", "2"])
        it = {"Rule": f"{self.name}-0"}
        targets = [{"Id": name, "Arn": FUNCTION} for name in "abc"]
        self.assertEqual(self.api.put_targets(**it, Targets=targets)["FailedEntryCount"], 0)
        found = self.read_over_pages(
            self.api, "list_targets_by_rule", "Targets", limit="Limit", **it
        )
        self.assertEqual(found, targets)
        removed = self.api.remove_targets(**it, Ids=["a", "b", "c"])
        self.assertEqual(removed["FailedEntryCount"], 0)
        self.assertEqual(self.api.list_targets_by_rule(**it)["Targets"], [])

    def test_refuses_rules_buses_and_patterns_that_are_none(self):
        self.refused(
            "InvalidEventPatternException",
            self.api.put_rule,
            Name=self.name,
            EventPattern='{"source": "no list"}',
        )
        code = "ResourceNotFoundException"
        missing = {"Name": unique("nobody")}
        self.refused(code, self.api.enable_rule, **missing)
        self.refused(code, self.api.disable_rule, **missing)
        self.refused(code, self.api.delete_rule, **missing, EventBusName="other")
        self.refused(code, self.api.list_rules, EventBusName="other")
        missing = {"Rule": missing["Name"]}
        self.refused(code, self.api.list_targets_by_rule, **missing)
        self.refused(code, self.api.remove_targets, **missing, Ids=["a"])
        target = {"Id": "a", "Arn": FUNCTION}
        self.refused(code, self.api.put_targets, **missing, Targets=[target])


class Events(Story):
    def setUp(self):
        self.api = client("events")

    def test_events_are_taken_one_by_one(self):
        good = {"Source": "mergegate.stories", "DetailType": "Story", "Detail": '{"status":"done"}'}
        answer = self.api.put_events(Entries=[good, {**good, "Detail": "no JSON"}])
        self.assertEqual(answer["FailedEntryCount"], 1)
        self.assertIn("EventId", answer["Entries"][0])
        self.assertEqual(answer["Entries"][1]["ErrorCode"], "MalformedDetail")

    def test_fails_when_the_service_fails(self):
        """The one error that the operation has."""
        entry = {"Source": "mergegate.stories", "DetailType": "Story", "Detail": "{}"}
        self.refused("InternalException", client("events", UNLUCKY).put_events, Entries=[entry])

    def test_a_pattern_is_tried_on_an_event(self):
        event = {
            "id": "1",
            "detail-type": "Story",
            "source": "mergegate.stories",
            "account": "000000000000",
            "time": "2026-11-20T10:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": {"status": "done"},
        }
        tried = self.api.test_event_pattern(EventPattern=PATTERN, Event=json.dumps(event))
        self.assertTrue(tried["Result"])
        event["detail"] = {"status": "running"}
        tried = self.api.test_event_pattern(EventPattern=PATTERN, Event=json.dumps(event))
        self.assertFalse(tried["Result"])
        self.refused(
            "InvalidEventPatternException",
            self.api.test_event_pattern,
            EventPattern="no JSON",
            Event=json.dumps(event),
        )
