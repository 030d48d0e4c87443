/**
 * What people do not do in the gate's stead, nor to the gate. Each of these would let somebody say with the gate's voice what the
 * gate never found: a build under another buildspec, a step with a made-up state, a record, a report, a log; or would make the gate
 * another one: its stack, its functions, its rules, its roles, and what tells people of it. Reading stays allowed, and so does
 * stopping: what was stopped is not passed.
 */
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

import { FUNCTIONS, type Names } from './names';

/**
 * By service: no ARN is of two services, so one statement can hold all of them. A policy has little room: patterns stand where they
 * reach nothing that only reads.
 */
const DEEDS: Readonly<Record<string, readonly string[]>> = {
  // Starting, changing and hiding builds, and writing reports.
  codebuild: [
    'StartBuild*',
    'RetryBuild*',
    'StartSandbox*',
    'StartCommandExecution',
    'CreateProject',
    'UpdateProject*',
    'DeleteProject',
    'BatchDeleteBuilds',
    '*Webhook',
    '*Report',
    '*ReportGroup',
    'BatchPut*',
    '*ResourcePolicy',
  ],
  lambda: ['Invoke*', 'Add*', 'Create*', 'Delete*', 'Publish*', 'Put*', 'Remove*', 'Update*'],
  states: ['Start*', 'Redrive*', 'Update*', 'Delete*', 'Create*', 'Publish*'],
  ssm: ['Put*', 'DeleteP*', 'DeleteResourcePolicy', 'LabelP*', 'UnlabelP*'],
  s3: ['Put*', 'Delete*', 'Replicate*', 'BypassGovernanceRetention'],
  logs: ['Put*', 'Delete*', 'Create*', '*KmsKey'],
  secretsmanager: [
    'Get*Value',
    'Put*',
    'Update*',
    'Delete*',
    'Restore*',
    'Rotate*',
    'Rep*',
    'Rem*',
    'Cancel*',
  ],
  // Whoever passes a role of the gate to something of their own is the gate, and so is whoever writes what it may.
  iam: ['PassRole', 'Put*', 'Attach*', 'Detach*', 'Delete*', 'Update*', 'CreatePolicyVersion', 'Set*'],
  events: ['Put*', 'Remove*', 'DeleteRule', 'DisableRule'],
  cloudformation: [
    'Update*',
    'Delete*',
    'Create*',
    'Execute*',
    'Set*',
    'Cancel*',
    'Continue*',
    'Rollback*',
    'SignalResource',
  ],
  cloudwatch: ['Put*Alarm', 'DeleteAlarms', 'DisableAlarmActions', 'SetAlarmState'],
  sns: ['Publish', 'Set*', 'Put*', 'Delete*', '*Permission'],
  sqs: ['Set*', 'Purge*', 'Delete*', 'Send*', 'Change*', 'Start*', '*Permission'],
};

/** What is the gate's own. */
export interface GatesOwn {
  readonly names: Names;
  readonly artifacts: IBucket;
  /** What seals the states of runs. */
  readonly seal: ISecret;
}

/** What denies people the gate's own deeds, and the gate itself. */
export function keepTheGate({ names, artifacts, seal }: GatesOwn): PolicyStatement {
  const functions = [...FUNCTIONS, 'deployment' as const].map((name) => names.functionArn(name));
  return new PolicyStatement({
    sid: 'KeepTheGate',
    effect: Effect.DENY,
    actions: Object.entries(DEEDS).flatMap(([service, deeds]) => deeds.map((deed) => `${service}:${deed}`)),
    resources: [
      names.projectsArn,
      names.reportGroupsArn,
      // Their versions and aliases as well.
      ...functions.map((arn) => `${arn}*`),
      `${names.stateMachineArn}*`,
      names.executionsArn,
      names.parameterArn('*'),
      artifacts.bucketArn,
      artifacts.arnForObjects('*'),
      ...names.logsArns,
      seal.secretArn,
      names.rolesArn,
      names.policiesArn,
      names.ruleArn(names.rule('*')),
      names.stackArn,
      names.alarmsArn,
      names.notificationsArn,
      names.deadLettersArn,
    ],
  });
}
