/** Keys: nobody can read a source without them, and builds use them for nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { buildNeeds } from './support/build-needs';
import { Deployed } from './support/deployed';
import { decide, type Request } from './support/evaluate';
import { rolesOf } from './support/iam';
import { keyNeeds, unmet } from './support/needs';
import {
  app,
  deployedStack,
  deployedWith,
  emptyStack,
  LAMBDA_DIRECTORY,
  placedTemplateOf,
} from './support/synth';
import { HOME, type CloudFormation } from './support/template';
import { MergeGate } from '../lib';

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1111';
const OTHER = 'arn:aws:kms:eu-central-1:123456789012:key/2222';
const VIA_CODECOMMIT = { 'kms:ViaService': 'codecommit.eu-central-1.amazonaws.com' };

const TEMPLATE = placedTemplateOf(deployedStack());
const TWO = placedTemplateOf(
  deployedWith(app(), {
    repositoryName: undefined,
    repositories: ['shop', 'docs'],
    repositoryKeys: { shop: KEY, docs: OTHER },
  }),
);

/** What a plain build of the first repository of a template lacks. */
function lacks(template: CloudFormation, repository: string, key?: string): string[] {
  const deployed = new Deployed(
    template,
    'mergegate',
    [repository],
    key === undefined ? {} : { [repository]: key },
  );
  const needs = buildNeeds(deployed.buildPlace(repository));
  return unmet('the build', { identity: statements(template, BUILDS[repository] ?? '') }, needs);
}

/** The roles of plain builds, by repository. */
const BUILDS: Readonly<Record<string, string>> = {
  'my-repository': 'build-my-repository-e735fa',
  shop: 'build-shop-0f94d0',
};

function statements(template: CloudFormation, role: string) {
  const found = rolesOf(template).get(`mergegate-${role}-eu-central-1`);
  assert.ok(found !== undefined, role);
  return found;
}

function may(template: CloudFormation, role: string, request: Request): boolean {
  return decide({ identity: statements(template, role) }, request).allowed;
}

test('a build can download its source, write its log and its reports', () => {
  assert.deepEqual(lacks(TEMPLATE, 'my-repository'), []);
});

test('a build can download a source that is under a key of the customer', () => {
  assert.deepEqual(lacks(TWO, 'shop', KEY), []);
  const [lacking] = lacks(TEMPLATE, 'my-repository', KEY);
  assert.match(
    lacking ?? '',
    /is not allowed kms:Encrypt on .*key\/1111, which it needs for what codecommit keeps/,
  );
});

test('refuses a build role that is denied all keys, under which every build dies', () => {
  const template = structuredClone(TEMPLATE);
  for (const { Type, Properties } of Object.values(template.Resources)) {
    const document = Properties.PolicyDocument as { Statement: Record<string, unknown>[] } | undefined;
    if (Type === 'AWS::IAM::ManagedPolicy' && document !== undefined) {
      document.Statement = document.Statement.map((statement) =>
        Array.isArray(statement.NotAction)
          ? {
              ...statement,
              NotAction: statement.NotAction.filter((name) => !String(name).startsWith('kms:')),
            }
          : statement,
      );
    }
  }
  const found = lacks(template, 'my-repository');
  assert.equal(found.length, 7);
  assert.match(found[1] ?? '', /^the build is denied by `NothingElse` kms:Decrypt on .*codecommit/);
});

test('a key is used for the source of its own repository, and by way of CodeCommit only', () => {
  const decrypt = (resource: string, context = {}): Request => ({ action: 'kms:Decrypt', resource, context });
  for (const role of [
    'build-shop-0f94d0',
    'container-shop-0f94d0',
    'router',
    'environment',
    'builder',
    'reporter',
    'deployment',
  ]) {
    assert.ok(may(TWO, role, decrypt(KEY, VIA_CODECOMMIT)), role);
    assert.ok(!may(TWO, role, decrypt(KEY)), `${role} decrypts by itself`);
    const elsewhere = { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' };
    assert.ok(!may(TWO, role, decrypt(KEY, elsewhere)), `${role} decrypts what is in S3`);
    assert.ok(!may(TWO, role, { ...decrypt(KEY, VIA_CODECOMMIT), action: 'kms:CreateGrant' }), role);
    if (role === 'deployment') {
      continue;
    }
    assert.equal(may(TWO, role, decrypt(OTHER, VIA_CODECOMMIT)), !role.includes('shop'), role);
    const without = role.replace('shop-0f94d0', 'my-repository-e735fa');
    assert.ok(!may(TEMPLATE, without, decrypt(KEY, VIA_CODECOMMIT)), `${role} without keys`);
  }
});

for (const [what, before, after] of [
  ['leaves the list', { shop: KEY, docs: OTHER }, { shop: KEY }],
  ['is added and rolled back', { shop: KEY }, { shop: KEY, docs: OTHER }],
  ['leaves with the last key', { docs: OTHER }, {}],
] as const) {
  test(`the deployment lets go of a repository under a key of the customer that ${what}`, () => {
    const template = (repositoryKeys: Readonly<Record<string, string>>): CloudFormation => {
      const repositories = ['shop', ...('docs' in repositoryKeys ? ['docs'] : [])];
      return placedTemplateOf(
        deployedWith(app(), { repositoryName: undefined, repositories, repositoryKeys }),
      );
    };
    // CloudFormation updates the role with the first of them, and has the custom resource let go of `docs` under either.
    for (const standing of [template(before), template(after)]) {
      const needs = keyNeeds(HOME, 'codecommit', OTHER);
      assert.deepEqual(unmet('the deployment', { identity: statements(standing, 'deployment') }, needs), []);
      const decrypt = { action: 'kms:Decrypt', resource: OTHER };
      assert.ok(!may(standing, 'deployment', decrypt));
      const elsewhere = { 'kms:ViaService': 's3.eu-central-1.amazonaws.com' };
      assert.ok(!may(standing, 'deployment', { ...decrypt, context: elsewhere }));
    }
  });
}

test('the deployment uses a key of another account where a repository is under one', () => {
  const foreign = 'arn:aws:kms:eu-central-1:210987654321:key/3333';
  const template = placedTemplateOf(deployedWith(app(), { repositoryKeys: { 'my-repository': foreign } }));
  assert.ok(
    may(template, 'deployment', { action: 'kms:Decrypt', resource: foreign, context: VIA_CODECOMMIT }),
  );
  assert.ok(
    !may(TEMPLATE, 'deployment', { action: 'kms:Decrypt', resource: foreign, context: VIA_CODECOMMIT }),
  );
});

/** A role that anybody attached anything to. */
function withEverything(...buildPolicies: PolicyStatement[]) {
  const stack = emptyStack(app());
  new MergeGate(stack, 'Gate', {
    serviceName: 'mergegate',
    repositories: ['shop'],
    lambdaDirectory: LAMBDA_DIRECTORY,
    buildPolicies,
  });
  const everything = { effect: 'Allow', actions: ['*'], notActions: [], resources: ['*'] } as const;
  return [...statements(placedTemplateOf(stack), 'build-shop-0f94d0'), everything];
}

function reads(service: string, ...actions: string[]): PolicyStatement {
  return new PolicyStatement({ actions: actions.map((name) => `${service}:${name}`), resources: ['*'] });
}

for (const [what, service, actions] of [
  ['secrets of Secrets Manager', 'secretsmanager', ['GetSecretValue']],
  ['parameters that are SecureStrings', 'ssm', ['GetParameters']],
  ['encrypted objects of a bucket', 's3', ['GetObject']],
] as const) {
  test(`builds that buildPolicies let read ${what} can decrypt them there, and no others can`, () => {
    const needs = keyNeeds(HOME, service);
    const given = { identity: withEverything(reads(service, ...actions)) };
    assert.deepEqual(unmet('the build', given, needs), []);
    assert.equal(unmet('the build', { identity: withEverything() }, needs).length, needs.length);
  });
}

test('builds that buildPolicies let use a key itself can, and the Deny stands for the rest', () => {
  const uses = new PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], resources: [KEY] });
  const identity = withEverything(uses);
  const on = (action: string): boolean => decide({ identity }, { action, resource: KEY }).allowed;
  assert.ok(on('kms:Decrypt') && on('kms:GenerateDataKeyWithoutPlaintext'));
  assert.ok(!on('kms:Encrypt') && !on('kms:ScheduleKeyDeletion') && !on('kms:CreateGrant'));
});

test('builds that buildPolicies let read packages of CodeArtifact get the token that takes', () => {
  const token = new PolicyStatement({
    actions: ['sts:GetServiceBearerToken'],
    resources: ['*'],
    conditions: { StringEquals: { 'sts:AWSServiceName': 'codeartifact.amazonaws.com' } },
  });
  const identity = withEverything(
    reads('codeartifact', 'GetAuthorizationToken', 'ReadFromRepository'),
    token,
  );
  const request = { action: 'sts:GetServiceBearerToken', resource: '*' };
  assert.ok(decide({ identity }, request).allowed);
  assert.ok(!decide({ identity: withEverything() }, request).allowed);
});

for (const [what, repositoryKeys, words] of [
  [
    'a key by its alias',
    { 'my-repository': 'alias/mine' },
    /`repositoryKeys.my-repository` is `"alias\/mine"`: write/,
  ],
  [
    'a key of another Region',
    { 'my-repository': KEY.replace('central', 'west') },
    /CodeCommit takes keys of eu-central-1 only/,
  ],
  ['a key of a repository that is not gated', { other: KEY }, /`repositoryKeys.other` is none of the gated/],
  ['a key for all', KEY, /write an object that gives repositories/],
] as const) {
  test(`refuses ${what}`, () => {
    assert.throws(() => deployedWith(app(), { repositoryKeys }), words);
  });
}
