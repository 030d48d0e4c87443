"""What was seen of each operation, to be held against what is implemented."""

from collections import defaultdict

# Each key is (service, operation).
successes = set()
errors = defaultdict(set)
pages = defaultdict(int)
# The last request that succeeded, where it was JSON.
requests = {}


def succeeded(service: str, operation: str) -> None:
    successes.add((service, operation))


def refused(service: str, operation: str, code: str) -> None:
    errors[service, operation].add(code)


def read_pages(service: str, operation: str, count: int) -> None:
    pages[service, operation] = max(pages[service, operation], count)
