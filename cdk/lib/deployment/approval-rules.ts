/**
 * The approval rule that only the gate can satisfy: a template per repository for pull requests to come, and the rule
 * itself on those that are open already, which no template reaches.
 */
import type { CodeHost, OpenPullRequest } from './aws';
import type { RepositoryProperties } from './properties';

/** What a rule asks for. */
export interface Rule {
  readonly approver: string;
  readonly destinations: readonly string[];
}

/** A pull request whose rule nobody can delete. */
export interface Locked {
  readonly repository: string;
  readonly pullRequest: string;
  readonly rule: string;
}

const VERSION = '2018-11-08';

/** The gated references of a repository: those that are named, or its default branch. */
export async function references(
  host: CodeHost,
  repository: string,
  destinations: readonly string[],
): Promise<string[]> {
  const byDefault = await host.defaultBranch(repository);
  const branches = destinations.length > 0 ? destinations : [byDefault];
  return branches.map((branch) => {
    if (branch === undefined) {
      throw new Error(
        `the repository \`${repository}\` has no default branch yet: push a first commit, or name \`destinations\``,
      );
    }
    return `refs/heads/${branch}`;
  });
}

/**
 * Puts the rule in place, whatever was there of it before; takes it from pull requests whose destination is not gated any
 * more. What remains are those whose rule a template made.
 */
export async function establish(
  host: CodeHost,
  repository: RepositoryProperties,
  rule: Rule,
): Promise<Locked[]> {
  const { name, approvalRule } = repository;
  const content = templateContent(rule);
  const standing = await host.template(approvalRule);
  if (standing === undefined) {
    const description = `Only Mergegate can satisfy it: pull requests of ${name} are approved once their builds passed.`;
    await host.createTemplate(approvalRule, description, content);
  } else if (standing !== content) {
    await host.updateTemplate(approvalRule, content);
  }
  await host.associate(approvalRule, name);
  const locked: Locked[] = [];
  for (const pullRequest of await host.openPullRequests(name)) {
    if (rule.destinations.includes(pullRequest.destination)) {
      await addTo(host, pullRequest, approvalRule, ruleContent(rule));
    } else {
      locked.push(...(await takeFrom(host, pullRequest, repository)));
    }
  }
  return locked;
}

/** Takes the rule away; what remains are the pull requests whose rule a template made. */
export async function withdraw(host: CodeHost, repository: RepositoryProperties): Promise<Locked[]> {
  const { name, approvalRule } = repository;
  await host.disassociate(approvalRule, name);
  await host.deleteTemplate(approvalRule);
  const locked: Locked[] = [];
  for (const pullRequest of await host.openPullRequests(name)) {
    locked.push(...(await takeFrom(host, pullRequest, repository)));
  }
  return locked;
}

/** The pull requests whose rule a template made: only an override merges them once the gate is gone. */
export async function lockedBy(
  host: Pick<CodeHost, 'openPullRequests'>,
  { name, approvalRule }: RepositoryProperties,
): Promise<Locked[]> {
  const open = await host.openPullRequests(name);
  const locked = open.filter(({ rules }) =>
    rules.some((rule) => rule.name === approvalRule && rule.fromTemplate),
  );
  return locked.map(({ id }) => ({ repository: name, pullRequest: id, rule: approvalRule }));
}

/** What is left to do for a person. */
export function instructions(locked: readonly Locked[]): string {
  const list = locked.map(({ repository, pullRequest }) => `${repository} #${pullRequest}`).join(', ');
  return (
    `these open pull requests keep an approval rule that CodeCommit cannot delete, because a template made it: ${list}. ` +
    'To merge one, override it: aws codecommit override-pull-request-approval-rules --override-status OVERRIDE ' +
    '--pull-request-id <id> --revision-id <revision>'
  );
}

async function takeFrom(
  host: CodeHost,
  { id, rules }: OpenPullRequest,
  { name, approvalRule }: RepositoryProperties,
): Promise<Locked[]> {
  const own = rules.find((rule) => rule.name === approvalRule);
  if (own === undefined) {
    return [];
  }
  if (own.fromTemplate) {
    return [{ repository: name, pullRequest: id, rule: approvalRule }];
  }
  await host.deleteRule(id, approvalRule);
  return [];
}

async function addTo(host: CodeHost, { id, rules }: OpenPullRequest, name: string, content: string) {
  const own = rules.find((rule) => rule.name === name);
  if (own === undefined) {
    await host.createRule(id, name, content);
  } else if (!own.fromTemplate && own.content !== content) {
    await host.updateRule(id, name, content);
  }
}

/** What the template of a repository asks for. */
export function templateContent({ approver, destinations }: Rule): string {
  return JSON.stringify({
    Version: VERSION,
    DestinationReferences: destinations,
    Statements: statements(approver),
  });
}

/** A rule of one pull request names no destinations: it has one. */
function ruleContent({ approver }: Rule): string {
  return JSON.stringify({ Version: VERSION, Statements: statements(approver) });
}

function statements(approver: string): object[] {
  return [{ Type: 'Approvers', NumberOfApprovalsNeeded: 1, ApprovalPoolMembers: [approver] }];
}
