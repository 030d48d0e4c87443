/**
 * What AWS KMS is asked for on somebody's behalf. CodeCommit uses the key of a repository as whoever reads or writes there
 * (CodeCommit user guide, encryption): under the key of AWS nobody has to be allowed that, but it must not be denied; under
 * a customer-managed key it has to be allowed as well.
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';

/** The keys of repositories that have a customer-managed one, by the names of these. */
export type RepositoryKeys = Readonly<Record<string, IKey>>;

/** What CodeCommit does with a key; `kms:ReEncrypt` is checked as both of its halves. */
export const KEY_USES = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/** Allows the keys of `repositories` to be used by way of CodeCommit; nothing if they have none. */
export function useOfKeys(
  scope: IConstruct,
  keys: RepositoryKeys,
  repositories: readonly string[],
): PolicyStatement[] {
  return viaCodeCommit(scope, arnsOf(keys, repositories));
}

/**
 * The same of every key of the account, and of those of `keys`: whoever lets go of a repository that was taken off the list, or was
 * never quite on it, knows no more which key it has.
 */
export function useOfAnyKey(scope: IConstruct, keys: RepositoryKeys): PolicyStatement[] {
  const stack = Stack.of(scope);
  const every = stack.formatArn({ service: 'kms', resource: 'key', resourceName: '*' });
  const account = (arn: string): string => stack.splitArn(arn, ArnFormat.SLASH_RESOURCE_NAME).account ?? '';
  const foreign = arnsOf(keys, Object.keys(keys)).filter((arn) => account(arn) !== stack.account);
  return viaCodeCommit(scope, [every, ...foreign]);
}

function arnsOf(keys: RepositoryKeys, repositories: readonly string[]): string[] {
  return [...new Set(repositories.flatMap((repository) => keys[repository]?.keyArn ?? []))];
}

function viaCodeCommit(scope: IConstruct, arns: readonly string[]): PolicyStatement[] {
  if (arns.length === 0) {
    return [];
  }
  const statement = new PolicyStatement({ actions: KEY_USES, resources: [...arns] });
  statement.addCondition('StringEquals', { 'kms:ViaService': via(scope, 'codecommit') });
  return [statement];
}

/** Denies keys to everybody but CodeCommit and the services of `actions`; what `actions` say of keys themselves stands. */
export function denyOtherUses(scope: IConstruct, actions: readonly string[]): PolicyStatement[] {
  const services = new Set(['codecommit', ...actions.map((action) => action.split(':')[0] ?? '')]);
  services.delete('kms');
  const granted = actions.map((action) => action.toLowerCase());
  const denied = KEY_USES.filter((use) => !granted.some((action) => covers(action, use.toLowerCase())));
  if (denied.length === 0) {
    return [];
  }
  const statement = new PolicyStatement({
    sid: 'KeysOfOthers',
    effect: Effect.DENY,
    actions: denied,
    resources: ['*'],
  });
  // A request that comes by way of no service has no such key, which counts as not equal.
  statement.addCondition('StringNotEquals', {
    'kms:ViaService': [...services].sort().map((service) => via(scope, service)),
  });
  return [statement];
}

/** Why keys cannot be used. */
export function keysFaults(keys: RepositoryKeys, repositories: readonly string[]): string[] {
  return Object.keys(keys)
    .filter((name) => !repositories.includes(name))
    .map(
      (name) => `\`repositoryKeys\` has \`${name}\`, which is none of \`repositories\`: name gated ones only`,
    );
}

/** How AWS KMS calls the service that asks. */
function via(scope: IConstruct, service: string): string {
  const { region, urlSuffix } = Stack.of(scope);
  return `${service}.${region}.${urlSuffix}`;
}

/** Whether an action of a policy, which may end in `*`, is or includes another one. */
function covers(pattern: string, action: string): boolean {
  return pattern.endsWith('*') ? action.startsWith(pattern.slice(0, -1)) : pattern === action;
}
