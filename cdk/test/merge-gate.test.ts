/** What a gate consists of, one behaviour each. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';

import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PolicyStatement, User } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';

import { MergeGate } from '../lib';
import {
  FLAG_FIELD,
  FLAG_SENTENCE,
  PAST_SENTENCE,
  SEAL_SENTENCE,
  VERDICT_FIELD,
  VERDICT_SENTENCE,
} from '../lib/observability';
import { app, emptyStack, gate, RIGHT } from './support/synth';
import { peoplesPolicies, resourcesOf, type CloudFormation } from './support/template';

const ROOT = resolve(__dirname, '../..');
const GATE = gate();
const RESOLVED = GATE.toJSON() as CloudFormation;

function functionProperties(name: string): Record<string, unknown> {
  const found = resourcesOf(RESOLVED, 'AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === name,
  );
  assert.ok(found, `there is a function ${name}`);
  return found.Properties;
}

test('the builder is known to every function by the ARN that CodeBuild sees', () => {
  const builder = 'arn:aws:sts::123456789012:assumed-role/mergegate-builder-eu-central-1/mergegate-builder';
  for (const name of ['router', 'environment', 'builder', 'reporter']) {
    const { Variables } = functionProperties(`mergegate-${name}`).Environment as {
      Variables: Record<string, string>;
    };
    assert.equal(Variables.MERGEGATE_BUILDER_ARN, builder);
  }
  GATE.hasResourceProperties('AWS::IAM::Role', { RoleName: 'mergegate-builder-eu-central-1' });
});

test('the reporter is known to every function by the ARN that CodeCommit sees', () => {
  const reporter =
    'arn:aws:sts::123456789012:assumed-role/mergegate-reporter-eu-central-1/mergegate-reporter';
  for (const name of ['router', 'environment', 'builder', 'reporter']) {
    const { Variables } = functionProperties(`mergegate-${name}`).Environment as {
      Variables: Record<string, string>;
    };
    assert.equal(Variables.MERGEGATE_SERVICE, 'mergegate');
    assert.equal(Variables.MERGEGATE_REPORTER_ARN, reporter);
  }
  GATE.hasResourceProperties('AWS::IAM::Role', { RoleName: 'mergegate-reporter-eu-central-1' });
});

test('only the router and the reporter know the state machine', () => {
  const { Variables } = functionProperties('mergegate-router').Environment as {
    Variables: Record<string, string>;
  };
  assert.equal(
    Variables.MERGEGATE_STATE_MACHINE_ARN,
    'arn:aws:states:eu-central-1:123456789012:stateMachine:mergegate',
  );
  assert.ok(!JSON.stringify(functionProperties('mergegate-builder')).includes('STATE_MACHINE'));
});

test('functions are small, on arm64, traced, and log JSON that expires', () => {
  GATE.resourcePropertiesCountIs(
    'AWS::Lambda::Function',
    {
      Architectures: ['arm64'],
      Runtime: 'provided.al2023',
      MemorySize: 128,
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: Match.objectLike({ LogFormat: 'JSON' }),
    },
    4,
  );
  GATE.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
});

test('the functions can be compiled by cargo-lambda', () => {
  const made = gate({ lambdaDirectory: undefined });
  made.resourcePropertiesCountIs('AWS::Lambda::Function', { Handler: 'bootstrap' }, 4);
});

test('what the state machine calls is put in when it is deployed', () => {
  const [machine] = resourcesOf(RESOLVED, 'AWS::StepFunctions::StateMachine');
  const definition = readFileSync(resolve(ROOT, 'statemachine/gate.asl.json'), 'utf8');
  assert.equal(machine?.Properties.DefinitionString, definition);
  const placeholders = new Set([...definition.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
  assert.deepEqual(
    Object.keys(machine.Properties.DefinitionSubstitutions as object).sort(),
    [...placeholders].sort(),
  );
});

test('runs are logged and traced, without what other people wrote', () => {
  GATE.hasResourceProperties('AWS::StepFunctions::StateMachine', {
    StateMachineType: 'STANDARD',
    LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
    TracingConfiguration: { Enabled: true },
  });
});

test('every trigger of the file is a rule that calls the router', () => {
  const triggers = JSON.parse(readFileSync(resolve(ROOT, 'statemachine/triggers.json'), 'utf8')) as object;
  const rules = resourcesOf(RESOLVED, 'AWS::Events::Rule');
  assert.deepEqual(
    rules.map(({ Properties }) => Properties.Name).sort(),
    Object.keys(triggers)
      .map((name) => `mergegate-${name}`)
      .sort(),
  );
  for (const { Properties } of rules) {
    const [target] = Properties.Targets as { Arn: string; RetryPolicy: object; DeadLetterConfig: object }[];
    assert.equal(target?.Arn, 'arn:aws:lambda:eu-central-1:123456789012:function:mergegate-router');
    assert.deepEqual(target.RetryPolicy, { MaximumEventAgeInSeconds: 7200, MaximumRetryAttempts: 8 });
    assert.deepEqual(target.DeadLetterConfig, {
      Arn: 'arn:aws:sqs:eu-central-1:123456789012:mergegate-dead-letters',
    });
  }
});

test('pull requests of other repositories do not reach the router', () => {
  gate({ repositories: ['shop', 'docs'] }).hasResourceProperties('AWS::Events::Rule', {
    EventPattern: Match.objectLike({
      source: ['aws.codecommit'],
      resources: [
        'arn:aws:codecommit:eu-central-1:123456789012:shop',
        'arn:aws:codecommit:eu-central-1:123456789012:docs',
      ],
    }),
  });
});

test('only executions of this gate reach the router', () => {
  GATE.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: Match.objectLike({
      detail: {
        stateMachineArn: ['arn:aws:states:eu-central-1:123456789012:stateMachine:mergegate'],
        status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
      },
    }),
  });
});

test('what the router cannot handle ends in the dead-letter queue, encrypted', () => {
  const [config] = resourcesOf(RESOLVED, 'AWS::Lambda::EventInvokeConfig');
  assert.deepEqual(config?.Properties.DestinationConfig, {
    OnFailure: { Destination: 'arn:aws:sqs:eu-central-1:123456789012:mergegate-dead-letters' },
  });
  GATE.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
  GATE.hasResourceProperties('AWS::SQS::QueuePolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ]),
    },
  });
});

test('settings are exactly the members that the functions read', () => {
  const [parameter] = resourcesOf(RESOLVED, 'AWS::SSM::Parameter');
  assert.equal(parameter?.Properties.Name, '/mergegate/mergegate/repositories/shop/settings');
  const settings = JSON.parse(String(parameter.Properties.Value)) as Record<string, unknown>;
  const source = readFileSync(resolve(ROOT, 'crates/gate-core/src/settings.rs'), 'utf8');
  const struct = /pub struct RepositorySettings \{(.*?)\n\}/s.exec(source)?.[1] ?? '';
  const members = [...struct.matchAll(/pub (\w+):/g)].map(([, name = '']) =>
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  );
  assert.deepEqual(
    Object.keys(settings),
    members.filter((member) => member !== 'vpc'),
  );
  assert.deepEqual(settings, {
    version: 1,
    buildRole: 'arn:aws:iam::123456789012:role/mergegate-build-shop-0f94d0-eu-central-1',
    destinations: [],
    cloneUrl: 'https://git-codecommit.eu-central-1.amazonaws.com/v1/repos/shop',
    logGroup: '/aws/codebuild/mergegate/shop',
    image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0',
    environmentType: 'LINUX_CONTAINER',
    computeType: 'BUILD_GENERAL1_SMALL',
    timeoutMinutes: 60,
    queuedTimeoutMinutes: 480,
    containers: {
      buildRole: 'arn:aws:iam::123456789012:role/mergegate-container-shop-0f94d0-eu-central-1',
      imageRepository: '123456789012.dkr.ecr.eu-central-1.amazonaws.com/mergegate',
    },
  });
});

test('a deployment says what builds run on and which branches are gated', () => {
  const made = gate({
    destinations: ['main', 'release'],
    environment: { image: 'aws/codebuild/standard:7.0', timeout: Duration.hours(2) },
  });
  const [parameter] = resourcesOf(made.toJSON() as CloudFormation, 'AWS::SSM::Parameter');
  const settings = JSON.parse(String(parameter?.Properties.Value)) as Record<string, unknown>;
  assert.deepEqual(settings.destinations, ['main', 'release']);
  assert.equal(settings.image, 'aws/codebuild/standard:7.0');
  assert.equal(settings.timeoutMinutes, 120);
});

test('artifacts are private, encrypted, and gone after two weeks, what is known of a branch apart', () => {
  GATE.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'Delete',
    Properties: {
      BucketEncryption: Match.anyValue(),
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: {
        Rules: Match.arrayWith(
          ['builds/', 'findings/', 'reports/'].map((Prefix) =>
            Match.objectLike({ Prefix, ExpirationInDays: 14, Status: 'Enabled' }),
          ),
        ),
      },
    },
  });
});

test('images are scanned, never overwritten, and gone with the stack', () => {
  GATE.hasResource('AWS::ECR::Repository', {
    DeletionPolicy: 'Delete',
    Properties: {
      ImageScanningConfiguration: { ScanOnPush: true },
      ImageTagMutability: 'IMMUTABLE',
      EmptyOnDelete: true,
    },
  });
});

test('nothing outlives the stack', () => {
  const kept = Object.entries(GATE.toJSON().Resources as Record<string, { DeletionPolicy?: string }>).filter(
    ([, { DeletionPolicy }]) => DeletionPolicy === 'Retain',
  );
  assert.deepEqual(kept, []);
});

test('the approval rules are made last and go first', () => {
  const [rules] = Object.values(GATE.findResources('Custom::MergegateDeployment')) as {
    DependsOn: string[];
  }[];
  const types = new Set(rules?.DependsOn.map((id) => RESOLVED.Resources[id]?.Type));
  for (const type of [
    'AWS::Events::Rule',
    'AWS::StepFunctions::StateMachine',
    'AWS::Lambda::Function',
    'AWS::SSM::Parameter',
    'AWS::S3::Bucket',
    'AWS::IAM::ManagedPolicy',
    'AWS::IAM::Policy',
  ]) {
    assert.ok(types.has(type), `${type} stands before the approval rules`);
  }
});

test('people under the policy push to no gated branch, and merge pull requests still', () => {
  const [policy] = peoplesPolicies(gate({ destinations: ['main'] }).toJSON() as CloudFormation);
  const { Statement } = policy?.Properties.PolicyDocument as { Statement: Record<string, unknown>[] };
  const pushes = Statement.find(({ Action }) => (Action as string[]).includes('codecommit:GitPush'));
  assert.deepEqual(pushes?.Condition, {
    StringLikeIfExists: { 'codecommit:References': ['refs/heads/main', 'refs/heads/mergegate/*'] },
    Null: { 'codecommit:References': 'false' },
  });
  const actions = Statement.flatMap(({ Action }) => Action as string[]);
  assert.ok(actions.includes('codecommit:GitPush'));
  assert.ok(actions.includes('codecommit:OverridePullRequestApprovalRules'));
  assert.deepEqual(
    actions.filter((action) => /^codecommit:(.*MergePullRequest|\*$)/.test(action)),
    [],
  );
});

test('without named destinations the policy guards the default branch that was found', () => {
  const [policy] = peoplesPolicies(RESOLVED);
  assert.match(
    JSON.stringify(policy?.Properties),
    /"codecommit:References":\["\w+\.References0","refs\/heads\/mergegate\/\*"\]/,
  );
});

test('the break-glass role is exempt from the policy', () => {
  const breakGlassRoleArn = 'arn:aws:iam::123456789012:role/break-glass';
  const [policy] = peoplesPolicies(gate({ breakGlassRoleArn }).toJSON() as CloudFormation);
  const { Statement } = policy?.Properties.PolicyDocument as { Statement: { Condition: object }[] };
  for (const { Condition } of Statement) {
    assert.deepEqual((Condition as Record<string, unknown>).ArnNotEquals, {
      'aws:PrincipalArn': breakGlassRoleArn,
    });
  }
});

test('alarms tell of dead letters, failed and old runs, throttles, and of ways past the gate', () => {
  const named = (made: Template): string[] =>
    resourcesOf(made.toJSON() as CloudFormation, 'AWS::CloudWatch::Alarm')
      .map(({ Properties }) => String(Properties.AlarmName))
      .sort();
  const usual = [
    'BrokenSeal',
    'DeadLetters',
    'FailedRuns',
    'MovedPastTheGate',
    'RulesOverridden',
    'RunAge',
    'Throttles',
  ];
  assert.deepEqual(
    named(GATE),
    usual.map((name) => `mergegate-${name}`),
  );
  const breakGlassRoleArn = 'arn:aws:iam::123456789012:role/admins/break-glass';
  assert.deepEqual(
    named(gate({ breakGlassRoleArn })),
    ['BreakGlass', ...usual].map((name) => `mergegate-${name}`),
  );
});

test('verdicts and flags are counted as the reporter logs them', () => {
  const source = readFileSync(resolve(ROOT, 'lambdas/reporter/src/audit.rs'), 'utf8');
  const logged = [...source.matchAll(/tracing::info!\(([^;]*)\);/gs)];
  for (const [metric, dimension, sentence, field] of [
    ['Verdicts', 'Verdict', VERDICT_SENTENCE, VERDICT_FIELD],
    ['FlagsInTitles', 'Flag', FLAG_SENTENCE, FLAG_FIELD],
  ] as const) {
    const line = logged.find(([text]) => text.includes(`"${sentence}"`));
    assert.match(line?.[1] ?? '', new RegExp(`\\b${field} = `));
    GATE.hasResourceProperties('AWS::Logs::MetricFilter', {
      FilterPattern: `{ $.fields.message = "${sentence}" }`,
      MetricTransformations: [
        {
          MetricName: metric,
          MetricNamespace: 'Mergegate/mergegate',
          MetricValue: '1',
          Dimensions: [{ Key: dimension, Value: `$.fields.${field}` }],
        },
      ],
    });
  }
});

test('moves past the gate are counted as the router logs them, with who and where, and alarm at once', () => {
  const source = readFileSync(resolve(ROOT, 'lambdas/router/src/passage.rs'), 'utf8');
  const logged = [...source.matchAll(/tracing::warn!\(([^;]*?)\n\s*\)[,;]/gs)];
  const line = logged.find(([text]) => text.includes(`"${PAST_SENTENCE}"`))?.[1] ?? '';
  for (const field of [
    'repository.name',
    'repository.branch',
    'event.from',
    'event.commit',
    'event.caller',
  ]) {
    assert.ok(line.includes(`${field} = `), field);
  }
  GATE.hasResourceProperties('AWS::Logs::MetricFilter', {
    LogGroupName: Match.anyValue(),
    FilterPattern: `{ $.fields.message = "${PAST_SENTENCE}" }`,
    MetricTransformations: [
      { MetricName: 'MovedPastTheGate', MetricNamespace: 'Mergegate/mergegate', MetricValue: '1' },
    ],
  });
  GATE.hasResourceProperties('AWS::CloudWatch::Alarm', {
    AlarmName: 'mergegate-MovedPastTheGate',
    Namespace: 'Mergegate/mergegate',
    MetricName: 'MovedPastTheGate',
    Statistic: 'Sum',
    Threshold: 1,
    TreatMissingData: 'notBreaching',
  });
  const [dashboard] = resourcesOf(RESOLVED, 'AWS::CloudWatch::Dashboard');
  assert.ok(String(dashboard?.Properties.DashboardBody).includes('moved past the gate'));
});

test('broken seals are counted as the functions log them, and alarm at once', () => {
  const source = readFileSync(resolve(ROOT, 'crates/gate-aws/src/seals.rs'), 'utf8');
  const line = /tracing::error!\(([^;]*?)\);/s.exec(source)?.[1] ?? '';
  assert.ok(line.includes(`"${SEAL_SENTENCE}"`), line);
  for (const field of ['step', 'run.name', 'reason']) {
    assert.match(line, new RegExp(`\\b${field}\\b`));
  }
  const filters = resourcesOf(RESOLVED, 'AWS::Logs::MetricFilter').filter(
    ({ Properties }) => Properties.FilterPattern === `{ $.fields.message = "${SEAL_SENTENCE}" }`,
  );
  assert.equal(new Set(filters.map(({ Properties }) => JSON.stringify(Properties.LogGroupName))).size, 3);
  GATE.hasResourceProperties('AWS::CloudWatch::Alarm', {
    AlarmName: 'mergegate-BrokenSeal',
    Namespace: 'Mergegate/mergegate',
    MetricName: 'BrokenSeals',
    Statistic: 'Sum',
    Threshold: 1,
    TreatMissingData: 'notBreaching',
  });
});

test('nobody but the functions of steps reads the key of the seal, and nobody changes it', () => {
  const roles = ['environment', 'builder', 'reporter'].map(
    (name) => `arn:aws:iam::123456789012:role/mergegate-${name}-eu-central-1`,
  );
  const deny = (actions: readonly string[], condition: object) =>
    Match.objectLike({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: actions.length === 1 ? actions[0] : actions,
      Resource: '*',
      Condition: condition,
    });
  GATE.hasResourceProperties('AWS::SecretsManager::ResourcePolicy', {
    ResourcePolicy: {
      Statement: [
        deny(['secretsmanager:GetSecretValue'], { ArnNotEquals: { 'aws:PrincipalArn': roles } }),
        deny(
          [
            'PutSecretValue',
            'ReplicateSecretToRegions',
            'RotateSecret',
            'UpdateSecret',
            'UpdateSecretVersionStage',
          ].map((action) => `secretsmanager:${action}`),
          { ArnNotLike: { 'aws:PrincipalArn': ['arn:aws:iam::123456789012:role/cdk-*-cfn-exec-role-*'] } },
        ),
      ],
    },
  });
  GATE.hasResource('AWS::SecretsManager::Secret', {
    DeletionPolicy: 'Delete',
    Properties: { GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } },
  });
  for (const name of ['router', 'environment', 'builder', 'reporter']) {
    const { Variables } = functionProperties(`mergegate-${name}`).Environment as {
      Variables: Record<string, unknown>;
    };
    assert.equal('MERGEGATE_SEAL_SECRET' in Variables, name !== 'router', name);
  }
});

test('the dashboard adds up the build minutes of all pull requests', () => {
  const [dashboard] = resourcesOf(RESOLVED, 'AWS::CloudWatch::Dashboard');
  const body = String(dashboard?.Properties.DashboardBody);
  const { widgets } = JSON.parse(body) as { widgets: { properties: { metrics?: unknown } }[] };
  const metrics = JSON.stringify(widgets.map(({ properties }) => properties.metrics));
  const projects = '{AWS/CodeBuild,ProjectName} MetricName="Duration" ProjectName="mergegate-pr-"';
  assert.ok(metrics.includes(JSON.stringify(projects).slice(1, -1)), metrics);
});

test('alarms are sent to a topic if there is one', () => {
  const stack = emptyStack(app());
  const alarmTopic = new Topic(stack, 'Topic');
  new MergeGate(stack, 'Gate', { ...RIGHT, alarmTopic });
  Template.fromStack(stack).allResourcesProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: [Match.anyValue()],
  });
});

test('builds get what buildPolicies allow, and the Deny makes room for it', () => {
  const statement = new PolicyStatement({
    actions: ['codeartifact:ReadFromRepository'],
    resources: ['arn:aws:codeartifact:eu-central-1:123456789012:repository/all/all'],
  });
  gate({ buildPolicies: [statement] }).hasResourceProperties('AWS::IAM::ManagedPolicy', {
    ManagedPolicyName: 'mergegate-builds-eu-central-1',
    PolicyDocument: {
      Statement: [
        Match.objectLike({ Effect: 'Deny', NotAction: Match.arrayWith(['codeartifact:ReadFromRepository']) }),
        Match.anyValue(),
        Match.objectLike({ Effect: 'Allow', Action: 'codeartifact:ReadFromRepository' }),
      ],
    },
  });
});

for (const action of [
  'codecommit:GitPush',
  'CodeCommit:*',
  '*',
  'codebuild:StartBuild',
  'ssm:PutParameter',
  'ssm:*',
  'states:StartExecution',
  'lambda:InvokeFunction',
  'iam:PassRole',
  'kms:*',
  'kms:CreateGrant',
  'kms:PutKeyPolicy',
  'sts:AssumeRole',
]) {
  test(`refuses buildPolicies with ${action}`, () => {
    const statement = new PolicyStatement({ actions: [action], resources: ['*'] });
    assert.throws(() => gate({ buildPolicies: [statement] }), /`buildPolicies` cannot be used:\n- /);
  });
}

test('somebody can be let see runs and clear dead letters', () => {
  const made = gate({}, (merged) => {
    const person = new User(Stack.of(merged), 'Person');
    merged.grantReadRuns(person);
    merged.grantHandleDeadLetters(person);
  });
  made.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Action: Match.arrayWith(['states:ListExecutions']) }),
        Match.objectLike({ Action: Match.arrayWith(['sqs:DeleteMessage']) }),
      ]),
    },
    Users: Match.anyValue(),
  });
});

test('two gates stand beside each other in one account', () => {
  const parent = app();
  const first = emptyStack(parent, 'First');
  const second = emptyStack(parent, 'Second');
  new MergeGate(first, 'Gate', RIGHT);
  new MergeGate(second, 'Gate', { ...RIGHT, serviceName: 'other' });
  const names = [first, second].map((stack) => {
    const template = Template.fromStack(stack).toJSON() as CloudFormation;
    return new Set(
      Object.values(template.Resources).flatMap(({ Properties }) =>
        [
          'RoleName',
          'FunctionName',
          'LogGroupName',
          'QueueName',
          'RepositoryName',
          'AlarmName',
          'ManagedPolicyName',
        ]
          .map((property) => Properties[property])
          .filter((name): name is string => typeof name === 'string'),
      ),
    );
  });
  const [own, others] = names;
  assert.ok(own && others && own.size > 20);
  assert.deepEqual(
    [...own].filter((name) => others.has(name)),
    [],
  );
});

test('refuses properties with all their faults at once', () => {
  assert.throws(
    () =>
      gate({
        serviceName: 'My.Gate',
        repositories: [],
        destinations: ['release/*'],
        environment: { timeout: Duration.minutes(1) },
      }),
    {
      message: [
        'Test/Gate cannot be used:',
        '- `serviceName` is `My.Gate`: write lower-case letters, digits and single hyphens, starting with a letter, for example `mergegate`',
        '- `repositories` is empty: name at least one CodeCommit repository',
        '- `destinations` has `release/*`: write the name of a branch without `refs/heads/` and without wildcards, for example `main`',
        '- `environment.timeout` is 1 minutes: CodeBuild takes whole minutes from 5 to 2160',
      ].join('\n'),
    },
  );
});

test('refuses a directory without the compiled functions', () => {
  assert.throws(
    () => gate({ lambdaDirectory: __dirname }),
    /holds no compiled `router`: expected `router\/bootstrap`.*cargo lambda build/s,
  );
});

test('CloudFormation is answered once: a request that failed or came late is not carried out again', () => {
  GATE.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    FunctionName: Match.objectLike({ Ref: Match.stringLikeRegexp('Deployment') }),
    MaximumRetryAttempts: 0,
    MaximumEventAgeInSeconds: 60,
  });
});

test('each answer with default branches is of ten repositories at most, and each policy reads its own', () => {
  const repositories = Array.from({ length: 50 }, (_, place) => `team-${place}`);
  const template = gate({ repositories }).toJSON() as CloudFormation;
  const asked = Object.entries(template.Resources).filter(
    ([, { Type }]) => Type === 'Custom::MergegateReferences',
  );
  assert.deepEqual(
    asked.map(([, { Properties }]) => Properties.repositories),
    [0, 10, 20, 30, 40].map((from) => repositories.slice(from, from + 10)),
  );
  const policies = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy');
  const statements = policies.flatMap(
    ({ Properties }) => (Properties.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement,
  );
  for (const [place, repository] of repositories.entries()) {
    const [own] = statements.filter(
      ({ Condition, Resource }) =>
        JSON.stringify(Condition ?? {}).includes('References') && String(Resource).endsWith(`:${repository}`),
    );
    assert.match(
      JSON.stringify(own?.Condition),
      new RegExp(`"Fn::GetAtt":\\["${asked[Math.floor(place / 10)]?.[0]}","References${place % 10}"\\]`),
    );
  }
});
