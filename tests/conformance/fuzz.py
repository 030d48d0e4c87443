"""Requests that no SDK would send: whatever comes, the endpoint answers in AWS's words and goes on.

Requests are made from AWS's own models, with members left out, of the wrong type, too large, too deep. Below them are
bytes that are no HTTP, bodies that break off and packets that are not git's. `corpus/` holds every body that once got no
answer; it is replayed first. `MERGEGATE_FUZZ_SECONDS` says how long to search, `MERGEGATE_LONG` asks for ten minutes, else
every operation is tried a few times from a fixed seed.
"""

import base64
import http.client
import json
import os
import random
import socket
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from . import sources
from .models import service_model

CORPUS = Path(__file__).parent / "corpus"
ADDRESS = urlsplit(os.environ["AWS_ENDPOINT_URL"])
SIGNATURE = "AWS4-HMAC-SHA256 Credential=ann/20261120/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0"
# No request takes so long, even on a busy machine.
HANG = 60
# Requests per operation in the usual run.
USUAL = 12

BUILDSPEC = "version: 0.2\nphases:\n  build:\n    commands: ['true']\n"
# What a member is likely to hold, so that requests get past the first check.
LIKELY = {
    "reponame": ["fuzz", "fuzz", "nothing", "../fuzz", "fuzz.git", ".."],
    "repositoryname": ["fuzz", "fuzz", "fuzz", "nothing", "../fuzz", "fuzz.git", "..", "a/b", "-c"],
    "branchname": ["main", "topic", "refs/heads/main", "--upload-pack=x", "a..b", "a b", "HEAD", "@{u}", "x.lock", "-d"],
    "reference": ["main", "topic", "refs/heads/main", "refs/heads/topic", "refs/tags/x", "main^{commit}", ":/x"],
    "specifier": ["main", "topic", "HEAD", "main~1", "0" * 40, "f" * 40, "--all"],
    "filepath": ["a.txt", "../a.txt", "/etc/passwd", ".git/config", "a/../../b", "a//b", "x\u0000y", "🐢"],
    "folderpath": ["/", "", "..", "a", "a/b/../c"],
    "pullrequestid": ["1", "2", "0", "-1", "1e3", "99999999999999999999", "../1"],
    "content": ["hello", base64.b64encode(b"hello").decode(), "x" * 11000],
    "projectname": ["fuzz", "nothing", "../fuzz"],
    "buildspec": [BUILDSPEC, "buildspec.yml", "../../etc/passwd", "[" * 5000, "a: &a [*a]"],
    "name": ["fuzz", "/fuzz/a", "/fuzz", "x" * 3000, "a b", "{{ssm:x}}"],
    "path": ["/", "/fuzz", "fuzz", "//", "/fuzz/*"],
    "definition": ['{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}', "{}", "[" * 3000],
    "eventpattern": ['{"source":["aws.codecommit"]}', '{"a":[{"numeric":["<",1e999]}]}', "{", "[]"],
    "scheduleexpression": ["rate(1 minute)", "rate(0 minutes)", "rate(99999999999999999999 days)", "cron(* * * * ? *)"],
    "input": ["{}", "{", "[]", '"x"', "1e999"],
    "type": ["CODECOMMIT", "NO_SOURCE", "NO_ARTIFACTS", "LINUX_CONTAINER", "String", "SecureString"],
    "token": ["", "***", "bm9uZQ==", "f/99999999999999999999/s", "b/end/s"],
    "arn": ["arn:aws:states:us-east-1:000000000000:stateMachine:fuzz", "arn:", "arn:aws:lambda:::function:echo"],
}
STRANGE = [
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    2**70,
    -(2**70),
    1.5,
    1e308,
    "",
    " ",
    "x",
    "x" * 5000,
    "\u0000",
    "\ud83d",
    "🐢\u202e",
    "../../../etc/passwd",
    "$(touch /)",
    "' OR 1=1 --",
    "--help",
    [],
    [None],
    {},
    {"": {}},
]


class Broken(Exception):
    """The endpoint did not keep its promise."""


def deep(levels: int):
    value = "x"
    for _ in range(levels):
        value = [value]
    return value


class Maker:
    """Makes input of a shape, well or ill."""

    def __init__(self, chance: random.Random):
        self.chance = chance

    def likely(self, name: str):
        for word, values in LIKELY.items():
            if name.lower().endswith(word):
                return self.chance.choice(values)
        return None

    def value(self, shape, name: str, level: int = 0):
        if self.chance.random() < 0.06:
            return deep(self.chance.choice([3, 60, 120])) if self.chance.random() < 0.1 else self.chance.choice(STRANGE)
        make = getattr(self, shape.type_name, None)
        return make(shape, name, level) if make else self.chance.choice(STRANGE)

    def structure(self, shape, name, level):
        if level > 5:
            return {}
        made = {}
        for member, inner in shape.members.items():
            wanted = 0.96 if member in shape.required_members else 0.3
            if self.chance.random() < wanted:
                made[inner.serialization.get("name", member)] = self.value(inner, member, level + 1)
        if self.chance.random() < 0.03:
            made["notThere"] = 1
        return made

    def list(self, shape, name, level):
        count = self.chance.choice([0, 1, 1, 1, 2, 3])
        return [self.value(shape.member, name.removesuffix("s"), level + 1) for _ in range(count)]

    def map(self, shape, name, level):
        keys = [self.value(shape.key, name, level + 1) for _ in range(self.chance.choice([0, 1, 2]))]
        return {str(key): self.value(shape.value, name, level + 1) for key in keys}

    def string(self, shape, name, level):
        if shape.enum and self.chance.random() < 0.9:
            return self.chance.choice(shape.enum)
        return self.likely(name) or self.chance.choice(["fuzz", "main", "x", "a" * 64])

    def integer(self, shape, name, level):
        return self.chance.choice([0, 1, 2, 10, 100, 1000, -1, 2**31 - 1])

    long = integer

    def double(self, shape, name, level):
        return self.chance.choice([0, 0.5, -1, 1e300])

    float = double

    def timestamp(self, shape, name, level):
        return self.chance.choice([0, -1, 1763632800.5, 1e18, "2026-11-20T12:00:00Z"])

    def blob(self, shape, name, level):
        return self.chance.choice(["", "aGVsbG8=", "not base64", "aGVsbG8"])

    def boolean(self, shape, name, level):
        return self.chance.random() < 0.5


def send(method: str, path: str, body: bytes, headers: dict) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(ADDRESS.hostname, ADDRESS.port, timeout=HANG)
    try:
        connection.request(method, path, body, {"Authorization": SIGNATURE, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Broken(f"no answer: {error!r}") from error
    finally:
        connection.close()


def judge(status: int, body: bytes) -> None:
    """An answer is JSON; an error has a name and a sentence, and is nobody's internal failure."""
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise Broken(f"{status} with a body that is no JSON: {body[:300]!r}") from error
    if status == 200:
        return
    code, message = answer.get("__type"), answer.get("message")
    if not (isinstance(code, str) and code and isinstance(message, str) and message):
        raise Broken(f"{status} without a name and a sentence: {body[:300]!r}")
    if not 400 <= status < 500:
        raise Broken(f"{status} {code}: {message[:600]}")


def call(target: str, body: bytes) -> int:
    status, answer = send("POST", "/", body, {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"})
    judge(status, answer)
    return status


def asked(target: str, request: dict) -> None:
    call(target, json.dumps(request).encode())


def prepare() -> None:
    """A repository, a pull request, a project: what requests may be about. All of it may be there already, or gone."""
    commit = "CodeCommit_20150413."
    asked(f"{commit}CreateRepository", {"repositoryName": "fuzz"})
    for branch in ("main", "topic"):
        put = [{"filePath": f"{branch}.txt", "fileContent": "aGVsbG8="}]
        asked(f"{commit}CreateCommit", {"repositoryName": "fuzz", "branchName": branch, "putFiles": put})
    target = {"repositoryName": "fuzz", "sourceReference": "topic", "destinationReference": "main"}
    asked(f"{commit}CreatePullRequest", {"title": "fuzz", "targets": [target]})
    project = {
        "name": "fuzz",
        "source": {"type": "NO_SOURCE", "buildspec": BUILDSPEC},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": {"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
        "serviceRole": "arn:aws:iam::000000000000:role/build",
    }
    asked("CodeBuild_20161006.CreateProject", project)


def still_answers() -> None:
    if call("CodeCommit_20150413.ListRepositories", b"{}") != 200:
        raise Broken("the endpoint does not list repositories any more")


def targets() -> dict:
    """Target → model of every operation by the JSON protocols."""
    found = {}
    for service, operation in sorted(sources.operations()):
        model = service_model(service)
        if model.metadata["protocol"] == "json":
            found[f"{model.metadata['targetPrefix']}.{operation}"] = model.operation_model(operation)
    return found


def modelled(chance: random.Random, target: str, model) -> bool:
    """Whether the request was granted."""
    body = json.dumps(Maker(chance).value(model.input_shape, "input") if model.input_shape else {}).encode()
    broken = chance.random()
    if broken < 0.05:
        body = body[: chance.randrange(len(body) + 1)]
    elif broken < 0.1:
        at = chance.randrange(len(body) + 1)
        body = body[:at] + chance.choice([b"\xff", b"\0", b"{", b"1e999", b"\\ud800", b"," * 100]) + body[at:]
    try:
        return call(target, body) == 200
    except Broken as broken:
        path = CORPUS / f"{target}-{chance.randrange(2**32):08x}.json"
        path.write_bytes(body)
        raise Broken(f"{target}, kept as {path.name}: {broken}") from broken


def invoked(chance: random.Random) -> None:
    name = chance.choice(["echo", "nothing", "a" * 300, "../echo", "arn:aws:lambda:us-east-1:1:function:echo", "%", "\u202e"])
    body = chance.choice([b"", b"{}", b"{", b"\xff", b'"' + b"x" * 70000 + b'"', b"[" * 300])
    kind = chance.choice(["RequestResponse", "Event", "DryRun", "else", ""])
    path = f"/2015-03-31/functions/{quote(name, safe='%')}/invocations?Qualifier={chance.choice(['', '$LATEST', '%00'])}"
    status, answer = send("POST", path, body, {"X-Amz-Invocation-Type": kind})
    if status not in (202, 204):
        judge(status, answer)


def git(chance: random.Random) -> None:
    name = chance.choice(["fuzz", "fuzz.git", "nothing", "..", "%2e%2e", "-c", "fuzz%00", "%ff"])
    rest = chance.choice(["info/refs", "git-upload-pack", "git-receive-pack", "HEAD", "config", "../fuzz.git/config", ""])
    query = chance.choice(["", "?service=git-upload-pack", "?service=git-receive-pack", "?service=", "?service=%00"])
    packets = [b"0000", b"0001", b"ffff", b"zzzz", b"0032want " + b"0" * 40 + b"\n", b"0009done\n", os.urandom(40), b"\x1f\x8b"]
    body = b"".join(chance.choice(packets) for _ in range(chance.randrange(5)))
    service = rest if rest.startswith("git-") else "git-upload-pack"
    headers = {
        "Content-Type": chance.choice([f"application/x-{service}-request", "text/plain", ""]),
        "Git-Protocol": chance.choice(["version=2", "version=1", "version=999", "x" * 2000]),
        "Content-Encoding": chance.choice(["identity", "gzip", "x"]),
        "Authorization": chance.choice(["Basic YW5uOg==", "Basic %%%", "Basic", ""]),
    }
    send(chance.choice(["GET", "POST", "PUT"]), f"/v1/repos/{name}/{rest}{query}", body, headers)


def raw(chance: random.Random) -> None:
    """Bytes that are hardly a request. Nothing need be answered, only the next request."""
    host = b"Host: 127.0.0.1\r\n"
    head = b"POST / HTTP/1.1\r\n" + host + b"X-Amz-Target: AmazonSSM.GetParameter\r\n"
    made = [
        b"",
        b"\r\n\r\n",
        os.urandom(200),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET " + b"/a" * 40000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"GET /logs/..%2f..%2fjournal.jsonl HTTP/1.1\r\n" + host + b"\r\n",
        b"GET /logs/%00 HTTP/1.1\r\n" + host + b"\r\n",
        b"OPTIONS * HTTP/1.1\r\n" + host + b"\r\n",
        b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + host + b"\r\n",
        head + b"Content-Length: 100\r\n\r\n{",
        head + b"Content-Length: -1\r\n\r\n{}",
        head + b"Content-Length: 99999999999999999999\r\n\r\n{}",
        head + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        head + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
        head + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
        head + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + host + b"X-Amz-Target: \xff\xfe.\r\nContent-Length: 2\r\n\r\n{}",
        b"POST / HTTP/1.1\r\n" + host + b"X-Amz-Target: AmazonSSM\r\nContent-Length: 2\r\n\r\n{}",
        b"POST / HTTP/1.1\r\n" + host + b"X-Amz-Target: No.Such\r\nContent-Length: 2\r\n\r\n{}",
    ]
    sent = bytearray(chance.choice(made))
    for _ in range(chance.randrange(4)):
        if sent:
            sent[chance.randrange(len(sent))] = chance.randrange(256)
    with socket.create_connection((ADDRESS.hostname, ADDRESS.port), timeout=HANG) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1 << 16)
        except TimeoutError as error:
            raise Broken(f"no end of {bytes(sent)!r}") from error
        except OSError:
            # Hung up on: also an answer.
            pass


def search_seconds() -> float | None:
    if seconds := os.environ.get("MERGEGATE_FUZZ_SECONDS"):
        return float(seconds)
    return 600.0 if "MERGEGATE_LONG" in os.environ else None


def rounds(seconds: float | None):
    """As many rounds over everything as there is time for."""
    begin, number = time.monotonic(), 0
    while number < USUAL if seconds is None else time.monotonic() - begin < seconds:
        yield number
        number += 1


def main() -> int:
    seconds = search_seconds()
    seed = 1 if seconds is None else random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)
    models = targets()
    count, granted = 0, 0
    try:
        for path in sorted(CORPUS.glob("*.json")):
            call(path.name.rsplit("-", 1)[0], path.read_bytes())
        for _ in rounds(seconds):
            prepare()
            for target, model in models.items():
                granted += modelled(chance, target, model)
            for kind in (invoked, git, raw):
                for _ in range(20):
                    kind(chance)
            still_answers()
            count += len(models) + 60
    except Broken as broken:
        print(f"seed {seed}, after {count} requests: {broken}", file=sys.stderr)
        return 1
    print(f"http: {count} requests to {len(models)} operations, {granted} granted, seed {seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
