/** Who may do what, told from the synthesised template alone (I8, I10). */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { allows, rolesOf } from './support/iam';
import { brokenRules, DANGEROUS } from './support/rules';
import { deployedStack, templateOf } from './support/synth';
import type { CloudFormation } from './support/template';

const TEMPLATE = templateOf(deployedStack());
const REPOSITORY = 'arn:aws:codecommit:eu-central-1:123456789012:my-repository';
const PROJECT = 'arn:aws:codebuild:eu-central-1:123456789012:project/mergegate-pr-7';

test('the permissions of the stack break no rule', () => {
  assert.deepEqual(brokenRules(TEMPLATE), []);
});

test('a build can do nothing to any pull request, branch, build, parameter, execution or role', () => {
  const build = rolesOf(TEMPLATE).get('mergegate-build-eu-central-1') ?? [];
  const permitted = DANGEROUS.filter(([action, resource]) => allows(build, action, resource));
  assert.deepEqual(permitted, []);
});

test('a build can fetch its source, write its log and its reports, and keep artifacts', () => {
  const build = rolesOf(TEMPLATE).get('mergegate-build-eu-central-1') ?? [];
  const group = 'arn:aws:codebuild:eu-central-1:123456789012:report-group/mergegate-pr-7-junit';
  const log =
    'arn:aws:logs:eu-central-1:123456789012:log-group:/aws/codebuild/mergegate:log-stream:mergegate-pr-7/1';
  const needs: [string, string][] = [
    ['codecommit:GitPull', REPOSITORY],
    ['logs:CreateLogStream', log],
    ['logs:PutLogEvents', log],
    ['codebuild:CreateReportGroup', group],
    ['codebuild:BatchPutTestCases', group],
    ['codebuild:BatchPutCodeCoverages', group],
    ['s3:PutObject', 'arn:aws:s3:::gatestorageartifacts8ad528aa/builds/7/app.zip'],
  ];
  assert.deepEqual(
    needs.filter(([action, resource]) => !allows(build, action, resource)),
    [],
  );
});

test('whatever is attached to the build role later, the Deny holds', () => {
  const statements = rolesOf(TEMPLATE).get('mergegate-build-eu-central-1') ?? [];
  const administrator = { effect: 'Allow', actions: ['*'], notActions: [], resources: ['*'] } as const;
  const permitted = DANGEROUS.filter(([action, resource]) =>
    allows([...statements, administrator], action, resource),
  );
  assert.deepEqual(permitted, []);
});

/** One added Allow each; every one of them must be noticed. */
const MUTATIONS: [string, string, Record<string, unknown>][] = [
  ['a build that approves', 'build', allow('codecommit:UpdatePullRequestApprovalState', REPOSITORY)],
  ['a build that merges', 'build', allow('codecommit:Merge*', REPOSITORY)],
  ['a build that starts builds', 'build', allow('codebuild:StartBuild', PROJECT)],
  ['a build that becomes somebody else', 'build', allow('sts:AssumeRole', '*')],
  ['a build that forges a verdict', 'build', allow('ssm:PutParameter', parameter('pull-requests/*/result'))],
  ['a builder that approves', 'builder', allow('codecommit:UpdatePullRequestApprovalState', REPOSITORY)],
  ['a router that comments', 'router', allow('codecommit:PostCommentForPullRequest', REPOSITORY)],
  ['an environment that may do anything', 'environment', allow('codecommit:*', REPOSITORY)],
  ['an environment that passes any role', 'environment', allow('iam:PassRole', '*')],
  ['a reporter that reads every parameter', 'reporter', allow('ssm:GetParameter', '*')],
  ['a reporter that merges', 'reporter', allow('codecommit:MergePullRequestBySquash', REPOSITORY)],
  ['a state machine that invokes anything', 'state-machine', allow('lambda:InvokeFunction', '*')],
  ['a router that changes settings', 'router', allow('ssm:PutParameter', parameter('repositories/*'))],
  ['a deployment that overrides rules', 'deployment', allow('codecommit:Override*', REPOSITORY)],
  ['everything but', 'builder', { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
];

for (const [what, role, statement] of MUTATIONS) {
  test(`refuses ${what}`, () => {
    assert.notDeepEqual(brokenRules(withStatement(role, statement)), []);
  });
}

test('refuses a build role without its Deny', () => {
  const template = copy();
  for (const document of documents(template)) {
    document.Statement = document.Statement.filter(({ Effect }) => Effect !== 'Deny');
  }
  assert.notDeepEqual(brokenRules(template), []);
});

test('refuses a role with a policy from elsewhere', () => {
  const template = copy();
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === 'AWS::IAM::Role' && Properties.RoleName === 'mergegate-builder-eu-central-1') {
      Properties.ManagedPolicyArns = ['arn:aws:iam::aws:policy/AWSCodeCommitFullAccess'];
    }
  }
  assert.notDeepEqual(brokenRules(template), []);
});

test('refuses an approval pool of every role', () => {
  const template = copy();
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === 'Custom::MergegateDeployment') {
      Properties.approver = 'arn:aws:sts::123456789012:assumed-role/*';
    }
  }
  assert.notDeepEqual(brokenRules(template), []);
});

function allow(action: string, resource: string): Record<string, unknown> {
  return { Effect: 'Allow', Action: action, Resource: resource };
}

function parameter(path: string): string {
  return `arn:aws:ssm:eu-central-1:123456789012:parameter/mergegate/mergegate/${path}`;
}

function withStatement(role: string, statement: Record<string, unknown>): CloudFormation {
  const template = copy();
  const name = `mergegate-${role}-eu-central-1`;
  const id = Object.entries(template.Resources).find(
    ([, { Properties }]) => Properties.RoleName === name,
  )?.[0];
  assert.ok(id !== undefined, `there is a role ${name}`);
  const added = { PolicyName: 'Added', Roles: [{ Ref: id }], PolicyDocument: { Statement: [statement] } };
  template.Resources.Added = { Type: 'AWS::IAM::Policy', Properties: added };
  return template;
}

function copy(): CloudFormation {
  return structuredClone(TEMPLATE);
}

function documents(template: CloudFormation): { Statement: Record<string, unknown>[] }[] {
  return Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .map(({ Properties }) => Properties.PolicyDocument as { Statement: Record<string, unknown>[] });
}
