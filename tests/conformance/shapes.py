"""Whether raw JSON fits a shape of botocore's model."""

import base64
import binascii
from collections.abc import Iterator


def faults(shape, value, place: str) -> Iterator[str]:
    """What is wrong with a value, each fault with its place."""
    if shape.type_name == "structure":
        yield from _structure(shape, value, place)
    elif shape.type_name == "list":
        if not isinstance(value, list):
            yield f"{place} is no list: {value!r}"
            return
        for number, item in enumerate(value):
            yield from faults(shape.member, item, f"{place}[{number}]")
    elif shape.type_name == "map":
        if not isinstance(value, dict):
            yield f"{place} is no map: {value!r}"
            return
        for key, item in value.items():
            yield from faults(shape.key, key, f"a key of {place}")
            yield from faults(shape.value, item, f"{place}[{key!r}]")
    else:
        yield from _scalar(shape, value, place)


def _structure(shape, value, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place} is no structure: {value!r}"
        return
    members = {
        member.serialization.get("name", name): member
        for name, member in shape.members.items()
        if "location" not in member.serialization
    }
    for name in value.keys() - members.keys():
        yield f"{place}.{name} is not a member of {shape.name}"
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{place}.{name} is required by {shape.name}"
    if shape.is_tagged_union and len(value) != 1:
        yield f"{place} is a union and has {len(value)} members"
    for name in value.keys() & members.keys():
        yield from faults(members[name], value[name], f"{place}.{name}")


def _scalar(shape, value, place: str) -> Iterator[str]:
    if not _FITS[shape.type_name](value):
        yield f"{place} is no {shape.type_name}: {value!r}"
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{place} is {value!r}, which is none of {', '.join(shape.enum)}"


def _is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_base64(value) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return False
    return isinstance(value, str)


_FITS = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "long": _is_integer,
    "float": _is_number,
    "double": _is_number,
    # Seconds since 1970, as the JSON protocols have it.
    "timestamp": _is_number,
    "blob": _is_base64,
}
