/** Findings of cdk-nag that are meant as they are, each with its reason. */
import { Stack, Validations } from 'aws-cdk-lib';
import type { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

import { parts, sizeOf } from './limits';

/** Why a wildcard stands in a resource; the first that fits. One that fits none is a finding. */
const WILDCARDS: readonly (readonly [RegExp, string])[] = [
  [/^\*$/, 'These actions know no resource; test/policies.test.ts holds the list.'],
  [
    /:(project|report-group)\/[\w-]+-pr-\*(-\w+-\*)?$/,
    'It stands for the ids of pull requests, and for reports of them.',
  ],
  [/:log-group:.*\*$/, 'It stands for log streams, which are named as builds are started.'],
  [/:execution:[\w-]+:\*$/, 'It stands for the names of runs.'],
  [/:parameter\/mergegate\//, 'It stands for the ids of pull requests and the names of repositories.'],
  [/:network-interface\/\*$/, 'CodeBuild makes and removes it for one build; its id is not known before.'],
  [/:codecommit:[\w-]+:\d+:\*$/, 'A repository that leaves the list must still be let go of.'],
  [/:kms:[\w-]+:\d+:key\/\*$/, 'So must one under a key; a condition holds it to what CodeCommit does.'],
  [/:iam::\d+:(group|role|user)\/\*$/, 'A condition holds it to the policies for people, whoever has them.'],
  [/:policy\/[\w-]+-protect-branches\*-[\w-]+$/, 'There is one for every few repositories.'],
  [/^<\w+\.Arn>\/(builds\/.*)?\*$/, 'It stands for the objects that builds make.'],
  [/^<\w+\.Arn>\/(baselines|findings|reports)\/\*$/, 'It stands for what the reporter keeps of each run.'],
];

/** Accepts findings on a construct: rule (and finding) to reason. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
}

/** Gives a role its statements, and each wildcard in their resources its reason. */
export function grant(role: Role, ...statements: readonly PolicyStatement[]): void {
  for (const statement of statements) {
    for (const part of divided(role, statement)) {
      role.addToPolicy(part);
    }
    explain(role, statement.resources);
  }
}

/** What the resources of one statement may take: the role puts statements, not parts of them, into further policies. */
const RESOURCES_LIMIT = 4500;

/** The same in several statements, if its resources are many. */
function divided(role: Role, statement: PolicyStatement): PolicyStatement[] {
  const lists = parts(statement.resources, RESOURCES_LIMIT, (resource) => sizeOf(role, resource));
  if (lists.length < 2) {
    return [statement];
  }
  return lists.map((resources, place) =>
    statement.copy({
      resources,
      sid: place === 0 ? statement.sid : statement.sid && `${statement.sid}${place + 1}`,
    }),
  );
}

/** Gives the wildcards in `resources` their reasons. */
export function explain(role: IConstruct, resources: readonly string[]): void {
  for (const name of resources) {
    // cdk-nag writes variables of IAM as it writes references.
    const resource = flattened(Stack.of(role).resolve(name)).replaceAll(/\$\{([^}]+)\}/g, '<$1>');
    const reason = WILDCARDS.find(([pattern]) => pattern.test(resource))?.[1];
    if (resource.includes('*') && reason !== undefined) {
      acknowledge(role, { [`AwsSolutions-IAM5[Resource::${resource}]`]: reason });
    }
  }
}

/** As cdk-nag writes it: `<logical id.attribute>` for what is known at deployment only. */
function flattened(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const [name, argument] = Object.entries(value as object)[0] as [string, unknown[]];
  if (name === 'Fn::GetAtt') {
    return `<${argument.join('.')}>`;
  }
  return name === 'Fn::Join' ? (argument[1] as unknown[]).map(flattened).join(String(argument[0])) : name;
}
