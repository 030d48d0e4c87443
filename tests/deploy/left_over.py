"""What a deployment could leave behind: everything that carries its name, wherever the stack makes something."""

from collections.abc import Callable
from typing import Any

from emulator import admin, every
from gate import SERVICE, environments

LISTS: dict[str, Callable[[], list[Any]]] = {
    "stack": lambda: [
        one["StackName"]
        for one in every("cloudformation", "list_stacks", "StackSummaries")
        if one["StackStatus"] != "DELETE_COMPLETE"
    ],
    "function": lambda: [one["FunctionName"] for one in every("lambda", "list_functions", "Functions")],
    "state machine": lambda: [one["name"] for one in every("stepfunctions", "list_state_machines", "stateMachines")],
    "rule": lambda: [one["Name"] for one in every("events", "list_rules", "Rules")],
    "role": lambda: [one["RoleName"] for one in every("iam", "list_roles", "Roles")],
    "policy": lambda: [one["PolicyName"] for one in every("iam", "list_policies", "Policies", Scope="Local")],
    "log group": lambda: [one["logGroupName"] for one in every("logs", "describe_log_groups", "logGroups")],
    "parameter": lambda: [one["Name"] for one in every("ssm", "describe_parameters", "Parameters")],
    "secret": lambda: [one["Name"] for one in every("secretsmanager", "list_secrets", "SecretList")],
    "topic": lambda: [one["TopicArn"] for one in every("sns", "list_topics", "Topics")],
    "subscription": lambda: [one["TopicArn"] for one in every("sns", "list_subscriptions", "Subscriptions")],
    "queue": lambda: admin("sqs").list_queues().get("QueueUrls", []),
    "bucket": lambda: [one["Name"] for one in admin("s3").list_buckets()["Buckets"]],
    "image repository": lambda: [
        one["repositoryName"] for one in every("ecr", "describe_repositories", "repositories")
    ],
    "alarm": lambda: [one["AlarmName"] for one in every("cloudwatch", "describe_alarms", "MetricAlarms")],
    "dashboard": lambda: [one["DashboardName"] for one in every("cloudwatch", "list_dashboards", "DashboardEntries")],
    "approval rule template": lambda: admin("codecommit").list_approval_rule_templates()["approvalRuleTemplateNames"],
}


def everything() -> list[str]:
    """What is left, each with its kind. What `cdk bootstrap` made stays, as it does in an account."""
    found = [(kind, name) for kind, list_names in LISTS.items() for name in list_names()]
    named = [f"{kind} {name}" for kind, name in found if SERVICE in name.lower()]
    return [*named, *environments()]
