"""Runs every story, then asks the ledger whether an operation was left out."""

import sys
import unittest
from pathlib import Path

from .bad_requests import BadRequests
from .completeness import Completeness
from .spoiled import Spoiled


def main() -> int:
    here = Path(__file__).parent
    loader = unittest.defaultTestLoader
    suite = loader.discover(str(here), top_level_dir=str(here.parent))
    for last in (Completeness, BadRequests, Spoiled):
        suite.addTest(loader.loadTestsFromTestCase(last))
    return 0 if unittest.TextTestRunner().run(suite).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
