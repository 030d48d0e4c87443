/** A stack with one gate, and what a person needs to know of it. */
import { Annotations, ArnFormat, CfnOutput, Stack, Tags, type StackProps } from 'aws-cdk-lib';
import { SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

import type { NetworkSettings, Settings } from './context';
import { MergeGate } from './merge-gate';
import type { RepositoryKeys } from './keys';
import { Names } from './names';
import type { NetworkProps } from './network';

/** The stack that `cdk deploy` puts into an account. */
export class MergeGateStack extends Stack {
  readonly gate: MergeGate;

  constructor(scope: Construct, id: string, settings: Settings, props: StackProps = {}) {
    super(scope, id, {
      ...props,
      stackName: `mergegate-${settings.serviceName}`,
      description: description(settings.repositories),
      env: { account: settings.accountId, region: settings.region },
      // A template has room for a million bytes.
      suppressTemplateIndentation: true,
    });
    // Of 450 resources it takes 60,000 bytes.
    this.node.setContext('aws:cdk:enable-path-metadata', false);
    this.warnOfOtherCredentials(settings.accountId);
    const notifications = this.topic(settings.serviceName);
    this.gate = new MergeGate(this, 'Gate', {
      serviceName: settings.serviceName,
      repositories: settings.repositories,
      destinations: settings.destinations,
      repositoryKeys: this.keys(settings.repositoryKeys),
      breakGlassRoleArn: settings.breakGlassRoleArn,
      notifications,
      alarmTopic: notifications,
      lambdaDirectory: settings.lambdaDirectory,
      repair: settings.repair,
      ...(settings.network && network(this, settings.network)),
      architecture: settings.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
    });
    Tags.of(this).add('gate:service', settings.serviceName);
    this.outputs(notifications);
  }

  /** Whoever subscribes to it is told; it costs nothing until somebody does. */
  private topic(service: string): Topic {
    const topic = new Topic(this, 'Notifications', {
      topicName: new Names(this, service).notifications,
      enforceSSL: true,
    });
    // With a policy of its own a topic no longer lets the account's alarms in by itself.
    const conditions = {
      StringEquals: { 'aws:SourceAccount': this.account },
      ArnLike: {
        'aws:SourceArn': this.formatArn({
          service: 'cloudwatch',
          resource: 'alarm:*',
          arnFormat: ArnFormat.NO_RESOURCE_NAME,
        }),
      },
    };
    topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com', { conditions }));
    return topic;
  }

  private keys(arns: Readonly<Record<string, string>>): RepositoryKeys {
    const keys = new Construct(this, 'RepositoryKeys');
    return Object.fromEntries(
      Object.entries(arns).map(([name, arn]) => [name, Key.fromKeyArn(keys, name, arn)]),
    );
  }

  private outputs(notifications: Topic): void {
    const { gate } = this;
    const outputs: Record<string, readonly [string, string]> = {
      StateMachineArn: [gate.stateMachine.stateMachineArn, 'Its executions are the runs of the gate'],
      BuildRoleArns: [
        [...gate.buildRoles.values()].map(({ plain }) => plain.roleArn).join(','),
        'What builds run under, in the order of the repositories',
      ],
      ApprovalPoolMember: [gate.approvalPoolMember, 'Who alone satisfies the approval rule'],
      ...Object.fromEntries(
        gate.protectBranches.map(({ managedPolicyArn }, place) => [
          `ProtectBranchesPolicyArn${place === 0 ? '' : place + 1}`,
          [
            managedPolicyArn,
            place === 0
              ? 'Attach it to your people: gated branches change by merging pull requests only'
              : 'Attach it to your people as well: for further repositories',
          ] as const,
        ]),
      ),
      PoliciesToAttach: [
        gate.policiesToAttach,
        'Who lacks which of the policies for people, as it was found when the deployment last changed',
      ],
      DeadLetterQueueUrl: [gate.deadLetters.queueUrl, 'Events that could not be handled'],
      ArtifactBucketName: [gate.artifacts.bucketName, 'Builds may write where MERGEGATE_ARTIFACTS says'],
      ImageRepositoryUri: [gate.images.repositoryUri, 'For images of container builds'],
      NotificationTopicArn: [
        notifications.topicArn,
        'Subscribe to it to be told of red and held pull requests, of overrides and of alarms',
      ],
      DashboardName: [gate.dashboardName, 'In CloudWatch'],
    };
    for (const [name, [value, description]] of Object.entries(outputs)) {
      new CfnOutput(this, name, { value, description });
    }
  }

  /** Credentials of another account may be meant, if the target trusts them: so this is no error. */
  private warnOfOtherCredentials(accountId: string): void {
    const current = process.env.CDK_DEFAULT_ACCOUNT;
    if (current !== undefined && current !== accountId) {
      Annotations.of(this).addWarningV2(
        'mergegate:otherAccount',
        `accountId in cdk.json is ${accountId}, the credentials in use belong to ${current}: correct one of them, ` +
          `unless ${accountId} was bootstrapped with \`--trust ${current}\``,
      );
    }
  }
}

/** The CDK takes 512 characters. */
function description(repositories: readonly string[]): string {
  const named = `Mergegate: gated check-in for ${repositories.join(', ')}`;
  return named.length <= 512 ? named : `Mergegate: gated check-in for ${repositories.length} repositories`;
}

/** By ids alone: nothing is looked up in the account at synthesis. */
function network(scope: Construct, { vpcId, subnetIds, securityGroupIds }: NetworkSettings): NetworkProps {
  return {
    // Zones must be given and are of no use, because the subnets are named.
    vpc: Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId, availabilityZones: ['any'] }),
    vpcSubnets: { subnets: subnetIds.map((id) => Subnet.fromSubnetId(scope, id, id)) },
    securityGroups:
      securityGroupIds.length === 0
        ? undefined
        : securityGroupIds.map((id) => SecurityGroup.fromSecurityGroupId(scope, id, id)),
  };
}
