"""Runs the tests below ``tests/`` and writes what they said to ``reports/``.

    python3 tools/run_tests.py

``reports/junit.xml`` is a JUnit file, ``reports/coverage.xml`` a Cobertura file of the lines of ``shop/`` that ran.
Both are written whether the tests pass or not; the exit status is 1 if a test failed and if there is no test at all.
"""

import pathlib
import sys
import trace
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import cobertura  # noqa: E402
import junit  # noqa: E402


def main():
    tracer = trace.Trace(count=True, trace=False)
    result = tracer.runfunc(run)
    reports = ROOT / "reports"
    reports.mkdir(exist_ok=True)
    junit.write(result.cases, reports / "junit.xml")
    cobertura.write(ROOT, "shop", tracer.results().counts, reports / "coverage.xml")
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


def run():
    suite = unittest.defaultTestLoader.discover(str(ROOT / "tests"), top_level_dir=str(ROOT))
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=junit.RecordingResult)
    return runner.run(suite)


if __name__ == "__main__":
    sys.exit(main())
