"""What docs/operations.md tells people to type, typed as it stands there."""

import os
import re
import shlex
import subprocess
from pathlib import Path

from emulator import admin

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def commands() -> list[str]:
    """The `aws` commands of the page."""
    blocks = re.findall(r"^\s*```sh\n(.*?)^\s*```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("aws ")]


def outputs() -> dict[str, str]:
    """What the stack says of itself."""
    (stack,) = [one for one in admin("cloudformation").describe_stacks()["Stacks"] if "mergegate" in one["StackName"]]
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


class Reader:
    """Somebody who types what the page says."""

    def __init__(self) -> None:
        self.typed: list[str] = []

    def types(self, beginning: str, caller: str | None = None, **values: str) -> None:
        """Types the command that begins like that, with outputs of the stack and `values` in place of `<…>`."""
        (command,) = [one for one in commands() if one.startswith(beginning)]
        known = {**outputs(), **values}
        filled = re.sub(r"<(\w+)>", lambda found: known[found[1]], command)
        words = shlex.split(filled)
        if words[1] == "sqs":
            # Version 1 of the program has addresses of its own for SQS, and so overlooks the variable.
            words += ["--endpoint-url", os.environ["AWS_ENDPOINT_URL"]]
        as_caller = {} if caller is None else {"AWS_ACCESS_KEY_ID": caller}
        done = subprocess.run(words, env={**os.environ, **as_caller}, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{filled}: {done.stderr}")
        self.typed.append(command)

    def left(self) -> list[str]:
        """What nobody has typed yet."""
        return [one for one in commands() if one not in self.typed]
