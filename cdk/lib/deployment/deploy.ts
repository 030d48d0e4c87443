/** What is to be done when CloudFormation creates, updates or deletes the deployment. Each can be done again. */
import { establish, instructions, references, withdraw, type Locked } from './approval-rules';
import type { Aws } from './aws';
import { removeEverything, removeRepositories } from './environments';
import type { DeploymentProperties, ReferencesProperties, RepositoryProperties } from './properties';

/** What CloudFormation asks for. */
export type Request =
  | { readonly type: 'Create'; readonly properties: DeploymentProperties }
  | {
      readonly type: 'Update';
      readonly properties: DeploymentProperties;
      readonly before: DeploymentProperties;
    }
  | { readonly type: 'Delete'; readonly properties: DeploymentProperties }
  | { readonly type: 'ReadReferences'; readonly properties: ReferencesProperties }
  | { readonly type: 'ForgetReferences' };

/** What is told to CloudFormation. */
export interface Outcome {
  /** Attributes of the resource: `References<n>` are the gated references of the n-th repository. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Words for a person, if there is something left to do. */
  readonly reason?: string;
}

/** Carries a request out. */
export async function deploy(aws: Aws, request: Request): Promise<Outcome> {
  switch (request.type) {
    case 'Create':
      return report(aws, await establishAll(aws, request.properties));
    case 'Update': {
      const kept = new Set(request.properties.repositories.map(({ name }) => name));
      const left = request.before.repositories.filter(({ name }) => !kept.has(name));
      const locked = [...(await establishAll(aws, request.properties)), ...(await withdrawAll(aws, left))];
      await removeRepositories(aws, request.properties, left);
      return report(aws, locked);
    }
    case 'Delete': {
      // Whatever hinders the rest: nobody is left with a rule that nothing can satisfy.
      const locked = await withdrawAll(aws, request.properties.repositories);
      await removeEverything(aws, request.properties);
      await letGoOfPeople(aws, request.properties);
      return report(aws, locked);
    }
    case 'ReadReferences':
      return { attributes: await readReferences(aws, request.properties) };
    case 'ForgetReferences':
      return {};
  }
}

async function readReferences(
  { host }: Aws,
  { repositories, destinations }: ReferencesProperties,
): Promise<Record<string, string>> {
  const attributes: Record<string, string> = {};
  for (const [place, name] of repositories.entries()) {
    attributes[`References${place}`] = (await references(host, name, destinations)).join(',');
  }
  return attributes;
}

async function establishAll(
  { host, account }: Aws,
  { repositories, destinations, approver, settings = [] }: DeploymentProperties,
): Promise<readonly Locked[]> {
  for (const { parameter, value } of settings) {
    // CloudFormation has just written them, unless it believes them to be unchanged.
    if ((await account.parameter(parameter)) !== value) {
      await account.putParameter(parameter, value);
    }
  }
  const locked: Locked[] = [];
  for (const repository of repositories) {
    const gated = await references(host, repository.name, destinations);
    locked.push(...(await establish(host, repository, { approver, destinations: gated })));
  }
  return locked;
}

async function withdrawAll(
  { host }: Aws,
  repositories: readonly RepositoryProperties[],
): Promise<readonly Locked[]> {
  const locked: Locked[] = [];
  for (const repository of repositories) {
    locked.push(...(await withdraw(host, repository)));
  }
  return locked;
}

/** A policy that is attached to somebody cannot be deleted. */
async function letGoOfPeople({ account }: Aws, { policyArns }: DeploymentProperties): Promise<void> {
  const kept = new Set<string>();
  for (const policyArn of policyArns) {
    for (const role of await account.detachPolicy(policyArn)) {
      kept.add(role);
    }
  }
  if (kept.size === 0) {
    return;
  }
  const sets = [...kept].map((role) => {
    const name = /^AWSReservedSSO_(.+)_[0-9a-f]+$/.exec(role)?.[1];
    return name === undefined ? `the role \`${role}\`` : `the permission set \`${name}\` (role \`${role}\`)`;
  });
  throw new Error(
    `the policy \`${policyArns.join('`, `')}\` is still attached to ${sets.join(', ')}, which only IAM Identity Center can change: take the ` +
      'policy out there, provision the permission set anew, and run `cdk destroy` again. The approval rules are withdrawn already, ' +
      'and nothing of the gate runs any more',
  );
}

function report(aws: Aws, locked: readonly Locked[]): Outcome {
  if (locked.length === 0) {
    return {};
  }
  const reason = instructions(locked);
  aws.say(reason);
  return { reason };
}
