/** Where in a VPC builds run, and what CodeBuild has to do there under the role of a build. */
import {
  SecurityGroup,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** CodeBuild takes no more of each. */
const SUBNET_LIMIT = 16;
const SECURITY_GROUP_LIMIT = 5;

/** A VPC and the place in it. */
export interface NetworkProps {
  readonly vpc?: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: readonly ISecurityGroup[];
}

/** The place where builds run. */
export class Network extends Construct {
  readonly subnets: readonly ISubnet[];
  readonly securityGroups: readonly ISecurityGroup[];

  constructor(
    scope: Construct,
    id: string,
    readonly vpc: IVpc,
    { vpcSubnets, securityGroups }: NetworkProps,
  ) {
    super(scope, id);
    this.subnets = vpc.selectSubnets(vpcSubnets).subnets;
    this.securityGroups = securityGroups ?? [
      new SecurityGroup(this, 'Builds', {
        vpc,
        description: 'Builds of pull requests: everything out, nothing in',
      }),
    ];
    const count = this.subnets.length;
    if (count === 0 || count > SUBNET_LIMIT) {
      throw new Error(
        `\`vpcSubnets\` selects ${count} subnets: select 1 to ${SUBNET_LIMIT}, which reach AWS`,
      );
    }
  }

  /** What CodeBuild does under a build's role before and after the build (CodeBuild user guide, VPC support). */
  permissions(): PolicyStatement[] {
    const arn = (resource: string, resourceName: string): string =>
      Stack.of(this).formatArn({
        service: 'ec2',
        resource,
        resourceName,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      });
    const subnets = this.subnets.map(({ subnetId }) => arn('subnet', subnetId));
    const interfaces = arn('network-interface', '*');
    const groups = this.securityGroups.map(({ securityGroupId }) => arn('security-group', securityGroupId));
    return [
      new PolicyStatement({
        sid: 'Network',
        actions: [
          'ec2:DescribeDhcpOptions',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSecurityGroups',
          'ec2:DescribeSubnets',
          'ec2:DescribeVpcs',
        ],
        resources: ['*'],
      }),
      new PolicyStatement({
        sid: 'NetworkInterface',
        actions: ['ec2:CreateNetworkInterface'],
        resources: [interfaces, ...subnets, ...groups],
      }),
      new PolicyStatement({
        sid: 'NetworkInterfaceEnd',
        actions: ['ec2:DeleteNetworkInterface'],
        resources: [interfaces],
      }),
      new PolicyStatement({
        sid: 'NetworkInterfaceUse',
        actions: ['ec2:CreateNetworkInterfacePermission'],
        resources: [interfaces],
        conditions: {
          StringEquals: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com' },
          ArnEquals: { 'ec2:Subnet': subnets },
        },
      }),
    ];
  }
}

/** Why a place in a VPC cannot be used. */
export function networkFaults({ vpc, vpcSubnets, securityGroups }: NetworkProps): string[] {
  const faults: string[] = [];
  if (vpc === undefined && (vpcSubnets !== undefined || securityGroups !== undefined)) {
    faults.push('`vpcSubnets` and `securityGroups` belong to a `vpc`: name it, or leave them out');
  }
  const count = securityGroups?.length ?? 1;
  if (count === 0 || count > SECURITY_GROUP_LIMIT) {
    faults.push(`\`securityGroups\` has ${count} entries: CodeBuild takes 1 to ${SECURITY_GROUP_LIMIT}`);
  }
  return faults;
}
