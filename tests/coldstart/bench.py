#!/usr/bin/env python3
"""Cold start of functions: how long until the first answer, and how much memory.

What Lambda does around a function is played here on loopback: the Runtime API hands out one event, a stub of AWS
answers the calls. Every function is started as a process of its own, again and again, in turn. Measured are the time
from the start of the process to its first answer, the median of the answers after it, and the peak of its memory. TLS
is not measured.
"""

import argparse
import json
import os
import random
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

WARM_EVENTS = 20
PATIENCE_SECONDS = 30
ACCOUNT = "000000000000"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:mergegate"

PULL_REQUEST = {
    "pullRequestId": "7",
    "title": "Add a thing",
    "pullRequestStatus": "CLOSED",
    "revisionId": "c" * 64,
    "authorArn": f"arn:aws:iam::{ACCOUNT}:user/ann",
    "pullRequestTargets": [
        {
            "repositoryName": "demo",
            "sourceReference": "refs/heads/thing",
            "destinationReference": "refs/heads/main",
            "sourceCommit": "a" * 40,
            "destinationCommit": "b" * 40,
            "mergeBase": "b" * 40,
            "mergeMetadata": {"isMerged": True},
        }
    ],
}
ANSWERS = {
    "GetPullRequest": {"pullRequest": PULL_REQUEST},
    "StartExecution": {
        "executionArn": MACHINE.replace(":stateMachine:", ":execution:") + ":pr-7-close-1",
        "startDate": 1700000000.0,
    },
}
CALLS = list(ANSWERS)


def receive(connection: socket.socket) -> tuple[str, dict[str, str], bytes] | None:
    """One HTTP request: its first line, headers and body; None when the other side is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return first, headers, body


def send(connection: socket.socket, status: str, body: bytes, headers: dict[str, str]) -> None:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    connection.sendall("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)


class Server:
    """A listener on loopback; a thread for each connection."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while (request := receive(connection)) is not None:
                    self.answer(connection, *request)
            except OSError:
                return  # The process was ended.

    def answer(self, connection: socket.socket, first: str, headers: dict[str, str], body: bytes) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.listener.close()


class Aws(Server):
    """AWS, as far as the router calls it for a merged pull request."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        super().__init__()

    def answer(self, connection: socket.socket, first: str, headers: dict[str, str], body: bytes) -> None:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        self.calls.append(operation)
        answer = ANSWERS.get(operation)
        status = "200 OK" if answer else "400 Bad Request"
        text = json.dumps(answer or {"__type": "UnknownOperationException", "message": operation})
        send(connection, status, text.encode(), {"Content-Type": "application/x-amz-json-1.1"})


@dataclass
class RuntimeApi(Server):
    """The Lambda Runtime API: one event, then some more of the same."""

    event: bytes
    asked: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    answers: list[tuple[str, bytes]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__()

    def answer(self, connection: socket.socket, first: str, headers: dict[str, str], body: bytes) -> None:
        now = time.perf_counter()
        if first.startswith("POST"):
            self.answered.append(now)
            self.answers.append((first.split()[1], body))
            send(connection, "202 Accepted", b"{}", {})
            return
        if len(self.answers) > WARM_EVENTS:
            self.done.set()
            threading.Event().wait()
        self.asked.append(now)
        send(
            connection,
            "200 OK",
            self.event,
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": f"request-{len(self.asked)}",
                "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 60_000),
                "Lambda-Runtime-Invoked-Function-Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:router",
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
            },
        )


@dataclass
class Start:
    """One cold start."""

    first_ms: float
    warm_ms: float
    peak_mib: float
    answer: str
    calls: list[str]


def environment(runtime: RuntimeApi, aws: Aws) -> dict[str, str]:
    """What Lambda and the deployment tell the function. Nothing of this process's own: no proxy, no profile."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "AWS_LAMBDA_RUNTIME_API": runtime.address,
        "AWS_ENDPOINT_URL": f"http://{aws.address}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": "mergegate-router",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "log-group",
        "AWS_LAMBDA_LOG_STREAM_NAME": "log-stream",
        "MERGEGATE_SERVICE": "mergegate",
        "MERGEGATE_REPORTER_ARN": f"arn:aws:sts::{ACCOUNT}:assumed-role/mergegate-reporter/mergegate-reporter",
        "MERGEGATE_SEAL_SECRET": "mergegate-seal",
        "MERGEGATE_BUILDER_ARN": f"arn:aws:sts::{ACCOUNT}:assumed-role/mergegate-builder/mergegate-builder",
        "MERGEGATE_STATE_MACHINE_ARN": MACHINE,
    }


def start(command: str, event: bytes) -> Start:
    """Starts the function, waits for its answers and ends it."""
    aws, runtime = Aws(), RuntimeApi(event=event)
    began = time.perf_counter()
    process = subprocess.Popen(
        shlex.split(command),
        env=environment(runtime, aws),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        finished = runtime.done.wait(PATIENCE_SECONDS)
        peak = peak_mib(process.pid) if finished else 0.0
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        _, said = process.communicate()
        aws.close()
        runtime.close()
    if not finished:
        sys.exit(f"`{command}` did not answer:\n{said.decode(errors='replace')[-2000:]}")
    path, answer = runtime.answers[0]
    if path.endswith("/error"):
        sys.exit(f"`{command}` failed: {answer.decode(errors='replace')}")
    took = [answered - asked for asked, answered in zip(runtime.asked, runtime.answered, strict=False)]
    return Start(
        first_ms=(runtime.answered[0] - began) * 1000,
        warm_ms=statistics.median(took[1:]) * 1000,
        peak_mib=peak,
        answer=answer.decode(),
        calls=aws.calls[: len(aws.calls) // (WARM_EVENTS + 1)],
    )


def peak_mib(pid: int) -> float:
    """The high-water mark of a process's resident memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("/proc tells no peak of memory: this bench needs Linux")


def measure(functions: dict[str, str], event: bytes, rounds: int) -> dict[str, list[Start]]:
    """All cold starts, each round in an order of its own: what else the machine does, and what the one before left in the
    caches, meets all alike. The first round warms the page cache."""
    starts: dict[str, list[Start]] = {name: [] for name in functions}
    for turn in range(rounds + 1):
        for name in random.Random(turn).sample(list(functions), len(functions)):
            one = start(functions[name], event)
            if turn > 0:
                starts[name].append(one)
            elif one.calls not in ([], CALLS):
                sys.exit(f"`{name}` makes the calls {one.calls}, which are not comparable with {CALLS}")
    return starts


def median(starts: list[Start], of: str) -> float:
    return statistics.median(getattr(one, of) for one in starts)


def table(starts: dict[str, list[Start]]) -> str:
    """The figures as Markdown."""
    reference = next(iter(starts.values()))
    lines = [
        "| function | calls | first answer, ms | slowest | next, ms | peak memory, MiB | first | memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, own in starts.items():
        first, peak = median(own, "first_ms"), median(own, "peak_mib")
        cells = [
            name,
            str(len(own[0].calls)),
            f"{first:.1f}",
            f"{max(one.first_ms for one in own):.1f}",
            f"{median(own, 'warm_ms'):.2f}",
            f"{peak:.1f}",
            f"{first / median(reference, 'first_ms'):.2f}",
            f"{peak / median(reference, 'peak_mib'):.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--event", type=Path, default=Path(__file__).with_name("merged.json"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the medians there")
    parser.add_argument("function", nargs="+", metavar="NAME=COMMAND")
    options = parser.parse_args()
    functions = dict(one.split("=", 1) for one in options.function)
    starts = measure(functions, options.event.read_bytes(), options.rounds)
    print(table(starts))
    if options.json:
        medians = {
            name: {of: median(own, of) for of in ("first_ms", "warm_ms", "peak_mib")} for name, own in starts.items()
        }
        options.json.write_text(json.dumps(medians, indent=2) + "\n")


if __name__ == "__main__":
    main()
