"""Reports of builds, and the logs that builds write."""

from .builds import InProject
from .story import FOREIGN_TOKEN, client, unique

BUILDSPEC = """version: 0.2
phases:
  build:
    commands:
      - |
        cat > junit.xml <<'END'
        <testsuite name="login" tests="4" failures="1" errors="1" skipped="1" time="0.05">
          <testcase classname="login" name="accepts" time="0.01"/>
          <testcase classname="login" name="rejects" time="0.02"><failure message="left">right</failure></testcase>
          <testcase classname="login" name="breaks" time="0.01"><error message="boom"/></testcase>
          <testcase classname="login" name="waits"><skipped/></testcase>
        </testsuite>
        END
      - |
        cat > cobertura.xml <<'END'
        <coverage line-rate="0.5" version="1" timestamp="1"><packages><package name="app"><classes>
          <class name="a" filename="a.py"><lines><line number="1" hits="1"/><line number="2" hits="0"/></lines></class>
          <class name="b" filename="b.py"><lines><line number="1" hits="1"/></lines></class>
          <class name="c" filename="c.py"><lines><line number="1" hits="0"/></lines></class>
        </classes></package></packages></coverage>
        END
reports:
  tests:
    files: junit.xml
    file-format: JUNITXML
  coverage:
    files: cobertura.xml
    file-format: COBERTURAXML
"""
BUILDS = 3
NO_EXPORT = {"exportConfigType": "NO_EXPORT"}


class Reports(InProject):
    buildspec = BUILDSPEC

    def setUp(self):
        super().setUp()
        self.group = f"mergegate/{self.project}"
        logs = {"cloudWatchLogs": {"status": "ENABLED", "groupName": self.group}}
        self.create(logsConfig=logs)

    def build(self, count: int = 1) -> list[dict]:
        started = [self.start() for _ in range(count)]
        return [self.succeeded(build) for build in started]

    def arn(self, kind: str) -> str:
        return f"arn:aws:codebuild:us-east-1:000000000000:report-group/{self.project}-{kind}"

    def test_reports_are_listed_and_deleted(self):
        builds = self.build(BUILDS)
        written = {arn for build in builds for arn in build["reportArns"]}
        self.assertEqual(len(written), 2 * BUILDS)
        size = {"limit": "maxResults"}
        every = self.read_over_pages(self.api, "list_reports", "reports", **size)
        self.assertLessEqual(written, set(every))
        group = {"reportGroupArn": self.arn("tests")}
        tests = self.read_over_pages(
            self.api, "list_reports_for_report_group", "reports", **size, **group
        )
        self.assertEqual(len(tests), BUILDS)
        found = self.api.batch_get_reports(reportArns=[*sorted(written), self.arn("none")])
        self.assertEqual({one["type"] for one in found["reports"]}, {"TEST", "CODE_COVERAGE"})
        self.assertEqual(found["reportsNotFound"], [self.arn("none")])
        self.api.delete_report(arn=tests[0])
        left = self.api.list_reports_for_report_group(**group)["reports"]
        self.assertEqual(left, tests[1:])
        foreign = {"nextToken": FOREIGN_TOKEN}
        self.refused("InvalidInputException", self.api.list_reports, **foreign)
        self.refused(
            "ResourceNotFoundException",
            self.api.list_reports_for_report_group,
            reportGroupArn=self.arn("none"),
        )

    def test_test_cases_and_coverage_are_read_in_pages(self):
        tests, coverage = self.reports(self.build()[0])
        self.assertEqual(tests["testSummary"]["total"], 4)
        self.assertEqual(tests["testSummary"]["statusCounts"]["FAILED"], 1)
        self.assertEqual(coverage["codeCoverageSummary"]["linesCovered"], 2)
        size = {"limit": "maxResults"}
        cases = self.read_over_pages(
            self.api, "describe_test_cases", "testCases", **size, reportArn=tests["arn"]
        )
        self.assertEqual(
            {case["name"]: case["status"] for case in cases},
            {"accepts": "SUCCEEDED", "rejects": "FAILED", "breaks": "ERROR", "waits": "SKIPPED"},
        )
        files = self.read_over_pages(
            self.api,
            "describe_code_coverages",
            "codeCoverages",
            **size,
            reportArn=coverage["arn"],
        )
        self.assertEqual(
            {file["filePath"]: file["lineCoveragePercentage"] for file in files},
            {"a.py": 50, "b.py": 100, "c.py": 0},
        )
        missing = {"reportArn": f"{self.arn('none')}:1"}
        self.refused("ResourceNotFoundException", self.api.describe_test_cases, **missing)
        self.refused("InvalidInputException", self.api.describe_code_coverages, **missing)

    def reports(self, build: dict) -> list[dict]:
        """The report of the tests and that of the coverage."""
        found = self.api.batch_get_reports(reportArns=build["reportArns"])["reports"]
        return sorted(found, key=lambda report: report["type"], reverse=True)

    def test_a_group_with_reports_is_deleted_with_them_alone(self):
        self.build()
        self.refused("InvalidInputException", self.api.delete_report_group, arn=self.arn("tests"))
        self.api.delete_report_group(arn=self.arn("tests"), deleteReports=True)
        found = self.api.batch_get_report_groups(
            reportGroupArns=[self.arn("tests"), self.arn("coverage")]
        )
        self.assertEqual(found["reportGroups"][0]["name"], f"{self.project}-coverage")
        self.assertEqual(found["reportGroupsNotFound"], [self.arn("tests")])

    def test_logs_are_read_line_by_line(self):
        streams = sorted(build["logs"]["streamName"] for build in self.build(BUILDS))
        logs = client("logs")
        group = {"logGroupName": self.group}
        found = self.read_over_pages(
            logs, "describe_log_streams", "logStreams", limit="limit", **group
        )
        self.assertEqual([one["logStreamName"] for one in found], streams)
        self.refused(
            "ResourceNotFoundException", logs.describe_log_streams, logGroupName="nothing"
        )
        stream = {**group, "logStreamName": streams[0]}
        lines = self.read_log(logs, startFromHead=True, **stream)
        whole = logs.get_log_events(**stream, startFromHead=True)["events"]
        self.assertEqual(lines, [event["message"] for event in whole])
        missing = {**group, "logStreamName": "nothing"}
        self.refused("ResourceNotFoundException", logs.get_log_events, **missing)

    def read_log(self, logs, **request) -> list[str]:
        """GetLogEvents has no paginator and no last page: its token stays the same at the end."""
        lines, token = [], None
        while True:
            page = logs.get_log_events(**request, limit=1, **({"nextToken": token} if token else {}))
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
            lines += [event["message"] for event in page["events"]]
        self.note_pages(logs, "get_log_events", len(lines))
        return lines


class Groups(InProject):
    def test_groups_are_created_and_listed_in_pages(self):
        names = sorted(unique("group") for _ in range(3))
        made = [
            self.api.create_report_group(name=name, type="TEST", exportConfig=NO_EXPORT)
            for name in names
        ]
        arns = [one["reportGroup"]["arn"] for one in made]
        found = self.read_over_pages(
            self.api, "list_report_groups", "reportGroups", limit="maxResults"
        )
        self.assertEqual([arn for arn in found if arn in arns], arns)
        self.refused(
            "ResourceAlreadyExistsException",
            self.api.create_report_group,
            name=names[0],
            type="TEST",
            exportConfig=NO_EXPORT,
        )
        self.refused("InvalidInputException", self.api.list_report_groups, nextToken=FOREIGN_TOKEN)

    def test_refuses_requests_that_name_nothing(self):
        careless = self.careless()
        code = "InvalidInputException"
        self.refused(code, careless.batch_get_report_groups)
        self.refused(code, careless.batch_get_reports)
        self.refused(code, careless.delete_report)
