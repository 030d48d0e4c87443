"""What all stories use: callers, refusals, lists in pages, waiting."""

import functools
import itertools
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from . import inspection, ledger
from .models import token_of

ACCOUNT = "000000000000"
# The access key of the caller whom `tests/conformance.rs` lets meet every service's own failure.
UNLUCKY = "unlucky"
FOREIGN_TOKEN = "***"

_numbers = itertools.count(1)


def unique(word: str) -> str:
    """A name that nobody else has."""
    return f"{word}-{next(_numbers)}"


def user(name: str) -> str:
    """The ARN of the caller with this access key."""
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


@functools.cache
def _session() -> boto3.Session:
    return boto3.Session(region_name="us-east-1")


@functools.cache
def client(service: str, caller: str = "ann", *, careless: bool = False):
    """A client of the endpoint. A careless one sends requests that boto3 would not let pass."""
    made = _session().client(
        service,
        aws_access_key_id=caller,
        aws_secret_access_key="nobody checks it",
        config=Config(parameter_validation=not careless, retries={"total_max_attempts": 1}),
    )
    made.meta.events.register("before-call", inspection.remember)
    made.meta.events.register("after-call", inspection.look_at)
    return made


class Story(unittest.TestCase):
    maxDiff = None

    def refused(self, code: str, call, **request) -> str:
        """The message of the error that the call must answer."""
        with self.assertRaises(ClientError) as caught:
            call(**request)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error["Message"])
        return error["Message"]

    def read_over_pages(self, connection, method: str, member: str, *, limit=None, size=1, **request):
        """All items of a list, read by the smallest page. `limit` names the member that chooses the size."""
        if limit:
            request[limit] = size
        pages = list(_pages(connection, method, request))
        sizes = [len(page[member]) for page in pages]
        self.assertGreaterEqual(len(pages), 3, f"{method} gave pages of {sizes}")
        self.assertEqual(set(sizes[:-1]), {size}, f"{method} gave pages of {sizes}")
        self.assertLessEqual(sizes[-1], size)
        self.note_pages(connection, method, len(pages))
        return [item for page in pages for item in page[member]]

    def note_pages(self, connection, method: str, count: int) -> None:
        """Enters into the ledger over how many pages a list was read."""
        operation = connection.meta.method_to_api_mapping[method]
        ledger.read_pages(connection.meta.service_model.service_name, operation, count)

    def eventually(self, look, what: str, seconds: float = 20):
        """The first truth that `look` gives."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.03)
        self.fail(f"{what} did not come about within {seconds} s")


def _pages(connection, method: str, request: dict):
    """The pages of a list, by boto3's own paginator where it has one."""
    if connection.can_paginate(method):
        yield from connection.get_paginator(method).paginate(**request)
        return
    operation = connection.meta.method_to_api_mapping[method]
    token = token_of(connection.meta.service_model.operation_model(operation))
    while True:
        page = getattr(connection, method)(**request)
        yield page
        if token not in page:
            return
        request[token] = page[token]
