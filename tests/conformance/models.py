"""AWS's models of its services, as botocore has them."""

import functools

import botocore.session
from botocore.model import ServiceModel

# Folder of the Rust sources → boto3's name.
SERVICES = {
    "codebuild": "codebuild",
    "codecommit": "codecommit",
    "events": "events",
    "lambda": "lambda",
    "logs": "logs",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "ssm": "ssm",
    "states": "stepfunctions",
}

# Errors that a service answers to any request and its model leaves out; the services' API references list them as
# common errors. They are let through and count for nothing.
COMMON_ERRORS = {
    "events": {"ValidationException"},
    "ssm": {"ValidationException"},
    "stepfunctions": {"ValidationException"},
}


@functools.cache
def _session():
    return botocore.session.get_session()


@functools.cache
def service_model(service: str) -> ServiceModel:
    return _session().get_service_model(service)


def is_service_fault(service: str, error: str) -> bool:
    """Whether the error is the service's own failure, which no caller can bring about."""
    return bool(_session().get_service_data(service)["shapes"][error].get("fault"))


def modelled_errors(operation) -> dict:
    """Code → shape."""
    return {shape.error_code or shape.name: shape for shape in operation.error_shapes}


def token_of(operation) -> str | None:
    """The member that asks for the next page, if the operation is a list."""
    members = operation.input_shape.members if operation.input_shape else {}
    return next((name for name in members if name.lower() == "nexttoken"), None)
