/** What is to be done when CloudFormation creates, updates or deletes the deployment. Each can be done again. */
import { establish, instructions, references, withdraw, type Locked } from './approval-rules';
import type { Aws } from './aws';
import { removeEverything } from './environments';
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
      return report(aws, locked);
    }
    case 'Delete':
      await removeEverything(aws, request.properties);
      return report(aws, await withdrawAll(aws, request.properties.repositories));
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
  { host }: Aws,
  { repositories, destinations, approver }: DeploymentProperties,
): Promise<readonly Locked[]> {
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

function report(aws: Aws, locked: readonly Locked[]): Outcome {
  if (locked.length === 0) {
    return {};
  }
  const reason = instructions(locked);
  aws.say(reason);
  return { reason };
}
