/**
 * What AWS takes at most of one thing. What grows with the number of repositories is divided before it gets too large;
 * everything else that does not fit is told at synthesis, where a deployment would fail half way.
 */
import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnManagedPolicy, CfnPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import type { IConstruct } from 'constructs';

/** Characters of a managed policy, and of all inline policies of a role, without white space (IAM, quotas). */
export const MANAGED_POLICY_LIMIT = 6144;
const INLINE_POLICIES_LIMIT = 10_240;
/** Managed policies of one user, group or role, until the account asks for more. */
export const ATTACHED_LIMIT = 10;
/** Characters of an event pattern, until the account asks for more (EventBridge, quotas). */
export const PATTERN_LIMIT = 2048;
/** Characters of what an approval rule asks for (CodeCommit, quotas). */
export const APPROVAL_RULE_LIMIT = 3000;
/** Bytes of a parameter of the standard tier, and of a function's variables. */
const PARAMETER_LIMIT = 4096;
const VARIABLES_LIMIT = 4096;
/** Bytes and statements of a queue's policy. */
const QUEUE_POLICY_LIMIT = 8192;
const QUEUE_STATEMENTS_LIMIT = 20;

/** Characters that stand for what is known at deployment only: generously, names and ARNs are shorter. */
const UNKNOWN = 100;
const PSEUDO: Readonly<Record<string, number>> = {
  'AWS::AccountId': 12,
  'AWS::Partition': 10,
  'AWS::Region': 16,
  'AWS::URLSuffix': 16,
};

/** How long a value will be as JSON without white space. */
export function sizeOf(scope: IConstruct, value: unknown): number {
  return size(Stack.of(scope).resolve(value));
}

function size(value: unknown): number {
  if (typeof value !== 'object' || value === null) {
    return value === undefined ? 0 : JSON.stringify(value).length;
  }
  if (Array.isArray(value)) {
    return value.reduce((sum: number, item) => sum + size(item) + 1, 1);
  }
  const entries = Object.entries(value as Record<string, unknown>);
  const [name = '', argument] = entries[0] ?? [];
  if (entries.length === 1 && name === 'Ref') {
    return (PSEUDO[argument as string] ?? UNKNOWN) + 2;
  }
  if (entries.length === 1 && name === 'Fn::Join') {
    const [, parts] = argument as [string, unknown[]];
    return parts.reduce((sum: number, part) => sum + size(part) - 2, 2);
  }
  if (entries.length === 1 && name.startsWith('Fn::')) {
    return UNKNOWN + 2;
  }
  return entries.reduce((sum, [key, item]) => sum + key.length + 4 + size(item), 1);
}

/** Divides `items` into as few lists as their order allows, each of at most `room`; one that is larger stands alone. */
export function parts<Item>(
  items: readonly Item[],
  room: number,
  sizeOfItem: (item: Item) => number,
): Item[][] {
  const lists: Item[][] = [];
  let left = 0;
  for (const item of items) {
    const taken = sizeOfItem(item) + 1;
    const last = lists.at(-1);
    if (last === undefined || taken > left) {
      lists.push([item]);
      left = room - taken;
    } else {
      last.push(item);
      left -= taken;
    }
  }
  return lists;
}

/** Has everything below `scope` measured once it is known, and the template that it is in. */
export function watchLimits(scope: IConstruct): void {
  scope.node.addValidation({ validate: () => [...faultsBelow(scope), ...faultsOfTemplate(scope)] });
}

/** Bytes of a template (CloudFormation, quotas). */
export const TEMPLATE_LIMIT = 1_000_000;

/** The CDK only warns of it, and CloudFormation refuses the template once everything else is uploaded. */
function faultsOfTemplate(scope: IConstruct): string[] {
  const stack = Stack.of(scope) as unknown as Synthesised;
  const flag = scope.node.tryGetContext('@aws-cdk/core:suppressTemplateIndentation') as unknown;
  const plain = stack._suppressTemplateIndentation ?? flag === true;
  const template: unknown = Stack.of(scope).resolve(stack._toCloudFormation());
  const bytes = Buffer.byteLength(JSON.stringify(template, undefined, plain ? undefined : 1));
  if (bytes <= TEMPLATE_LIMIT) {
    return [];
  }
  return [
    `${Stack.of(scope).node.path}: the template takes ${bytes} bytes, and CloudFormation takes ${TEMPLATE_LIMIT}: gate fewer repositories, and deploy a second service for the others${plain ? '' : '; or give the stack `suppressTemplateIndentation`'}`,
  ];
}

/** What a stack keeps to itself: how its template comes about. */
interface Synthesised {
  readonly _suppressTemplateIndentation?: boolean;
  _toCloudFormation(): object;
}

function faultsBelow(scope: IConstruct): string[] {
  const resources = scope.node.findAll().filter((construct) => CfnResource.isCfnResource(construct));
  return [...resources.flatMap(faultsOf), ...faultsOfRoles(scope, resources)];
}

function faultsOf(resource: CfnResource): string[] {
  if (resource instanceof CfnManagedPolicy) {
    return tooLarge(resource, resource.policyDocument, 'the policy', MANAGED_POLICY_LIMIT);
  }
  if (resource instanceof CfnRule) {
    return tooLarge(resource, resource.eventPattern, 'the event pattern', PATTERN_LIMIT);
  }
  if (resource instanceof CfnParameter) {
    return tooLarge(resource, resource.value, 'the parameter', PARAMETER_LIMIT);
  }
  if (resource instanceof CfnFunction) {
    return tooLarge(resource, resource.environment, 'what stands in the variables', VARIABLES_LIMIT);
  }
  if (resource instanceof CfnQueuePolicy) {
    const document = Stack.of(resource).resolve(resource.policyDocument) as { Statement: unknown[] };
    const count = document.Statement.length;
    return [
      ...tooLarge(resource, document, 'the policy', QUEUE_POLICY_LIMIT),
      ...(count > QUEUE_STATEMENTS_LIMIT
        ? [
            `${resource.node.path}: the policy has ${count} statements, a queue takes ${QUEUE_STATEMENTS_LIMIT}`,
          ]
        : []),
    ];
  }
  return [];
}

function tooLarge(scope: IConstruct, value: unknown, what: string, limit: number): string[] {
  const found = sizeOf(scope, value);
  return found > limit ? [`${scope.node.path}: ${what} takes ${found} characters, AWS takes ${limit}`] : [];
}

/** All inline policies of a role count together, and so do those that are attached. */
function faultsOfRoles(scope: IConstruct, resources: readonly CfnResource[]): string[] {
  const inline = resources.filter((resource) => resource instanceof CfnPolicy);
  const attached = resources.filter((resource) => resource instanceof CfnManagedPolicy);
  const of = (policies: readonly (CfnPolicy | CfnManagedPolicy)[], { ref }: CfnRole) => {
    const wanted = JSON.stringify(Stack.of(scope).resolve(ref));
    return policies.filter(({ roles }) =>
      ((Stack.of(scope).resolve(roles) ?? []) as unknown[]).some((own) => JSON.stringify(own) === wanted),
    );
  };
  return resources
    .filter((resource) => resource instanceof CfnRole)
    .flatMap((role) => {
      const taken = of(inline, role).reduce(
        (sum, { policyDocument }) => sum + sizeOf(scope, policyDocument),
        0,
      );
      const arns = (Stack.of(scope).resolve(role.managedPolicyArns) ?? []) as unknown[];
      const count = of(attached, role).length + arns.length;
      return [
        ...(taken > INLINE_POLICIES_LIMIT
          ? [
              `${role.node.path}: its own policies take ${taken} characters, a role takes ${INLINE_POLICIES_LIMIT}`,
            ]
          : []),
        ...(count > ATTACHED_LIMIT
          ? [
              `${role.node.path}: ${count} policies are attached, a role takes ${ATTACHED_LIMIT}: allow less, or in fewer words`,
            ]
          : []),
      ];
    });
}
