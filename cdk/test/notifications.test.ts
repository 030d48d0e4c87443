/** Who is told what beside the pull request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';

import { MergeGate, type MergeGateProps } from '../lib';
import { app, deployedStack, emptyStack, gate, RIGHT, templateOf } from './support/synth';
import { resourcesOf, type CloudFormation } from './support/template';

const ROUTER = 'arn:aws:lambda:eu-central-1:123456789012:function:mergegate-router';
const BREAK_GLASS = { breakGlassRoleArn: 'arn:aws:iam::123456789012:role/admins/break-glass' };

interface Target {
  readonly Arn: string;
  readonly InputPath?: string;
  readonly InputTransformer?: { InputPathsMap: Record<string, string>; InputTemplate: string };
  readonly DeadLetterConfig?: object;
}

function withTopic(props: Partial<MergeGateProps> = {}): CloudFormation {
  const stack = emptyStack(app());
  const notifications = new Topic(stack, 'Topic', { topicName: 'told' });
  new MergeGate(stack, 'Gate', { ...RIGHT, ...props, notifications });
  return Template.fromStack(stack).toJSON() as CloudFormation;
}

function rule(template: CloudFormation, name: string): Record<string, unknown> | undefined {
  const rules = resourcesOf(template, 'AWS::Events::Rule');
  return rules.find(({ Properties }) => Properties.Name === `mergegate-${name}`)?.Properties;
}

function targets(template: CloudFormation, name: string): Target[] {
  return (rule(template, name)?.Targets ?? []) as Target[];
}

test('a topic is told what a run says of a red or held pull request', () => {
  const template = withTopic();
  assert.deepEqual(rule(template, 'verdict')?.EventPattern, {
    source: ['aws.states'],
    'detail-type': ['Step Functions Execution Status Change'],
    detail: {
      stateMachineArn: ['arn:aws:states:eu-central-1:123456789012:stateMachine:mergegate'],
      status: ['SUCCEEDED'],
      output: [{ prefix: '"rejected: ' }, { prefix: '"held: ' }, { prefix: '"overridden: ' }],
    },
  });
  const [target, ...others] = targets(template, 'verdict');
  assert.deepEqual(others, []);
  assert.equal(target?.InputPath, '$.detail.output');
  assert.ok(target.DeadLetterConfig !== undefined);
});

test('only the rules of the gate may publish on behalf of EventBridge', () => {
  const policies = resourcesOf(withTopic(BREAK_GLASS), 'AWS::SNS::TopicPolicy');
  const statements = policies.flatMap(
    ({ Properties }) =>
      (
        Properties.PolicyDocument as {
          Statement: { Principal: unknown; Action: string; Condition: unknown }[];
        }
      ).Statement,
  );
  assert.equal(statements.length, 1);
  const condition = { StringEqualsIfExists: { 'aws:SourceAccount': '123456789012' } };
  for (const { Principal, Action, Condition } of statements) {
    assert.deepEqual([Principal, Action], [{ Service: 'events.amazonaws.com' }, 'sns:Publish']);
    assert.deepEqual(Condition, condition);
  }
});

test('what the break-glass role does is told, and reaches the log of the router', () => {
  const template = withTopic(BREAK_GLASS);
  const pattern = rule(template, 'breakGlass')?.EventPattern as Record<string, Record<string, unknown>>;
  assert.deepEqual(pattern.resources, ['arn:aws:codecommit:eu-central-1:123456789012:shop']);
  assert.deepEqual(pattern.detail?.callerUserArn, [
    { prefix: 'arn:aws:sts::123456789012:assumed-role/break-glass/' },
  ]);
  const [topic, router] = targets(template, 'breakGlass');
  const { InputPathsMap, InputTemplate } = topic?.InputTransformer ?? {
    InputPathsMap: {},
    InputTemplate: '',
  };
  assert.deepEqual(Object.values(InputPathsMap).sort(), [
    '$.detail.callerUserArn',
    '$.detail.event',
    '$.resources[0]',
    '$.time',
  ]);
  assert.match(InputTemplate, /^"break glass: <[\w-]+> caused <[\w-]+> in <[\w-]+> at <[\w-]+>"$/);
  assert.equal(router?.Arn, ROUTER);
  assert.equal(router.InputTransformer, undefined);
});

test('without a topic nobody is told of verdicts, and the break-glass role is logged and counted still', () => {
  const template = gate(BREAK_GLASS).toJSON() as CloudFormation;
  assert.equal(rule(template, 'verdict'), undefined);
  assert.deepEqual(
    targets(template, 'breakGlass').map(({ Arn }) => Arn),
    [ROUTER],
  );
  assert.equal(rule(gate().toJSON() as CloudFormation, 'breakGlass'), undefined);
});

test('the alarms of ways past the gate count the events of their rules', () => {
  const template = withTopic(BREAK_GLASS);
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
  for (const [alarm, ruleName] of [
    ['RulesOverridden', 'rulesOverridden'],
    ['BreakGlass', 'breakGlass'],
  ] as const) {
    const found = alarms.find(({ AlarmName }) => AlarmName === `mergegate-${alarm}`);
    assert.equal(found?.MetricName, 'TriggeredRules');
    assert.deepEqual(found.Dimensions, [{ Name: 'RuleName', Value: `mergegate-${ruleName}` }]);
    assert.ok(rule(template, ruleName) !== undefined, `there is a rule ${ruleName}`);
  }
});

test('the app has a topic of its own, over TLS only, for notifications and alarms', () => {
  const template = templateOf(deployedStack());
  const [topic] = resourcesOf(template, 'AWS::SNS::Topic');
  assert.equal(topic?.Properties.TopicName, 'mergegate-notifications');
  const policy = JSON.stringify(resourcesOf(template, 'AWS::SNS::TopicPolicy')[0]?.Properties);
  for (const word of ['events.amazonaws.com', 'cloudwatch.amazonaws.com', 'aws:SecureTransport']) {
    assert.ok(policy.includes(word), word);
  }
  for (const { Properties } of resourcesOf(template, 'AWS::CloudWatch::Alarm')) {
    assert.equal((Properties.AlarmActions as string[]).length, 1);
  }
  assert.ok('NotificationTopicArn' in (template.Outputs ?? {}));
});
