/** What the deployment tells the functions about a repository, exactly as `gate_core::settings` reads it. */
import { type Duration, Stack } from 'aws-cdk-lib';
import { ComputeType } from 'aws-cdk-lib/aws-codebuild';
import { ParameterTier, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

import type { BuildRoles } from './build-role';
import type { SettingsParameter } from './deployment/properties';
import type { Names } from './names';
import type { Network } from './network';

/** What builds run on. */
export interface BuildEnvironment {
  /**
   * The image, one of CodeBuild's own.
   *
   * @default 'aws/codebuild/amazonlinux-x86_64-standard:5.0'
   */
  readonly image?: string;
  /**
   * CodeBuild's environment type; it must fit the image.
   *
   * @default 'LINUX_CONTAINER'
   */
  readonly environmentType?: string;
  /**
   * CodeBuild's compute type.
   *
   * @default ComputeType.SMALL
   */
  readonly computeType?: ComputeType;
  /**
   * How long a build may run, 5 minutes to 36 hours.
   *
   * @default Duration.hours(1)
   */
  readonly timeout?: Duration;
  /**
   * How long a build may wait in the queue, 5 minutes to 8 hours.
   *
   * @default Duration.hours(8)
   */
  readonly queuedTimeout?: Duration;
}

/** Properties of the parameters. */
export interface RepositorySettingsProps {
  readonly names: Names;
  readonly destinations: readonly string[];
  readonly environment: BuildEnvironment;
  readonly buildRoles: ReadonlyMap<string, BuildRoles>;
  readonly imageRepositoryUri: string;
  /** Where in a VPC builds run; outside of one if there is none. */
  readonly network?: Network;
}

const DEFAULT_TIMEOUT_MINUTES = 60;
const DEFAULT_QUEUED_TIMEOUT_MINUTES = 480;

/** One parameter per repository. */
export class RepositorySettings extends Construct {
  /** What stands in them. */
  readonly parameters: readonly SettingsParameter[];

  constructor(scope: Construct, id: string, props: RepositorySettingsProps) {
    super(scope, id);
    this.parameters = [...props.buildRoles].map(([repository, roles]) => {
      const parameter = props.names.settingsParameter(repository);
      const stringValue = Stack.of(this).toJsonString(value(this, { repository, roles }, props));
      new StringParameter(this, repository, {
        parameterName: parameter,
        description: `Mergegate ${props.names.service}: what its functions are told about ${repository}`,
        stringValue,
        tier: ParameterTier.STANDARD,
      });
      return { parameter, value: stringValue };
    });
  }
}

/** Why an environment cannot be used. */
export function environmentFaults(environment: BuildEnvironment): string[] {
  const limits = [
    ['environment.timeout', environment.timeout, 2160],
    ['environment.queuedTimeout', environment.queuedTimeout, 480],
  ] as const;
  return limits.flatMap(([name, duration, longest]) => {
    const minutes = duration?.toMinutes({ integral: false }) ?? 5;
    const right = Number.isInteger(minutes) && minutes >= 5 && minutes <= longest;
    return right
      ? []
      : [`\`${name}\` is ${minutes} minutes: CodeBuild takes whole minutes from 5 to ${longest}`];
  });
}

function value(
  scope: Construct,
  { repository, roles }: { readonly repository: string; readonly roles: BuildRoles },
  props: RepositorySettingsProps,
): object {
  const { environment, network } = props;
  const { region, urlSuffix } = Stack.of(scope);
  return {
    version: 1,
    buildRole: roles.plain.roleArn,
    destinations: props.destinations,
    cloneUrl: `https://git-codecommit.${region}.${urlSuffix}/v1/repos/${repository}`,
    logGroup: props.names.buildLogGroupOf(repository),
    image: environment.image ?? 'aws/codebuild/amazonlinux-x86_64-standard:5.0',
    environmentType: environment.environmentType ?? 'LINUX_CONTAINER',
    computeType: environment.computeType ?? ComputeType.SMALL,
    timeoutMinutes: environment.timeout?.toMinutes() ?? DEFAULT_TIMEOUT_MINUTES,
    queuedTimeoutMinutes: environment.queuedTimeout?.toMinutes() ?? DEFAULT_QUEUED_TIMEOUT_MINUTES,
    vpc: network && {
      vpcId: network.vpc.vpcId,
      subnetIds: network.subnets.map(({ subnetId }) => subnetId),
      securityGroupIds: network.securityGroups.map(({ securityGroupId }) => securityGroupId),
    },
    containers: { buildRole: roles.container.roleArn, imageRepository: props.imageRepositoryUri },
  };
}
