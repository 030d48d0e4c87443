#!/usr/bin/env python3
"""Starts ministack, with what it does otherwise than AWS and a deployment of the gate needs.

- An alarm over several metrics is refused by its CloudFormation. Here it is kept as an alarm over none: no test waits
  for it.
- Reads and deletions of several parameters are checked against the resource `*`, which a policy that names its
  parameters can never allow. Here they are checked, as AWS does, against the path or the names of the request.
- Taking a policy from a group is checked against the policy, and `iam:PolicyARN`, which says which policy it is, is in no
  request. Here it is checked, as AWS does, against the group, and the request has it.
- A `Ref` of a secret gives its CloudFormation's templates the secret's name, which is no resource that a policy could
  allow. Here it gives, as in AWS, the whole ARN.
- Policies of secrets are no resource to its CloudFormation. Here they are, and count.
- `aws:PrincipalArn` of a session is the session's own ARN. Here it is, as in AWS, its role's.
- A rule of the default event bus has the bus in the ARN that policies are checked against. In AWS only other buses do.

And without port 443, which it would take as well if it could.
"""

import json
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

resource_of_request = iam_actions.extract_resource_arn
context_of_request = iam_actions.request_tag_context
value_of_condition_key = iam_evaluator._resolve_condition_key
record_of_alarm = provisioners._cw_metric_alarm_record
create_secret = provisioners._sm_secret_create
update_secret = provisioners._sm_secret_update
delete_secret = provisioners._sm_secret_delete


def extract_resource_arn(
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, Any],
    region: str,
    account_id: str,
) -> str:
    """The resource that a request is checked against."""
    found = resource_of_request(service, method, path, headers, body, query_params, region, account_id)
    if service == "events":
        return found.replace(":rule/default/", ":rule/")
    if service == "iam" and (group := parameter(query_params, "GroupName")):
        return f"arn:aws:iam::{account_id}:group/{group}"
    if service != "ssm" or found != "*":
        return found
    request = json.loads(body or b"{}")
    named = request.get("Path") or next(iter(request.get("Names", [])), None)
    return f"arn:aws:ssm:{region}:{account_id}:parameter{named}" if named else found


def request_tag_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
    """What conditions can be about."""
    found = context_of_request(service, iam_action, body, params)
    policy = parameter(params, "PolicyArn") if service == "iam" else None
    return {**found, "iam:PolicyARN": policy} if policy else found


def parameter(params: dict[str, Any], name: str) -> str | None:
    """A parameter of IAM's own kind of request."""
    value = params.get(name)
    return value[0] if isinstance(value, list) and value else value


def cw_metric_alarm_record(name: str, properties: dict[str, Any]) -> Any:
    """What is kept of an alarm."""
    if not properties.get("Metrics"):
        return record_of_alarm(name, properties)
    single = {key: value for key, value in properties.items() if key != "Metrics"}
    return record_of_alarm(name, {**single, "Namespace": "Mergegate/None", "MetricName": "None"})


def resolve_condition_key(key: str, context: iam_evaluator.EvalContext) -> Any:
    """What a request has for a key that conditions are about."""
    found = value_of_condition_key(key, context)
    if key.lower() != "aws:principalarn" or ":assumed-role/" not in found:
        return found
    return f"arn:aws:iam::{context.principal_account}:role/{iam_evaluator._role_name_from_assumed_arn(found)}"


def secret_create(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    """The id of a secret is its ARN."""
    _, attributes = create_secret(logical_id, properties, stack_name)
    return attributes["Arn"], attributes


def secret_update(arn: str, before: dict[str, Any], after: dict[str, Any], *rest: Any) -> tuple[str, dict[str, Any]]:
    """The same of a secret that is there."""
    _, attributes = update_secret(secret_name(arn), before, after, *rest)
    return attributes["Arn"], attributes


def secret_delete(arn: str, properties: dict[str, Any]) -> None:
    """The emulator keeps secrets by their names."""
    delete_secret(secret_name(arn), properties)


def secret_name(arn: str) -> str:
    """The name in an ARN, without the six characters behind it."""
    return arn.partition(":secret:")[2][:-7]


def secret_policy_create(logical_id: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    """The id of a policy is the secret's."""
    return put_secret_policy(properties)


def secret_policy_update(
    physical_id: str, before: dict[str, Any], after: dict[str, Any], stack_name: str
) -> tuple[str, dict[str, Any]]:
    """One policy takes the place of the other."""
    return put_secret_policy(after)


def put_secret_policy(properties: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Puts a policy onto its secret."""
    secret = str(properties["SecretId"])
    policy = json.dumps(properties["ResourcePolicy"])
    status, _, body = secretsmanager._put_resource_policy({"SecretId": secret, "ResourcePolicy": policy})
    if status >= 400:
        raise ValueError(f"{secret} takes no policy: {body!r}")
    return secret, {}


def secret_policy_delete(physical_id: str, properties: dict[str, Any]) -> None:
    """The secret stays without one."""
    secretsmanager._delete_resource_policy({"SecretId": physical_id})


if __name__ == "__main__":
    provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"] |= {
        "create": secret_create,
        "update": secret_update,
        "delete": secret_delete,
    }
    provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::ResourcePolicy"] = {
        "create": secret_policy_create,
        "update": secret_policy_update,
        "delete": secret_policy_delete,
    }
    iam_evaluator._resolve_condition_key = resolve_condition_key
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.request_tag_context = request_tag_context
    provisioners._cw_metric_alarm_record = cw_metric_alarm_record
    app._port_is_bindable = lambda host, port: False
    app.main()
