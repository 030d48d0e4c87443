"""Looks at the raw answer of every call, before anybody uses it."""

import json

from . import ledger
from .models import COMMON_ERRORS, is_service_fault, modelled_errors
from .shapes import faults


def remember(model, params, context, **_):
    """A handler of botocore's `before-call`."""
    if model.service_model.metadata["protocol"] == "json":
        context["request"] = params["body"]


def look_at(http_response, model, context, **_):
    """A handler of botocore's `after-call`."""
    service = model.service_model.service_name
    if http_response.status_code < 300:
        found = list(_success(http_response, model))
        ledger.succeeded(service, model.name)
        if "request" in context:
            ledger.requests[service, model.name] = json.loads(context["request"])
    else:
        found = list(_error(http_response, model, service))
    found += _content_type(http_response, model.service_model.metadata)
    if found:
        raise AssertionError(f"{service} {model.name} answered\n" + "\n".join(found))


def _content_type(response, metadata):
    found = response.headers.get("content-type")
    if metadata["protocol"] == "json" and found != f"application/x-amz-json-{metadata['jsonVersion']}":
        yield f"the content type {found}"


def _success(response, model):
    shape = model.output_shape
    if model.service_model.metadata["protocol"] == "rest-xml":
        # What botocore's parser makes of it the stories look at.
        return
    if model.service_model.metadata["protocol"] == "rest-json":
        yield from _headers(response, shape)
        return
    if shape is None:
        if response.content not in (b"", b"{}"):
            yield f"{response.content!r} where the operation has no output"
        return
    try:
        body = json.loads(response.content)
    except ValueError:
        yield f"no JSON: {response.content!r}"
        return
    yield from faults(shape, body, "the answer")


def _headers(response, shape):
    """The body is whatever a function gave; the headers are the service's."""
    known = {
        member.serialization["name"].lower()
        for member in shape.members.values()
        if member.serialization.get("location") == "header"
    }
    for name in response.headers:
        if name.lower().startswith("x-amz-") and name.lower() not in known:
            yield f"the header {name}, which is not a member of {shape.name}"


def _error(response, model, service: str):
    if model.service_model.metadata["protocol"] == "rest-xml":
        if b"<Code>" not in response.content and response.content:
            yield f"an error without a code: {response.content!r}"
        return
    try:
        body = json.loads(response.content)
    except ValueError:
        yield f"an error that is no JSON: {response.content!r}"
        return
    code = response.headers.get("x-amzn-errortype")
    if body.get("__type", code) != code:
        yield f"the error {code} in its header and {body['__type']} in its body"
    if not any(body.get(name) for name in ("message", "Message")):
        yield f"the error {code} without a message"
    shape = modelled_errors(model).get(code)
    if shape is None:
        if code not in COMMON_ERRORS.get(service, ()):
            yield f"the error {code}, which the operation does not have: {body}"
        return
    ledger.refused(service, model.name, code)
    default = 500 if is_service_fault(service, shape.name) else 400
    status = shape.metadata.get("error", {}).get("httpStatusCode", default)
    if response.status_code != status:
        yield f"the error {code} with the status {response.status_code}, not {status}"
    yield from faults(shape, _members(body, shape), f"the error {code}")


def _members(body: dict, shape) -> dict:
    """The error's members in the model's spelling; any error may have a message, which clients take in either case."""
    spelling = {name.lower(): name for name in shape.members}
    members = {spelling.get(name.lower(), name): value for name, value in body.items()}
    optional = {"__type", "message"} - spelling.keys()
    return {name: value for name, value in members.items() if name not in optional}
