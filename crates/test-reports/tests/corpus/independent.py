"""Counts what the reports named say, with nothing in common with the reader under test but the formats.

Prints one JSON object: path -> [tests, passed, skipped, failed, errors, flaky] or [lines covered, lines in all].
The documents are read whole, into trees; what a format means is written down here a second time.
"""

import collections
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def children(element, *names):
    return [child for child in element if local(child) in names]


class Tally:
    """Cases, one word each."""

    def __init__(self):
        self.words = collections.Counter()

    def add(self, word):
        self.words[word] += 1

    def figures(self):
        words = self.words
        passed = words["passed"] + words["flaky"]
        rest = [words["skipped"], words["failed"], words["error"]]
        return [passed + sum(rest), passed, *rest, words["flaky"]]


# --- JUnit

NOT_STARTED = "Unable to find executable"


def junit_case(case):
    names = [local(child) for child in case]
    for name, word in [("error", "error"), ("failure", "failed"), ("rerunError", "error"), ("rerunFailure", "failed")]:
        if name in names:
            return word
    if "skipped" in names:
        broke = any(NOT_STARTED in child.get("message", "") for child in children(case, "skipped"))
        return "error" if broke else "skipped"
    if "flakyFailure" in names or "flakyError" in names:
        return "flaky"
    return "skipped" if case.get("status") in ("notrun", "disabled", "skipped") else "passed"


def junit_stated(suite):
    return sum(int(suite.get(name, "0")) for name in ("failures", "errors"))


def junit_unlisted(root):
    """Skipped tests that the whole counts and does not list."""
    words = [junit_case(case) for case in root.iter() if local(case) == "testcase"]
    skipped = int(root.get("skipped", "0")) - words.count("skipped")
    return skipped if 0 < skipped <= int(root.get("tests", "0")) - len(words) else 0


def junit(root, tally):
    if local(root) == "testcase":
        tally.add(junit_case(root))
        return
    suites = children(root, "testsuite")
    if local(root) == "testsuites":
        for _ in range(junit_unlisted(root)):
            tally.add("skipped")
    if local(root) == "testsuites" and suites and junit_stated(root) > sum(map(junit_stated, suites)) > 0:
        tally.add("error")
    for child in root:
        name = local(child)
        if name in ("testsuites", "testsuite", "testcase"):
            junit(child, tally)
        elif name in ("failure", "error") and local(root) == "testsuite":
            tally.add("failed" if name == "failure" else "error")


# --- the other test formats

NUNIT = {
    "Passed": "passed", "Success": "passed", "Warning": "passed",
    "Skipped": "skipped", "Ignored": "skipped", "Inconclusive": "skipped",
    "Failed": "failed", "Failure": "failed",
    "Error": "error", "NotRunnable": "error", "Invalid": "error",
}


def nunit(element, tally):
    """Whether anything in it failed."""
    red = False
    for child in element:
        if local(child) == "test-case":
            word = NUNIT[child.get("result")]
            if word == "failed" and child.get("label") in ("Error", "Invalid"):
                word = "error"
            tally.add(word)
            red |= word in ("failed", "error")
        elif local(child) in ("test-suite", "results"):
            red |= nunit(child, tally)
    if local(element) == "test-suite" and element.get("result") in ("Failed", "Failure", "Error"):
        site = element.get("site")
        if site == "TearDown" or (site not in ("Child", "Parent") and not red):
            tally.add("error")
            red = True
    return red


def xunit(root, tally):
    for element in root.iter():
        if local(element) == "test":
            tally.add({"Pass": "passed", "Fail": "failed", "Skip": "skipped"}[element.get("result")])
        elif local(element) == "error":
            tally.add("error")


def testng(root, tally):
    for method in root.iter("test-method"):
        word = {"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}[method.get("status")]
        if method.get("is-config") != "true":
            tally.add(word)
        elif word == "failed":
            tally.add("error")


TRX = {
    "Passed": "passed", "Failed": "failed", "Timeout": "error", "Error": "error", "Aborted": "error",
    "NotExecuted": "skipped", "Inconclusive": "skipped", "Pending": "error", None: "error",
}


def trx(root, tally):
    for results in children(root, "Results"):
        for result in results:
            rows = [row for inner in children(result, "InnerResults") for row in inner]
            for leaf in rows or [result]:
                tally.add(TRX[leaf.get("outcome")])
    for info in root.iter():
        if local(info) == "RunInfo" and info.get("outcome") == "Error":
            tally.add("error")


CUCUMBER = ["unknown", "untested", "passed", "skipped", "pending", "undefined", "ambiguous", "error", "failed"]
CUCUMBER_WORDS = {
    "passed": "passed", "failed": "failed", "undefined": "error", "ambiguous": "error", "error": "error",
}


def cucumber_statuses(element):
    for part in ("before", "steps", "after"):
        for step in element.get(part, []):
            yield step.get("result", {}).get("status", "unknown")
            yield from cucumber_statuses(step)


def cucumber(features, tally):
    for feature in features:
        before = []
        for element in feature.get("elements", []):
            statuses = before + list(cucumber_statuses(element))
            if element.get("type") == "background":
                before = statuses
                continue
            before = []
            worst = max(statuses, key=CUCUMBER.index, default="unknown")
            tally.add(CUCUMBER_WORDS.get(worst, "skipped"))


# --- coverage: path -> line -> whether it ran

def cobertura(root, lines):
    for kind in root.iter("class"):
        own = [line for part in children(kind, "lines") for line in part]
        inner = [line for part in children(kind, "methods") for line in part.iter("line")]
        path = lines[kind.get("filename")]
        numbers = {line.get("number") for line in own or inner}
        for line in own + inner:
            number = line.get("number")
            if number in numbers:
                path[number] = path.get(number, False) or float(line.get("hits")) > 0


def jacoco(root, lines):
    for package in root.iter("package"):
        for source in package.iter("sourcefile"):
            for line in source.iter("line"):
                lines[package.get("name"), source.get("name")][line.get("nr")] = int(line.get("ci")) > 0


def clover(root, lines):
    for project in children(root, "project"):
        for source in project.iter("file"):
            for line in source.iter("line"):
                if line.get("type") != "method":
                    path = lines[source.get("path") or source.get("name")]
                    counts = [int(line.get(name, "0")) for name in ("count", "truecount", "falsecount")]
                    path[line.get("num")] = path.get(line.get("num"), False) or max(counts) > 0


def simplecov(runs, lines):
    for run in runs.values():
        for path, counts in run["coverage"].items():
            counts = counts["lines"] if isinstance(counts, dict) else counts
            for number, count in enumerate(counts):
                if count is not None:
                    lines[path][number] = lines[path].get(number, False) or count > 0


def lcov(text, lines):
    for record in text.split("end_of_record"):
        path = re.search(r"^SF:(.*)$", record, re.M)
        for number, count in re.findall(r"^DA:(\d+),(-?\d+)", record, re.M):
            known = lines[path.group(1)]
            known[number] = known.get(number, False) or int(count) > 0


def figures(path):
    data = path.read_bytes()
    tally, lines = Tally(), collections.defaultdict(dict)
    begins = data.lstrip()[:1]
    if begins == b"[":
        cucumber(json.loads(data), tally)
    elif begins == b"{":
        simplecov(json.loads(data), lines)
    elif begins == b"<":
        root = ElementTree.fromstring(data)
        readers = {
            "test-run": nunit, "test-results": nunit, "assemblies": xunit, "testng-results": testng, "TestRun": trx,
            "report": jacoco, "coverage": clover if root.get("clover") or not root.get("line-rate") else cobertura,
        }
        reader = readers.get(local(root), junit)
        reader(root, lines if reader in (clover, cobertura, jacoco) else tally)
    else:
        lcov(data.decode(), lines)
    if lines:
        ran = [ran for known in lines.values() for ran in known.values()]
        return [sum(ran), len(ran)]
    return tally.figures()


print(json.dumps({path: figures(pathlib.Path(path)) for path in sys.argv[1:]}))
