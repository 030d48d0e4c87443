/** China and GovCloud are partitions of their own: nothing in a template for them may be of another one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Stack } from 'aws-cdk-lib';

import { MergeGate } from '../lib';
import { app, deployedWith, placedTemplateOf, RIGHT, templateOf } from './support/synth';
import { resolved, resourcesOf, type CloudFormation } from './support/template';

/** Services are called the same in every partition where somebody is trusted or a role is passed. */
const PRINCIPAL = /^(codebuild|states|lambda|events|cloudwatch|logs)\.amazonaws\.com$/;

const WHERE = [
  { partition: 'aws-cn', region: 'cn-north-1', suffix: 'amazonaws.com.cn' },
  { partition: 'aws-us-gov', region: 'us-gov-west-1', suffix: 'amazonaws.com' },
];

function deployedIn(region: string, partition: string): CloudFormation {
  return placedTemplateOf(
    deployedWith(app(), {
      region,
      vpcId: 'vpc-1',
      subnetIds: ['subnet-1'],
      breakGlassRoleArn: `arn:${partition}:iam::123456789012:role/break-glass`,
      repositoryKeys: { 'my-repository': `arn:${partition}:kms:${region}:123456789012:key/1` },
    }),
  );
}

/** Every text of a template, intrinsic functions carried out. */
function texts(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'string' ? [value] : [];
  }
  return Object.values(value).flatMap(texts);
}

for (const { partition, region, suffix } of WHERE) {
  test(`nothing of a template for ${region} is of another partition`, () => {
    const template = deployedIn(region, partition);
    const all = texts(resolved(template, template.Resources));
    const arns = all.flatMap((text) => text.match(/arn:aws[\w-]*:/g) ?? []);
    assert.ok(arns.length > 100);
    assert.deepEqual(new Set(arns), new Set([`arn:${partition}:`]));
    const hosts = all
      .filter((text) => !PRINCIPAL.test(text))
      .flatMap((text) => text.match(/[\w.-]*amazonaws[\w.-]*/g) ?? []);
    assert.ok(hosts.length > 0);
    assert.deepEqual(
      hosts.filter((host) => !host.endsWith(`.${region}.${suffix}`)),
      [],
    );
  });

  test(`the state machine calls its functions by way of the integration of ${partition}`, () => {
    const [machine] = resourcesOf(deployedIn(region, partition), 'AWS::StepFunctions::StateMachine');
    const { Partition } = machine?.Properties.DefinitionSubstitutions as Record<string, string>;
    assert.equal(Partition, partition);
    const resources = new Set(String(machine?.Properties.DefinitionString).match(/"arn:[^"]*"/g));
    assert.deepEqual([...resources], ['"arn:${Partition}:states:::lambda:invoke"']);
  });
}

test('a stack that is to be deployed anywhere is of no partition', () => {
  const stack = new Stack(app(), 'Anywhere');
  new MergeGate(stack, 'Gate', RIGHT);
  assert.deepEqual(JSON.stringify(templateOf(stack)).match(/arn:aws[\w-]*:/g), null);
});

test('refuses roles and keys of another partition than that of the Region', () => {
  const breakGlassRoleArn = 'arn:aws:iam::123456789012:role/break-glass';
  const repositoryKeys = { 'my-repository': 'arn:aws:kms:cn-north-1:123456789012:key/1' };
  assert.throws(() => deployedWith(app(), { region: 'cn-north-1', breakGlassRoleArn, repositoryKeys }), {
    message: [
      'the context cannot be used:',
      '- `breakGlassRoleArn` is `"arn:aws:iam::123456789012:role/break-glass"`: write the ARN of a role in the partition `aws-cn`, in `context` of cdk.json, or with `-c`',
      '- `repositoryKeys.my-repository` is `"arn:aws:kms:cn-north-1:123456789012:key/1"`: write the ARN of a key, `arn:aws-cn:kms:cn-north-1:<account>:key/…`, not that of an alias',
    ].join('\n'),
  });
});
