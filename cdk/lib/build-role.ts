/**
 * The roles builds run under: of each repository one for all of them, and one for those with `[container]` in the title. Whatever
 * a pull request's code does, it does with these credentials: so a role may do the few things a build needs, and a Deny over
 * everything else keeps it so, whoever attaches what to it later (I8).
 */
import { Effect, type IRole, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { grant } from './acknowledge';
import { permittedToBuilds } from './build-actions';
import { denyOtherUses, KEY_USES, useOfKeys, type RepositoryKeys } from './keys';
import { ARTIFACT_PREFIX, type Names } from './names';
import type { Network } from './network';

/** Properties of a build role. */
export interface BuildRoleProps {
  readonly names: Names;
  /** The one whose source it may fetch. */
  readonly repository: string;
  readonly artifacts: IBucket;
  readonly buildPolicies: readonly PolicyStatement[];
  readonly repositoryKeys: RepositoryKeys;
  /** Where builds run; outside of a VPC if there is none. */
  readonly network?: Network;
  /** Where images may be pushed to; nowhere if there is none. */
  readonly images?: IRepository;
}

/** The roles of one repository's builds. */
export interface BuildRoles {
  /** What its builds run under. */
  readonly plain: IRole;
  /** The same for builds with `[container]` in the title, and it may push images. */
  readonly container: IRole;
}

/** A role, with its Deny. */
export class BuildRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, props: BuildRoleProps) {
    super(scope, id);
    const { names, repository, repositoryKeys, buildPolicies } = props;
    this.role = new Role(this, 'Role', {
      roleName: names.buildRole(props.images ? 'container' : 'build', repository),
      description: `${props.images ? 'Container builds' : 'Builds'} of pull requests gated by ${names.service}, of ${repository}; runs code that nobody has reviewed`,
      assumedBy: names.deputy('codebuild', names.projectsArn),
    });
    const allowed = [
      ...needs(props),
      ...(props.network?.permissions() ?? []),
      ...(props.images ? push(props.images) : []),
      ...useOfKeys(this, repositoryKeys, [repository]),
      ...buildPolicies,
    ];
    const actions = buildPolicies.flatMap((statement) => statement.actions);
    grant(this.role, ...allowed, denyTheRest(allowed), ...denyOtherUses(this, actions));
  }
}

/**
 * What every build needs: its source, its log, its reports, a place for what it makes. All of it is the repository's own. Where
 * CodeBuild says for which project a call is made (user guide, permissions-conditionkeys-variables), objects are the project's own
 * as well; names of logs and report groups cannot hold an ARN, so within a repository the reporter takes from them only what
 * CodeBuild says is the build's.
 */
function needs({ names, repository, artifacts }: BuildRoleProps): PolicyStatement[] {
  const logGroup = names.buildLogGroupArn(repository);
  const objects = ['s3:GetObject', 's3:PutObject'];
  const own = `${ARTIFACT_PREFIX}${repository}/`;
  return [
    new PolicyStatement({
      sid: 'Source',
      actions: ['codecommit:GitPull'],
      resources: [names.repositoryArn(repository)],
    }),
    new PolicyStatement({
      sid: 'LogGroup',
      actions: ['logs:CreateLogGroup'],
      resources: [logGroup, `${logGroup}:*`],
    }),
    new PolicyStatement({
      sid: 'Log',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`${logGroup}:log-stream:${names.service}-pr-*`],
    }),
    new PolicyStatement({
      sid: 'Reports',
      actions: [
        'codebuild:CreateReport',
        'codebuild:UpdateReport',
        'codebuild:BatchPutTestCases',
        'codebuild:BatchPutCodeCoverages',
      ],
      resources: [names.reportGroupsOf(repository)],
    }),
    new PolicyStatement({
      sid: 'Artifacts',
      actions: objects,
      resources: [artifacts.arnForObjects(`${own}\${codebuild:projectArn}/*`)],
    }),
    new PolicyStatement({
      sid: 'ArtifactsOfUnsaidProject',
      actions: objects,
      resources: [artifacts.arnForObjects(`${own}*`)],
      conditions: { Null: { 'codebuild:projectArn': 'true' } },
    }),
  ];
}

/** Pushing images, and pulling what was pushed before. */
function push(images: IRepository): PolicyStatement[] {
  return [
    new PolicyStatement({ sid: 'Registry', actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
    new PolicyStatement({
      sid: 'Images',
      actions: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:GetDownloadUrlForLayer',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      resources: [images.repositoryArn],
    }),
  ];
}

function denyTheRest(allowed: readonly PolicyStatement[]): PolicyStatement {
  return new PolicyStatement({
    sid: 'NothingElse',
    effect: Effect.DENY,
    // The source of every build is read with a key, by CodeCommit as the role.
    notActions: [...new Set([...permittedToBuilds(allowed), ...KEY_USES])].sort(),
    resources: ['*'],
  });
}
