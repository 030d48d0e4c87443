/** AWS's own good practice, as cdk-nag checks it. Findings that are meant so carry their reason beside the resource. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type App, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';

import { app, deployedStack, deployedWith } from './support/synth';

function check(parent: App): void {
  Validations.of(parent).addPlugins(new AwsSolutionsChecks(parent));
  parent.synth();
}

test('cdk-nag has nothing to say that is not explained', () => {
  const parent = app();
  deployedStack(parent);
  assert.doesNotThrow(() => {
    check(parent);
  });
});

test('cdk-nag has nothing to say about builds in a VPC either', () => {
  const parent = app();
  deployedWith(parent, { vpcId: 'vpc-1', subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] });
  assert.doesNotThrow(() => {
    check(parent);
  });
});

test('refuses a wildcard that nobody explained', () => {
  const parent = app();
  const { gate } = deployedStack(parent);
  const statement = new PolicyStatement({
    actions: ['s3:GetObject'],
    resources: ['arn:aws:s3:::other/*'],
  });
  for (const { plain } of gate.buildRoles.values()) {
    plain.addToPrincipalPolicy(statement);
  }
  assert.throws(() => {
    check(parent);
  });
});
