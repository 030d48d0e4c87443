/** What people under the policy cannot do in the gate's stead, told from the synthesised template. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decide } from './support/evaluate';
import { allows, statementsOf, type Statement } from './support/iam';
import { deployedStack, templateOf } from './support/synth';
import { peoplesPolicies, resourcesOf } from './support/template';

const TEMPLATE = templateOf(deployedStack());
const PEOPLE: readonly Statement[] = [
  { effect: 'Allow', actions: ['*'], notActions: [], resources: ['*'] },
  ...peoplesPolicies(TEMPLATE).flatMap(({ Properties }) =>
    statementsOf(Properties.PolicyDocument as Parameters<typeof statementsOf>[0]),
  ),
];

const arn = (service: string, resource: string): string =>
  `arn:aws:${service}:eu-central-1:123456789012:${resource}`;
const PROJECT = arn('codebuild', 'project/mergegate-pr-7');
const GROUP = arn('codebuild', 'report-group/mergegate-pr-7-e735fa2b-unit');
const MACHINE = arn('states', 'stateMachine:mergegate');
const REPORTER = arn('lambda', 'function:mergegate-reporter');
const RECORD = arn('ssm', 'parameter/mergegate/mergegate/pull-requests/7/result');
const BUCKET = 'arn:aws:s3:::gatestorageartifacts8ad528aa';
const BUILD_LOG = arn('logs', 'log-group:/aws/codebuild/mergegate/my-repository:log-stream:mergegate-pr-7/1');
const ROUTER_LOG = arn('logs', 'log-group:/aws/lambda/mergegate-router:log-stream:1');
const ROLE = 'arn:aws:iam::123456789012:role/mergegate-reporter-eu-central-1';
const STACK = arn('cloudformation', 'stack/mergegate-mergegate/1c2fa620');
const TOPIC = arn('sns', 'mergegate-notifications');
const DEAD_LETTERS = arn('sqs', 'mergegate-dead-letters');
const SECRET = String(resourcesOf(TEMPLATE, 'AWS::SecretsManager::ResourcePolicy')[0]?.Properties.SecretId);

const THE_GATES_OWN: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'start, retry or change a build of a pull request': [
    ['codebuild:StartBuild', PROJECT],
    ['codebuild:StartBuildBatch', PROJECT],
    ['codebuild:RetryBuild', PROJECT],
    ['codebuild:RetryBuildBatch', PROJECT],
    ['codebuild:StartSandbox', PROJECT],
    ['codebuild:CreateProject', PROJECT],
    ['codebuild:UpdateProject', PROJECT],
    ['codebuild:UpdateProjectVisibility', PROJECT],
    ['codebuild:DeleteProject', PROJECT],
    ['codebuild:CreateWebhook', PROJECT],
  ],
  'write a report': [
    ['codebuild:CreateReport', GROUP],
    ['codebuild:UpdateReport', GROUP],
    ['codebuild:BatchPutTestCases', GROUP],
    ['codebuild:BatchPutCodeCoverages', GROUP],
    ['codebuild:UpdateReportGroup', GROUP],
    ['codebuild:DeleteReport', GROUP],
    ['codebuild:PutResourcePolicy', GROUP],
  ],
  'invoke or change a function': [
    ['lambda:InvokeFunction', REPORTER],
    ['lambda:InvokeFunction', `${REPORTER}:1`],
    ['lambda:InvokeAsync', REPORTER],
    ['lambda:InvokeFunctionUrl', REPORTER],
    ['lambda:InvokeFunction', arn('lambda', 'function:mergegate-deployment')],
    ['lambda:UpdateFunctionCode', REPORTER],
    ['lambda:UpdateFunctionConfiguration', REPORTER],
    ['lambda:CreateFunctionUrlConfig', REPORTER],
    ['lambda:AddPermission', REPORTER],
    ['lambda:PutFunctionEventInvokeConfig', REPORTER],
  ],
  'start a run or change the state machine': [
    ['states:StartExecution', MACHINE],
    ['states:StartSyncExecution', MACHINE],
    ['states:StartExecution', `${MACHINE}:1`],
    ['states:RedriveExecution', arn('states', 'execution:mergegate:pr-7-a-b-1')],
    ['states:UpdateStateMachine', MACHINE],
    ['states:DeleteStateMachine', MACHINE],
  ],
  'write what the gate remembers': [
    ['ssm:PutParameter', RECORD],
    ['ssm:DeleteParameter', RECORD],
    ['ssm:DeleteParameters', RECORD],
    ['ssm:LabelParameterVersion', RECORD],
    ['ssm:PutParameter', arn('ssm', 'parameter/mergegate/mergegate/repositories/my-repository/settings')],
    ['s3:PutObject', `${BUCKET}/baselines/my-repository/main.json`],
    ['s3:DeleteObject', `${BUCKET}/findings/x`],
    ['s3:DeleteObjectVersion', `${BUCKET}/findings/x`],
    ['s3:PutBucketPolicy', BUCKET],
    ['s3:PutLifecycleConfiguration', BUCKET],
  ],
  'write a log': [
    ['logs:PutLogEvents', BUILD_LOG],
    ['logs:CreateLogStream', BUILD_LOG],
    ['logs:DeleteLogStream', BUILD_LOG],
    ['logs:PutLogEvents', ROUTER_LOG],
    ['logs:DeleteLogGroup', arn('logs', 'log-group:/aws/lambda/mergegate-router')],
  ],
  'read or replace the key that seals': [
    ['secretsmanager:GetSecretValue', SECRET],
    ['secretsmanager:PutSecretValue', SECRET],
    ['secretsmanager:UpdateSecretVersionStage', SECRET],
    ['secretsmanager:PutResourcePolicy', SECRET],
    ['secretsmanager:DeleteResourcePolicy', SECRET],
  ],
  'lend a role of the gate to something else, or change what it may': [
    ['iam:PassRole', ROLE],
    ['iam:PutRolePolicy', ROLE],
    ['iam:AttachRolePolicy', ROLE],
    ['iam:DetachRolePolicy', ROLE],
    ['iam:DeleteRolePolicy', ROLE],
    ['iam:UpdateAssumeRolePolicy', ROLE],
    ['iam:PutRolePermissionsBoundary', ROLE],
    ['iam:CreatePolicyVersion', 'arn:aws:iam::123456789012:policy/mergegate-protect-branches-eu-central-1'],
    [
      'iam:SetDefaultPolicyVersion',
      'arn:aws:iam::123456789012:policy/mergegate-protect-branches-2-eu-central-1',
    ],
    ['iam:DeletePolicy', 'arn:aws:iam::123456789012:policy/mergegate-protect-branches-eu-central-1'],
  ],
  'rewrite the rules that start it': ['pullRequest', 'rulesOverridden', 'breakGlass', 'sweep'].flatMap(
    (name) =>
      ['PutRule', 'PutTargets', 'RemoveTargets', 'DisableRule', 'DeleteRule'].map(
        (action) => [`events:${action}`, arn('events', `rule/mergegate-${name}`)] as const,
      ),
  ),
  'put another stack in its place': [
    'UpdateStack',
    'DeleteStack',
    'CreateChangeSet',
    'ExecuteChangeSet',
    'DeleteChangeSet',
    'SetStackPolicy',
    'CancelUpdateStack',
    'ContinueUpdateRollback',
    'RollbackStack',
    'UpdateTerminationProtection',
  ].map((action) => [`cloudformation:${action}`, STACK] as const),
  'silence its alarms': [
    'DeleteAlarms',
    'DisableAlarmActions',
    'PutMetricAlarm',
    'PutCompositeAlarm',
    'SetAlarmState',
  ].map((action) => [`cloudwatch:${action}`, arn('cloudwatch', 'alarm:mergegate-RulesOverridden')] as const),
  'speak to people in its name, or stop what tells them': [
    'Publish',
    'SetTopicAttributes',
    'AddPermission',
    'RemovePermission',
    'DeleteTopic',
    'PutDataProtectionPolicy',
  ].map((action) => [`sns:${action}`, TOPIC] as const),
  'make, hide or clear away its dead letters': [
    'SendMessage',
    'DeleteMessage',
    'PurgeQueue',
    'ChangeMessageVisibility',
    'SetQueueAttributes',
    'StartMessageMoveTask',
    'AddPermission',
    'DeleteQueue',
  ].map((action) => [`sqs:${action}`, DEAD_LETTERS] as const),
};

for (const [what, deeds] of Object.entries(THE_GATES_OWN)) {
  test(`refuses people to ${what} in the gate's stead`, () => {
    assert.deepEqual(
      deeds.filter(([action, resource]) => allows(PEOPLE, action, resource)),
      [],
    );
  });
}

test('people read everything of the gate, stop what runs, and do with their own things as before', () => {
  const deeds: [string, string][] = [
    ['codebuild:StopBuild', PROJECT],
    ['codebuild:BatchGetBuilds', PROJECT],
    ['codebuild:BatchGetReports', GROUP],
    ['codebuild:StartBuild', arn('codebuild', 'project/shop-release')],
    ['states:StopExecution', arn('states', 'execution:mergegate:pr-7-a-b-1')],
    ['states:DescribeExecution', arn('states', 'execution:mergegate:pr-7-a-b-1')],
    ['states:StartExecution', arn('states', 'stateMachine:orders')],
    ['lambda:GetFunctionConfiguration', REPORTER],
    ['lambda:InvokeFunction', arn('lambda', 'function:orders')],
    ['ssm:GetParameter', RECORD],
    ['ssm:PutParameter', arn('ssm', 'parameter/orders/limit')],
    ['s3:GetObject', `${BUCKET}/reports/my-repository/x.html`],
    ['logs:GetLogEvents', BUILD_LOG],
    ['logs:StartQuery', ROUTER_LOG],
    ['secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:orders-Ab12Cd')],
    ['iam:PassRole', 'arn:aws:iam::123456789012:role/orders'],
    ['secretsmanager:GetResourcePolicy', SECRET],
    ['sqs:ReceiveMessage', DEAD_LETTERS],
    ['sqs:PurgeQueue', arn('sqs', 'orders')],
    ['sns:Subscribe', TOPIC],
    ['sns:Publish', arn('sns', 'orders')],
    ['events:DescribeRule', arn('events', 'rule/mergegate-sweep')],
    ['events:PutRule', arn('events', 'rule/orders')],
    ['cloudformation:DescribeStacks', STACK],
    ['cloudformation:DetectStackDrift', STACK],
    ['cloudformation:UpdateStack', arn('cloudformation', 'stack/orders/1')],
    ['cloudwatch:DescribeAlarms', arn('cloudwatch', 'alarm:mergegate-RunAge')],
    ['cloudwatch:PutMetricAlarm', arn('cloudwatch', 'alarm:orders')],
    ['iam:GetRolePolicy', ROLE],
    // Deploying is left to who may assume what bootstrapping made: docs/security.md, "Not defended".
    ['sts:AssumeRole', 'arn:aws:iam::123456789012:role/cdk-hnb659fds-deploy-role-123456789012-eu-central-1'],
    ['codecommit:CreatePullRequest', arn('codecommit', 'my-repository')],
    ['codecommit:MergePullRequestBySquash', arn('codecommit', 'my-repository')],
  ];
  assert.deepEqual(
    deeds.filter(([action, resource]) => !allows(PEOPLE, action, resource)),
    [],
  );
});

const REPOSITORY = arn('codecommit', 'my-repository');
const decided = (action: string, reference?: string, resource = REPOSITORY): boolean => {
  const context: Record<string, string> =
    reference === undefined ? {} : { 'codecommit:References': reference };
  return decide({ identity: PEOPLE }, { action: `codecommit:${action}`, resource, context }).allowed;
};

test('refuses people to take a repository from under the gate: its name, its default branch, its key, the whole', () => {
  for (const action of [
    'UpdateRepositoryName',
    'DeleteRepository',
    'UpdateDefaultBranch',
    'UpdateRepositoryEncryptionKey',
  ]) {
    assert.ok(!decided(action), action);
    assert.ok(decided(action, undefined, arn('codecommit', 'orders')), action);
  }
  assert.ok(decided('UpdateRepositoryDescription'));
});

test("refuses people to put anything below the gate's own branches, and hinders no other push", () => {
  for (const action of ['GitPush', 'CreateBranch', 'DeleteBranch', 'CreateCommit', 'PutFile', 'DeleteFile']) {
    assert.ok(!decided(action, 'refs/heads/mergegate/pr-7/ab12cd34'), action);
    assert.ok(decided(action, 'refs/heads/topic'), action);
    assert.ok(decided(action, 'refs/heads/mergegate'), action);
    assert.ok(decided(action, 'refs/heads/mergegate/pr-7', arn('codecommit', 'orders')), action);
  }
  // Before it names a reference, every push asks without one.
  assert.ok(decided('GitPush'));
});

test('the policy of one repository leaves room for those of others', () => {
  const [policy] = peoplesPolicies(TEMPLATE);
  const characters = JSON.stringify(policy?.Properties.PolicyDocument).replaceAll(/\s/g, '').length;
  assert.ok(characters < 4_900, `${characters} of 6,144 characters`);
});
