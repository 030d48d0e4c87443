"""Holds the ledger against the sources: an operation without a story fails here."""

import unittest

from . import ledger, sources
from .models import modelled_errors, service_model, token_of


class Completeness(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.implemented = {
            key: service_model(key[0]).operation_model(key[1]) for key in sources.operations()
        }

    def assertNoneLeft(self, left, what):
        names = [f"{service} {operation}" for service, operation in sorted(left)]
        self.assertEqual(names, [], what)

    def test_every_operation_was_seen_to_succeed(self):
        left = self.implemented.keys() - ledger.successes
        self.assertNoneLeft(left, "implemented, and never seen to succeed")

    def test_every_operation_was_seen_to_refuse_with_a_modelled_error(self):
        # S3's model has hardly any of its errors; its stories name those it answers.
        refusing = {
            key
            for key, model in self.implemented.items()
            if modelled_errors(model) and key[0] != "s3"
        }
        left = refusing - ledger.errors.keys()
        self.assertNoneLeft(left, "implemented, and never seen to refuse with a modelled error")

    def test_every_list_was_read_over_three_pages(self):
        lists = {key for key, model in self.implemented.items() if token_of(model)}
        read = {key for key, count in ledger.pages.items() if count >= 3}
        self.assertNoneLeft(lists - read, "implemented, and never read over three pages")

    def test_no_story_is_about_an_operation_that_is_not_implemented(self):
        left = ledger.successes - self.implemented.keys()
        self.assertNoneLeft(left, "asked for, and not found in the sources")
