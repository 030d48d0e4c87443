/**
 * What CodeBuild and CodeCommit do under the role of a build, before, during and after the commands of a buildspec. Their
 * user guides say it; no code of ours could be asked.
 */
import { keyNeeds, type Need } from './needs';
import type { Place } from './template';

/** What one role's builds are about. */
export interface BuildPlace {
  readonly place: Place;
  readonly repository: string;
  /** The ARN of the customer-managed key of the repository, if it has one. */
  readonly key?: string;
  readonly project: string;
  readonly projectArn: string;
  /** A report group of the project. */
  readonly reportGroup: string;
  readonly logGroup: string;
  readonly bucket: string;
  /** The folder in which CodeBuild keeps the raw files of the report group. */
  readonly rawReports: string;
  /** The folder in which a build keeps what it made. */
  readonly kept: string;
  /** The image repository that container builds push to. */
  readonly images?: string;
  readonly network?: { readonly subnets: readonly string[]; readonly groups: readonly string[] };
}

/** What CodeBuild says in its requests (user guide, condition keys as variables of the service role). */
export const SAID_BY_CODEBUILD = ['codebuild:projectArn', 'codebuild:buildArn'];

/** Everything that a build needs, whether or not a request says which build it is. */
export function buildNeeds(build: BuildPlace): Need[] {
  const needs = [
    ...source(build),
    ...log(build),
    ...reports(build),
    ...objects(build),
    ...network(build),
    ...images(build),
  ];
  const said = {
    'codebuild:projectArn': build.projectArn,
    'codebuild:buildArn': arn(build.place, 'codebuild', `build/${build.project}:0a1b2c3d`),
  };
  return [...needs, ...needs.map((need) => ({ ...need, context: { ...need.context, ...said } }))];
}

/** User guide of CodeCommit: GitPull is checked on the repository, and its key is used as whoever pulls. */
function source({ place, repository, key }: BuildPlace): Need[] {
  const resource = arn(place, 'codecommit', repository);
  return [
    { action: 'codecommit:GitPull', resource, why: 'its source' },
    ...keyNeeds(place, 'codecommit', key),
  ];
}

/** User guide of CodeBuild, service role: it makes the group if there is none, and a stream for each build. */
function log({ place, logGroup, project }: BuildPlace): Need[] {
  const group = arn(place, 'logs', `log-group:${logGroup}`);
  const stream = `${group}:log-stream:${project}/0a1b2c3d`;
  return [
    { action: 'logs:CreateLogGroup', resource: group, why: 'its log' },
    { action: 'logs:CreateLogGroup', resource: `${group}:*`, why: 'its log' },
    { action: 'logs:CreateLogStream', resource: stream, why: 'its log' },
    { action: 'logs:PutLogEvents', resource: stream, why: 'its log' },
  ];
}

/** User guide of CodeBuild, test report permissions; with groups that exist there is nothing to create but reports. */
function reports({ place, reportGroup }: BuildPlace): Need[] {
  const resource = arn(place, 'codebuild', `report-group/${reportGroup}`);
  return ['CreateReport', 'UpdateReport', 'BatchPutTestCases', 'BatchPutCodeCoverages'].map((name) => ({
    action: `codebuild:${name}`,
    resource,
    why: 'its reports',
  }));
}

/** User guide of CodeBuild: raw files of reports, and what a build keeps, go to S3 under its role. */
function objects({ place, bucket, rawReports, kept }: BuildPlace): Need[] {
  const object = (key: string): string => `arn:${place.partition}:s3:::${bucket}/${key}`;
  return [
    {
      action: 's3:PutObject',
      resource: object(`${rawReports}/0a1b2c3d/junit.xml`),
      why: 'raw files of reports',
    },
    { action: 's3:PutObject', resource: object(`${kept}/app.zip`), why: 'what it makes' },
    { action: 's3:GetObject', resource: object(`${kept}/app.zip`), why: 'what it made before' },
  ];
}

const LOOKED_UP = ['DhcpOptions', 'NetworkInterfaces', 'SecurityGroups', 'Subnets', 'Vpcs'];

/** User guide of CodeBuild, VPC support: an interface for each build, let go of when it ends. */
function network({ place, network: where }: BuildPlace): Need[] {
  if (where === undefined) {
    return [];
  }
  const why = 'its place in the VPC';
  const ec2 = (resource: string): string => arn(place, 'ec2', resource);
  const made = ec2('network-interface/eni-1');
  const subnets = where.subnets.map((id) => ec2(`subnet/${id}`));
  const groups = where.groups.map((id) => ec2(`security-group/${id}`));
  return [
    ...LOOKED_UP.map((name) => ({ action: `ec2:Describe${name}`, resource: '*', why })),
    ...[made, ...subnets, ...groups].map((resource) => ({
      action: 'ec2:CreateNetworkInterface',
      resource,
      why,
    })),
    { action: 'ec2:DeleteNetworkInterface', resource: made, why },
    ...subnets.map((subnet) => ({
      action: 'ec2:CreateNetworkInterfacePermission',
      resource: made,
      context: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com', 'ec2:Subnet': subnet },
      why,
    })),
  ];
}

/** User guide of ECR, repository policies: what `docker push` and `docker pull` do. */
const IMAGE_ACTIONS = [
  'BatchCheckLayerAvailability',
  'BatchGetImage',
  'CompleteLayerUpload',
  'GetDownloadUrlForLayer',
  'InitiateLayerUpload',
  'PutImage',
  'UploadLayerPart',
];

function images({ place, images: name }: BuildPlace): Need[] {
  if (name === undefined) {
    return [];
  }
  const resource = arn(place, 'ecr', `repository/${name}`);
  return [
    { action: 'ecr:GetAuthorizationToken', resource: '*', why: 'images' },
    ...IMAGE_ACTIONS.map((action) => ({ action: `ecr:${action}`, resource, why: 'images' })),
  ];
}

function arn({ partition, region, account }: Place, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}
