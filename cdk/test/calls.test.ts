/** Every call in the code has its action in the function's role, and no action is without a call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KEY_USES } from '../lib/keys';
import { FUNCTIONS, type FunctionName } from '../lib/names';
import { rolesOf } from './support/iam';
import { actionsOf, knownOperations } from './support/rust';
import { actionsOfDeployment } from './support/sdk';
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

test('the deployment may do what its code calls, and nothing else', () => {
  // CodeCommit uses the key of a repository as whoever asks.
  const logs = ['logs:CreateLogStream', 'logs:PutLogEvents'];
  const expected = [...actionsOfDeployment(), ...KEY_USES, ...logs].sort();
  assert.deepEqual(actionsOfRole('deployment'), expected);
});

function actionsOfRole(name: string): string[] {
  const statements = ROLES.get(`mergegate-${name}-eu-central-1`) ?? [];
  return [...new Set(statements.flatMap(({ actions }) => actions))].sort();
}
