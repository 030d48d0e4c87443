"""What was granted once, again with one member spoiled. It runs after all stories: their requests get past every other check."""

import copy
import json
from collections.abc import Iterator

from . import ledger
from .fuzz import judge, send
from .models import service_model
from .story import Story

# The services that refuse every such request; of the others some members are still taken as they come.
SERVICES = ("codecommit",)
# Longer texts than this are about the size of requests, not of members.
LONGEST = 100_000


def spoiled(shape, value) -> Iterator[tuple[str, object]]:
    """What is wrong with each variant of a value, and the variant."""
    if shape.type_name == "structure":
        yield "an array for an object", list(value.values())
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name in names.keys() & value.keys():
            for what, variant in spoiled(names[name], value[name]):
                yield f"{name}: {what}", {**copy.deepcopy(value), name: variant}
    elif shape.type_name == "list" and value:
        yield "an object for a list", {}
        for what, variant in spoiled(shape.member, value[0]):
            yield f"[0]: {what}", [variant, *value[1:]]
    elif shape.type_name == "string":
        yield "an object for a text", {}
        if shape.enum:
            yield "a word of nobody", "NoSuchWord"
        longest = shape.metadata.get("max", LONGEST)
        if longest < LONGEST:
            yield f"more than {longest} characters", "x" * (longest + 1)
    elif shape.type_name in ("integer", "long", "double"):
        yield "a text for a number", "many"
    elif shape.type_name == "boolean":
        yield "a text for a boolean", "yes"


class Spoiled(Story):
    def test_refuses_what_it_granted_once_a_member_is_spoiled(self):
        granted = []
        for (service, operation), request in sorted(ledger.requests.items()):
            model = service_model(service)
            if service not in SERVICES:
                continue
            target = f"{model.metadata['targetPrefix']}.{operation}"
            headers = {
                "X-Amz-Target": target,
                "Content-Type": f"application/x-amz-json-{model.metadata['jsonVersion']}",
            }
            for what, variant in spoiled(model.operation_model(operation).input_shape, request):
                status, answer = send("POST", "/", json.dumps(variant).encode(), headers)
                judge(status, answer)
                if status == 200:
                    granted.append(f"{service} {operation}: {what}")
        self.assertEqual(granted, [])
