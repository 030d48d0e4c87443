/** What people under the policy cannot do in the gate's stead, told from the synthesised template. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { allows, statementsOf, type Statement } from './support/iam';
import { deployedStack, templateOf } from './support/synth';
import { resourcesOf } from './support/template';

const TEMPLATE = templateOf(deployedStack());
const PEOPLE: readonly Statement[] = [
  { effect: 'Allow', actions: ['*'], notActions: [], resources: ['*'] },
  ...resourcesOf(TEMPLATE, 'AWS::IAM::ManagedPolicy').flatMap(({ Properties }) =>
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
  'lend a role of the gate to something else': [
    ['iam:PassRole', 'arn:aws:iam::123456789012:role/mergegate-reporter-eu-central-1'],
  ],
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
    ['sqs:PurgeQueue', arn('sqs', 'mergegate-dead-letters')],
    ['codecommit:CreatePullRequest', arn('codecommit', 'my-repository')],
    ['codecommit:MergePullRequestBySquash', arn('codecommit', 'my-repository')],
  ];
  assert.deepEqual(
    deeds.filter(([action, resource]) => !allows(PEOPLE, action, resource)),
    [],
  );
});

test('the policy of one repository leaves room for those of others', () => {
  const [policy] = resourcesOf(TEMPLATE, 'AWS::IAM::ManagedPolicy');
  const characters = JSON.stringify(policy?.Properties.PolicyDocument).replaceAll(/\s/g, '').length;
  assert.ok(characters < 4_900, `${characters} of 6,144 characters`);
});
