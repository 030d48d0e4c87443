/** What a deployment's properties must look like. All faults are said at once, each with the value found. */
import { Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';

import { templateContent } from './deployment/approval-rules';
import { APPROVAL_RULE_LIMIT } from './limits';

/** CodeBuild names may hold no dot, ECR names no capital, and the longest role name must fit 64 characters. */
const SERVICE_NAME = /^[a-z](-?[a-z0-9]){1,31}$/;
const REPOSITORY_NAME = /^[\w.-]{1,100}$/;
const BRANCH_NAME = /^(?!refs\/)[^\s~^:?*[\\]{1,244}$/;

/** Longest name of a service: `<service>-container-build-<region>` is a role's name. */
const SERVICE_NAME_LIMIT = 32;

/** Each takes five resources, of which a stack has room for 500, and people have ten policies at most. */
const REPOSITORY_LIMIT = 50;

/** Why a service name cannot be used, or nothing. */
export function serviceNameFault(name: string): string | undefined {
  if (Token.isUnresolved(name)) {
    return 'is not known at synthesis: write it out, because names of roles and projects are made of it';
  }
  if (name.length > SERVICE_NAME_LIMIT) {
    return `is \`${name}\`, ${name.length} characters long: write at most ${SERVICE_NAME_LIMIT}`;
  }
  if (!SERVICE_NAME.test(name)) {
    return `is \`${name}\`: write lower-case letters, digits and single hyphens, starting with a letter, for example \`mergegate\``;
  }
  if (name.split('-').includes('pr')) {
    return `is \`${name}\`: leave out the part \`pr\`, which tells projects of pull requests from others`;
  }
  return undefined;
}

/** Why a list of repositories cannot be used, or nothing. */
export function repositoriesFault(names: readonly string[]): string | undefined {
  if (names.length === 0) {
    return 'is empty: name at least one CodeCommit repository';
  }
  if (names.length > REPOSITORY_LIMIT) {
    return `has ${names.length} entries: a service has room for ${REPOSITORY_LIMIT}, deploy a second service for the others`;
  }
  const wrong = names.find((name) => !REPOSITORY_NAME.test(name) || name.endsWith('.git'));
  if (wrong !== undefined) {
    return `has \`${wrong}\`: write the name of a CodeCommit repository, letters, digits and \`._-\` only, not its URL`;
  }
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  return twice === undefined ? undefined : `has \`${twice}\` twice: name each repository once`;
}

/** As long as the ARN of the reporter's sessions can be. */
const LONGEST_APPROVER = 'x'.repeat(128);

/** Why a list of destination branches cannot be used, or nothing. */
export function destinationsFault(names: readonly string[]): string | undefined {
  const wrong = names.find((name) => !BRANCH_NAME.test(name));
  if (wrong !== undefined) {
    return `has \`${wrong}\`: write the name of a branch without \`refs/heads/\` and without wildcards, for example \`main\``;
  }
  const content = templateContent({
    approver: LONGEST_APPROVER,
    destinations: names.map((name) => `refs/heads/${name}`),
  });
  return content.length > APPROVAL_RULE_LIMIT
    ? `has ${names.length} entries, with which an approval rule takes ${content.length} characters: CodeCommit takes ${APPROVAL_RULE_LIMIT}, gate fewer branches`
    : undefined;
}

/** Why ids that start with `prefix` cannot be used, or nothing; at least one and at most `limit` are needed. */
export function idsFault(prefix: string, limit: number): (ids: readonly string[]) => string | undefined {
  return (ids) => {
    const wrong = ids.find((id) => !new RegExp(`^${prefix}-[0-9a-f]+$`).test(id));
    if (wrong !== undefined) {
      return `has \`${wrong}\`: write ids that look like \`${prefix}-0a1b2c3d\``;
    }
    const fits = ids.length > 0 && ids.length <= limit;
    return fits ? undefined : `has ${ids.length} entries: CodeBuild takes 1 to ${limit}`;
  };
}

/** Why something is not the ARN of a key in a Region, or nothing. CodeCommit takes keys of its own Region only. */
export function keyArnFault(arn: unknown, region: string): string | undefined {
  const partition = partitionOf(region);
  const form = /^arn:([\w-]+):kms:([\w-]+):\d{12}:key\/[\w-]+$/.exec(typeof arn === 'string' ? arn : '');
  const [, foundPartition, found = ''] = form ?? [];
  if (foundPartition !== partition) {
    return `is \`${JSON.stringify(arn)}\`: write the ARN of a key, \`arn:${partition}:kms:${region}:<account>:key/…\`, not that of an alias`;
  }
  return found === region ? undefined : `is a key of ${found}: CodeCommit takes keys of ${region} only`;
}

/** The partition that a Region is in. */
export function partitionOf(region: string): string {
  return RegionInfo.get(region).partition ?? 'aws';
}

/** Throws all faults of `faults` at once. */
export function refuse(subject: string, faults: readonly string[]): void {
  if (faults.length > 0) {
    throw new Error(`${subject} cannot be used:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  }
}
