"""Where AWS is in this test: an emulator that nobody here wrote, and the local endpoint as CodeCommit and CodeBuild.

Both are named by the AWS SDKs' own variables, so that boto3, the CDK and the deployed functions find them alike.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

ACCOUNT = "000000000000"
REGION = "us-east-1"
ROOT = "test"
"""The access key that the emulator takes for the account's root."""


def client(service: str, access_key: str = ROOT, secret: str = "test", token: str | None = None) -> Any:
    """A client of whoever the access key is."""
    return boto3.client(
        service,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"mode": "standard"}, read_timeout=120),
    )


@cache
def admin(service: str) -> Any:
    """The client of somebody who may do everything."""
    return client(service, ROOT if "AWS_ENDPOINT_URL_" + service.upper() not in os.environ else "admin")


def every(service: str, operation: str, member: str, **arguments: Any) -> list[Any]:
    """All pages of a list."""
    pages = admin(service).get_paginator(operation).paginate(**arguments)
    return [one for page in pages for one in page.get(member, [])]


@dataclass(frozen=True)
class Identity:
    """The credentials the emulator gives a function, and who they are."""

    function: str
    role_arn: str

    @property
    def arn(self) -> str:
        """Who CodeCommit takes the function for: its role, in a session that bears the function's name."""
        role = self.role_arn.rpartition("/")[2]
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{self.function}"

    @property
    def _digest(self) -> str:
        function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function}"
        return hashlib.sha256(f"{function_arn}:{self.role_arn}".encode()).hexdigest()

    @property
    def access_key(self) -> str:
        """The emulator derives it from the function and its role; `whoami` asks it whether that is still so."""
        return f"ASIA{self._digest[:16].upper()}"

    def client(self, service: str) -> Any:
        """A client with the function's own credentials."""
        secret, token = (hashlib.sha256(f"{kind}:{self._digest}".encode()).hexdigest() for kind in ("secret", "token"))
        return client(service, self.access_key, secret, token)

    def whoami(self) -> str:
        """Who the emulator says these credentials are."""
        return self.client("sts").get_caller_identity()["Arn"]


def identities() -> list[Identity]:
    """Every function that is deployed."""
    functions = every("lambda", "list_functions", "Functions")
    return [Identity(one["FunctionName"], one["Role"]) for one in functions]


@contextmanager
def everything_allowed(service: str) -> Iterator[Any]:
    """A client of somebody to whom everything is allowed, and who is not the account's root, of whom nothing is asked."""
    iam, name = admin("iam"), "administrator"

    def document(**statement: Any) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})

    trust = document(Action="sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=document(Action="*", Resource="*"))
    keys = admin("sts").assume_role(RoleArn=arn, RoleSessionName="somebody")["Credentials"]
    yield client(service, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    iam.delete_role_policy(RoleName=name, PolicyName="everything")
    iam.delete_role(RoleName=name)


def invoke(function: str, event: dict[str, Any]) -> Any:
    """The answer of a deployed function; an error of it ends the test."""
    answer = admin("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    said = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise AssertionError(f"{function} failed: {said}")
    return said
