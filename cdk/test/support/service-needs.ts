/** What services of AWS do for a deployment: Step Functions under its role, the others by what things say of themselves. */
import type { Deployed } from './deployed';
import { decide } from './evaluate';
import { tracing } from './function-needs';
import { statementsOf, type Statement } from './iam';
import type { Need } from './needs';
import { resourcesOf, type Resource } from './template';

/** What Step Functions does under the role of a state machine (developer guide: Lambda, logging, X-Ray). */
export function machineNeeds(deployed: Deployed): Need[] {
  const { Properties } = resourcesOf(deployed.template, 'AWS::StepFunctions::StateMachine')[0] ?? {};
  const substitutions = (Properties?.DefinitionSubstitutions ?? {}) as Record<string, string>;
  const definition = String(Properties?.DefinitionString);
  const called = [...definition.matchAll(/"FunctionName": "\$\{(\w+)\}"/g)].map(
    ([, name = '']) => substitutions[name],
  );
  const deliveries = [
    'CreateLogDelivery',
    'GetLogDelivery',
    'UpdateLogDelivery',
    'DeleteLogDelivery',
    'ListLogDeliveries',
    'PutResourcePolicy',
    'DescribeResourcePolicies',
    'DescribeLogGroups',
  ];
  return [
    ...[...new Set(called)].map((resource) => ({
      action: 'lambda:InvokeFunction',
      resource: resource ?? '',
      why: 'the steps of a run',
    })),
    ...deliveries.map((name) => ({ action: `logs:${name}`, resource: '*', why: 'its log' })),
    ...tracing(),
    ...['GetSamplingRules', 'GetSamplingTargets'].map((name) => ({
      action: `xray:${name}`,
      resource: '*',
      why: 'tracing',
    })),
  ];
}

/** Everything that rules and alarms send where nobody lets them, in sentences. */
export function undelivered(deployed: Deployed): string[] {
  const { template } = deployed;
  const rules = resourcesOf(template, 'AWS::Events::Rule').flatMap(({ Properties }) => {
    const source = deployed.arn('events', `rule/${String(Properties.Name)}`);
    const targets = Properties.Targets as { Arn: string; DeadLetterConfig?: { Arn: string } }[];
    const sent = targets.flatMap(({ Arn, DeadLetterConfig }) => [
      Arn,
      ...(DeadLetterConfig ? [DeadLetterConfig.Arn] : []),
    ]);
    return sent.map((target) => ({ from: 'events.amazonaws.com', source, target }));
  });
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').flatMap(({ Properties }) =>
    ((Properties.AlarmActions ?? []) as string[]).map((target) => ({
      from: 'cloudwatch.amazonaws.com',
      source: deployed.arn('cloudwatch', `alarm:${String(Properties.AlarmName)}`),
      target,
    })),
  );
  return [...rules, ...alarms]
    .filter((message) => !delivered(deployed, message))
    .map(({ source, target }) => `${source} cannot reach ${target}`);
}

interface Message {
  readonly from: string;
  readonly source: string;
  readonly target: string;
}

const SENDING: Readonly<Record<string, string>> = {
  lambda: 'lambda:InvokeFunction',
  sns: 'sns:Publish',
  sqs: 'sqs:SendMessage',
};

function delivered(deployed: Deployed, { from, source, target }: Message): boolean {
  const action = SENDING[target.split(':')[2] ?? ''] ?? '';
  const own = policiesOf(deployed, target).filter(({ principal }) => isFor(principal, from));
  const context = {
    'aws:SourceArn': source,
    'aws:SourceAccount': deployed.place.account,
    'aws:SecureTransport': 'true',
  };
  return decide({ identity: [], resource: own }, { action, resource: target, context }).allowed;
}

/** What hangs on a function, a topic or a queue. */
function policiesOf({ template }: Deployed, target: string): Statement[] {
  const permissions = resourcesOf(template, 'AWS::Lambda::Permission')
    .filter(({ Properties }) => Properties.FunctionName === target)
    .map(({ Properties }) => ({
      Effect: 'Allow',
      Action: Properties.Action,
      Principal: { Service: Properties.Principal },
      Resource: target,
      Condition: { ArnLike: { 'aws:SourceArn': Properties.SourceArn } },
    }));
  const documents = [
    ...resourcesOf(template, 'AWS::SNS::TopicPolicy'),
    ...resourcesOf(template, 'AWS::SQS::QueuePolicy'),
  ].flatMap(({ Properties }: Resource) =>
    statementsOf(Properties.PolicyDocument as Parameters<typeof statementsOf>[0]),
  );
  return [...statementsOf({ Statement: permissions }), ...documents];
}

function isFor(principal: unknown, service: string): boolean {
  if (principal === '*') {
    return true;
  }
  const { AWS, Service } = (principal ?? {}) as { AWS?: unknown; Service?: unknown };
  return AWS === '*' || [Service].flat().includes(service);
}
