/** Where builds run in a VPC, as the functions and CloudFormation are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Match, Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';

import { MergeGate } from '../lib';
import { app, emptyStack, RIGHT } from './support/synth';
import { resourcesOf, type CloudFormation } from './support/template';

test('builds run in the private subnets of a VPC, with a security group of their own', () => {
  const stack = emptyStack(app());
  const vpc = new Vpc(stack, 'Vpc');
  new MergeGate(stack, 'Gate', { ...RIGHT, vpc });
  const template = Template.fromStack(stack);
  const [parameter] = resourcesOf(template.toJSON() as CloudFormation, 'AWS::SSM::Parameter');
  const settings = JSON.parse(String(parameter?.Properties.Value)) as { vpc: Record<string, string[]> };
  assert.deepEqual(Object.keys(settings.vpc), ['vpcId', 'subnetIds', 'securityGroupIds']);
  assert.ok(settings.vpc.subnetIds?.every((name) => name.startsWith('vpcprivatesubnet')));
  assert.equal(settings.vpc.securityGroupIds?.length, 1);
  template.hasResourceProperties('AWS::EC2::SecurityGroup', {
    GroupDescription: 'Builds of pull requests: everything out, nothing in',
    SecurityGroupIngress: Match.absent(),
  });
});

test('builds run where the deployer says in a VPC', () => {
  const stack = emptyStack(app());
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['any'] });
  const vpcSubnets = { subnets: [Subnet.fromSubnetId(stack, 'Subnet', 'subnet-1')] };
  const securityGroups = [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')];
  new MergeGate(stack, 'Gate', { ...RIGHT, vpc, vpcSubnets, securityGroups });
  const [parameter] = resourcesOf(
    Template.fromStack(stack).toJSON() as CloudFormation,
    'AWS::SSM::Parameter',
  );
  const settings = JSON.parse(String(parameter?.Properties.Value)) as Record<string, unknown>;
  assert.deepEqual(settings.vpc, {
    vpcId: 'vpc-1',
    subnetIds: ['subnet-1'],
    securityGroupIds: ['sg-1'],
  });
});

test('refuses a place in no VPC, and one that CodeBuild cannot use', () => {
  const stack = emptyStack(app());
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['any'] });
  assert.throws(() => new MergeGate(stack, 'Lost', { ...RIGHT, securityGroups: [] }), {
    message: [
      'Test/Lost cannot be used:',
      '- `vpcSubnets` and `securityGroups` belong to a `vpc`: name it, or leave them out',
      '- `securityGroups` has 0 entries: CodeBuild takes 1 to 5',
    ].join('\n'),
  });
  assert.throws(
    () => new MergeGate(stack, 'Gate', { ...RIGHT, vpc, vpcSubnets: { subnets: [] } }),
    /`vpcSubnets` selects 0 subnets: select 1 to 16/,
  );
});
