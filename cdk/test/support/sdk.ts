/** Which AWS operations the deployment's function calls: read from its sources. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where the action is not the operation's name (service authorization reference). */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  's3:ListObjectVersions': ['s3:ListBucketVersions'],
  's3:DeleteObjects': ['s3:DeleteObject', 's3:DeleteObjectVersion'],
};

const PREFIXES: Readonly<Record<string, string>> = { eventbridge: 'events', sfn: 'states' };

/** `new GetBranchCommand(` and `paginateListBranches(` of the clients that a file imports. */
function operationsOfSdk(file: string): string[] {
  const text = readFileSync(resolve(__dirname, '../../lib/deployment', file), 'utf8');
  const imports = text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-(\w+)'/g);
  return [...imports].flatMap(([, names = '', client = '']) =>
    names
      .split(',')
      .map((name) => /^(?:paginate(\w+)|(\w+)Command)$/.exec(name.trim()))
      .flatMap((match) => match?.[1] ?? match?.[2] ?? [])
      .map((operation) => `${PREFIXES[client] ?? client}:${operation}`),
  );
}

/** IAM actions that the deployment's code needs. */
export function actionsOfDeployment(): string[] {
  const operations = ['sdk-account.ts', 'sdk-code-host.ts'].flatMap(operationsOfSdk);
  return [...new Set(operations.flatMap((operation) => ACTIONS[operation] ?? [operation]))].sort();
}
