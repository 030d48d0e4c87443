/**
 * What people do not do in the gate's stead. Each of these would let somebody say with the gate's voice what the gate never
 * found: a build under another buildspec, a step with a made-up state, a record, a report, a log. Reading stays allowed, and so
 * does stopping: what was stopped is not passed.
 */
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

import { FUNCTIONS, type Names } from './names';

/** Starting, changing and hiding builds, and writing reports. */
const BUILDS = [
  'codebuild:StartBuild*',
  'codebuild:RetryBuild*',
  'codebuild:StartSandbox*',
  'codebuild:StartCommandExecution',
  'codebuild:CreateProject',
  'codebuild:UpdateProject*',
  'codebuild:DeleteProject',
  'codebuild:BatchDeleteBuilds',
  'codebuild:*Webhook',
  'codebuild:*Report',
  'codebuild:*ReportGroup',
  'codebuild:BatchPut*',
  'codebuild:*ResourcePolicy',
];

/** Everything but reading. */
const FUNCTION_CHANGES = ['Invoke', 'Add', 'Create', 'Delete', 'Publish', 'Put', 'Remove', 'Update'];

const RUNS = [
  'states:StartExecution',
  'states:StartSyncExecution',
  'states:RedriveExecution',
  'states:UpdateStateMachine*',
  'states:DeleteStateMachine*',
  'states:CreateStateMachineAlias',
  'states:PublishStateMachineVersion',
];

const PARAMETERS = [
  'ssm:PutParameter',
  'ssm:DeleteParameter*',
  'ssm:LabelParameterVersion',
  'ssm:UnlabelParameterVersion',
  'ssm:PutResourcePolicy',
  'ssm:DeleteResourcePolicy',
];

const SECRETS = ['Get', 'Put', 'Update', 'Delete', 'Restore', 'Rotate', 'Create', 'Replicate', 'Cancel'];

/** What is the gate's own. */
export interface GatesOwn {
  readonly names: Names;
  readonly artifacts: IBucket;
  /** What seals the states of runs. */
  readonly seal: ISecret;
}

/** What denies people the gate's own deeds. */
export function keepToTheGate({ names, artifacts, seal }: GatesOwn): PolicyStatement[] {
  const functions = [...FUNCTIONS, 'deployment' as const].map((name) => names.functionArn(name));
  return [
    deny('KeepBuilds', BUILDS, [names.projectsArn, names.reportGroupsArn]),
    deny(
      'KeepFunctions',
      FUNCTION_CHANGES.map((verb) => `lambda:${verb}*`),
      functions.flatMap((arn) => [arn, `${arn}:*`]),
    ),
    deny('KeepRuns', RUNS, [names.stateMachineArn, `${names.stateMachineArn}:*`, names.executionsArn]),
    deny('KeepParameters', PARAMETERS, [names.parameterArn('*')]),
    deny(
      'KeepBucket',
      ['s3:Put*', 's3:Delete*', 's3:Replicate*', 's3:BypassGovernanceRetention'],
      [artifacts.bucketArn, artifacts.arnForObjects('*')],
    ),
    deny('KeepLogs', ['logs:Put*', 'logs:Delete*', 'logs:Create*', 'logs:*KmsKey'], names.logsArns),
    deny(
      'KeepSecrets',
      SECRETS.map((verb) => `secretsmanager:${verb}*`),
      [seal.secretArn],
    ),
    // Whoever passes a role of the gate to something of their own is the gate.
    deny('KeepRoles', ['iam:PassRole'], [names.rolesArn]),
  ];
}

function deny(sid: string, actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ sid, effect: Effect.DENY, actions: [...actions], resources: [...resources] });
}
