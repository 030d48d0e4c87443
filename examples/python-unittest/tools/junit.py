"""Records unittest's results and writes them as JUnit XML."""

import inspect
import pathlib
import time
import unittest
import xml.etree.ElementTree as ElementTree


class RecordingResult(unittest.TextTestResult):
    """Prints as usual and keeps a record of every case."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.cases = []

    def startTest(self, test):
        super().startTest(test)
        self._case(test)["began"] = time.perf_counter()

    def stopTest(self, test):
        super().stopTest(test)
        case = self._case(test)
        case["seconds"] = time.perf_counter() - case["began"]

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._add(test, "failure", err)

    def addError(self, test, err):
        super().addError(test, err)
        self._add(test, "error", err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            is_failure = issubclass(err[0], test.failureException)
            self._add(test, "failure" if is_failure else "error", err, subtest._subDescription())

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._case(test)["findings"].append(("skipped", "", reason, ""))

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._case(test)["findings"].append(("failure", "", "passed, but was expected to fail", ""))

    def _add(self, test, element, err, where=""):
        message = f"{where} {err[1]}".strip()
        details = self._exc_info_to_string(err, test)
        self._case(test)["findings"].append((element, err[0].__name__, message, details))

    def _case(self, test):
        """The record of ``test``; a broken fixture has none yet."""
        if not self.cases or self.cases[-1]["test"] is not test:
            self.cases.append({"test": test, "began": time.perf_counter(), "seconds": 0.0, "findings": []})
        return self.cases[-1]


def write(cases, path):
    """One suite per class, in the order in which they ran."""
    suites = {}
    for case in cases:
        suites.setdefault(type(case["test"]).__qualname__, []).append(case)
    root = ElementTree.Element("testsuites")
    for name, members in suites.items():
        attributes = {"name": name, "tests": str(len(members))}
        for total, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            having = [case for case in members if any(finding[0] == element for finding in case["findings"])]
            attributes[total] = str(len(having))
        attributes["time"] = f"{sum(case['seconds'] for case in members):.6f}"
        suite = ElementTree.SubElement(root, "testsuite", attributes)
        for case in members:
            add_case(suite, case)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def add_case(suite, case):
    test = case["test"]
    attributes = {
        "classname": f"{type(test).__module__}.{type(test).__qualname__}",
        "name": getattr(test, "_testMethodName", str(test)),
        "time": f"{case['seconds']:.6f}",
    }
    attributes.update(place(test))
    element = ElementTree.SubElement(suite, "testcase", attributes)
    for kind, type_name, message, details in case["findings"]:
        finding = ElementTree.SubElement(element, kind, {"message": printable(message)})
        if type_name:
            finding.set("type", type_name)
        finding.text = printable(details)


def place(test):
    """File and line of a test method, if there are any."""
    try:
        method = inspect.unwrap(getattr(test, test._testMethodName))
        file = pathlib.Path(inspect.getsourcefile(method)).resolve()
        root = pathlib.Path(__file__).resolve().parent.parent
        return {"file": str(file.relative_to(root)), "line": str(inspect.getsourcelines(method)[1])}
    except (AttributeError, OSError, TypeError, ValueError):
        return {}


def printable(text):
    """Without the characters that XML cannot hold."""
    return "".join(character if character >= " " or character in "\t\n\r" else "\N{REPLACEMENT CHARACTER}" for character in text)
