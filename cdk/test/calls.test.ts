/** Every call in the code has its action in the function's role, and no action is without a call. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';

import { FUNCTIONS, type FunctionName } from '../lib/names';
import { rolesOf } from './support/iam';
import { actionsOf, knownOperations } from './support/rust';
import { deployedStack, templateOf } from './support/synth';

const ROLES = rolesOf(templateOf(deployedStack()));

/** What Lambda itself does under a function's role. */
const RUNTIME = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

/** What goes with a call, or with how a function is invoked. */
const BESIDES: Readonly<Record<FunctionName, readonly string[]>> = {
  // Its on-failure destination.
  router: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'],
  // CreateProject and UpdateProject name the build role.
  environment: ['iam:PassRole'],
  // StartBuild names the role of container builds.
  builder: ['iam:PassRole'],
  reporter: [],
};

for (const name of FUNCTIONS) {
  test(`the ${name} may do what its code calls, and nothing else`, () => {
    const expected = [...actionsOf(name), ...RUNTIME, ...BESIDES[name]].sort();
    assert.deepEqual(actionsOfRole(name), expected);
  });
}

test('the code of the functions is found at all', () => {
  assert.ok(knownOperations().length > 30);
  assert.ok(actionsOf('reporter').includes('codecommit:UpdatePullRequestApprovalState'));
  assert.ok(!actionsOf('builder').includes('codecommit:UpdatePullRequestApprovalState'));
});

/** Where the action is not the operation's name (service authorization reference). */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  's3:ListObjectVersions': ['s3:ListBucketVersions'],
  's3:DeleteObjects': ['s3:DeleteObject', 's3:DeleteObjectVersion'],
};

test('the deployment may do what its code calls, and nothing else', () => {
  const operations = ['sdk-account.ts', 'sdk-code-host.ts'].flatMap(operationsOfSdk);
  const actions = operations.flatMap((operation) => ACTIONS[operation] ?? [operation]);
  const expected = [...new Set([...actions, 'logs:CreateLogStream', 'logs:PutLogEvents'])].sort();
  assert.deepEqual(actionsOfRole('deployment'), expected);
});

const PREFIXES: Readonly<Record<string, string>> = { eventbridge: 'events', sfn: 'states' };

/** `new GetBranchCommand(` and `paginateListBranches(` of the clients that a file imports. */
function operationsOfSdk(file: string): string[] {
  const text = readFileSync(resolve(__dirname, '../lib/deployment', file), 'utf8');
  const imports = text.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-(\w+)'/g);
  return [...imports].flatMap(([, names = '', client = '']) =>
    names
      .split(',')
      .map((name) => /^(?:paginate(\w+)|(\w+)Command)$/.exec(name.trim()))
      .flatMap((match) => match?.[1] ?? match?.[2] ?? [])
      .map((operation) => `${PREFIXES[client] ?? client}:${operation}`),
  );
}

function actionsOfRole(name: string): string[] {
  const statements = ROLES.get(`mergegate-${name}-eu-central-1`) ?? [];
  return [...new Set(statements.flatMap(({ actions }) => actions))].sort();
}
