/** What is to be done when CloudFormation creates, updates or deletes the deployment. Each can be done again. */
import { establish, instructions, references, withdraw, type Locked } from './approval-rules';
import type { Aws } from './aws';
import { removeEverything, removeRepositories } from './environments';
import type { DeploymentProperties, ReferencesProperties, RepositoryProperties } from './properties';
import { watched, type Work } from './watch';

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
  /**
   * Attributes of the resource: `References<n>` is the default branch of the n-th repository, as a reference; `PoliciesToAttach` says
   * who lacks one of the policies for people.
   */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Words for a person, if there is something left to do. */
  readonly reason?: string;
}

/** What a person does where there was no time to put rules in place. */
const FEWER =
  'CloudFormation takes the deployment back; deploy again, and with fewer new repositories at once';

/** Carries a request out. */
export async function deploy(aws: Aws, request: Request): Promise<Outcome> {
  const work = watched(aws);
  switch (request.type) {
    case 'Create': {
      const locked = await establishAll(work, request.properties);
      return report(work, locked, await toAttach(work, request.properties));
    }
    case 'Update': {
      const kept = new Set(request.properties.repositories.map(({ name }) => name));
      const left = request.before.repositories.filter(({ name }) => !kept.has(name));
      const locked = [...(await establishAll(work, request.properties)), ...(await withdrawAll(work, left))];
      await removeRepositories(work, request.properties, left);
      await detachWhatGoes(work, request.properties, request.before);
      return report(work, locked, await toAttach(work, request.properties));
    }
    case 'Delete': {
      // Whatever hinders the rest: nobody is left with a rule that nothing can satisfy.
      const locked = await withdrawAll(work, request.properties.repositories);
      await removeEverything(work, request.properties);
      await letGoOfPeople(work, request.properties);
      return report(work, locked);
    }
    case 'ReadReferences':
      return { attributes: await readReferences(work, request.properties) };
    case 'ForgetReferences':
      return {};
  }
}

/** Branches that are named are in the template already: of them nobody reads an attribute, and an answer has little room. */
async function readReferences(
  { host, doing }: Work,
  { repositories, destinations }: ReferencesProperties,
): Promise<Record<string, string>> {
  doing('default branches are looked up', FEWER);
  const attributes: Record<string, string> = {};
  for (const [place, name] of repositories.entries()) {
    const found = await references(host, name, destinations);
    if (destinations.length === 0) {
      attributes[`References${place}`] = found.join(',');
    }
  }
  return attributes;
}

async function establishAll(
  { host, account, doing }: Work,
  { repositories, destinations, approver, settings = [] }: DeploymentProperties,
): Promise<readonly Locked[]> {
  doing('settings of repositories are compared', FEWER);
  for (const { parameter, value } of settings) {
    // CloudFormation has just written them, unless it believes them to be unchanged.
    if ((await account.parameter(parameter)) !== value) {
      await account.putParameter(parameter, value);
    }
  }
  const locked: Locked[] = [];
  for (const repository of repositories) {
    doing(`the approval rule of \`${repository.name}\` is put in place`, FEWER);
    const gated = await references(host, repository.name, destinations);
    locked.push(...(await establish(host, repository, { approver, destinations: gated })));
  }
  return locked;
}

async function withdrawAll(
  { host, doing }: Work,
  repositories: readonly RepositoryProperties[],
): Promise<readonly Locked[]> {
  const locked: Locked[] = [];
  for (const repository of repositories) {
    doing(`the approval rule of \`${repository.name}\` is withdrawn`);
    locked.push(...(await withdraw(host, repository)));
  }
  return locked;
}

/** A policy that is attached to somebody cannot be deleted. */
async function letGoOfPeople(work: Work, { policyArns }: DeploymentProperties): Promise<void> {
  const kept = await detachAll(work, policyArns);
  if (kept.length === 0) {
    return;
  }
  throw new Error(
    `the policy \`${policyArns.join('`, `')}\` ${kept.join(', and ')}, and run \`cdk destroy\` again. The approval rules are ` +
      'withdrawn already, and nothing of the gate runs any more',
  );
}

/** What CloudFormation deletes next: with fewer repositories there are fewer policies. */
async function detachWhatGoes(
  work: Work,
  { policyArns }: DeploymentProperties,
  before: DeploymentProperties,
): Promise<void> {
  for (const arn of before.policyArns.filter((policy) => !policyArns.includes(policy))) {
    for (const holder of await work.account.holders(arn)) {
      work.say(
        `\`${arn}\` goes, because the others have room for all repositories: detaching it from ${holder}`,
      );
    }
    for (const kept of await detachAll(work, [arn])) {
      work.say(`\`${arn}\` goes, but ${kept}, and delete the policy: CloudFormation leaves it behind`);
    }
  }
}

/** Takes policies from everybody; answers in words where that cannot be done, and what to do instead. */
async function detachAll({ account, doing }: Work, policyArns: readonly string[]): Promise<string[]> {
  doing('the policy is taken from people');
  const roles = new Set<string>();
  const bounded = new Set<string>();
  for (const arn of policyArns) {
    (await account.detachPolicy(arn)).forEach((role) => roles.add(role));
    (await account.boundedBy(arn)).forEach((one) => bounded.add(one));
  }
  const sets = [...roles].map((role) => {
    const name = /^AWSReservedSSO_(.+)_[0-9a-f]+$/.exec(role)?.[1];
    return name === undefined ? `the role \`${role}\`` : `the permission set \`${name}\` (role \`${role}\`)`;
  });
  return [
    ...(sets.length > 0
      ? [
          `is still attached to ${sets.join(', ')}, which only IAM Identity Center can change: take the policy out there, provision the permission set anew`,
        ]
      : []),
    ...(bounded.size > 0
      ? [`is still the permissions boundary of ${[...bounded].join(', ')}: give them another boundary`]
      : []),
  ];
}

/** Who lacks one of the policies for people: whoever has one of them is to have all. */
async function toAttach({ account, doing }: Work, { policyArns }: DeploymentProperties): Promise<string> {
  doing('it is looked up who has the policies for people', FEWER);
  const holders = new Map<string, ReadonlySet<string>>();
  for (const arn of policyArns) {
    holders.set(arn, new Set(await account.holders(arn)));
  }
  const people = new Set([...holders.values()].flatMap((some) => [...some]));
  if (people.size === 0) {
    return 'nobody has the policy for people yet: attach all of them';
  }
  const lacking = policyArns.flatMap((arn) => {
    const without = [...people].filter((one) => holders.get(arn)?.has(one) !== true);
    return without.length === 0 ? [] : [`attach ${arn} to ${without.join(', ')}`];
  });
  return lacking.length === 0 ? NOTHING_TO_ATTACH : lacking.join('; ').slice(0, WORDS_LIMIT);
}

/** What the output says where nobody lacks anything. */
const NOTHING_TO_ATTACH = 'nothing: whoever has one of the policies for people has all of them';

/** What an answer has room for beside the rest. */
const WORDS_LIMIT = 1_000;

function report({ say }: Aws, locked: readonly Locked[], attach?: string): Outcome {
  if (attach !== undefined && attach !== NOTHING_TO_ATTACH) {
    say(attach);
  }
  const attributes = attach === undefined ? {} : { attributes: { PoliciesToAttach: attach } };
  if (locked.length === 0) {
    return attributes;
  }
  const reason = instructions(locked);
  say(reason);
  return { ...attributes, reason };
}
